"""Several builds at once as one log: one owns the screen, the others wait, nothing is lost."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from openfaas_build.app.build_log import BuildLog
from openfaas_build.render import Annotation


class Screen:
    """A console that writes down what it is told."""

    width, colour = 80, False

    def __init__(self) -> None:
        self.lines: list[str] = []

    def open_group(self, title: str) -> None:
        self.lines.append(f"[{title}")

    def close_group(self) -> None:
        self.lines.append("]")

    def foreign(self, lines: Iterable[str]) -> None:
        self.lines += lines

    def say(self, text: str) -> None:
        self.lines.append(f"> {text}")

    def annotate(self, annotation: Annotation) -> None: ...

    def mask(self, value: str) -> None: ...

    def set_outputs(self, outputs: Mapping[str, str]) -> None: ...

    def write_summary(self, markdown: str) -> bool:
        return False


def test_builds_that_overlap(tmp_path: Path):
    screen = Screen()
    log = BuildLog(screen, tmp_path, 3)
    log.start("a")
    log.start("b")
    log.lines("a", ["a1"])
    log.lines("b", ["b1", "b2"])
    log.start("c")
    log.lines("c", ["c1"])
    log.lines("b", [])
    log.finish("b", "b: built")
    log.lines("a", ["a2"])
    log.finish("a", "a: built")
    log.lines("c", ["c2"])
    log.finish("c", "c: failed")
    assert screen.lines == [
        *("[Build a", "a1", "a2", "]", "> a: built", "> 2 of 3 functions, 1 building"),
        *("[Build b", "b1", "b2", "]", "> b: built"),
        *("[Build c", "c1", "c2", "]", "> c: failed"),
    ]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.log": "a1\na2\n",
        "b.log": "b1\nb2\n",
        "c.log": "c1\nc2\n",
    }


def test_one_after_the_other(tmp_path: Path):
    screen = Screen()
    log = BuildLog(screen, tmp_path, 2)
    for name in ("a", "b"):
        log.start(name)
        log.lines(name, [f"{name}1"])
        log.finish(name, f"{name}: built")
    assert screen.lines == [
        *("[Build a", "a1", "]", "> a: built", "> 1 of 2 functions, 0 building"),
        *("[Build b", "b1", "]", "> b: built"),
    ]
