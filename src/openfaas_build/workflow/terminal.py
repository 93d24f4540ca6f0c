"""Tell a run to a person at a terminal."""

import os
import re
import threading
from collections.abc import Iterable, Mapping
from typing import TextIO

from openfaas_build.render import Annotation
from openfaas_build.untrusted import visible
from openfaas_build.workflow.stream import buffer_lines

_COLOURS = {"error": "1;31", "warning": "1;33", "notice": "1;36"}
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_DEFAULT_WIDTH = 100


class Terminal:
    """A person's side: plain lines, coloured where the terminal can."""

    def __init__(self, env: Mapping[str, str], stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self.colour = stream.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
        columns = env.get("COLUMNS", "")
        self.width = int(columns) if columns.isdecimal() and int(columns) else _width(stream)
        buffer_lines(stream)

    def open_group(self, title: str) -> None:
        """Print the title."""
        self._write(self._paint(" ".join(visible(title).split()), "1"))

    def close_group(self) -> None:
        """Print nothing: the next title ends the group."""

    def foreign(self, lines: Iterable[str]) -> None:
        """Print text of others, without what would steer the terminal."""
        with self._lock:
            for line in lines:
                self._write(visible(line))

    def say(self, text: str) -> None:
        """Print our own text, of terminal codes the colours alone, and those where they are wanted."""
        pieces = _COLOUR.split(text) if self.colour else [text]
        self._write("".join(piece if at % 2 else visible(piece) for at, piece in enumerate(pieces)))

    def annotate(self, annotation: Annotation) -> None:
        """Print an annotation as compilers do: place, level, text."""
        place = f"{annotation.file}:{annotation.line}" if annotation.line else annotation.file
        level = self._paint(f"{annotation.level}:", _COLOURS[annotation.level])
        title = "" if annotation.message.startswith(annotation.title) else f"{visible(annotation.title)}: "
        self._write(f"{visible(place)}{': ' if place else ''}{level} {title}{visible(annotation.message)}")

    def mask(self, value: str) -> None:
        """Do nothing: a terminal has no masks."""

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Do nothing: outputs are a step's, and report.json says the same."""

    def write_summary(self, markdown: str) -> bool:  # noqa: ARG002  # as for GitHub
        """Say that there is no job summary here."""
        return False

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(f"{text}\n")


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        return _DEFAULT_WIDTH
