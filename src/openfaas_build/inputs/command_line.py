"""Read the command line over the environment."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NoReturn, get_args

from openfaas_build import __version__
from openfaas_build.errors import BuildError, Faults, Notice
from openfaas_build.inputs.definitions import INPUTS, Input
from openfaas_build.inputs.values import Command, Inputs, PlanFormat, Request, Secret
from openfaas_build.untrusted import quoted


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BuildError.of(
            problem=f"command line: {message}.", remedy="`--help` lists the sub-commands and flags."
        )


def parse(argv: Sequence[str], env: Mapping[str, str]) -> Request:
    """Read the command line (without the program's name) over the environment.

    Raises BuildError with every fault. `--help` and `--version` print and
    raise SystemExit, as argparse does.
    """
    parser = _parser()
    found = parser.parse_args(list(argv))
    files = tuple(found.files) or (_lines(env.get("INPUT_REPORTS", "")) if found.command == "report" else ())
    if files and found.command != "report":
        parser.error(f"unexpected argument {quoted(files[0])}")
    faults: list[Notice] = []
    values: dict[str, Any] = {}
    for item in INPUTS:
        flags = [text for text in getattr(found, item.field) or [] if text]
        text = "\n".join(flags if item.is_list else flags[-1:])
        text = text or env.get(item.variable, "").strip() or item.default
        try:
            values[item.field] = _read(item, text)
        except ValueError as error:
            faults.append(
                Notice(problem=f'input "{item.name}": {error}', remedy=f"What it is for: {item.help}.")
            )
    Faults(faults).raise_all()
    return Request(command=found.command, inputs=Inputs(**values), format=found.format, files=files)


def _parser() -> _Parser:
    parser = _Parser(
        prog="openfaas-build",
        description="Build the functions of an OpenFaaS stack file, with a cache that survives the runner.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "command", nargs="?", choices=get_args(Command), default="build", help="default: build"
    )
    parser.add_argument("files", nargs="*", help="report: the report.json files to merge")
    parser.add_argument(
        "--format", choices=get_args(PlanFormat), default="json", help="plan: how it is printed"
    )
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
    """Return the value of an input's attribute; raise ValueError with a sentence on what is wrong."""
    match item.kind:
        case "text":
            return text
        case "bool":
            if text.lower() not in ("true", "false"):
                raise ValueError(f"{quoted(text)} is neither true nor false.")
            return text.lower() == "true"
        case "word":
            if text not in item.words:
                raise ValueError(f"{quoted(text)} is not one of {', '.join(item.words)}.")
            return text
        case "count" if text in item.words:
            return 0
        case "count":
            if not (text.isascii() and text.isdigit() and item.least <= int(text) <= 9999):
                raise ValueError(f"{quoted(text)} is not a whole number from {item.least} to 9999.")
            return int(text)
        case "lines":
            return _lines(text)
        case "words":
            return tuple(word for line in _lines(text) for word in _words(line))
        case "pairs":
            return tuple(map(_pair, _lines(text)))
        case "secrets":
            return tuple(map(_secret, _lines(text)))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.splitlines())))


def _words(line: str) -> tuple[str, ...]:
    """Split at commas: "a, b" -> ("a", "b"); but "regex:x{1,2}" stays whole, as its comma is part of it."""
    return (line,) if line.startswith("regex:") else tuple(filter(None, map(str.strip, line.split(","))))


def _pair(line: str) -> tuple[str, str]:
    """Split at the first equals sign: "KEY = a=b" -> ("KEY", "a=b")."""
    key, sign, value = line.partition("=")
    if not sign or not key.strip():
        raise ValueError(f"{quoted(line)} is not of the form KEY=VALUE.")
    return key.strip(), value.strip()


def _secret(line: str) -> Secret:
    """Read a line in the form of buildx's `--secret`: "id=npm,src=.npmrc", "id=token,env=TOKEN"."""
    fields = dict(part.split("=", 1) for part in line.split(",") if "=" in part)
    kind: Literal["src", "env"] = "src" if "src" in fields else "env"
    if fields.keys() != {"id", kind} or not all(fields.values()):
        # The line is not repeated: people write the secret itself here.
        raise ValueError("a line is not of the form id=NAME,src=FILE or id=NAME,env=VARIABLE.")
    return Secret(id=fields["id"], kind=kind, source=fields[kind])
