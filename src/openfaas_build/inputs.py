"""Turn flags and environment into Inputs.

INPUTS is the one list of inputs; action.yml, the README and the reusable
workflow agree with it by test. Precedence: flag, then `INPUT_…` (upper case,
underscores), then the default; an empty value counts as not given. All faults
are told at once.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from openfaas_build import __version__
from openfaas_build.errors import BuildError, Notice, raise_all

COMMANDS = ("build", "plan", "shrinkwrap", "doctor", "report")
TAG_MODES = ("latest", "sha", "branch", "describe", "digest")
CACHE_MODES = ("stack", "off", "inline", "max", "registry", "gha", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: `kind` says how its text is read, `words` or `least` what it may be."""

    name: str
    kind: Literal["text", "word", "bool", "count", "lines", "words", "pairs", "secrets"]
    default: str = ""
    words: tuple[str, ...] = ()
    least: int = 1
    help: str

    @property
    def field(self) -> str:
        """Name the attribute of Inputs."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """Name the environment variable."""
        return f"INPUT_{self.field.upper()}"

    @property
    def is_list(self) -> bool:
        """Say whether a flag may be given several times."""
        return self.kind in ("lines", "words", "pairs", "secrets")


INPUTS = (
    Input(name="stack-file", kind="text", help="the stack file; else stack.yaml, then stack.yml"),
    Input(
        name="functions",
        kind="words",
        help="names or globs, one a line or comma separated; `regex:` in front of a regular expression",
    ),
    Input(
        name="cache-mode",
        kind="word",
        default="stack",
        words=CACHE_MODES,
        help="cache of the functions that have no build_cache of their own; `off`: for all, none",
    ),
    Input(name="cache-from", kind="lines", help="cache imports, in place of what the stack file says"),
    Input(name="cache-to", kind="lines", help="cache exports, in place of what the stack file says"),
    Input(
        name="cache-ref",
        kind="text",
        default="{repository}:buildcache",
        help="the registry cache's reference for mode max; placeholders as in every cache value",
    ),
    Input(
        name="cache-write",
        kind="word",
        default="auto",
        words=("auto", "always", "never"),
        help="whether caches are exported; `auto`: not on pull requests",
    ),
    Input(
        name="strict-cache",
        kind="bool",
        default="false",
        help="a failed cache import or export fails the function",
    ),
    Input(
        name="reuse",
        kind="bool",
        default="false",
        help="do not build what is in the registry already (not in this version)",
    ),
    Input(name="push", kind="bool", default="false", help="push the images"),
    Input(
        name="load",
        kind="word",
        default="auto",
        words=("auto", "true", "false"),
        help="keep the images in the engine; `auto`: when nothing is pushed and there is one platform",
    ),
    Input(name="platforms", kind="words", help="platforms, in place of what the stack file says"),
    Input(name="tag", kind="word", default="latest", words=TAG_MODES, help="how faas-cli's tag is made"),
    Input(name="extra-tags", kind="lines", help="further tags or whole references"),
    Input(name="build-args", kind="pairs", help="build arguments, KEY=VALUE, over those of the stack file"),
    Input(name="build-options", kind="words", help="build options of the template, before the stack file's"),
    Input(name="copy-extra", kind="lines", help="paths to copy into every function's context"),
    Input(name="labels", kind="pairs", help="image labels, KEY=VALUE"),
    Input(name="secrets", kind="secrets", help="build secrets: id=NAME,src=FILE or id=NAME,env=VARIABLE"),
    Input(name="builder-flags", kind="lines", help="flags for docker buildx build, as they stand"),
    Input(name="builder", kind="text", help="the buildx builder; else the current one, else our own"),
    Input(name="parallel", kind="count", default="4", help="how many functions are built at the same time"),
    Input(
        name="fail-fast", kind="bool", default="false", help="start no further function after one has failed"
    ),
    Input(name="no-cache", kind="bool", default="false", help="run every step, whatever the cache holds"),
    Input(name="pull", kind="bool", default="false", help="look for newer base images"),
    Input(
        name="provenance",
        kind="text",
        help="provenance attestation: true, false, mode=min, mode=max; else buildx's default",
    ),
    Input(name="sbom", kind="text", help="SBOM attestation: true, false or attributes"),
    Input(
        name="envsubst",
        kind="bool",
        default="true",
        help="substitute ${VARIABLES} in the stack file, as faas-cli does",
    ),
    Input(name="template-url", kind="text", help="git repository that holds the missing templates"),
    Input(name="template-store-url", kind="text", help="template store to look missing templates up in"),
    Input(name="shards", kind="count", default="1", help="into how many parts the plan's matrix is cut"),
    Input(
        name="shard",
        kind="count",
        default="0",
        least=0,
        help="build this part of the matrix alone, from 1; 0: everything",
    ),
    Input(name="report-file", kind="text", help="where report.json goes"),
    Input(
        name="summary",
        kind="text",
        default="auto",
        help="where the Markdown summary goes: `auto` (job summary, and beside the report), `off`, or a file",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One build secret: `source` is a file, or the name of an environment variable."""

    id: str
    kind: Literal["src", "env"]
    source: str

    def spec(self) -> str:
        """Give the value of buildx's `--secret`, which names the secret but does not hold it."""
        return f"id={self.id},{self.kind}={self.source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What was asked for; one attribute for each of INPUTS."""

    stack_file: str = ""
    functions: tuple[str, ...] = ()
    cache_mode: str = "stack"
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    cache_ref: str = "{repository}:buildcache"
    cache_write: str = "auto"
    strict_cache: bool = False
    reuse: bool = False
    push: bool = False
    load: str = "auto"
    platforms: tuple[str, ...] = ()
    tag: str = "latest"
    extra_tags: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()
    build_options: tuple[str, ...] = ()
    copy_extra: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...] = ()
    builder_flags: tuple[str, ...] = ()
    builder: str = ""
    parallel: int = 4
    fail_fast: bool = False
    no_cache: bool = False
    pull: bool = False
    provenance: str = ""
    sbom: str = ""
    envsubst: bool = True
    template_url: str = ""
    template_store_url: str = ""
    shards: int = 1
    shard: int = 0
    report_file: str = ""
    summary: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call: the sub-command, its inputs, and for `plan` and `report` what only they take."""

    command: str
    inputs: Inputs
    format: str = "json"
    files: tuple[str, ...] = ()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BuildError(
            Notice(problem=f"command line: {message}.", remedy="`--help` lists the sub-commands and flags.")
        )


def parse(argv: Sequence[str], env: Mapping[str, str]) -> Request:
    """Read the command line (without the program's name) over the environment.

    Raises BuildError with every fault. `--help` and `--version` print and
    raise SystemExit, as argparse does.
    """
    parser = _parser()
    found = parser.parse_args(list(argv))
    if found.files and found.command != "report":
        parser.error(f"unexpected argument {found.files[0]!r}")
    faults: list[Notice] = []
    values: dict[str, Any] = {}
    for item in INPUTS:
        flags = [text for text in getattr(found, item.field) or [] if text]
        text = (
            "\n".join(flags) if item.kind in ("lines", "words", "pairs", "secrets") else "".join(flags[-1:])
        )
        text = text or env.get(item.variable, "").strip() or item.default
        try:
            values[item.field] = _read(item, text)
        except ValueError as error:
            faults.append(
                Notice(problem=f'input "{item.name}": {error}', remedy=f'"{item.name}" is {item.help}.')
            )
    raise_all(faults)
    return Request(
        command=found.command, inputs=Inputs(**values), format=found.format, files=tuple(found.files)
    )


def _parser() -> _Parser:
    parser = _Parser(
        prog="openfaas-build",
        description="Build the functions of an OpenFaaS stack file, with a cache that survives the runner.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", choices=COMMANDS, default="build", help="default: build")
    parser.add_argument("files", nargs="*", help="report: the report.json files to merge")
    parser.add_argument("--format", choices=("json", "text"), default="json", help="plan: how it is printed")
    parser.add_argument("--version", action="version", version=__version__)
    for item in INPUTS:
        switch = item.kind == "bool"
        parser.add_argument(
            f"--{item.name}",
            action="append",
            nargs="?" if switch else None,
            const="true" if switch else None,
            metavar=item.kind.upper() if not item.words else "|".join(item.words),
            help=item.help.replace("%", "%%") + (f" (default: {item.default})" if item.default else ""),
        )
    return parser


def _read(item: Input, text: str) -> object:
    match item.kind:
        case "text":
            return text
        case "bool":
            words = {"true": True, "false": False}
            if text.lower() not in words:
                raise ValueError(f"{text!r} is neither true nor false.")
            return words[text.lower()]
        case "word":
            if text not in item.words:
                raise ValueError(f"{text!r} is not one of {', '.join(item.words)}.")
            return text
        case "count":
            if not (text.isascii() and text.isdigit() and item.least <= int(text) <= 9999):
                raise ValueError(f"{text!r} is not a whole number from {item.least} to 9999.")
            return int(text)
        case "lines":
            return _lines(text)
        case "words":
            return tuple(word for line in _lines(text) for word in _split(line))
        case "pairs":
            return tuple(_pair(line) for line in _lines(text))
        case "secrets":
            return tuple(_secret(line) for line in _lines(text))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (line.strip() for line in text.splitlines())))


def _split(line: str) -> list[str]:
    # A regular expression may hold a comma.
    if line.startswith("regex:"):
        return [line]
    return list(filter(None, (word.strip() for word in line.split(","))))


def _pair(line: str) -> tuple[str, str]:
    key, sign, value = line.partition("=")
    if not sign or not key.strip():
        raise ValueError(f"{line!r} is not of the form KEY=VALUE.")
    return key.strip(), value.strip()


def _secret(line: str) -> Secret:
    fields = dict(part.split("=", 1) for part in line.split(",") if "=" in part)
    match fields:
        case {"id": str(name), "src": str(source), **rest} if name and source and not rest:
            return Secret(id=name, kind="src", source=source)
        case {"id": str(name), "env": str(source), **rest} if name and source and not rest:
            return Secret(id=name, kind="env", source=source)
    # The line is not repeated: people write the secret itself here.
    raise ValueError("a line is not of the form id=NAME,src=FILE or id=NAME,env=VARIABLE.")
