"""Write foreign text into GitHub-flavoured Markdown so that it stays text.

Three places need three ways: a code span takes nearly everything as it is;
prose needs escapes; a `<summary>` is raw HTML, where Markdown's escapes would
show. GitHub works on the finished page once more (mentions, issues, emoji,
formulas, addresses), so what would start one of those gets an element of its
own: no escape survives until there.
"""

import re

from openfaas_build import untrusted

_BLOCK = re.compile(r"\d{0,9}(?=[-+=.)]|#+(?:\s|$))", re.ASCII)
_INERT = r"@|\$|\#(?=\w)|(?<=:)//|:(?=[\w+-]+:)|(?<=\bwww)\.|(?<=\bgh)-(?=\d)"
_HTML = re.compile(rf"[&<>]|{_INERT}", re.ASCII | re.IGNORECASE)
_PROSE = re.compile(rf"[&<>\\`*_\[\]~|]|{_INERT}", re.ASCII | re.IGNORECASE)
# The pipe as an entity: a backslash before it could be one of the text's own.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_ADDRESS = re.compile(r"https://[\w.~:/?#@!$&'()*+,;=%-]+", re.ASCII)


def code(text: str, most: int = 160) -> str:
    """Write one line of foreign text as a code span that may stand in a table."""
    text = untrusted.one_line(text, most)
    if not text:
        return ""
    if "|" in text:
        # A table is cut at its pipes before code spans are looked for.
        return f"<code>{prose(text, most)}</code>"
    tick = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{tick}{pad}{text}{pad}{tick}"


def prose(text: str, most: int = 600) -> str:
    """Write one line of foreign text as plain words."""
    text = untrusted.one_line(text, most)
    # What would begin a list or a heading, if it began a line.
    block = _BLOCK.match(text)
    at, escape = (block.end(), "\\") if block else (0, "")
    return f"{text[:at]}{escape}{_PROSE.sub(_escape, text[at:])}"


def html_code(text: str, most: int = 160) -> str:
    """Write one line of foreign text as code inside raw HTML."""
    return f"<code>{_HTML.sub(_escape, untrusted.one_line(text, most))}</code>"


def html_prose(text: str, most: int = 160) -> str:
    """Write one line of foreign text as plain words inside raw HTML."""
    return _HTML.sub(_escape, untrusted.one_line(text, most))


def fence(text: str) -> str:
    """Write a clean text of several lines as a code block."""
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}text\n{text}\n{ticks}"


def link(words: str, address: str) -> str:
    """Write a link with our own words; an address that is not plain https stays text."""
    if not _ADDRESS.fullmatch(address) or len(address) > 500:
        return f"{words}: {code(address)}" if address else ""
    safe = address.replace("(", "%28").replace(")", "%29").replace("&", "&amp;")
    return f"[{words}](<{safe}>)"


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if text in _ENTITIES:
        return _ENTITIES[text]
    return f"\\{text}" if text in "\\`*_[]~" else f"<span>{text}</span>"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
