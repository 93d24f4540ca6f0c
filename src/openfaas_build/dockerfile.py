"""Read a Dockerfile, so that a message can name the line of a step. Pure.

BuildKit checks the file and we do not: what cannot be read is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# BuildKit numbers these, and FROM.
_STEPS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_HEREDOC = re.compile(r"(?:^|\s)\d*<<(-?)([\"']?)(\w[\w.-]*)\2(?=\s|$)")
_ALIAS = re.compile(r"\sAS\s+(\S+)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction: `stage` is named as BuildKit does (`build`, `stage-1`), `line` is its first."""

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
        """Find a step of a stage (empty: the only one); None when there are fewer steps.

        `from_end` counts from the stage's last step, which is 0, as ONBUILD of a base image may add steps at
        the beginning.
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
    r"""Yield each instruction in one line, with the number of its first; here-documents are left out.

    >>> list(_instructions(["FROM x", "RUN a \\", "  b <<END", "text", "END", "CMD c"]))
    [(1, 'FROM x'), (2, 'RUN a b <<END'), (6, 'CMD c')]
    """
    escape = _escape(lines)
    rest = iter(enumerate(lines, start=1))
    for number, line in rest:
        if _is_nothing(line):
            continue
        text, goes_on = _piece(line, escape)
        while goes_on:
            # Comments and empty lines do not end an instruction.
            more = next((more for _, more in rest if not _is_nothing(more)), "")
            piece, goes_on = _piece(more, escape)
            text += f" {piece}"
        words = text.split()
        if not words:
            continue
        yield number, " ".join(words)
        if words[0].upper() in _WITH_HEREDOCS:
            for dash, _, name in _HEREDOC.findall(text):
                # Each here-document begins where the one before it ended.
                next((None for _, line in rest if _heredoc_line(line, dash) == name), None)


def _escape(lines: list[str]) -> str:
    """Find the character that continues a line: that of `# escape=` at the beginning, or a backslash."""
    for line in lines:
        directive = _DIRECTIVE.match(line.strip())
        if not directive:
            break
        if directive[1].lower() == "escape":
            return directive[2]
    return "\\"


def _is_nothing(line: str) -> bool:
    return line.strip().startswith("#") or not line.strip()


def _piece(line: str, escape: str) -> tuple[str, bool]:
    r"""Return the text of a line, and whether the next one continues it: `RUN a \` -> (`RUN a `, True)."""
    text = line.strip()
    return text.removesuffix(escape), text.endswith(escape)


def _heredoc_line(line: str, dash: str) -> str:
    """Return a line as it is compared with the end mark of a here-document: `<<-` ignores leading tabs."""
    line = line.removesuffix("\r")
    return line.lstrip("\t") if dash else line
