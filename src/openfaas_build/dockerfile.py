"""Read a Dockerfile as far as it takes to say on which line a step stands. Pure.

BuildKit checks the file and we do not: what cannot be read is passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What BuildKit numbers, FROM apart.
_STEPS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_HEREDOC = re.compile(r"(?:^|\s)\d*<<(-?)([\"']?)(\w[\w.-]*)\2(?=\s|$)")
_ALIAS = re.compile(r"\sAS\s+(\S+)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction: `stage` is named as BuildKit does, `line` is its first, counted from 1."""

    stage: str
    verb: str
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A Dockerfile and the path under which its user knows it."""

    path: str
    instructions: tuple[Instruction, ...]

    def step(self, stage: str, from_end: int) -> Instruction | None:
        """Give a step of a stage (empty: the only one), counted from 0 from the stage's end.

        From there, as a base image's ONBUILD may put steps in front.
        """
        stages = {instruction.stage for instruction in self.instructions}
        if not stage and len(stages) == 1:
            (stage,) = stages
        found = [each for each in self.instructions if each.stage == stage.lower() and each.verb in _STEPS]
        return found[-1 - from_end] if 0 <= from_end < len(found) else None


def read_dockerfile(text: str, path: str) -> Dockerfile:
    """Read the text of a Dockerfile; never raises."""
    found = []
    stage, stages = "", 0
    for line, instruction in _instructions(text.removeprefix("\ufeff").split("\n")):
        verb = instruction.split(maxsplit=1)[0].upper()
        if verb == "FROM":
            alias = _ALIAS.search(instruction)
            stage = alias[1].lower() if alias else f"stage-{stages}"
            stages += 1
        if stages:
            found.append(Instruction(stage=stage, verb=verb, text=instruction, line=line))
    return Dockerfile(path=path, instructions=tuple(found))


def _instructions(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Give each instruction in one line, with the number of its first."""
    escape = _escape(lines)
    at = 0
    while at < len(lines):
        first = at
        text, goes_on = _piece(lines[at], escape)
        at += 1
        if not text and not goes_on:
            continue
        while goes_on and at < len(lines):
            # Comments and empty lines do not end an instruction.
            if not lines[at].strip() or lines[at].lstrip().startswith("#"):
                at += 1
                continue
            piece, goes_on = _piece(lines[at], escape)
            text = f"{text} {piece}"
            at += 1
        if not text.strip():
            continue
        yield first + 1, " ".join(text.split())
        if text.split(maxsplit=1)[0].upper() in _WITH_HEREDOCS:
            for dash, _, name in _HEREDOC.findall(text):
                while at < len(lines) and _end(lines[at], dash) != name:
                    at += 1
                at += 1


def _escape(lines: list[str]) -> str:
    for line in lines:
        directive = _DIRECTIVE.match(line.strip())
        if not directive:
            break
        if directive[1].lower() == "escape":
            return directive[2]
    return "\\"


def _piece(line: str, escape: str) -> tuple[str, bool]:
    text = line.strip()
    if text.startswith("#"):
        return "", False
    if text.endswith(escape):
        return text.removesuffix(escape), True
    return text, False


def _end(line: str, dash: str) -> str:
    line = line.removesuffix("\r")
    return line.lstrip("\t") if dash else line
