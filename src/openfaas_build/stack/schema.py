"""Read a stack file: check its frame, and collect all that is wrong with it.

A text that cannot be substituted, is no YAML or is no stack file at all raises
an error of its own, as nothing can be read after it. All other faults are
collected, to be told together: types and repeated keys, which faas-cli tells
first, and then the provider, the version and the functions.
"""

from collections.abc import Mapping
from dataclasses import replace

from openfaas_build.stack.function import read_function
from openfaas_build.stack.keys import (
    CONFIGURATION,
    FUNCTION,
    PROVIDER,
    STACK,
    TEMPLATES,
    misspelt,
    of_functions,
    warn_of_unknown_keys,
)
from openfaas_build.stack.stack_file import DOCKERFILE, Function, StackFile, TemplateSource
from openfaas_build.stack.substitution import Emptied, Substitution, substitute
from openfaas_build.stack.typed_values import Reading, Value, described
from openfaas_build.stack.yaml_faults import fault
from openfaas_build.stack.yaml_tree import compose, decode
from openfaas_build.untrusted import listed, quoted, shortened

_MAYBE_TEXT = ("a text", "nothing")
_MAYBE_MAPPING = ("a mapping", "nothing")
_OTHER_FILE = 'Name the stack file with the input "stack-file".'


def read_stack(data: bytes, path: str, env: Mapping[str, str] | None) -> StackFile:
    """Read the stack file `data`; `path` is its name in messages.

    Variables come from `env`; None leaves the text as it is, like faas-cli's
    `--envsubst=false`. Raises BuildError where nothing can be read; the other
    faults are in the StackFile, where an empty value stands for a faulty one.
    """
    text = decode(data, path)
    source = Substitution(text=text, source=text) if env is None else substitute(text, env, path)
    reading = Reading(path, compose(source, path))
    top = _read_top(reading)
    _check_provider(top)
    version = _read_version(top)
    entries = {
        name: replace(value, label=f"function {quoted(name)}")
        for name, value in sorted(top.get("functions").members.items())
    }
    functions = _read_functions(top, entries, source.emptied)
    configuration = top.get("configuration")
    items = configuration.get("templates").items()
    templates = tuple(
        TemplateSource(name=item.get("name").text(), source=item.get("source").text(), line=item.line)
        for item in items
    )
    copy = configuration.get("copy").texts()
    mappings = [(STACK, "", top), (PROVIDER, "", top.get("provider")), (CONFIGURATION, "", configuration)]
    mappings += [(TEMPLATES, "", item) for item in items]
    mappings += [(FUNCTION, name, value) for name, value in entries.items()]
    warn_of_unknown_keys(reading, mappings)
    _warn_of_emptied(reading, source.emptied)
    _warn_of_rest(reading)
    return StackFile(
        path=path,
        version=version,
        functions=functions,
        templates=templates,
        copy=copy,
        warnings=reading.warnings,
        faults=reading.faults,
        lines={key: value.line for key, value in {**top.members, **configuration.members}.items()},
    )


def _read_top(reading: Reading) -> Value:
    top = reading.top
    line = top.node.line
    if top.kind != "a mapping":
        problem = f"the file is {described(top.node)}, not a stack file."
        if top.kind == "nothing":
            problem = "the stack file is empty."
        raise fault(reading.path, line, problem, "", _OTHER_FILE)
    keys = list(top.members)
    if "provider" not in keys and "functions" not in keys:
        cause = misspelt(STACK, top, "provider") or misspelt(STACK, top, "functions")
        held = f"but {listed([quoted(key) for key in keys], 3)}" if keys else "nor anything else"
        problem = f'the file is no stack file: it has neither "provider" nor "functions", {held}.'
        raise fault(reading.path, line, problem, cause, _OTHER_FILE)
    return top


def _check_provider(top: Value) -> None:
    provider = top.get("provider")
    provider.get("gateway").text()
    name = provider.get("name")
    text = name.text()
    if text == "openfaas" or name.kind not in _MAYBE_TEXT or provider.kind not in _MAYBE_MAPPING:
        return
    if "name" not in provider.members:
        cause = misspelt(STACK, top, "provider") or misspelt(PROVIDER, provider, "name")
        remedy = 'Write "provider:", and below it, indented, "name: openfaas".'
        problem = 'the stack file has no name of a "provider".'
        top.reading.fault(provider.line, problem, cause, remedy)
        return
    cause = "the old name of the provider, which faas-cli refuses too." if text == "faas" else ""
    name.fault(f'is {quoted(text)}, not "openfaas".', cause, 'Write "name: openfaas".')


def _read_version(top: Value) -> str:
    version = top.get("version")
    text = version.text()
    if text not in ("", "1.0"):
        remedy = 'Write "version: 1.0", or leave the line out.'
        version.fault(f'is {quoted(text)}, not "1.0".', "there is no other version yet.", remedy)
    return text


def _read_functions(
    top: Value, entries: Mapping[str, Value], emptied: tuple[Emptied, ...]
) -> tuple[Function, ...]:
    whole = top.get("functions")
    if not entries and whole.kind in _MAYBE_MAPPING:
        cause = misspelt(STACK, top, "functions")
        remedy = 'Write a function below "functions:", indented. ' + _OTHER_FILE
        top.reading.fault(whole.line, "the stack file has no functions.", cause, remedy)
    functions = [
        read_function(name, value, emptied) for name, value in entries.items() if value.kind in _MAYBE_MAPPING
    ]
    return _lower_dockerfile(top.reading, functions)


def _lower_dockerfile(reading: Reading, functions: list[Function]) -> tuple[Function, ...]:
    """Take `lang: Dockerfile` as `dockerfile`; faas-cli lowers it in a copy that it does not use."""
    found = [function for function in functions if function.lang == "Dockerfile"]
    if found:
        names = of_functions([function.name for function in found])
        problem = f'{names}: "lang" is "Dockerfile", taken as "dockerfile".'
        cause = 'capitals; faas-cli looks for a template called "Dockerfile".'
        line = min(function.line("lang") for function in found)
        reading.warn(line, problem, cause, 'Write "lang: dockerfile".')
    return tuple(replace(each, lang=DOCKERFILE) if each.lang == "Dockerfile" else each for each in functions)


def _warn_of_emptied(reading: Reading, emptied: tuple[Emptied, ...]) -> None:
    places: dict[str, dict[int, None]] = {}
    for use in emptied:
        places.setdefault(use.name, {})[use.line] = None
    for name, lines in places.items():
        shown = shortened(name)
        where = f"on line{'s' * (len(lines) > 1)} {listed([str(line) for line in lines])}"
        problem = f"${{{shown}}} is not set, or empty, so nothing stands in its place {where}."
        remedy = f'Set {shown} under the step\'s "env:", or write ${{{shown}:-}} if it may be empty.'
        reading.warn(min(lines), problem, "", remedy)


def _warn_of_rest(reading: Reading) -> None:
    if reading.document.rest:
        problem = "what stands here and below is not read, as a stack file is one YAML document."
        remedy = "Move the functions into the first document, or into a stack file of their own."
        reading.warn(reading.document.rest, problem, "", remedy)
