"""Find the processes of one run by a variable in their environment, which children inherit."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from support.waiting import until

MARK = "OPENFAAS_BUILD_TEST_RUN"


def of_run(mark: str) -> dict[int, str]:
    """Give number and command line of every process that the run `mark` started and that lives."""
    found = {}
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                # A zombie has neither environment nor command line.
                found[int(folder.name)] = _command(folder)
    return found


def end_run(mark: str) -> None:
    """Kill what is left of a run."""
    for number in of_run(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def await_end_of_run(mark: str) -> None:
    """Wait until nothing lives that the run `mark` started: docker's plugins end soon after docker itself."""
    until(lambda: not of_run(mark), "all processes of the run have ended", 30)


@contextlib.contextmanager
def watched_commands() -> Iterator[set[str]]:
    """Collect the command lines of all processes of the machine that start while the block runs."""
    seen: set[str] = set()
    over = threading.Event()
    before = set(Path("/proc").glob("[0-9]*"))

    def watch() -> None:
        while not over.wait(0.01):
            for folder in set(Path("/proc").glob("[0-9]*")) - before:
                with contextlib.suppress(OSError):
                    seen.add(_command(folder))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(timeout=30)


def _command(folder: Path) -> str:
    return (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
