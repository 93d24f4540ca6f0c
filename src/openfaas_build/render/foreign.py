"""Make foreign text fit to be shown: nothing invisible, no terminal codes, no credentials.

Foreign is everything that we did not write: names, instructions, logs, what a
registry said. Escaping for one kind of page is the matter of that page.
"""

import re
import unicodedata

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
_USER_INFO = re.compile(r"://[^/\s:@]+:[^/\s@]+@")


def visible(text: str) -> str:
    r"""Remove what a reader cannot see; every line ends in `\n`, tabs stay."""
    if not (text.isascii() and "\x1b" not in text):
        text = _TERMINAL_CODE.sub("", text)
    return _UNUSUAL.sub(_seen, _LINE_END.sub("\n", text))


def clean(text: str) -> str:
    """Give what is visible of a text, without the credentials that cache values and addresses may hold."""
    text = visible(text)
    lower = text.lower()
    if any(word in lower for word in _CREDENTIALS):
        text = _CREDENTIAL.sub(r"\1=***", text)
    return _USER_INFO.sub("://***@", text)


def line(text: str, most: int = 300) -> str:
    """Give a clean text as one line of at most `most` characters."""
    # The raw text may be huge, and blanks and codes fall away: so cut before and after.
    return cut(" ".join(clean(text[: 8 * most]).split()), most)


def cut(text: str, most: int) -> str:
    """Give a text of at most `most` characters, its end replaced by `…`."""
    return text if len(text) <= most else text[: most - 1] + "…"


def end(text: str, lines: int, most: int = 8000) -> str:
    """Give the last lines of a clean text, where logs say what went wrong."""
    found = clean(text[-4 * most :]).strip("\n").split("\n")
    kept = "\n".join(row.rstrip().expandtabs(4) for row in found[-lines:])
    whole = len(text) <= 4 * most and len(found) <= lines and len(kept) <= most
    return kept if whole else "…\n" + kept[-most:]


def _seen(found: re.Match[str]) -> str:
    return "".join(char for char in found[0] if unicodedata.category(char) not in _UNSEEN)
