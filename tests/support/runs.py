"""Run the real entry point as the action does, and keep everything that it says."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import processes
from support.waiting import until

ENTRY = Path(__file__).resolve().parents[2] / "entrypoint.py"
COMMAND = (sys.executable, "-I", "-X", "utf8", "-u", str(ENTRY))
_LIMIT_S = 240
# What would make a run differ from one on a machine that is neither GitHub's nor a developer's.
_NOT_HANDED_ON = ("GITHUB_", "ACTIONS_", "INPUT_", "RUNNER_", "OPENFAAS_", "PYTHON", "CI", "COLUMNS")


@dataclass(frozen=True)
class Result:
    """What a run left behind; `report` is empty when no report.json was written."""

    exit_code: int
    stdout: str
    stderr: str
    folder: Path
    report: dict[str, Any] = field(default_factory=dict)
    summary: str = ""

    def function(self, name: str) -> dict[str, Any]:
        (found,) = (item for item in self.report["functions"] if item["name"] == name)
        return found

    def steps(self, name: str, *statuses: str) -> list[str]:
        """Give the instructions of a function's steps that have one of `statuses`, else of all."""
        steps = self.function(name)["steps"]
        return [step["instruction"] for step in steps if not statuses or step["status"] in statuses]

    def log(self, name: str) -> str:
        return (self.folder / "build" / ".openfaas-build" / f"{name}.log").read_text()

    def expect(self, exit_code: int) -> "Result":
        said = f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        assert self.exit_code == exit_code, f"exit code {self.exit_code}, not {exit_code}\n{said}"
        return self


class Running:
    """A run that is under way; what it says is collected as it comes."""

    def __init__(self, command: Sequence[str], root: Path, env: Mapping[str, str], *, merge: bool) -> None:
        self.root = root
        self.mark = uuid.uuid4().hex
        self._process = subprocess.Popen(
            list(command),
            cwd=root,
            env={**env, processes.MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.PIPE,
            start_new_session=True,
        )
        self._out: list[bytes] = []
        self._err: list[bytes] = []
        streams = ((self._process.stdout, self._out), (self._process.stderr, self._err))
        self._readers = [
            threading.Thread(target=kept.extend, args=(stream,), daemon=True)
            for stream, kept in streams
            if stream
        ]
        for reader in self._readers:
            reader.start()

    def await_text(self, text: str) -> None:
        """Wait until the run has said `text`; fail when it ends before."""

        def look() -> bool:
            over = self._process.poll() is not None
            said = b"".join((*self._out, *self._err)).decode()
            assert text in said or not over, f"ended without saying {text!r}:\n{said}"
            return text in said

        until(look, f"the run says {text!r}")

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the process, or to its whole group, as a terminal does."""
        (os.killpg if group else os.kill)(self._process.pid, number)

    def end(self, timeout_s: float = _LIMIT_S) -> Result:
        """Wait for the end; fail, with what was said so far, when it does not come."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=timeout_s)
        late = self._process.poll() is None
        if late:
            processes.end_run(self.mark)
            self._process.wait(timeout=30)
        for reader in self._readers:
            # A child that was left behind holds the pipe open.
            reader.join(timeout=1)
        stdout, stderr = (b"".join(kept).decode() for kept in (self._out, self._err))
        assert not late, f"no end after {timeout_s:.0f} s\n{stdout}\n{stderr}"
        folder = self.root / "build" / ".openfaas-build"
        report, summary = folder / "report.json", folder / "summary.md"
        return Result(
            exit_code=self._process.returncode,
            stdout=stdout,
            stderr=stderr,
            folder=self.root,
            report=json.loads(report.read_text()) if report.exists() else {},
            summary=summary.read_text() if summary.exists() else "",
        )


def environment(more: Mapping[str, str | None]) -> dict[str, str]:
    """Give the environment for a run: ours without what steers it by accident, and `more` (None: unset)."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_HANDED_ON)}
    env |= {key: value for key, value in more.items() if value is not None}
    return {key: value for key, value in env.items() if more.get(key, value) is not None}


def start(
    root: Path,
    *arguments: str,
    env: Mapping[str, str | None] | None = None,
    merge: bool = False,
    shell: str = "",
) -> Running:
    """Start `entrypoint.py ARGUMENTS` in `root`; `shell` is a line of sh that runs before it."""
    command: Sequence[str] = (*COMMAND, *arguments)
    if shell:
        command = ("sh", "-c", f'{shell}; exec "$@"', "sh", *command)
    return Running(command, root, environment(env or {}), merge=merge)


def run(root: Path, *arguments: str, **how: Any) -> Result:
    """Run `entrypoint.py ARGUMENTS` in `root` to its end."""
    folder = root / "build" / ".openfaas-build"
    for old in ("report.json", "summary.md"):
        # What is found afterwards is of this run.
        (folder / old).unlink(missing_ok=True)
    return start(root, *arguments, **how).end()
