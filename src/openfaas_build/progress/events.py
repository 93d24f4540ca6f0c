"""Turn one line of the stream into typed events, and raw text into what a terminal would show."""

import base64
import json
import re
from datetime import datetime
from typing import Any

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"  # colours, cursor
    r"|\x1b[\]PX^_](?:[^\x07\x1b]*(?:\x07|\x1b\\))?"  # titles, links
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]?"
)
# Line separators and marks that reverse the direction of text make one line look like another.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

# All the fields that are read, with their types; of each kind the first `needed` ones must be there.
_NEEDED = {"vertexes": 1, "statuses": 2, "logs": 2, "warnings": 1}
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
    "statuses": {"vertex": str, "id": str, "total": int, "current": int, "completed": str},
    "logs": {"vertex": str, "data": str, "stream": int},
    "warnings": {"short": str},
}


def decode(line: str) -> dict[str, list[dict[str, Any]]] | None:
    """Give the events of a SolveStatus by kind, all four kinds present.

    None when the line is no SolveStatus or a field of it has the wrong type.
    Fields that are null or not known are left out, `data` and `short` are
    bytes.
    """
    if not line.startswith("{"):
        return None
    try:
        status = json.loads(line)
        if status and not status.keys() & _FIELDS.keys():
            return None
        return {kind: [_event(kind, item) for item in status.get(kind) or ()] for kind in _FIELDS}
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _event(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    fields = _FIELDS[kind]
    event = {key: item[key] for key in fields if item.get(key) is not None}
    if any(type(value) is not fields[key] for key, value in event.items()):
        raise TypeError(kind)
    if missing := [key for key in list(fields)[: _NEEDED[kind]] if key not in event]:
        raise KeyError(missing)
    for key in event.keys() & {"data", "short"}:
        event[key] = base64.b64decode(event[key], validate=True)
    return event


def clean(text: str) -> str:
    """Give what a terminal would show of one line in the end, without colours and tricks.

    Of a progress bar that is what follows the last carriage return. Tabs
    stay; other control characters, line ends among them, go.
    """
    if text.isprintable():
        return text
    text = _ESCAPE.sub("", text).rstrip("\r\n").rpartition("\r")[2]
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def clean_bytes(data: bytes) -> str:
    """Decode one line as UTF-8, with replacement, and clean it."""
    return clean(data.decode("utf-8", "replace"))


def seconds(started: str, completed: str) -> float:
    """Give the time between two RFC 3339 timestamps of up to nine digits; 0 if one cannot be read."""
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
