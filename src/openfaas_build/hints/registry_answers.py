"""Read what a registry answered: status and path, or its own error code."""

import re

from openfaas_build.hints.table_entries import Answer

_REASONS = (
    "Bad Request|Unauthorized|Forbidden|Not Found|Method Not Allowed|Conflict|Gone|Request Entity Too Large"
    "|Payload Too Large|Content Too Large|Unsupported Media Type|Too Many Requests|Internal Server Error"
    "|Not Implemented|Bad Gateway|Service Unavailable|Gateway Time-?out"
)
_STATUS = re.compile(rf"\b(?P<status>[45]\d\d) (?:{_REASONS})\b", re.IGNORECASE)
REQUEST = re.compile(r"unexpected status from [A-Z]{3,7} request to https?://\S{1,4000}: (?P<status>\d{3})\b")
_MANIFEST = re.compile(r"/manifests/|error writing manifest blob|\[manifests ")

# The registry's own words, in lower case; BuildKit 0.30 and newer show nothing else, and of many errors
# only the message: "unknown: repository name not known to registry". The first that is found counts.
_WORDS = (
    (r"\b(?:(?:repository|tag) is )?immutable\b", Answer.TAG_IMMUTABLE),
    (r"\bmanifest[ _]invalid\b", Answer.MANIFEST_REFUSED),
    (r"\b(?:manifest[ _])?blob[ _](?:unknown|upload[ _](?:invalid|unknown))\b", Answer.LAYER_REFUSED),
    (r"\b(?:digest|size)[ _]invalid\b|\bprovided (?:digest|length) did not match\b", Answer.LAYER_REFUSED),
    (r"\b(?:name|tag)[ _]invalid\b|\binvalid repository name\b", Answer.NAME_INVALID),
    (
        r"\b(?:name|manifest)[ _]unknown\b|\brepository name not known to registry\b",
        Answer.REPOSITORY_MISSING,
    ),
    (r"\brepository with name '[^'\n]{1,300}' does not exist\b", Answer.REPOSITORY_MISSING),
    (r"\btoomanyrequests\b", Answer.RATE_LIMIT),
    (
        r"\bdenied(?=: )|\b(?:push|pull) access denied\b|\baccess to the resource is denied\b"
        r"|\binsufficient_scope\b|\bunauthorized\b|\bauthorization failed\b|\bno basic auth credentials\b",
        Answer.DENIED,
    ),
    (r"(?m)(?:^|: )(?P<word>unsupported)(?=:|$)", Answer.NO_ARTIFACTS),
    (r"error writing \w{1,20} blob: [^\n]{0,300}?\b(?P<word>not found)\b", Answer.REPOSITORY_MISSING),
)
_STATUSES = {
    401: Answer.DENIED,
    403: Answer.DENIED,
    404: Answer.REPOSITORY_MISSING,
    405: Answer.NO_ARTIFACTS,
    413: Answer.TOO_LARGE,
    415: Answer.NO_ARTIFACTS,
    429: Answer.RATE_LIMIT,
}


def read_answer(text: str) -> tuple[Answer | None, str]:
    """Read the answer in an error text, or None, and the words that say so.

    >>> read_answer("unexpected status from HEAD request to https://r/v2/fn/blobs/1: 403 Forbidden")
    (<Answer.DENIED: 'registry-denied'>, '403 Forbidden')
    """
    status, told = read_status(text)
    word, meant = _word(text)
    words = f"{told}: {word}" if told and word and word not in told.lower() else told or word
    if meant is Answer.TAG_IMMUTABLE or not status:
        return meant, words
    if status == 400:
        of_manifest = _MANIFEST.search(text) and meant not in (Answer.NAME_INVALID, Answer.LAYER_REFUSED)
        return (Answer.MANIFEST_REFUSED if of_manifest else meant or Answer.LAYER_REFUSED), words
    return (Answer.SERVER_ERROR if status >= 500 else _STATUSES.get(status)), words


def read_status(text: str) -> tuple[int, str]:
    """Read the status of a registry's answer, and its words; 0 when the text has none."""
    if match := _STATUS.search(text):
        return int(match["status"]), match[0]
    if match := REQUEST.search(text):
        return int(match["status"]), match["status"]
    return 0, ""


def _word(text: str) -> tuple[str, Answer | None]:
    lower = text.lower()
    for pattern, answer in _WORDS:
        if match := re.search(pattern, lower):
            return match.groupdict().get("word") or match[0], answer
    return "", None
