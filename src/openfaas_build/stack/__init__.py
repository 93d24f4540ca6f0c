"""Read a stack file: text and environment in, StackFile out.

Each step has its modules and hands one value to the next:

1. text -> text: replace `${NAME}` (`expression`, `operators`, `substitution`: Substitution);
2. text -> tree: parse YAML, scalars stay source text (`yaml_tree`, `yaml_faults`: Document);
3. tree -> texts, flags, lists and mappings (`scalars`, `typed_values`: Value);
4. values -> StackFile, checked (`schema`, `function`, `build_cache`, `keys`, `stack_file`).

`template` takes the steps 2 to 4 for a template.yml. The behaviour is that of
faas-cli 0.18.12; where faas-cli is silently wrong, we say so. All faults of a
file are told at once.
"""

from openfaas_build.stack.schema import read_stack
from openfaas_build.stack.stack_file import (
    CACHE_WORDS,
    DOCKERFILE,
    BuildCache,
    CacheWord,
    Function,
    StackFile,
    Template,
    TemplateSource,
)
from openfaas_build.stack.substitution import Substitution, substitute
from openfaas_build.stack.template import read_template
