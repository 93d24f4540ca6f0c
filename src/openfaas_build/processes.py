"""Run child processes: ask one a question, or run several side by side and end them all when asked to."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import FrameType

from openfaas_build.errors import EXIT_INTERRUPTED

# The words that start buildx.
BUILDX = ("docker", "buildx")
_GRACE_S = 10


class Question:
    """A command that was started for what it writes; the answer is waited for when it is wanted.

    It has `timeout_s` from then on, and no terminal. Its children are ended with it.
    Raises OSError when there is no such command.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float, cwd: Path | None = None
    ) -> None:
        self._argv = list(argv)
        self._timeout_s = timeout_s
        self._process = subprocess.Popen(
            self._argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    @cached_property
    def answer(self) -> "subprocess.CompletedProcess[str]":
        """What it wrote; exit code 124 when it did not end in time."""
        try:
            output, errors = self._process.communicate(timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(self._argv, 124, "", f"no answer in {self._timeout_s:.0f} s")
        finally:
            self.drop()
        return subprocess.CompletedProcess(self._argv, self._process.returncode, output, errors)

    def drop(self) -> None:
        """End it, if it has not ended: nobody wants the answer any more."""
        with self._process:
            _signal(self._process, signal.SIGKILL)


def last_line(text: str) -> str:
    """Return the last line of what a command wrote: mostly its error."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"


class Processes:
    """All children of a run: questions, and commands that an interrupt must be able to end.

    Each command is the leader of its own process group: a Ctrl-C in the
    terminal reaches us alone, and we hand it on.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self.stopped = False

    def start(self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float) -> Question:
        """Start a command for what it writes; raises OSError when there is no such command."""
        return Question(argv, env, timeout_s)

    def ask(
        self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end and return what it wrote; exit code 124 when that takes too long."""
        return self.start(argv, env, timeout_s).answer

    def run(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, on_line: Callable[[str], object]
    ) -> int:
        """Run one command, hand on each line that it writes, and give its exit code.

        After `stop` nothing is started any more and the code is EXIT_INTERRUPTED.
        """
        with self._lock:
            if self.stopped:
                return EXIT_INTERRUPTED
            process = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        try:
            assert process.stdout
            for line in process.stdout:
                on_line(line.rstrip("\n"))
            return process.wait()
        finally:
            _signal(process, signal.SIGKILL)
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """Interrupt every child; whatever is still there after a grace period is killed."""
        with self._lock:
            self.stopped = True
            running = tuple(self._running)
        for process in running:
            _signal(process, signal.SIGINT)
        timer = threading.Timer(_GRACE_S, self._kill, [running])
        timer.daemon = True
        timer.start()

    @staticmethod
    def _kill(processes: Sequence["subprocess.Popen[str]"]) -> None:
        for process in processes:
            _signal(process, signal.SIGKILL)


def _signal(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    # Not yet waited for, so its number is still its group's, even if it has ended and left children.
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


@contextlib.contextmanager
def stopped_by_signals(processes: Processes) -> Iterator[None]:
    """Let SIGINT and SIGTERM end the children, and not this process, which has to tell what was done."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape that signal wants
        processes.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
