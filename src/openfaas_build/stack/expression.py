"""Read the `${…}` of a text: the grammar of drone/envsubst 1.0.3.

A text becomes plain pieces and expressions. The grammar is not a shell's:
`${A-b}` is an error, a default ends at the first `}` that no inner expression
owns, a pattern to replace may hold `}`, and nothing is escaped in a default.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from openfaas_build.stack.wording import shortened

MAX_DEPTH = 32
MAX_EXPRESSIONS = 50_000

DEFAULTS = ("=", ":=", ":-", ":?", ":+")


@dataclass(frozen=True, slots=True)
class Expression:
    """One `${…}`: the places of its first character and behind its last, and what it asks for.

    `operator` is as written; `#` without arguments is the length. A default's
    arguments are pieces of one text, those of the others stand for themselves.
    """

    start: int
    end: int
    name: str
    operator: str
    args: tuple["Part", ...]


Part: TypeAlias = str | Expression


class ExpressionError(Exception):
    """An expression that cannot be read: its place, the reason in envsubst's words, and help."""

    def __init__(self, start: int, reason: str, cause: str, remedy: str) -> None:
        super().__init__(reason)
        self.start = start
        self.reason = reason
        self.cause = cause
        self.remedy = remedy


def parse(text: str) -> list[Part]:
    """Split `text` into plain pieces, without their escapes, and expressions.

    Raises ExpressionError.
    """
    reader = _Reader(text)
    parts: list[Part] = []
    while not reader.ended:
        parts.append(reader.part("", escapes=True, depth=0))
    return parts


# What to look at in a text, by the characters that end it and by whether `$$`, `\\` and `\/` are escapes.
_MARKS = {
    ("", True): re.compile(r"\$\$|\\[\\/]|\$\{"),
    ("/", True): re.compile(r"\$\$|\\[\\/]|\$\{|/"),
    ("}", True): re.compile(r"\$\$|\\[\\/]|\$\{|\}"),
    ("}", False): re.compile(r"\$\{|\}"),
    (":}", False): re.compile(r"\$\{|[:}]"),
}


class _Reader:
    """A place in the text that moves on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._count = 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._text)

    def part(self, stops: str, *, escapes: bool, depth: int) -> Part:
        """Read one expression, or the text before the next expression, stop or end."""
        if self._text.startswith("${", self._at):
            return self._expression(depth + 1)
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

    def _expression(self, depth: int) -> Expression:
        start = self._at
        if depth > MAX_DEPTH:
            reason = f"nested more than {MAX_DEPTH} deep"
            raise ExpressionError(start, reason, "", "Put fewer defaults inside defaults.")
        self._count += 1
        if self._count > MAX_EXPRESSIONS:
            reason = f"there are more than {MAX_EXPRESSIONS} before it"
            raise ExpressionError(start, reason, "", "Use fewer variables.")
        self._at += 2
        if self._take("#", 1):
            name = self._name()
            if not name:
                cause = 'no name stands behind the "#".'
                raise ExpressionError(start, "bad substitution", cause, 'Write "${#NAME}" for a length.')
            return self._finish(start, name, "#", ())
        name = self._name()
        if not name:
            raise self._nameless(start)
        if operator := self._default_operator():
            return self._default(start, name, operator, depth)
        match self._peek():
            case "":
                raise _unclosed(start, name)
            case "}":
                return self._finish(start, name, "", ())
            case ":":
                return self._substring(start, name, depth)
            case "," | "^":
                return self._finish(start, name, self._take(",^", 2), ())
            case "/":
                return self._replacement(start, name, depth)
            case "#" | "%" as sign:
                operator = self._take(sign, 2)
                return self._finish(start, name, operator, (self._argument("}", False, start, name, depth),))
            case sign:
                raise _stray(start, name, sign)

    def _default_operator(self) -> str:
        operator = self._text[self._at : self._at + 2]
        operator = "=" if operator.startswith("=") else operator
        if operator not in DEFAULTS:
            return ""
        self._at += len(operator)
        return operator

    def _default(self, start: int, name: str, operator: str, depth: int) -> Expression:
        args = []
        while self._peek() != "}":
            args.append(self._argument("}", False, start, name, depth))
        return self._finish(start, name, operator, tuple(args))

    def _substring(self, start: int, name: str, depth: int) -> Expression:
        self._at += 1
        # envsubst steps back by the width of the next character, and so loses its place.
        if self.ended or not self._peek().isascii():
            raise _incomplete(start, name)
        args = [self._argument(":}", False, start, name, depth)]
        if self._take(":"):
            args.append(self._argument("}", False, start, name, depth))
        return self._finish(start, name, ":", tuple(args))

    def _replacement(self, start: int, name: str, depth: int) -> Expression:
        operator = self._take("/", 1) + self._take("/#%", 1)
        args = [self._argument("/", True, start, name, depth)]
        if not self._take("/"):
            raise _incomplete(start, name)
        if self._peek() != "}":
            args.append(self._argument("}", True, start, name, depth))
        return self._finish(start, name, operator, tuple(args))

    def _argument(self, stops: str, escapes: bool, start: int, name: str, depth: int) -> Part:
        part = self.part(stops, escapes=escapes, depth=depth)
        if part == "":
            raise _empty(start, name, self.ended)
        return part

    def _finish(self, start: int, name: str, operator: str, args: tuple[Part, ...]) -> Expression:
        if self._peek() != "}":
            raise _incomplete(start, name)
        self._at += 1
        return Expression(start, self._at, name, operator, args)

    def _name(self) -> str:
        end = self._at
        while (char := self._text[end : end + 1]) and (char == "_" or char.isalpha() or char.isdecimal()):
            end += 1
        name, self._at = self._text[self._at : end], end
        return name

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, chars: str, most: int | None = None) -> str:
        """Take what follows as long as it is in `chars`, `most` characters at most."""
        end = self._at
        while end - self._at != most and self._text[end : end + 1] and self._text[end] in chars:
            end += 1
        taken, self._at = self._text[self._at : end], end
        return taken

    def _nameless(self, start: int) -> ExpressionError:
        reason = "unable to parse variable name"
        if self._peek() == "{":
            cause = "GitHub expressions do not work inside the file; only workflows know them."
            remedy = 'Set a variable under the step\'s "env:" to the expression, and write ${NAME} here.'
        else:
            cause = 'after "${" there must be a name of letters, digits and "_".'
            remedy = 'Write the name of a variable, or "$${" for the characters "${".'
        return ExpressionError(start, reason, cause, remedy)


def _stray(start: int, name: str, sign: str) -> ExpressionError:
    cause = f'"{sign}" cannot stand behind the name "{shortened(name)}".'
    if sign in "-+?":
        remedy = f'A default takes a colon: "${{{shortened(name)}:-default}}".'
    else:
        remedy = f'{_write(name)} A name holds letters, digits and "_" only.'
    return ExpressionError(start, "missing closing brace", cause, remedy)


def _unclosed(start: int, name: str) -> ExpressionError:
    return ExpressionError(start, "missing closing brace", 'the "}" is missing.', _write(name))


def _incomplete(start: int, name: str) -> ExpressionError:
    cause = f'what stands behind "{shortened(name)}" is no complete operation.'
    return ExpressionError(start, "bad substitution", cause, _write(name))


def _empty(start: int, name: str, ended: bool) -> ExpressionError:
    cause = 'the "}" is missing.' if ended else "nothing stands behind the operator."
    return ExpressionError(start, "unable to parse substitution within function", cause, _write(name))


def _write(name: str) -> str:
    return f'Write "${{{shortened(name)}}}", or "${{{shortened(name)}:-default}}".'
