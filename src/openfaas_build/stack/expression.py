"""Read the `${…}` of a text: the grammar of drone/envsubst 1.0.3.

A text becomes plain pieces and expressions. The grammar is not a shell's:
`${A-b}` is an error, a default ends at the first `}` that no inner expression
owns, a pattern to replace may hold `}`, and nothing is escaped in a default.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from openfaas_build.untrusted import shortened

MAX_DEPTH = 32

DEFAULTS = ("=", ":=", ":-", ":?", ":+")

_OPERATOR = re.compile(r"=|:[=?+-]?|[,^]{1,2}|/[/#%]?|##?|%%?")

# What to look for in a text, by the characters that end it and by whether `$$`, `\\` and `\/` are escapes.
_MARKS = {
    ("", True): re.compile(r"\$\$|\\[\\/]|\$\{"),
    ("/", True): re.compile(r"\$\$|\\[\\/]|\$\{|/"),
    ("}", True): re.compile(r"\$\$|\\[\\/]|\$\{|\}"),
    ("}", False): re.compile(r"\$\{|\}"),
    (":}", False): re.compile(r"\$\{|[:}]"),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """One `${…}`: where it starts and ends in the text, and what it asks for.

    `operator` is as written; `#` without arguments is the length. The
    arguments of a default are pieces of one text, those of the other operators
    stand for themselves: `${A/b/c}` has the operator `/` and the arguments `b`
    and `c`.
    """

    start: int
    end: int
    name: str
    operator: str
    args: tuple["Part", ...]


Part: TypeAlias = str | Expression


@dataclass(eq=False)
class ExpressionError(Exception):
    """An expression that has no value: its place, the reason in envsubst's words, and help."""

    start: int
    reason: str
    cause: str
    remedy: str


def parse(text: str) -> list[Part]:
    """Split `text` into plain pieces, without their escapes, and expressions.

    Raises ExpressionError.

    >>> parse("a/${TAG:-v1}$$")
    ['a/', Expression(start=2, end=12, name='TAG', operator=':-', args=('v1',)), '$']
    """
    return _Parser(text).parts()


class _Parser:
    """A place in the text that moves on, and the expressions that are open there: their starts and names."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[tuple[int, str]] = []

    def parts(self) -> list[Part]:
        parts = []
        while self._at < len(self._text):
            parts.append(self._part("", escapes=True))
        return parts

    def _part(self, stops: str, *, escapes: bool) -> Part:
        """Read one expression, or the text before the next expression, stop or end."""
        if self._text.startswith("${", self._at):
            return self._expression()
        pieces = []
        piece = self._at
        for found in _MARKS[stops, escapes].finditer(self._text, self._at):
            if found[0] in ("${", *stops):
                self._at = found.start()
                break
            pieces.append(self._text[piece : found.start()])
            piece = found.start() + 1
        else:
            self._at = len(self._text)
        pieces.append(self._text[piece : self._at])
        return "".join(pieces)

    def _expression(self) -> Expression:
        start = self._at
        if len(self._open) == MAX_DEPTH:
            reason = f"nested more than {MAX_DEPTH} deep"
            raise ExpressionError(start, reason, "", "Put fewer defaults inside defaults.")
        self._at += 2
        operator = "#" if self._peek() == "#" else ""
        self._at += len(operator)
        name = self._name()
        if not name:
            raise self._nameless(start, operator)
        self._open.append((start, shortened(name)))
        args: tuple[Part, ...] = ()
        if not operator:
            found = _OPERATOR.match(self._text, self._at)
            operator = found[0] if found else ""
            self._at += len(operator)
            args = tuple(self._args(operator))
        if self._peek() != "}":
            raise self._incomplete() if operator else self._stray()
        self._at += 1
        self._open.pop()
        return Expression(start, self._at, name, operator, args)

    def _args(self, operator: str) -> Iterator[Part]:
        if operator in DEFAULTS:
            while self._peek() != "}":
                yield self._arg("}")
        elif operator == ":":
            # envsubst steps back by the width of the next character, and so loses its place.
            if not self._peek() or not self._peek().isascii():
                raise self._incomplete()
            yield self._arg(":}")
            if self._skip(":"):
                yield self._arg("}")
        elif operator.startswith("/"):
            yield self._arg("/", escapes=True)
            if not self._skip("/"):
                raise self._incomplete()
            if self._peek() != "}":
                yield self._arg("}", escapes=True)
        elif operator.startswith(("#", "%")):
            yield self._arg("}")

    def _arg(self, stops: str, *, escapes: bool = False) -> Part:
        part = self._part(stops, escapes=escapes)
        if part == "":
            missing = self._at == len(self._text)
            cause = 'the "}" is missing.' if missing else "nothing stands behind the operator."
            raise self._error("unable to parse substitution within function", cause)
        return part

    def _name(self) -> str:
        end = self._at
        while (char := self._text[end : end + 1]) and (char == "_" or char.isalpha() or char.isdecimal()):
            end += 1
        name, self._at = self._text[self._at : end], end
        return name

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, char: str) -> bool:
        """Move behind all `char` that come next, as envsubst does; return whether there were any."""
        start = self._at
        while self._peek() == char:
            self._at += 1
        return self._at > start

    def _nameless(self, start: int, operator: str) -> ExpressionError:
        if operator:
            cause = 'no name stands behind the "#".'
            return ExpressionError(start, "bad substitution", cause, 'Write "${#NAME}" for a length.')
        if self._peek() == "{":
            cause = "GitHub expressions do not work inside the file; only workflows know them."
            remedy = 'Set a variable under the step\'s "env:" to the expression, and write ${NAME} here.'
        else:
            cause = 'after "${" there must be a name of letters, digits and "_".'
            remedy = 'Write the name of a variable, or "$${" for the characters "${".'
        return ExpressionError(start, "unable to parse variable name", cause, remedy)

    def _stray(self) -> ExpressionError:
        sign = self._peek()
        if not sign:
            return self._error("missing closing brace", 'the "}" is missing.')
        _, name = self._open[-1]
        cause = f'"{sign}" cannot stand behind the name "{name}".'
        if sign in "-+?":
            remedy = f'A default takes a colon: "${{{name}:-default}}".'
        else:
            remedy = f'{_write(name)} A name holds letters, digits and "_" only.'
        return self._error("missing closing brace", cause, remedy)

    def _incomplete(self) -> ExpressionError:
        _, name = self._open[-1]
        return self._error("bad substitution", f'what stands behind "{name}" is no complete operation.')

    def _error(self, reason: str, cause: str, remedy: str = "") -> ExpressionError:
        """Make the error for the innermost open expression."""
        start, name = self._open[-1]
        return ExpressionError(start, reason, cause, remedy or _write(name))


def _write(name: str) -> str:
    return f'Write "${{{name}}}", or "${{{name}:-default}}".'
