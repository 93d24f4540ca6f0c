"""Show several builds at once as a log that a human can follow.

One function owns the screen: its lines appear as they come, in a group of its
own. The others write to their log files alone; when the owner is done, those
that finished meanwhile are shown whole, and one that is still building gets
the screen, beginning with what it has said so far.

The price: a line may be shown later than it was written, never out of place.
"""

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from openfaas_build.workflow import Console

_BATCH = 500


class BuildLog:
    """The log of one run of `total` functions; each one's lines also go to `folder/NAME.log`."""

    def __init__(self, console: Console, folder: Path, total: int) -> None:
        self._console = console
        self._folder = folder
        self._total = total
        self._files: dict[str, TextIO] = {}
        self._owner = ""
        self._waiting: list[tuple[str, str]] = []
        self._done = 0
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """Return the path of a function's log file."""
        return self._folder / f"{name}.log"

    def start(self, name: str) -> None:
        """Note that a function's build begins."""
        with self._lock:
            self._files[name] = self.path(name).open("w", encoding="utf-8", errors="replace")
            if not self._owner:
                self._own(name)

    def lines(self, name: str, lines: list[str]) -> None:
        """Add lines to a function's log."""
        if not lines:
            return
        with self._lock:
            self._files[name].writelines(f"{line}\n" for line in lines)
            if name == self._owner:
                self._console.foreign(lines)

    def finish(self, name: str, outcome: str) -> None:
        """Note that a function's build ended; `outcome` is our own line about it."""
        with self._lock:
            self._files.pop(name).close()
            self._done += 1
            if name != self._owner:
                self._waiting.append((name, outcome))
                return
            self._console.close_group()
            self._console.say(outcome)
            self._say_progress()
            for other, other_outcome in self._waiting:
                self._console.open_group(f"Build {other}")
                self._show_file(other)
                self._console.close_group()
                self._console.say(other_outcome)
            self._waiting.clear()
            self._owner = ""
            if self._files:
                self._own(next(iter(self._files)))

    def _own(self, name: str) -> None:
        self._owner = name
        self._console.open_group(f"Build {name}")
        self._files[name].flush()
        self._show_file(name)

    def _show_file(self, name: str) -> None:
        with self.path(name).open(encoding="utf-8") as file:
            for batch in _batches(file):
                self._console.foreign(batch)

    def _say_progress(self) -> None:
        if self._done < self._total:
            self._console.say(f"{self._done} of {self._total} functions, {len(self._files)} building")


def _batches(file: TextIO) -> Iterator[list[str]]:
    lines = (line.rstrip("\n") for line in file)
    while batch := list(islice(lines, _BATCH)):
        yield batch
