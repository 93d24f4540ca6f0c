"""Several builds at once as one log: one owns the screen, the others wait, nothing is lost."""

from pathlib import Path

from fakes import FakeConsole

from openfaas_build.app.build_log import BuildLog


def test_builds_that_overlap(tmp_path: Path):
    screen = FakeConsole()
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
    screen = FakeConsole()
    log = BuildLog(screen, tmp_path, 2)
    for name in ("a", "b"):
        log.start(name)
        log.lines(name, [f"{name}1"])
        log.finish(name, f"{name}: built")
    assert screen.lines == [
        *("[Build a", "a1", "]", "> a: built", "> 1 of 2 functions, 0 building"),
        *("[Build b", "b1", "]", "> b: built"),
    ]
