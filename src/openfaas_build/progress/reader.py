"""Merge the events of the stream, line by line, and say what each line adds to the log."""

import re
from collections import deque
from typing import Any

from openfaas_build.progress.assemble import IMPORT, assemble
from openfaas_build.progress.events import clean, decode, seconds
from openfaas_build.progress.output import LOG_LIMIT, Output
from openfaas_build.progress.vertex import Vertex
from openfaas_build.solve import SolveRecord
from openfaas_build.untrusted import visible

LINES_LIMIT = 1000
SHOWN_DOWNLOAD = 1_000_000

_QUIET = re.compile(r"\[(?:[^\]]* )?(?:internal|auth)\] |resolve image config |resolving ")
_FOUND_CACHE = re.compile(r"inferred cache manifest type: |found \d+ layers in cache")
_NOTHING_TO_EXPORT = "skipping cache export for empty result"


class Reader:
    """Read one stream.

    `is_exporting` says whether an image is being exported, so that all steps are done.
    """

    def __init__(self) -> None:
        self._vertices: dict[str, Vertex] = {}
        self._told: set[tuple[str, str]] = set()
        self._tail: deque[str] = deque(maxlen=LINES_LIMIT)
        self._warnings: deque[str] = deque(maxlen=LINES_LIMIT)
        self.is_exporting = False

    def feed(self, line: str) -> list[str]:
        """Read one line of buildx's standard error; return the lines that it adds to the log.

        They are free of control characters and start with their step's name, except warnings (`WARNING: `).
        `[internal]` vertices are told when they fail, plain lines when they are warnings: whether an `ERROR:`
        is one, only the exit code tells. Never raises.
        """
        events = decode(line)
        if events is None:
            text = clean(line[:LOG_LIMIT].rstrip("\r\n"))
            self._tail.append(text)
            return [text] if text.startswith("WARNING:") else []
        touched: dict[Vertex, bool] = {}
        for event in events["vertexes"]:
            vertex = self._at(event["digest"])
            ended = _merge(vertex, event)
            touched[vertex] = ended or touched.get(vertex, False)
        lines = [line for vertex in touched for line in self._tell_start(vertex)]
        for event in events["statuses"]:
            lines += _merge_status(self._at(event["vertex"]), event)
        for event in events["logs"]:
            vertex = self._at(event["vertex"])
            output = vertex.output.add(event["data"], stderr=event.get("stream") == 2)
            lines += [f"{vertex.label} {text}" for text in output]
        for vertex, ended in touched.items():
            lines += self._tell_end(vertex, ended=ended)
            self.is_exporting |= bool(vertex.spans) and vertex.title.startswith("exporting to ")
        for event in events["warnings"]:
            self._warnings.append(clean(event["short"]))
            lines.append(f"WARNING: {self._warnings[-1]}")
        return lines

    def record(self) -> SolveRecord:
        """Return what is known so far; steps as in the Dockerfile, imports and exports as in the stream.

        A step that was started and neither ended nor failed was cut off with the stream and is "cancelled".
        """
        return assemble(list(self._vertices.values()), warnings=self._warnings, tail=self._tail)

    def _tell_start(self, vertex: Vertex) -> list[str]:
        lines = []
        if _QUIET.match(vertex.title):
            return []
        if vertex.spans and self._is_news(vertex, "name"):
            lines.append(vertex.title)
        if vertex.cached and self._all_cached(vertex) and self._is_news(vertex, "CACHED"):
            lines.append(f"{vertex.label} CACHED")
        return lines

    def _tell_end(self, vertex: Vertex, *, ended: bool) -> list[str]:
        is_quiet = bool(_QUIET.match(vertex.title))
        lines = [f"{vertex.label} {text}" for text in vertex.output.close()] if vertex.is_over else []
        if vertex.error:
            if self._is_news(vertex, vertex.error) and not (is_quiet and vertex.status == "cancelled"):
                lines += _told_error(vertex)
        elif ended:
            vertex.output = Output()
            is_base_image = vertex.step is not None and vertex.step.is_base_image
            if not (is_quiet or vertex.cached or is_base_image):
                lines.append(f"{vertex.label} DONE {vertex.duration_s:.1f}s")
        return lines

    def _is_news(self, vertex: Vertex, word: str) -> bool:
        is_new = (vertex.unit, word) not in self._told
        self._told.add((vertex.unit, word))
        return is_new

    def _all_cached(self, vertex: Vertex) -> bool:
        members = self._vertices.values() if vertex.group else ()
        return all(member.cached for member in members if member.group == vertex.group)

    def _at(self, digest: str) -> Vertex:
        digest = clean(digest)
        if digest not in self._vertices:
            self._vertices[digest] = Vertex(digest=digest)
        return self._vertices[digest]


def _merge(vertex: Vertex, event: dict[str, Any]) -> bool:
    """Merge one event of a vertex; say whether one of its times ended with it."""
    vertex.name = vertex.name or _one_line(event.get("name", ""))
    if inputs := event.get("inputs"):
        vertex.inputs = tuple(clean(digest) for digest in inputs if isinstance(digest, str))
    if group := event.get("progressGroup"):
        vertex.group = str(group.get("id", ""))
        vertex.group_name = _one_line(str(group.get("name", "")))
    vertex.cached |= event.get("cached", False)
    started, completed, error = (event.get(key, "") for key in ("started", "completed", "error"))
    ended = bool(completed) and vertex.spans.get(started) is None
    if completed:
        vertex.spans[started] = seconds(started, completed)
    elif started:
        vertex.spans.setdefault(started, None)
    # An event of what is not completed says nothing of an error, so it takes none back.
    if completed or error:
        vertex.error = visible(error[:LOG_LIMIT])
    return ended


def _merge_status(vertex: Vertex, event: dict[str, Any]) -> list[str]:
    """Merge what a vertex says of a part of its work; return the line for a large download."""
    part = event["id"]
    if part.startswith("sha256:") and "completed" in event:
        total = event.get("total", 0)
        is_shown = part not in vertex.downloads and total >= SHOWN_DOWNLOAD
        vertex.downloads[part] = total
        return [f"{vertex.label} pulled {total / 1e6:.1f}MB"] if is_shown else []
    vertex.found_cache |= bool(_FOUND_CACHE.match(part))
    vertex.nothing_to_export |= part.startswith(_NOTHING_TO_EXPORT)
    return []


def _one_line(name: str) -> str:
    return re.sub(r"\n+", " ", visible(name[:LOG_LIMIT]))


def _told_error(vertex: Vertex) -> list[str]:
    if vertex.status == "cancelled":
        return [f"{vertex.label} CANCELED"]
    if vertex.title.startswith(IMPORT) and vertex.error.endswith(": not found"):
        return [f"{vertex.label}: nothing there yet"]
    first, *more = vertex.error.split("\n")
    return [f"{vertex.label} ERROR: {first}", *(f"{vertex.label} {text}" for text in more)]
