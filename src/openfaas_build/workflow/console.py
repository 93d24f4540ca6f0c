"""What a run needs of the place where it is told."""

import io
from collections.abc import Iterable, Mapping
from typing import Protocol, TextIO

from openfaas_build.render import Annotation


class Console(Protocol):
    """Where a run is told; one call's lines stay together, whatever thread calls.

    `width` (characters) and `colour` say what suits tables printed with `say`.
    """

    width: int
    colour: bool

    def open_group(self, title: str) -> None:
        """Begin a group of lines; groups do not nest."""

    def close_group(self) -> None:
        """End the group."""

    def foreign(self, lines: Iterable[str]) -> None:
        """Print text of others."""

    def say(self, text: str) -> None:
        """Print text of our own."""

    def annotate(self, annotation: Annotation) -> None:
        """Show an annotation."""

    def mask(self, value: str) -> None:
        """Keep a secret out of everything that is printed from now on."""

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Set the outputs of the step."""

    def write_summary(self, markdown: str) -> bool:
        """Add to the job summary; say whether there is one."""


def buffer_lines(stream: TextIO) -> None:
    """Let each line out at once, and let none fail for a character that the stream cannot hold."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
