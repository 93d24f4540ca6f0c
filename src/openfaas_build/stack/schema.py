"""Turn the tree of a stack file into a StackFile and all that is wrong with it.

What cannot be substituted, is no YAML or no stack file at all stands alone and
is raised, as nothing can be read after it. All else is collected, so that it
can be told together with what others find: types and repeated keys, which
faas-cli tells first, and then the provider, the version and the functions.
"""

from collections.abc import Mapping
from dataclasses import replace

from openfaas_build.stack import yaml_tree as tree
from openfaas_build.stack.function import read_function
from openfaas_build.stack.keys import (
    CONFIGURATION,
    FUNCTION,
    PROVIDER,
    STACK,
    TEMPLATES,
    UnknownKeys,
    misspelt,
)
from openfaas_build.stack.stack_file import DOCKERFILE, Function, StackFile, TemplateSource
from openfaas_build.stack.substitution import Emptied, Substitution, substitute
from openfaas_build.stack.syntax import fault
from openfaas_build.stack.typed_values import Reading, Struct, is_null
from openfaas_build.stack.wording import names, of_functions, on_lines, quoted, shortened
from openfaas_build.stack.yaml_tree import Document, Text, compose, decode

_PROVIDER = "openfaas"
_VERSION = "1.0"
_OTHER_FILE = 'Name the stack file with the input "stack-file".'


def read_stack(data: bytes, path: str, env: Mapping[str, str] | None) -> StackFile:
    """Read the stack file `data`; `path` is its name in messages.

    Variables come from `env`; None leaves the text as it is, like faas-cli's
    `--envsubst=false`. Raises BuildError where nothing can be read; the other
    faults are in the StackFile, where an empty value stands for a faulty one.
    """
    text = decode(data, path)
    source = Substitution(text=text, source=text) if env is None else substitute(text, env, path)
    document = compose(source, path)
    reading = Reading(path, document)
    top = _read_top(reading, document.root)
    unknown = UnknownKeys()
    # By custom `x-…` is for other tools, and what an alias names is there to be named.
    allowed = (
        key for key, entry in top.members.items() if key.startswith("x-") or document.is_named(entry.node)
    )
    unknown.note(STACK, top, allowed=allowed)
    _check_provider(top, unknown)
    version = _read_version(top)
    functions = _read_functions(top, unknown, source.emptied)
    configuration = top.struct("configuration")
    unknown.note(CONFIGURATION, configuration)
    templates = _read_templates(configuration, unknown)
    copy = configuration.texts("copy")
    unknown.warn(reading)
    _warn_of_emptied(reading, source.emptied)
    _warn_of_rest(reading, document)
    members = {**top.members, **configuration.members}
    return StackFile(
        path=path,
        version=version,
        functions=functions,
        templates=templates,
        copy=copy,
        warnings=reading.warnings,
        faults=reading.faults,
        lines={key: entry.line for key, entry in members.items()},
    )


def _read_top(reading: Reading, root: tree.Node | None) -> Struct:
    if not isinstance(root, tree.Mapping):
        kind = f"the text {quoted(root.text)}" if isinstance(root, Text) else "a list"
        empty = root is None or is_null(root)
        problem = "the stack file is empty." if empty else f"the file is {kind}, not a stack file."
        raise fault(reading.path, root.line if root else 0, problem, "", _OTHER_FILE)
    top = Struct(reading, "", reading.members(root, STACK), 0)
    if "provider" not in top.members and "functions" not in top.members:
        cause = misspelt(STACK, top, "provider") or misspelt(STACK, top, "functions")
        held = f"but {names(list(top.members))}" if top.members else "nor anything else"
        problem = f'the file is no stack file: it has neither "provider" nor "functions", {held}.'
        raise fault(reading.path, root.line, problem, cause, _OTHER_FILE)
    return top


