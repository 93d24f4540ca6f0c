"""Apply the operators of a substitution, `${NAME#pattern}` and its kin, to a value.

Lengths and positions count bytes, as drone/envsubst does. Patterns work on
characters; there envsubst cuts a character that is not ASCII into bytes and
breaks the file, so no stack file that works can tell the difference.
"""

import re

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")

# What one place of a pattern accepts: the ranges, and whether they are excluded. None is a star.
_Item = tuple[bool, tuple[tuple[str, str], ...]] | None


def length(value: str) -> str:
    """Count the bytes of `${#NAME}`."""
    return str(len(value.encode("utf-8", "surrogateescape")))


def substring(value: str, offset: str, size: str | None = None) -> str:
    """Cut `${NAME:offset}` or `${NAME:offset:size}`; what is no number leaves the value whole.

    Raises ValueError for a negative size, on which envsubst crashes.
    """
    data = value.encode("utf-8", "surrogateescape")
    if not _NUMBER.fullmatch(offset) or (size is not None and not _NUMBER.fullmatch(size)):
        return value
    start = int(offset)
    if start < 0:
        start = max(0, len(data) + start)
    end = len(data) if size is None else start + int(size)
    if end < min(start, len(data)):
        raise ValueError("the size is negative")
    return data[start:end].decode("utf-8", "surrogateescape")


def change_case(operator: str, value: str) -> str:
    """Apply `^`, `^^`, `,` or `,,`, letter by letter; a mixture such as `^,` changes nothing."""
    match operator:
        case "^":
            return _upper(value[:1]) + value[1:]
        case "^^":
            return _upper(value)
        case ",":
            return _lower(value[:1]) + value[1:]
        case ",,":
            return _lower(value)
        case _:
            return value


def _upper(text: str) -> str:
    return "".join(up if len(up := char.upper()) == 1 else char for char in text)


def _lower(text: str) -> str:
    return "".join(char.lower()[0] for char in text)


def replace(operator: str, value: str, old: str, new: str | None = None) -> str:
    """Replace `old` by `new`: `/` the first, `//` all, `/#` a prefix, `/%` a suffix.

    `new` is None where nothing follows the second slash: an empty text, but
    for prefix and suffix, which then stay.
    """
    match operator:
        case "/":
            return value.replace(old, new or "", 1)
        case "//":
            return value.replace(old, new or "")
        case "/#" if new is not None and value.startswith(old):
            return new + value[len(old) :]
        case "/%" if new is not None and value.endswith(old):
            return value[: len(value) - len(old)] + new
        case _:
            return value


def trim(operator: str, value: str, pattern: str) -> str:
    """Remove what `pattern` matches: `#`, `##` at the start, `%`, `%%` at the end.

    The doubled operators remove the longest match, the others the shortest
    that is not empty. For the end, value and pattern are reversed, as envsubst
    does it; so `%[ab]` matches nothing. A malformed pattern matches nothing.
    """
    if operator.startswith("%"):
        return trim(operator.replace("%", "#"), value[::-1], pattern[::-1])[::-1]
    ends = _match_ends(pattern, value)
    if not ends:
        return value
    return value[ends[-1] if operator == "##" else ends[0] :]


def _match_ends(pattern: str, value: str) -> list[int]:
    """List the lengths of the prefixes of `value`, not empty, that `pattern` matches.

    All places of the pattern advance together, as the bits of one number, so
    that a pattern with many stars takes no longer than another.
    """
    try:
        items = _parse(pattern)
    except ValueError:
        return []
    stars = sum(1 << place for place, item in enumerate(items) if item is None)
    takes: dict[str, int] = {}
    active = 1 | (1 & stars) << 1
    ends = []
    for count, char in enumerate(value, start=1):
        if char not in takes:
            takes[char] = sum(1 << place for place, item in enumerate(items) if item and _accepts(item, char))
        active = (active & stars) | (active & takes[char]) << 1
        active |= (active & stars) << 1
        if active >> len(items):
            ends.append(count)
        if not active:
            break
    return ends


def _accepts(item: tuple[bool, tuple[tuple[str, str], ...]], char: str) -> bool:
    excluded, ranges = item
    return any(low <= char <= high for low, high in ranges) != excluded


def _parse(pattern: str) -> list[_Item]:
    items: list[_Item] = []
    at = 0
    while at < len(pattern):
        match pattern[at]:
            case "*":
                if not items or items[-1] is not None:
                    items.append(None)
                at += 1
            case "?":
                items.append((True, ()))
                at += 1
            case "[":
                item, at = _parse_class(pattern, at + 1)
                items.append(item)
            case _:
                char, at = _character(pattern, at)
                items.append((False, ((char, char),)))
    return items


def _parse_class(pattern: str, at: int) -> tuple[_Item, int]:
    excluded = pattern.startswith("^", at)
    at += excluded
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", at)):
        low, at = _class_character(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _class_character(pattern, at + 1)
        ranges.append((low, high))
    return (excluded, tuple(ranges)), at + 1


def _class_character(pattern: str, at: int) -> tuple[str, int]:
    if pattern.startswith(("-", "]"), at):
        raise ValueError("a class without a character")
    return _character(pattern, at)


def _character(pattern: str, at: int) -> tuple[str, int]:
    at += pattern.startswith("\\", at)
    if at >= len(pattern):
        raise ValueError("the pattern ends too early")
    return pattern[at], at + 1
