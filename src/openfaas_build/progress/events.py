"""Read one line of the stream into events, and one raw line of output into what a terminal would show."""

import base64
import json
import re
from datetime import datetime
from typing import Any

from openfaas_build.untrusted import visible

# All the fields that are read, with their types, and those that must be there.
_FIELDS: dict[str, dict[str, type]] = {
    "vertexes": {
        "digest": str,
        "name": str,
        "started": str,
        "completed": str,
        "cached": bool,
        "error": str,
        "progressGroup": dict,
        "inputs": list,
    },
    "statuses": {"vertex": str, "id": str, "total": int, "completed": str},
    "logs": {"vertex": str, "data": str, "stream": int},
    "warnings": {"short": str},
}
_NEEDED = {
    "vertexes": {"digest"},
    "statuses": {"vertex", "id"},
    "logs": {"vertex", "data"},
    "warnings": {"short"},
}


def decode(line: str) -> dict[str, list[dict[str, Any]]] | None:
    r"""Read the events of a SolveStatus by kind, all four kinds present.

    Return None when the line is no SolveStatus or a field of it has the wrong type. Fields that are null or
    not known are left out, `data` and `short` are bytes.

    >>> decode('{"logs": [{"vertex": "sha256:1", "stream": 1, "data": "aGkK"}]}')["logs"]
    [{'vertex': 'sha256:1', 'data': b'hi\n', 'stream': 1}]
    """
    if not line.startswith("{"):
        return None
    try:
        status = json.loads(line)
        if status and not status.keys() & _FIELDS.keys():
            return None
        return {kind: [_event(kind, item) for item in status.get(kind) or ()] for kind in _FIELDS}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _event(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    fields = _FIELDS[kind]
    event = {key: item[key] for key in fields if item.get(key) is not None}
    if _NEEDED[kind] - event.keys() or any(type(value) is not fields[key] for key, value in event.items()):
        raise TypeError(kind)
    for key in event.keys() & {"data", "short"}:
        event[key] = base64.b64decode(event[key], validate=True)
    return event


def clean(line: str | bytes) -> str:
    r"""Return what a terminal would show of one line in the end; bytes are read as UTF-8.

    Of a progress bar that is the last part, between carriage returns, that shows anything.

    >>> clean(b"10%\r\x1b[32m100%\x1b[0m\r\n")
    '100%'
    """
    text = line if isinstance(line, str) else line.decode("utf-8", "replace")
    if text.isprintable():
        return text
    parts = (visible(part).replace("\n", "") for part in reversed(text.split("\r")))
    return next(filter(None, parts), "")


def seconds(started: str, completed: str) -> float:
    """Return the time between two RFC 3339 timestamps of up to nine digits; 0 if one cannot be read.

    >>> seconds("2026-11-24T02:40:01Z", "2026-11-24T02:40:02.500000000Z")
    1.5
    """
    try:
        return max(_nanoseconds(completed) - _nanoseconds(started), 0) / 1e9
    except (ValueError, OverflowError):
        return 0.0


def _nanoseconds(timestamp: str) -> int:
    match = re.fullmatch(r"([\d-]{10}T[\d:]{8})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", timestamp)
    if not match:
        raise ValueError(timestamp)
    whole = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    return int(whole.timestamp()) * 10**9 + int((match[2] or "").ljust(9, "0"))
