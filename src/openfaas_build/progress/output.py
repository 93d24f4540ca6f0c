"""Take the output of one vertex, which comes in chunks, and keep its end."""

from collections import deque

from openfaas_build.progress.events import clean

LOG_LIMIT = 64 * 1024


class Output:
    """The last LOG_LIMIT characters of a vertex's output, and the lines that are not complete yet."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._size = 0
        self._partial: dict[bool, bytes] = {}

    def add(self, data: bytes, *, stderr: bool) -> list[str]:
        """Take a chunk of one of the two streams; return the lines that it completes."""
        *whole, rest = (self._partial.get(stderr, b"") + data).split(b"\n")
        # Of a progress bar only the last state is needed. The last byte may be half of a line end.
        rest = rest[rest.rfind(b"\r", 0, -1) + 1 :]
        if len(rest) > LOG_LIMIT:
            whole.append(rest)
            rest = b""
        self._partial[stderr] = rest
        return self._keep(whole)

    def close(self) -> list[str]:
        """Return the lines that no line end will complete any more."""
        rest = [part for part in self._partial.values() if part]
        self._partial = {}
        return self._keep(rest)

    def text(self) -> str:
        """Return what is kept, each line with its end."""
        partial = (clean(part) for part in self._partial.values() if part)
        return "".join(f"{line}\n" for line in (*self._lines, *partial))

    def _keep(self, whole: list[bytes]) -> list[str]:
        lines = [clean(line) for line in whole]
        for line in lines:
            self._lines.append(line[1 - LOG_LIMIT :])
            self._size += len(self._lines[-1]) + 1
            while self._size > LOG_LIMIT:
                self._size -= len(self._lines.popleft()) + 1
        return lines
