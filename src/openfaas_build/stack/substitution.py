r"""Replace `${NAME}` in the raw text of a stack file, as faas-cli does.

The dialect is drone/envsubst 1.0.3's: the whole text, comments included; an
unset variable and an empty one are the same; `:-`, `=`, `:=`, `:?` and `:+`
all mean "default"; outside an expression `$$`, `\\` and `\/` lose their first
character. What envsubst does not say we say: the place of a fault, and which
variables became empty.

The price: depth, text produced and the time that operators take are bounded,
which they are not in faas-cli.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from openfaas_build.errors import BuildError, Notice
from openfaas_build.stack import operators
from openfaas_build.stack.expression import DEFAULTS, Expression, ExpressionError, Part, parse
from openfaas_build.stack.wording import quoted, shortened

MAX_CHARS = 2 * 2**20

_LINE_BREAK = re.compile(r"\r\n?|\n")
_EXCERPT = re.compile(r"\$\{[^}\r\n]{0,60}\}*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """A variable that is unset or empty, used without a default on a line of the source."""

    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """The text after substitution, and what is needed to speak of the text before it.

    `lines` gives for each line of `text` its line in `source`; it is empty
    while they are the same. `emptied` is in the order of use, without the uses
    in comment lines.
    """

    text: str
    source: str
    emptied: tuple[Emptied, ...] = ()
    lines: tuple[int, ...] = ()

    def source_line(self, line: int) -> int:
        """Give the line of the source for a 1-based line of the text."""
        return self.lines[min(line, len(self.lines)) - 1] if self.lines else line


def substitute(text: str, env: Mapping[str, str], path: str = "") -> Substitution:
    """Replace the variables in `text` by their values in `env`.

    Raises BuildError, with the place and the offending text, where faas-cli
    refuses the text, where it would crash, and beyond our limits.
    """
    starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
    evaluation = _Evaluation(env)
    try:
        parts = parse(text)
        texts = [evaluation.part(part) for part in parts]
    except ExpressionError as error:
        raise _fault(error, text, path, bisect_right(starts, error.start)) from None
    emptied = tuple(
        Emptied(name=name, line=line)
        for name, start in evaluation.emptied
        if not _is_comment(text[starts[(line := bisect_right(starts, start)) - 1] : start])
    )
    result = "".join(texts)
    moved = any(
        isinstance(part, Expression) and _LINE_BREAK.search(value + text[part.start : part.end])
        for part, value in zip(parts, texts, strict=True)
    )
    lines = _source_lines(parts, texts, starts) if moved else ()
    return Substitution(text=result, source=text, emptied=emptied, lines=lines)


class _Evaluation:
    """The texts of expressions; on the way it notes what is empty and how much was produced."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._room = MAX_CHARS
        self.emptied: list[tuple[str, int]] = []

    def part(self, part: Part) -> str:
        if isinstance(part, str):
            return part
        value = self._env.get(part.name, "")
        if part.operator in DEFAULTS:
            result = value or "".join(self.part(arg) for arg in part.args)
        else:
            if not value:
                self.emptied.append((part.name, part.start))
            args = [self.part(arg) for arg in part.args]
            self._spend(part, len(value) + _growth(part, value, args))
            result = _apply(part, value, args)
        self._spend(part, len(result))
        return result

    def _spend(self, part: Expression, chars: int) -> None:
        self._room -= chars
        if self._room < 0:
            reason = f"the values of the variables are larger than {MAX_CHARS} characters"
            raise ExpressionError(part.start, reason, "", "Use shorter values, or fewer of them.")


def _growth(part: Expression, value: str, args: list[str]) -> int:
    """Bound what a replacement adds and what a pattern costs, before it is done."""
    match part.operator, args:
        case "//", [old, new]:
            return value.count(old) * len(new)
        case "#" | "##" | "%" | "%%", [pattern]:
            return len(pattern) * (1 + len(value) // 1000)
        case _:
            return 0


def _apply(part: Expression, value: str, args: list[str]) -> str:
    match part.operator, args:
        case "#", []:
            return operators.length(value)
        case ":", [offset, *size]:
            try:
                return operators.substring(value, offset, *size)
            except ValueError:
                remedy = f'Write a length of 0 or more: "${{{shortened(part.name)}:{offset}:1}}".'
                raise ExpressionError(part.start, "bad substitution", "a negative length.", remedy) from None
        case "#" | "##" | "%" | "%%", [pattern]:
            return operators.trim(part.operator, value, pattern)
        case "/" | "//" | "/#" | "/%", [old, *new]:
            return operators.replace(part.operator, value, old, *new)
        case _:
            return operators.change_case(part.operator, value)


def _source_lines(parts: list[Part], texts: list[str], starts: list[int]) -> tuple[int, ...]:
    """Say for each line of the result where it comes from."""
    lines = [1]
    current = 1
    for part, text in zip(parts, texts, strict=True):
        breaks = len(_LINE_BREAK.findall(text))
        if isinstance(part, str):
            lines += range(current + 1, current + breaks + 1)
            current += breaks
        else:
            lines += [current] * breaks
            current = bisect_right(starts, part.end)
    return tuple(lines)


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t").startswith("#")


def _fault(error: ExpressionError, text: str, path: str, line: int) -> BuildError:
    found = _EXCERPT.match(text, error.start)
    excerpt = quoted(found[0] if found else "")
    before = re.split(_LINE_BREAK, text[: error.start])[-1]
    aside = "Variables are replaced in comments too." if _is_comment(before) else ""
    return BuildError(
        Notice(
            problem=f"{excerpt} cannot be replaced by a value: {error.reason}.",
            cause=" ".join(filter(None, (error.cause, aside))),
            remedy=error.remedy,
            file=path,
            line=line,
        )
    )
