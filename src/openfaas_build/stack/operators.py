r"""Apply the operators of a substitution, `${NAME#pattern}` and the like, to a value.

Lengths and positions count bytes, as drone/envsubst does. Patterns work on
characters: there envsubst cuts a character that is not ASCII into bytes and
breaks the file, so no stack file that works can tell the difference.
"""

import re

from openfaas_build.stack.expression import Expression, ExpressionError
from openfaas_build.untrusted import shortened

# The text that expressions may produce, and the steps that matching one pattern may take.
MAX_CHARS = 2 * 2**20
MAX_STEPS = 10_000_000

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")

# A pattern is a row of items: `*`, `?`, a class such as `[^a-c\]]`, or one character, also `\*`.
_CHAR = r"(?:\\.|[^\\\]-])"
_CLASS = rf"\[\^?(?:{_CHAR}(?:-{_CHAR})?)+\]"
_ITEM = re.compile(rf"{_CLASS}|\\.|[^\\\[]", re.DOTALL)
_RANGE = re.compile(rf"({_CHAR})(?:-({_CHAR}))?", re.DOTALL)


def apply(expression: Expression, value: str, args: list[str]) -> str:
    """Return what `expression` makes of `value`; `args` are the texts of its arguments.

    Where nothing follows the second slash of a replacement, `/` and `//`
    remove, and `/#` and `/%` do nothing. Raises ExpressionError where envsubst
    crashes, and beyond our limits.
    """
    match expression.operator, args:
        case "#", []:
            return str(len(_bytes(value)))
        case ":", [offset, *size]:
            return _substring(expression, value, offset, *size)
        case ("#" | "##" | "%" | "%%") as operator, [pattern]:
            if len(pattern) * len(value) > MAX_STEPS:
                reason = f"the lengths of pattern and value, multiplied, are more than {MAX_STEPS}"
                raise ExpressionError(expression.start, reason, "", "Use a shorter pattern or value.")
            return _trim(operator, value, pattern)
        case "/", [old, *new]:
            return value.replace(old, "".join(new), 1)
        case "//", [old, *new]:
            if value.count(old) * len("".join(new)) > MAX_CHARS:
                raise too_large(expression)
            return value.replace(old, "".join(new))
        case "/#", [old, new] if value.startswith(old):
            return new + value[len(old) :]
        case "/%", [old, new] if value.endswith(old):
            return value[: len(value) - len(old)] + new
        case ("^" | ",") as operator, []:
            return _change_case(operator, value[:1]) + value[1:]
        case ("^^" | ",,") as operator, []:
            return _change_case(operator, value)
        case _:  # nothing to do, or a mixture such as `^,`
            return value


def too_large(expression: Expression) -> ExpressionError:
    """Make the error for values that add up to too much text."""
    reason = f"the values of the variables are larger than {MAX_CHARS} characters"
    return ExpressionError(expression.start, reason, "", "Use shorter values, or fewer of them.")


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _substring(expression: Expression, value: str, offset: str, size: str | None = None) -> str:
    """Cut `${NAME:offset}` or `${NAME:offset:size}`; what is no number leaves the value whole."""
    if not _NUMBER.fullmatch(offset) or (size is not None and not _NUMBER.fullmatch(size)):
        return value
    data = _bytes(value)
    start = int(offset)
    if start < 0:
        start = max(0, len(data) + start)
    end = len(data) if size is None else start + int(size)
    if end < min(start, len(data)):
        remedy = f'Write a length of 0 or more: "${{{shortened(expression.name)}:{offset}:1}}".'
        raise ExpressionError(expression.start, "bad substitution", "a negative length.", remedy)
    return data[start:end].decode("utf-8", "surrogateescape")


def _change_case(operator: str, text: str) -> str:
    """Change letter by letter; a letter that would become two stays (`ß`) or loses the second (`İ`)."""
    if operator.startswith("^"):
        return "".join(up if len(up := char.upper()) == 1 else char for char in text)
    return "".join(char.lower()[0] for char in text)


def _trim(operator: str, value: str, pattern: str) -> str:
    """Remove what `pattern` matches: `#`, `##` at the start, `%`, `%%` at the end.

    The doubled operators remove the longest match, the others the shortest
    that is not empty. For the end, value and pattern are reversed, as envsubst
    does it; so `%[ab]` matches nothing. A malformed pattern matches nothing.

    >>> _trim("#", "a/b/c", "*/"), _trim("##", "a/b/c", "*/"), _trim("%", "a/b/c", "/*")
    ('b/c', 'c', 'a/b')
    """
    if operator.startswith("%"):
        return _trim(operator.replace("%", "#"), value[::-1], pattern[::-1])[::-1]
    ends = _match_ends(pattern, value) - {0}
    if not ends:
        return value
    return value[max(ends) if operator == "##" else min(ends) :]


def _match_ends(pattern: str, value: str) -> set[int]:
    """Find the lengths of the prefixes of `value` that `pattern` matches.

    >>> _match_ends("a*c", "abcc")
    {3, 4}
    """
    ends = {0}
    at = 0
    while at < len(pattern):
        found = _ITEM.match(pattern, at)
        if not found:
            return set()
        at = found.end()
        item = found[0]
        if item == "*":
            ends = set(range(min(ends, default=len(value) + 1), len(value) + 1))
        else:
            accepted = {char for char in set(value) if _accepts(item, char)}
            ends = {end + 1 for end in ends if value[end : end + 1] in accepted}
    return ends


def _accepts(item: str, char: str) -> bool:
    """Tell whether `char` fits an item of a pattern that is no star."""
    if item == "?":
        return True
    if not item.startswith("["):
        return item[-1] == char
    excluded = item.startswith("[^")
    ranges = _RANGE.findall(item[1 + excluded : -1])
    return any(low[-1] <= char <= (high or low)[-1] for low, high in ranges) != excluded
