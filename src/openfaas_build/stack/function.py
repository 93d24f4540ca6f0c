"""Read one function of a stack file and check it by the rules of OpenFaaS.

The keys that only matter at run time are read for their types alone, as a
wrong type there makes faas-cli refuse the file too.
"""

import re
from collections.abc import Mapping, Sequence

from openfaas_build.stack.build_cache import read_build_cache
from openfaas_build.stack.keys import FUNCTION, KEYS, misspelt
from openfaas_build.stack.stack_file import Function
from openfaas_build.stack.typed_values import Reading, Struct
from openfaas_build.stack.wording import quoted, shortened
from openfaas_build.stack.yaml_tree import Text

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAME_RULE = 'a name holds small letters, digits and "-", and begins and ends with a letter or digit.'
_MAX_VARIABLES = 3

_REMEDIES = {
    "lang": 'Write "lang:" with the name of a template, or "skip_build: true" if there is nothing to build.',
    "handler": 'Write "handler:" with the folder that holds the code of the function.',
    "image": 'Write "image:" with the reference to build, such as "registry.example.com/acme/resize:1.0".',
}


def read_function(name: str, struct: Struct, emptied: Mapping[int, Sequence[str]]) -> Function:
    """Give the function; its faults and warnings are noted in the reading.

    `emptied` are the variables that became empty, by line.
    """
    _check_name(struct.reading, name, struct.line)
    _check_run_time_types(struct)
    lines = {key: entry.line for key, entry in struct.members.items() if key in KEYS[FUNCTION]}
    function = Function(
        name=name,
        lang=struct.text("lang"),
        handler=struct.text("handler"),
        image=struct.text("image"),
        skip_build=struct.flag("skip_build"),
        build_options=struct.texts("build_options"),
        build_args=struct.text_map("build_args"),
        build_secrets=struct.text_map("build_secrets"),
        platforms=struct.text("platforms"),
        build_cache=read_build_cache(struct),
        builder_flags=struct.texts("builder_flags"),
        lines={"": struct.line, **lines},
    )
    if not function.skip_build:
        for key, value in (("lang", function.lang), ("handler", function.handler), ("image", function.image)):
            if not value and isinstance(struct.node(key), Text):
                _refuse_empty(struct, key, emptied)
    return function


def _check_name(reading: Reading, name: str, line: int) -> None:
    if not name:
        reading.fault(line, "a function has an empty name.", "", 'Name it in small letters, digits and "-".')
    elif name in (".", "..") or any(char in " /\\:" or not char.isprintable() for char in name):
        problem = f"function {quoted(name)}: this cannot be the name of a function."
        cause = "it would also be the name of a folder, which could then lie elsewhere."
        reading.fault(line, problem, cause, 'Name it in small letters, digits and "-".')
    elif not _NAME.fullmatch(name):
        problem = f"function {quoted(name)}: OpenFaaS refuses to deploy a function of this name."
        reading.warn(line, problem, _NAME_RULE, "It is built all the same; rename it to deploy it.")


def _check_run_time_types(struct: Struct) -> None:
    for key in ("fprocess", "namespace"):
        struct.text(key)
    for key in ("environment_file", "secrets", "constraints"):
        struct.texts(key)
    for key in ("environment", "labels", "annotations"):
        struct.text_map(key)
    for key in ("limits", "requests"):
        resources = struct.struct(key)
        resources.text("memory")
        resources.text("cpu")
    struct.flag("readonly_root_filesystem")


def _refuse_empty(struct: Struct, key: str, emptied: Mapping[int, Sequence[str]]) -> None:
    if key not in struct.members:
        problem = f"{struct.what} has no {quoted(key)}."
        struct.reading.fault(struct.line, problem, misspelt(FUNCTION, struct, key), _REMEDIES[key])
        return
    line, node = struct.members[key]
    problem = f"{struct.label(key)} is empty."
    if variables := emptied.get(line) or emptied.get(node.line):
        first = shortened(variables[0])
        shown = ", ".join(f"${{{shortened(name)}}}" for name in dict.fromkeys(variables[:_MAX_VARIABLES]))
        cause = f"{shown} is not set, or empty."
        remedy = f'Set {first} under the step\'s "env:", or write ${{{first}:-default}}.'
        struct.reading.fault(line, problem, cause, remedy)
    else:
        struct.reading.fault(line, problem, "", _REMEDIES[key])
