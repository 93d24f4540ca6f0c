"""Hold all that the stream has said of one vertex."""

import re
from collections import deque
from dataclasses import dataclass, field

from openfaas_build.progress.events import clean_bytes
from openfaas_build.solve import StepStatus

LOG_LIMIT = 64 * 1024

_PLATFORM = r"[a-z0-9]+/[a-z0-9]+(?:/[a-z0-9.]+)?(?:->[a-z0-9]+(?:/[a-z0-9.]+)*)?"
STEP = re.compile(
    rf"\[(?:(?P<platform>{_PLATFORM}) )?(?:(?P<stage>[^\s\]]+) )?\s*"
    r"(?P<n>\d{1,9})/(?P<of>\d{1,9})\] (?P<text>.*)"
)
# For the log, where bake's target may stand in front.
_NUMBERED = re.compile(r"\[[^\]]*\b\d+/\d+\](?P<source> FROM )?")
# Of several vertices of one step, the first one in this order decides.
RANK: tuple[StepStatus, ...] = ("failed", "cancelled", "hit", "run", "not_run")


class Log:
    """The last LOG_LIMIT characters of a vertex's output, and the lines that are not complete yet."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._size = 0
        self._partial: dict[bool, bytes] = {}

    def add(self, data: bytes, *, stderr: bool) -> list[str]:
        """Take a chunk of one of the two streams; give the lines that it completes."""
        *whole, rest = (self._partial.get(stderr, b"") + data).split(b"\n")
        rest = rest[rest.rfind(b"\r", 0, -1) + 1 :]
        if len(rest) > LOG_LIMIT:
            whole.append(rest)
            rest = b""
        self._partial[stderr] = rest
        return self._keep(whole)

    def close(self) -> list[str]:
        """Give the lines that no line end will complete any more."""
        rest = [part for part in self._partial.values() if part]
        self._partial = {}
        return self._keep(rest)

    def text(self) -> str:
        """Give what is kept, each line with its end."""
        partial = (clean_bytes(part) for part in self._partial.values() if part)
        return "".join(f"{line}\n" for line in (*self._lines, *partial))

    def _keep(self, whole: list[bytes]) -> list[str]:
        lines = [clean_bytes(line) for line in whole]
        for line in lines:
            self._lines.append(line[1 - LOG_LIMIT :])
            self._size += len(self._lines[-1]) + 1
            while self._size > LOG_LIMIT:
                self._size -= len(self._lines.popleft()) + 1
        return lines


@dataclass(slots=True, kw_only=True, eq=False)
class Vertex:
    """All events of one digest, merged.

    `order` is its place in the stream, -1 as long as only statuses or logs
    spoke of it. With bake a vertex has a name for each target that shares it.
    `spans` maps each start to its length in seconds, None while it lasts.
    """

    digest: str
    order: int = -1
    names: list[str] = field(default_factory=list)
    inputs: tuple[str, ...] = ()
    group: str = ""
    group_name: str = ""
    cached: bool = False
    error: str = ""
    spans: dict[str, float | None] = field(default_factory=dict)
    downloads: dict[str, int] = field(default_factory=dict)
    context: int = 0
    marks: set[str] = field(default_factory=set)
    log: Log = field(default_factory=Log)

    @property
    def unit(self) -> str:
        """Name what counts as one: the progress group, else the vertex itself."""
        return self.group or self.digest

    @property
    def title(self) -> str:
        """Give the name for the log."""
        return self.group_name or (self.names[0] if self.names else f"[{self.digest[:19]}]")

    @property
    def label(self) -> str:
        """Give what stands in front of its log lines: `[build 2/6]`, or the whole title."""
        match = _NUMBERED.match(self.title)
        return self.title[: self.title.index("]") + 1] if match else self.title

    @property
    def is_source(self) -> bool:
        """Say whether it is a base image: numbered, but no step."""
        match = _NUMBERED.match(self.title)
        return bool(match and match["source"])

    @property
    def is_over(self) -> bool:
        """Say whether it was started and nothing of it still runs."""
        return bool(self.spans) and None not in self.spans.values()

    @property
    def duration_s(self) -> float:
        """Add up its times."""
        return sum(span or 0.0 for span in self.spans.values())

    @property
    def status(self) -> StepStatus:
        """Give its state as a step; one that the end of the stream cut off is cancelled."""
        if self.error:
            return "cancelled" if "context canceled" in self.error else "failed"
        if self.cached:
            return "hit"
        if not self.spans:
            return "not_run"
        return "run" if self.is_over else "cancelled"
