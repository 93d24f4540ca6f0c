"""Decide what is built: (Inputs, StackFile, Facts) -> BuildPlan.

Pure: what files, git and the engine had to say comes in as Facts. The plan is
a value; `plan` prints it, `build` carries it out. Arguments and references
follow faas-cli 0.18.12, the cache follows proposal 940.

The price: every fault of every function is gathered before any is told, so
the functions here return what they found beside what they made.
"""

from openfaas_build.plan.build_plan import STAGING, BuildPlan, Facts, FunctionBuild
from openfaas_build.plan.drop_caches import exported_kinds, uses_cache, without_exports, without_imports
from openfaas_build.plan.input_key import DOUBTFUL_ENVIRONMENT, flag_beyond_key, input_key
from openfaas_build.plan.make_plan import make_plan
from openfaas_build.plan.selection import select_functions
from openfaas_build.plan.unknowns import unknowns
