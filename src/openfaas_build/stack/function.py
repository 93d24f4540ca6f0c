"""Read one function of a stack file and check it by the rules of OpenFaaS.

The keys that matter only at run time are read for their types, as faas-cli
refuses the file for a wrong type there too.
"""

import re
from collections.abc import Sequence

from openfaas_build.stack.build_cache import read_build_cache
from openfaas_build.stack.keys import FUNCTION, KEYS, RUN_TIME, misspelt
from openfaas_build.stack.stack_file import Function
from openfaas_build.stack.substitution import Emptied
from openfaas_build.stack.typed_values import Value
from openfaas_build.untrusted import quoted, shortened

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAME_RULE = 'a name holds small letters, digits and "-", and begins and ends with a letter or digit.'
_NAME_REMEDY = 'Name it in small letters, digits and "-".'
_MAX_VARIABLES = 3

# What a function that is built must have, and the remedy where it is missing.
_REQUIRED = {
    "lang": 'Write "lang:" with the name of a template, or "skip_build: true" if there is nothing to build.',
    "handler": 'Write "handler:" with the folder that holds the code of the function.',
    "image": 'Write "image:" with the reference to build, such as "registry.example.com/acme/resize:1.0".',
}


def read_function(name: str, value: Value, emptied: Sequence[Emptied]) -> Function:
    """Read a function; its faults and warnings are noted in the reading."""
    _check_name(name, value)
    for key, read in RUN_TIME.items():
        read(value.get(key))
    lines = {key: member.line for key, member in value.members.items() if key in KEYS[FUNCTION]}
    function = Function(
        name=name,
        lang=value.get("lang").text(),
        handler=value.get("handler").text(),
        image=value.get("image").text(),
        skip_build=value.get("skip_build").flag(),
        build_options=value.get("build_options").texts(),
        build_args=value.get("build_args").text_map(),
        build_secrets=value.get("build_secrets").text_map(),
        platforms=value.get("platforms").text(),
        build_cache=read_build_cache(value.get("build_cache")),
        builder_flags=value.get("builder_flags").texts(),
        file=value.reading.path,
        lines={"": value.line, **lines},
    )
    if not function.skip_build:
        for key, remedy in _REQUIRED.items():
            if key not in lines:
                value.fault(f"has no {quoted(key)}.", misspelt(FUNCTION, value, key), remedy)
            elif value.get(key).kind in ("a text", "nothing") and not value.get(key).text():
                _refuse_empty(value.get(key), remedy, emptied)
    return function


def _check_name(name: str, value: Value) -> None:
    reading, line = value.reading, value.line
    if not name:
        reading.fault(line, "a function has an empty name.", "", _NAME_REMEDY)
    elif name in (".", "..") or any(char in " /\\:" or not char.isprintable() for char in name):
        problem = f"function {quoted(name)}: this cannot be the name of a function."
        cause = "it would also be the name of a folder, which could then lie elsewhere."
        reading.fault(line, problem, cause, _NAME_REMEDY)
    elif not _NAME.fullmatch(name):
        problem = f"function {quoted(name)}: OpenFaaS refuses to deploy a function of this name."
        reading.warn(line, problem, _NAME_RULE, "It is built all the same; rename it to deploy it.")


def _refuse_empty(value: Value, remedy: str, emptied: Sequence[Emptied]) -> None:
    cause = ""
    if variables := [use.name for use in emptied if use.line in (value.line, value.node.line)]:
        names = [shortened(name) for name in dict.fromkeys(variables[:_MAX_VARIABLES])]
        cause = ", ".join(f"${{{name}}}" for name in names) + " is not set, or empty."
        remedy = f'Set {names[0]} under the step\'s "env:", or write ${{{names[0]}:-default}}.'
    value.fault("is empty.", cause, remedy)
