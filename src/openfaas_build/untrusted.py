"""Make text that others wrote fit to be shown: visible, of one line, quoted, short, without credentials.

Others are the authors of stack files, templates and Dockerfiles, registries,
git and build logs. Escaping for one kind of page (Markdown, the runner's log)
is the matter of that page.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable

_TERMINAL_CODE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours and cursor moves
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\n\r]*(?:\x07|\x1b\\)?"  # titles, links
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\t]+")
# Control, format (bidi, zero width, tags) and surrogate characters.
_UNSEEN = ("Cc", "Cf", "Cs")
_CREDENTIALS = ("token=", "password=", "access_key=", "access_key_id=", "account_key=")
_CREDENTIAL = re.compile(
    r"(?<![\w-])((?:session_)?token|password|(?:secret_)?access_key(?:_id)?|account_key)=[^\s,;&\"']+",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"://[^/\s]+@")
_QUOTED_CHARS = 80


def visible(text: str) -> str:
    r"""Remove what a reader cannot see; every line ends in `\n`, tabs stay.

    >>> visible("\x1b[31mred\x1b[0m\r\nnext")
    'red\nnext'
    """
    if not (text.isascii() and "\x1b" not in text):
        text = _TERMINAL_CODE.sub("", text)
    return _UNUSUAL.sub(_seen, _LINE_END.sub("\n", text))


def escaped(text: str) -> str:
    r"""Show what a reader cannot see as an escape: a file's name may hold any byte but `/` and NUL.

    >>> escaped("a\x1bb")
    'a\\x1bb'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def redacted(text: str) -> str:
    """Take out the credentials that cache values and addresses may hold.

    >>> redacted("type=s3,secret_access_key=abc,name=x https://me:pw@host/x")
    'type=s3,secret_access_key=***,name=x https://***@host/x'
    """
    lower = text.lower()
    if any(word in lower for word in _CREDENTIALS):
        text = _CREDENTIAL.sub(r"\1=***", text)
    return _USER_INFO.sub("://***@", text)


def clean(text: str) -> str:
    """Remove what a reader cannot see, and credentials."""
    return redacted(visible(text))


def shortened(text: str, most: int = _QUOTED_CHARS) -> str:
    """Cut a text to at most `most` characters; `…` stands for what was cut off."""
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(text: str) -> str:
    r"""Put what a user wrote in quotes, escaped, and shortened when it is long.

    >>> quoted("a\tb")
    '"a\\tb"'
    """
    return f'"{escaped(shortened(text))}"'


def one_line(text: str, most: int = 300) -> str:
    """Make a clean text of one line and at most `most` characters."""
    # The raw text may be huge, and blanks and codes fall away: so it is cut before and after.
    return shortened(" ".join(clean(text[: 8 * most]).split()), most)


def last_lines(text: str, lines: int, most: int = 8000) -> str:
    """Return the last lines of a text, cleaned: logs say at their end what went wrong."""
    found = clean(text[-4 * most :]).strip("\n").split("\n")
    kept = "\n".join(row.rstrip().expandtabs(4) for row in found[-lines:])
    whole = len(text) <= 4 * most and len(found) <= lines and len(kept) <= most
    return kept if whole else "…\n" + kept[-most:]


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Find the one of `known` that `word` probably means; empty when there is none.

    `cutoff` is how alike they must be, from 0 to 1. Long words are not guessed at, as the comparison
    takes quadratic time.

    >>> nearest("handlr", ["image", "handler"])
    'handler'
    """
    if len(word) > _QUOTED_CHARS:
        return ""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")


def listed(words: Iterable[str], most: int = 5) -> str:
    """Join names, and count those after the first `most`.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = [one_line(word, 80) for word in words]
    if len(shown) > most:
        return f"{', '.join(shown[:most])} and {len(shown) - most} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _seen(found: re.Match[str]) -> str:
    return "".join(char for char in found[0] if unicodedata.category(char) not in _UNSEEN)
