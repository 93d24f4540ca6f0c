"""Read what a registry answered: status and path, or its own error code."""

import re

_REASONS = (
    "Bad Request|Unauthorized|Forbidden|Not Found|Method Not Allowed|Conflict|Gone|Request Entity Too Large"
    "|Payload Too Large|Content Too Large|Unsupported Media Type|Too Many Requests|Internal Server Error"
    "|Not Implemented|Bad Gateway|Service Unavailable|Gateway Time-?out"
)
_STATUS = re.compile(rf"\b(?P<status>[45]\d\d) (?:{_REASONS})\b", re.IGNORECASE)
REQUEST = re.compile(
    r"unexpected status from [A-Z]{3,7} request to (?P<url>https?://\S{1,4000}): (?P<status>\d{3})\b"
)
_MANIFEST = re.compile(r"/manifests/|error writing manifest blob|\[manifests ")

# The registry's own words -> its answer; BuildKit 0.30 and newer show nothing else, and of many
# errors only the message: "unknown: repository name not known to registry".
_WORDS = (
    (re.compile(r"\b(?:(?:repository|tag) is )?immutable\b"), "immutable"),
    (re.compile(r"\bmanifest[ _]invalid\b"), "manifest"),
    (re.compile(r"\b(?:manifest[ _])?blob[ _](?:unknown|upload[ _](?:invalid|unknown))\b"), "blob-refused"),
    (re.compile(r"\b(?:digest|size)[ _]invalid\b"), "blob-refused"),
    (re.compile(r"\b(?:name|tag)[ _]invalid\b"), "name-invalid"),
    (re.compile(r"\b(?:name|manifest)[ _]unknown\b"), "missing"),
    (re.compile(r"\bprovided (?:digest|length) did not match\b"), "blob-refused"),
    (re.compile(r"\binvalid repository name\b"), "name-invalid"),
    (
        re.compile(
            r"\brepository name not known to registry\b"
            r"|\brepository with name '[^'\n]{1,300}' does not exist\b"
        ),
        "missing",
    ),
    (re.compile(r"\btoomanyrequests\b"), "rate-limit"),
    (
        re.compile(
            r"\bdenied(?=: )|\b(?:push|pull) access denied\b|\baccess to the resource is denied\b"
            r"|\binsufficient_scope\b|\bunauthorized\b|\bauthorization failed\b|\bno basic auth credentials\b"
        ),
        "denied",
    ),
    (re.compile(r"(?:^|: )(?P<word>unsupported)(?=:|$)", re.MULTILINE), "no-artifacts"),
    (re.compile(r"error writing \w{1,20} blob: [^\n]{0,300}?\b(?P<word>not found)\b"), "missing"),
)
_STATUSES = {401: "denied", 403: "denied", 404: "missing", 405: "no-artifacts", 413: "too-large"}
_STATUSES |= {415: "no-artifacts", 429: "rate-limit"}


def read_answer(text: str) -> tuple[str, str]:
    """Give the answer as ANSWERS names it, without a form, and its words in quotes; or two empty texts."""
    spoken, told = read_status(text)
    word, meant = _word(text)
    words = f'"{told}: {word}"' if told and word and word not in told.lower() else f'"{told or word}"'
    if meant == "immutable" or not spoken:
        return meant, words
    if spoken == 400:
        is_manifest = _MANIFEST.search(text) and meant not in ("name-invalid", "blob-refused")
        return ("manifest" if is_manifest else meant or "blob-refused"), words
    return ("server-error" if spoken >= 500 else _STATUSES.get(spoken, "")), words


def read_status(text: str) -> tuple[int, str]:
    """Give the status of a registry's answer and its words; 0 when the text has none."""
    if match := _STATUS.search(text):
        return int(match["status"]), match[0]
    if match := REQUEST.search(text):
        return int(match["status"]), match["status"]
    return 0, ""


def _word(text: str) -> tuple[str, str]:
    lower = text.lower()
    for pattern, answer in _WORDS:
        if match := pattern.search(lower):
            return match.groupdict().get("word") or match[0], answer
    return "", ""
