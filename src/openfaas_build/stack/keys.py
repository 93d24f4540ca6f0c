"""The keys of a stack file that OpenFaaS knows, and warnings of those that it does not."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import fields

from openfaas_build.stack.stack_file import Function
from openfaas_build.stack.typed_values import Reading, Value
from openfaas_build.untrusted import listed, nearest, quoted

STACK = "the stack file"
PROVIDER = '"provider"'
CONFIGURATION = '"configuration"'
TEMPLATES = '"templates"'
FUNCTION = "a function"


def _read_resources(value: Value) -> None:
    value.get("memory").text()
    value.get("cpu").text()


# The keys of a function that matter only at run time, and how they are read.
RUN_TIME: dict[str, Callable[[Value], object]] = {
    "fprocess": Value.text,
    "namespace": Value.text,
    "environment": Value.text_map,
    "environment_file": Value.texts,
    "secrets": Value.texts,
    "constraints": Value.texts,
    "labels": Value.text_map,
    "annotations": Value.text_map,
    "limits": _read_resources,
    "requests": _read_resources,
    "readonly_root_filesystem": Value.flag,
}
_BUILD_TIME = {field.name for field in fields(Function)} - {"name", "file", "lines"}

KEYS = {
    STACK: ("version", "provider", "functions", "configuration"),
    # faas-cli of 2018 had a network and a registry_auth.
    PROVIDER: ("name", "gateway", "network"),
    CONFIGURATION: ("templates", "copy"),
    TEMPLATES: ("name", "source"),
    FUNCTION: (*sorted(_BUILD_TIME), *RUN_TIME, "registry_auth"),
}


def warn_of_unknown_keys(reading: Reading, mappings: Iterable[tuple[str, str, Value]]) -> None:
    """Warn of each key that OpenFaaS does not know once, where it occurs first.

    `mappings` are the mappings to look through, each with what it is (a key of
    KEYS) and, if it is a function, with its name.
    """
    places: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for owner, name, value in mappings:
        for key, member in value.members.items():
            # By custom, keys `x-…` are for other tools; others hold values that aliases repeat elsewhere.
            other = owner == STACK and (key.startswith("x-") or reading.document.is_aliased(member.node))
            if key not in KEYS[owner] and not other:
                places.setdefault((owner, key), []).append((member.line, name))
    for (owner, key), found in places.items():
        where = of_functions([name for _, name in found]) if owner == FUNCTION else owner
        problem = f"{where}: {quoted(key)} is no key that OpenFaaS knows, so it is ignored."
        reading.warn(min(found)[0], problem, *_explain(owner, key))


def of_functions(names: Collection[str]) -> str:
    """Name functions in a message: `function "a"`, `functions "a", "b", "c" and 2 more`."""
    return f"function{'s' if len(names) > 1 else ''} {listed([quoted(name) for name in names], 3)}"


def misspelt(owner: str, value: Value, wanted: str) -> str:
    """Name the unknown key of `value` that probably means `wanted`, with its line; empty if there is none."""
    for key, member in value.members.items():
        if key not in KEYS[owner] and _nearest(owner, key) == wanted:
            return f"{quoted(key)} on line {member.line} is probably meant."
    return ""


def _nearest(owner: str, key: str) -> str:
    """Find the known key that an unknown one probably means, or return an empty text.

    Capitals, blanks around it, dashes for underscores and a value that sticks
    to the key do not count: ` Build-Args` -> `build_args`, `lang:node` -> `lang`.
    """
    plain = key.partition(":")[0].strip().lower().replace("-", "_")
    return nearest(plain, KEYS[owner], cutoff=0.75)


def _explain(owner: str, key: str) -> tuple[str, str]:
    """Find the likely cause of an unknown key, and the remedy."""
    near = _nearest(owner, key)
    if near and ":" in key:
        return 'a blank is missing behind the ":".', f"Write {quoted(key.replace(':', ': ', 1))}."
    if near and key.strip() != key:
        cause = "the blank before it is a special one, which is no indentation in YAML."
        return cause, f"Write {quoted(near)} after ordinary blanks."
    if near:
        return (
            "capitals, which count." if key.lower() == near else "a typing error.",
            f"Write {quoted(near)}.",
        )
    if home := next((other for other, known in KEYS.items() if key in known), ""):
        return f"a wrong indentation, as it is a key of {home}.", f"Move it to {home}."
    return "", "Remove it, unless another tool reads it."
