"""Know the keys of a stack file, and speak up for those that nobody knows."""

from collections.abc import Iterable

from openfaas_build.stack.typed_values import Reading, Struct
from openfaas_build.stack.wording import nearest, of_functions, quoted

STACK = "the stack file"
PROVIDER = '"provider"'
CONFIGURATION = '"configuration"'
TEMPLATES = '"templates"'
FUNCTION = "a function"

KEYS = {
    STACK: ("version", "provider", "functions", "configuration"),
    # faas-cli of 2018 had a network and a registry_auth.
    PROVIDER: ("name", "gateway", "network"),
    CONFIGURATION: ("templates", "copy"),
    TEMPLATES: ("name", "source"),
    FUNCTION: (
        "lang",
        "handler",
        "image",
        "skip_build",
        "build_options",
        "build_args",
        "build_secrets",
        "build_cache",
        "builder_flags",
        "platforms",
        "fprocess",
        "environment",
        "environment_file",
        "secrets",
        "constraints",
        "labels",
        "limits",
        "requests",
        "readonly_root_filesystem",
        "annotations",
        "namespace",
        "registry_auth",
    ),
}


class UnknownKeys:
    """The keys that were found and are none, each told once however often it occurs."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[tuple[int, str]]] = {}

    def note(self, owner: str, struct: Struct, name: str = "", allowed: Iterable[str] = ()) -> None:
        """Look through one `owner`; where there are many of a kind, `name` is its own."""
        for key in struct.members.keys() - {*KEYS[owner], *allowed}:
            self._found.setdefault((owner, key), []).append((struct.members[key].line, name))

    def warn(self, reading: Reading) -> None:
        """Warn of each key, where it occurs first."""
        found = sorted(self._found.items(), key=lambda item: (min(item[1]), item[0]))
        for (owner, key), places in found:
            owners = [name for _, name in sorted(places) if name]
            where = of_functions(owners) if owners else owner
            problem = f"{where}: {quoted(key)} is no key that OpenFaaS knows, so it is ignored."
            cause, remedy = _explain(owner, key) if reading.may_guess() else ("", "")
            reading.warn(min(places)[0], problem, cause, remedy)


def misspelt(owner: str, struct: Struct, wanted: str) -> str:
    """Name the key that was probably meant as `wanted`, with its line, or give an empty text."""
    for key in sorted(struct.members.keys() - set(KEYS[owner])):
        if struct.reading.may_guess() and nearest(key, KEYS[owner]) == wanted:
            return f"{quoted(key)} on line {struct.members[key].line} is probably meant."
    return ""


def _explain(owner: str, key: str) -> tuple[str, str]:
    near = nearest(key, KEYS[owner])
    if near and ":" in key:
        return 'a blank is missing behind the ":".', f"Write {quoted(key.replace(':', ': ', 1))}."
    if near and key.strip() != key:
        cause = "the blank before it is a special one, which is no indentation in YAML."
        return cause, f"Write {quoted(near)} after ordinary blanks."
    if near and key.lower() == near:
        return "capitals, which count.", f"Write {quoted(near)}."
    if near:
        return "a typing error.", f"Write {quoted(near)}."
    home = next((other for other, known in KEYS.items() if key in known), "")
    if home:
        return f"a wrong indentation, as it is a key of {home}.", f"Move it to {home}."
    return "", "Remove it, unless another tool reads it."
