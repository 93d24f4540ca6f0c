"""Tell a run to GitHub's runner, which takes lines of our output for commands.

It looks for `::name::` at the start of a line and for the old `##[name]`
anywhere in one. So foreign text appears between `::stop-commands::` marks
alone, under a token that nobody can guess, and both forms are broken up in
what we say ourselves.

actions_toolkit writes to `sys.stdout` and reads `os.environ`; both are lent to
it for the moment of a call, under the lock that keeps the lines of several
threads apart. It never flushes, so the stream is made line buffered: a mask
that arrives after its secret is none.
"""

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from openfaas_build.errors import MachineError
from openfaas_build.render import Annotation
from openfaas_build.untrusted import visible
from openfaas_build.workflow.stream import buffer_lines

_OUTPUT_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TOKEN = re.compile(r"[A-Za-z0-9]{16,}")
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_WIDTH = 120


class GitHub:
    """The runner's side of a step.

    In a group the marks around foreign text stay open from its first line to
    whatever comes next but text, because the runner prints marks and keeps
    every token as a mask. Outside of a group they end with the call.
    """

    width = _WIDTH
    colour = False

    def __init__(self, env: Mapping[str, str], stream: TextIO, make_token: Callable[[], str]) -> None:
        from actions_toolkit import core  # type: ignore[import-untyped]  # 0.1 s that `plan` need not pay

        self._core: Any = core
        self._env = env
        self._stream = stream
        self._make_token = make_token
        self._lock = threading.RLock()
        self._in_group = False
        self._stopped = ""
        buffer_lines(stream)

    def open_group(self, title: str) -> None:
        """Begin a group; an open one is ended."""
        with self._commands():
            if self._in_group:
                self._core.end_group()
            self._core.start_group(_inert(" ".join(visible(title).split())))
            self._in_group = True

    def close_group(self) -> None:
        """End the group, if one is open."""
        with self._commands():
            if self._in_group:
                self._core.end_group()
            self._in_group = False

    def foreign(self, lines: Iterable[str]) -> None:
        """Print text of others; the console is taken until `lines` end."""
        with self._lock:
            try:
                for line in lines:
                    if not self._stopped:
                        self._stop()
                    # `##[…]` colours lines on the log's page even between the marks.
                    text = visible(line).replace("##[", "## [").replace(self._stopped, "")
                    self._stream.write(f"{text}\n")
            finally:
                if not self._in_group:
                    self._resume()

    def say(self, text: str) -> None:
        """Print our own text, which may quote others."""
        with self._lock:
            self._stream.write(f"{_inert(visible(text))}\n")

    def annotate(self, annotation: Annotation) -> None:
        """Show an annotation, with the properties that it has."""
        place = {"title": annotation.title, "file": annotation.file, "line": annotation.line or ""}
        properties = {key: _inert(visible(str(value))) for key, value in place.items() if value}
        with self._commands():
            self._core.issue_command(annotation.level, properties, _inert(visible(annotation.message)))

    def mask(self, value: str) -> None:
        """Mask a value, line by line."""
        lines = [line.strip() for line in value.splitlines()]
        if len(lines) > 1:
            # The brackets of a key file are no secrets; masked, they would blank every JSON output.
            lines = [line for line in lines if re.search(r"\w", line)]
        with self._commands():
            for line in dict.fromkeys(filter(None, lines)):
                self._core.set_secret(line)

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Set outputs; raises MachineError when their file cannot be written."""
        for name in outputs:
            if not _OUTPUT_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of an output")
        path = self._env.get("GITHUB_OUTPUT", "")
        if not path:
            self.say("The outputs are not set: there is no GITHUB_OUTPUT here.")
            return
        with self._commands(), _environment("GITHUB_OUTPUT", path), _writing("outputs", path):
            Path(path).touch()
            for name, value in outputs.items():
                self._core.set_output(name, value)

    def write_summary(self, markdown: str) -> bool:
        """Add to the job summary; raises MachineError when its file cannot be written."""
        path = self._env.get("GITHUB_STEP_SUMMARY", "")
        if not path:
            return False
        data = markdown.removesuffix("\n").encode("utf-8", "replace") + b"\n"
        with self._lock, _writing("job summary", path), Path(path).open("ab") as file:
            file.write(data)
        return True

    def _stop(self) -> None:
        token = self._make_token()
        if not _TOKEN.fullmatch(token):
            raise ValueError("the token of stop-commands can be guessed")
        self._stopped = token
        self._issue("stop-commands", token)

    def _resume(self) -> None:
        if self._stopped:
            token, self._stopped = self._stopped, ""
            self._issue(token)

    def _issue(self, name: str, message: str = "") -> None:
        with contextlib.redirect_stdout(self._stream):
            self._core.issue(name, message)

    @contextlib.contextmanager
    def _commands(self) -> Iterator[None]:
        with self._lock:
            self._resume()
            with contextlib.redirect_stdout(self._stream):
                yield


def _inert(text: str) -> str:
    return _COMMAND.sub(r"\1: ", text.replace("##[", "## ["))


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _writing(what: str, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError.of(
            problem=f'the {what} cannot be written to "{path}": {error.strerror}.',
            cause="the file is the runner's; its disk is full, or something removed the folder.",
            remedy="Look at the runner's disk, and at what ran before in this job.",
        ) from error
