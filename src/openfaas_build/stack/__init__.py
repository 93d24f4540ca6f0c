"""Read a stack file: text and environment in, StackFile out.

Substitute variables in the raw text (`expression`, `operators`,
`substitution`), compose the YAML tree with scalars as source text (`document`,
`syntax`), read typed values off it (`scalars`, `values`), and check them
(`schema`, `function`, `build_cache`, `keys`). The behaviour is faas-cli
0.18.12's; where faas-cli is silently wrong, we speak up. All faults of a file
are told at once.
"""

from openfaas_build.stack.schema import read_stack
from openfaas_build.stack.stack_file import (
    DOCKERFILE,
    BuildCache,
    Function,
    StackFile,
    Template,
    TemplateSource,
)
from openfaas_build.stack.substitution import Substitution, substitute
from openfaas_build.stack.template import read_template

__all__ = [
    "DOCKERFILE",
    "BuildCache",
    "Function",
    "StackFile",
    "Substitution",
    "Template",
    "TemplateSource",
    "read_stack",
    "read_template",
    "substitute",
]