def _check_provider(top: Struct, unknown: UnknownKeys) -> None:
    provider = top.struct("provider")
    unknown.note(PROVIDER, provider)
    provider.text("gateway")
    name = provider.text("name")
    readable = isinstance(top.node("provider"), tree.Mapping) or is_null(top.node("provider"))
    if name == _PROVIDER or not readable or not isinstance(provider.node("name"), Text):
        return
    if "name" not in provider.members:
        cause = misspelt(STACK, top, "provider") or misspelt(PROVIDER, provider, "name")
        remedy = 'Write "provider:", and below it, indented, "name: openfaas".'
        top.reading.fault(provider.line, 'the stack file has no name of a "provider".', cause, remedy)
        return
    problem = f'{provider.label("name")} is {quoted(name)}, not "openfaas".'
    cause = "the old name of the provider, which faas-cli refuses too." if name == "faas" else ""
    top.reading.fault(provider.members["name"].line, problem, cause, 'Write "name: openfaas".')


def _read_version(top: Struct) -> str:
    version = top.text("version")
    if version not in ("", _VERSION):
        problem = f'"version" is {quoted(version)}, not "1.0".'
        remedy = 'Write "version: 1.0", or leave the line out.'
        top.reading.fault(top.members["version"].line, problem, "there is no other version yet.", remedy)
    return version


def _read_functions(top: Struct, unknown: UnknownKeys, emptied: tuple[Emptied, ...]) -> tuple[Function, ...]:
    node = top.node("functions")
    entries = top.struct("functions")
    if not entries.members and (is_null(node) or isinstance(node, tree.Mapping)):
        cause = misspelt(STACK, top, "functions")
        remedy = 'Write a function below "functions:", indented. ' + _OTHER_FILE
        top.reading.fault(entries.line, "the stack file has no functions.", cause, remedy)
    empty_on: dict[int, list[str]] = {}
    for use in emptied:
        empty_on.setdefault(use.line, []).append(use.name)
    functions = []
    for name, entry in sorted(entries.members.items()):
        what = f"function {quoted(name)}"
        struct = Struct(top.reading, what, top.reading.members(entry.node, what), entry.line)
        unknown.note(FUNCTION, struct, name)
        if isinstance(entry.node, tree.Mapping) or is_null(entry.node):
            functions.append(read_function(name, struct, empty_on))
    return _lower_dockerfile(top.reading, functions)


def _lower_dockerfile(reading: Reading, functions: list[Function]) -> tuple[Function, ...]:
    """Do what faas-cli means to do, and does to a copy that it then drops."""
    found = {function.name: function for function in functions if function.lang == "Dockerfile"}
    if found:
        problem = f'{of_functions(found)}: "lang" is "Dockerfile", taken as "dockerfile".'
        cause = 'capitals; faas-cli looks for a template called "Dockerfile".'
        line = min(function.line("lang") for function in found.values())
        reading.warn(line, problem, cause, 'Write "lang: dockerfile".')
    return tuple(replace(each, lang=DOCKERFILE) if each.name in found else each for each in functions)


def _read_templates(configuration: Struct, unknown: UnknownKeys) -> tuple[TemplateSource, ...]:
    templates = []
    for node in configuration.items("templates"):
        what = f"an item of {TEMPLATES}"
        entry = Struct(configuration.reading, what, configuration.reading.members(node, what), node.line)
        unknown.note(TEMPLATES, entry)
        templates.append(TemplateSource(name=entry.text("name"), source=entry.text("source"), line=node.line))
    return tuple(templates)


def _warn_of_emptied(reading: Reading, emptied: tuple[Emptied, ...]) -> None:
    places: dict[str, list[int]] = {}
    for use in emptied:
        places.setdefault(use.name, []).append(use.line)
    for name, lines in places.items():
        shown = shortened(name)
        problem = f"${{{shown}}} is not set, or empty, so nothing stands in its place {on_lines(lines)}."
        remedy = f'Set {shown} under the step\'s "env:", or write ${{{shown}:-}} if it may be empty.'
        reading.warn(lines[0], problem, "", remedy)


def _warn_of_rest(reading: Reading, document: Document) -> None:
    if document.rest:
        problem = "what stands here and below is not read, as a stack file is one YAML document."
        remedy = "Move the functions into the first document, or into a stack file of their own."
        reading.warn(document.rest, problem, "", remedy)
