"""Prepare a stream for lines that must come at once."""

import io
from typing import TextIO


def buffer_lines(stream: TextIO) -> None:
    """Let each line out at once, and let none fail for a character that the stream cannot hold."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
