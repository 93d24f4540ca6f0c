r"""Replace `${NAME}` in the raw text of a stack file, as faas-cli does.

The dialect is drone/envsubst 1.0.3's: the whole text, comments included; an
unset variable and an empty one are the same; `:-`, `=`, `:=`, `:?` and `:+`
all mean "default"; outside an expression `$$`, `\\` and `\/` lose their first
character. What envsubst does not say we say: the place of a fault, and which
variables became empty.

The price: the depth of nesting, the text produced and the size of patterns are
limited, which they are not in faas-cli.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from openfaas_build.errors import BuildError
from openfaas_build.stack.expression import DEFAULTS, ExpressionError, Part, parse
from openfaas_build.stack.operators import MAX_CHARS, apply, too_large
from openfaas_build.untrusted import quoted

LINE_BREAK = re.compile(r"\r\n?|\n")
_COMMENT = re.compile(r"[ \t]*#")
_EXCERPT = re.compile(r"\$\{[^}\r\n]{0,60}\}*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """A variable that is unset or empty, used without a default on a line of the source."""

    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """The text after substitution, and what is needed to speak of the text before it.

    `lines` holds for each line of `text` its line in `source`; it is empty
    where nothing was replaced. `emptied` is in the order of use, without the
    uses in comment lines.
    """

    text: str
    source: str
    emptied: tuple[Emptied, ...] = ()
    lines: tuple[int, ...] = ()

    def source_line(self, line: int) -> int:
        """Find the line of the source for a 1-based line of the text."""
        return self.lines[min(line, len(self.lines)) - 1] if self.lines else line


def substitute(text: str, env: Mapping[str, str], path: str = "") -> Substitution:
    """Replace the variables in `text` by their values in `env`.

    Raises BuildError, with the place and the offending text, where faas-cli
    refuses the text, where it would crash, and beyond our limits.

    >>> substitute("image: acme/${NAME}:${TAG:-v1}", {"NAME": "fn"}).text
    'image: acme/fn:v1'
    """
    starts = [0, *(found.end() for found in LINE_BREAK.finditer(text))]
    evaluation = _Evaluation(env)
    try:
        parts = parse(text)
        texts = [evaluation.part(part) for part in parts]
    except ExpressionError as error:
        raise _fault(error, text, path, starts) from None
    emptied = tuple(
        Emptied(name=name, line=bisect_right(starts, start))
        for name, start in evaluation.emptied
        if not _in_comment(text, starts, start)
    )
    lines = _source_lines(parts, texts, starts)
    return Substitution(text="".join(texts), source=text, emptied=emptied, lines=lines)


class _Evaluation:
    """The texts of expressions; on the way it is noted what is empty and how much was produced."""

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
            result = apply(part, value, [self.part(arg) for arg in part.args])
        self._room -= len(result)
        if self._room < 0:
            raise too_large(part)
        return result


def _source_lines(parts: list[Part], texts: list[str], starts: list[int]) -> tuple[int, ...]:
    """Find for each line of the result the line of the source that it comes from."""
    lines = [1]
    current = 1
    for part, text in zip(parts, texts, strict=True):
        breaks = len(LINE_BREAK.findall(text))
        if isinstance(part, str):
            lines += range(current + 1, current + breaks + 1)
            current += breaks
        else:
            lines += [current] * breaks
            current = bisect_right(starts, part.end)
    return tuple(lines)


def _in_comment(text: str, starts: list[int], at: int) -> bool:
    found = _COMMENT.match(text, starts[bisect_right(starts, at) - 1])
    return found is not None and found.end() <= at


def _fault(error: ExpressionError, text: str, path: str, starts: list[int]) -> BuildError:
    found = _EXCERPT.match(text, error.start)
    excerpt = quoted(found[0] if found else "")
    aside = "Variables are replaced in comments too." if _in_comment(text, starts, error.start) else ""
    return BuildError.of(
        problem=f"{excerpt} cannot be replaced by a value: {error.reason}.",
        cause=" ".join(filter(None, (error.cause, aside))),
        remedy=error.remedy,
        file=path,
        line=bisect_right(starts, error.start),
    )
