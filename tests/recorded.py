"""Read the streams under `recordings/`, or lines that a test made, as a build does."""

from collections.abc import Iterable
from pathlib import Path

from openfaas_build.progress import Reader
from openfaas_build.solve import SolveRecord

RECORDINGS = Path(__file__).parent / "recordings"


def lines_of(name: str) -> list[str]:
    return (RECORDINGS / name).read_text(encoding="utf-8").splitlines()


def read(lines: Iterable[str]) -> SolveRecord:
    reader = Reader()
    for line in lines:
        reader.feed(line)
    return reader.record()
