"""Quote what a user wrote, and guess what they meant."""

import difflib
import re
from collections.abc import Collection, Iterable

# Control characters, line ends, what turns or hides text, and half characters.
_UNSHOWABLE = re.compile(r"[\0-\x1f\x7f-\xa0\u2028-\u202e\u200b-\u200f\u2066-\u2069\ufeff\ud800-\udfff]")
_QUOTE_CHARS = 80
_GUESS_CHARS = 80
_LIST_NAMES = 3
_LIST_LINES = 5


def quoted(text: str) -> str:
    """Put `text` in quotes, cut when it is long, with what cannot be shown as an escape."""
    cut = shortened(text)
    # The pattern is slow, and most texts are plain.
    return f'"{cut}"' if cut.isascii() and cut.isprintable() else f'"{_UNSHOWABLE.sub(_escape, cut)}"'


def _escape(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


def shortened(text: str) -> str:
    """Cut `text` when it is long."""
    return text if len(text) <= _QUOTE_CHARS else f"{text[:_QUOTE_CHARS]}…"


def names(words: Collection[str]) -> str:
    """Join a few quoted words, and count the rest: `"a", "b", "c" and 4 more`."""
    shown = ", ".join(quoted(word) for word in list(words)[:_LIST_NAMES])
    rest = len(words) - _LIST_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown


def of_functions(words: Collection[str]) -> str:
    """Name functions: `function "a"`, `functions "a", "b"`."""
    return f"function{'s' if len(words) > 1 else ''} {names(words)}"


def on_lines(numbers: Iterable[int]) -> str:
    """Say where, without repetition: `on line 7`, `on lines 7, 9 and 3 more`."""
    lines = sorted(set(numbers))
    if len(lines) == 1:
        return f"on line {lines[0]}"
    shown = ", ".join(str(line) for line in lines[:_LIST_LINES])
    rest = len(lines) - _LIST_LINES
    return f"on lines {shown}" + (f" and {rest} more" if rest > 0 else "")


def nearest(word: str, known: Collection[str]) -> str:
    """Give the one of `known` that `word` probably means, or an empty text.

    Case, blanks around it, dashes for underscores, and a value that sticks to
    the key (`lang:node`) do not count as differences. Long words are not
    guessed at, as the comparison takes quadratic time.
    """
    if len(word) > _GUESS_CHARS:
        return ""
    plain = word.partition(":")[0].strip().lower().replace("-", "_")
    return next(iter(difflib.get_close_matches(plain, known, n=1, cutoff=0.75)), "")
