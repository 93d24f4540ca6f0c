"""Fold the stream, line by line, and say what each line adds to the log."""

import re
from collections import deque
from collections.abc import Iterable
from typing import Any

from openfaas_build.progress.assemble import MARK, steps_and_caches
from openfaas_build.progress.events import clean, clean_bytes, decode, seconds
from openfaas_build.progress.vertex import LOG_LIMIT, Log, Vertex
from openfaas_build.solve import SolveRecord

LINES_LIMIT = 1000
SHOWN_DOWNLOAD = 1_000_000

_QUIET = re.compile(r"\[(?:[^\]]* )?(?:internal|auth)\] |(?:\[[^\]]*\] )?(?:resolve image config|resolving) ")
_EXPORTING = re.compile(r"exporting to ")
_IMPORTING = re.compile(r"(?:\[[^\]]*\] )?importing cache manifest from ")


class Reader:
    """Fold one stream into a SolveRecord.

    `targets` are bake's target names in any order, none without bake. A lone
    target has no prefix in the stream: all steps are its own. `is_exporting`
    says whether an image is being exported, so that all steps are done.
    """

    def __init__(self, targets: tuple[str, ...] = ()) -> None:
        self._targets = targets
        self._vertices: dict[str, Vertex] = {}
        self._announced = 0
        self._told: set[tuple[str, str]] = set()
        self._tail: deque[str] = deque(maxlen=LINES_LIMIT)
        self._warnings: deque[str] = deque(maxlen=LINES_LIMIT)
        self.is_exporting = False

    def feed(self, line: str) -> list[str]:
        """Fold one line of buildx's standard error; give the lines that it adds to the log.

        They are free of control characters and start with their step's name,
        except warnings (`WARNING: `). `[internal]` vertices are told when they
        fail, plain lines when they are warnings: whether an `ERROR:` is one,
        only the exit code tells. Never raises.
        """
        events = decode(line)
        if events is None:
            text = clean(line[:LOG_LIMIT].rstrip("\r\n"))
            self._tail.append(text)
            return [text] if text.startswith("WARNING:") else []
        touched: dict[Vertex, bool] = {}
        for event in events["vertexes"]:
            vertex, ended = self._fold(event)
            touched[vertex] = ended or touched.get(vertex, False)
        lines = [line for vertex in touched for line in self._tell_start(vertex)]
        for event in events["statuses"]:
            lines += self._status(event)
        for event in events["logs"]:
            vertex = self._at(event["vertex"])
            output = vertex.log.add(event["data"], stderr=event.get("stream") == 2)
            lines += [f"{vertex.label} {text}" for text in output]
        for vertex, ended in touched.items():
            lines += self._tell_end(vertex, ended=ended)
            self.is_exporting |= bool(vertex.spans and _EXPORTING.match(vertex.title))
        for event in events["warnings"]:
            self._warnings.append(clean_bytes(event["short"]))
            lines.append(f"WARNING: {self._warnings[-1]}")
        return lines

    def record(self) -> SolveRecord:
        """Give what is known so far; steps as in the Dockerfile, imports and exports as in the stream.

        A step that was started and neither ended nor failed was cut off with
        the stream and is "cancelled". Only failed and cancelled steps have a log.
        """
        vertices = sorted(
            (vertex for vertex in self._vertices.values() if vertex.order >= 0), key=lambda item: item.order
        )
        return steps_and_caches(
            vertices, self._targets, warnings=tuple(self._warnings), tail=tuple(self._tail)
        )

    def _fold(self, event: dict[str, Any]) -> tuple[Vertex, bool]:
        """Merge one event of a vertex; say whether one of its times ended with it."""
        vertex = self._at(event["digest"])
        if vertex.order < 0:
            vertex.order = self._announced
            self._announced += 1
        if name := _one_line(event.get("name", "")):
            vertex.names += [name] if name not in vertex.names else []
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
        # What is not completed takes no error back: bake announces the vertex of a
        # failed step once more for each further target that shares it.
        if completed or error:
            vertex.error = "\n".join(clean(part) for part in error[:LOG_LIMIT].split("\n"))
        return vertex, ended

    def _status(self, event: dict[str, Any]) -> list[str]:
        vertex, name = self._at(event["vertex"]), event["id"]
        if name.startswith("sha256:") and "completed" in event:
            total = event.get("total", 0)
            is_shown = name not in vertex.downloads and total >= SHOWN_DOWNLOAD
            vertex.downloads[name] = total
            return [f"{vertex.label} pulled {total / 1e6:.1f}MB"] if is_shown else []
        if name == "transferring context:":
            vertex.context = event.get("current", 0)
        elif MARK.match(name):
            vertex.marks.add(clean(name))
        return []

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
        label, is_quiet = vertex.label, bool(_QUIET.match(vertex.title))
        lines = [f"{label} {text}" for text in vertex.log.close()] if vertex.is_over else []
        if vertex.error:
            if self._is_news(vertex, vertex.error) and not (is_quiet and vertex.status == "cancelled"):
                lines += _told_error(vertex)
        elif ended:
            vertex.log = Log()
            if not (is_quiet or vertex.cached or vertex.is_source):
                lines.append(f"{label} DONE {vertex.duration_s:.1f}s")
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


def read(lines: Iterable[str], targets: tuple[str, ...] = ()) -> SolveRecord:
    """Fold a whole stream; see Reader."""
    reader = Reader(targets)
    for line in lines:
        reader.feed(line)
    return reader.record()


def _one_line(name: str) -> str:
    return clean(re.sub(r"[\r\n]+", " ", name[:LOG_LIMIT]))


def _told_error(vertex: Vertex) -> list[str]:
    if vertex.status == "cancelled":
        return [f"{vertex.label} CANCELED"]
    if _IMPORTING.match(vertex.title) and vertex.error.endswith(": not found"):
        return [f"{vertex.label}: nothing there yet"]
    first, *more = vertex.error.split("\n")
    return [f"{vertex.label} ERROR: {first}", *(f"{vertex.label} {text}" for text in more)]
