"""An interrupted run ends soon, leaves no process behind, and still says what was done."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from fault_proxy import FaultProxy, Rule
from support import processes, registry
from support.engine import Engine
from support.project import Project
from support.runs import Result, Running, start

SLOW = """\
FROM busybox:stable
COPY handler.go .
RUN --network=none echo asleep-now && sleep 120
"""
QUICK = """\
FROM busybox:stable
COPY handler.go .
RUN --network=none echo quick
"""
# Ctrl-C in a terminal reaches the whole group, the runner and `kill` reach the process alone.
CTRL_C = pytest.param(signal.SIGINT, True, id="Ctrl-C")
SIGINT = pytest.param(signal.SIGINT, False, id="SIGINT")
SIGTERM = pytest.param(signal.SIGTERM, False, id="SIGTERM")
WAYS = pytest.mark.parametrize(("number", "group"), [CTRL_C, SIGINT, SIGTERM])


@pytest.fixture
def begin(engine: Engine) -> Iterator[Callable[..., Running]]:
    """Start runs; whatever becomes of the test, nothing of them stays."""
    begun: list[Running] = []

    def begin_run(project: Project, *flags: str, **how: object) -> Running:
        begun.append(start(project.root, *flags, env=engine.env, **how))
        return begun[-1]

    yield begin_run
    for running in begun:
        processes.end_run(running.mark)


@WAYS
def test_an_interrupted_build(
    project: Project, begin: Callable[..., Running], number: signal.Signals, group: bool
) -> None:
    project.add_dockerfile("a-slow", SLOW, build_cache="max")
    project.add_dockerfile("b-waits", QUICK)
    running = begin(project, "build", "--push", "--parallel", "1")
    running.await_text("asleep-now\n")
    assert any("docker" in command for command in processes.of_run(running.mark).values())
    running.signal(number, group=group)
    result = running.end(timeout_s=60).expect(130)
    processes.await_end_of_run(running.mark)
    assert result.report["interrupted"] is True
    slow, waits = (result.function(name) for name in ("a-slow", "b-waits"))
    assert (slow["status"], slow["error"]) == ("failed", "interrupted")
    assert (waits["status"], waits["detail"]) == ("skipped", "interrupted")
    assert slow["cache"]["export"]["outcome"] == "skipped"
    assert not registry.digest(f"{project.image('a-slow')}:latest")
    for text in (result.stderr, result.summary):
        assert "interrupted, 0 of 2 built" in text
    assert "Traceback" not in result.stderr


@pytest.fixture
def interrupted_export(
    project: Project, engine: Engine, begin: Callable[..., Running]
) -> Iterator[Callable[..., Result]]:
    """Interrupt a run while its cache export hangs at the registry."""
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go_on.wait(120)

    def interrupt(number: signal.Signals, *, group: bool) -> Result:
        project.add_dockerfile(
            "fn", QUICK, build_cache={"to": [f"{project.image('cache', proxy.address)}:c"]}
        )
        running = begin(project, "build", "--push")
        assert held.wait(60)
        running.signal(number, group=group)
        result = running.end(timeout_s=60)
        processes.await_end_of_run(running.mark)
        return result

    rule = Rule(("POST",), f"/{project.prefix}/cache/blobs/uploads/", 500, hold=hold)
    with FaultProxy(engine.registry, [rule]) as proxy:
        yield interrupt
        go_on.set()


@WAYS
def test_an_interrupted_export(
    project: Project, interrupted_export: Callable[..., Result], number: signal.Signals, group: bool
) -> None:
    result = interrupted_export(number, group=group).expect(130)
    assert result.report["interrupted"] is True
    function = result.function("fn")
    assert function["status"] == "built"
    assert function["digest"] == registry.digest(f"{project.image('fn')}:latest") != ""
    assert function["hints"] == []


def test_an_interrupted_export_is_not_a_failed_one(interrupted_export: Callable[..., Result]) -> None:
    export = interrupted_export(signal.SIGTERM, group=False).function("fn")["cache"]["export"]
    assert (export["outcome"], export["detail"]) == ("skipped", "interrupted")


class SilentServer:
    """Accepts connections and never says a word; `asked` and `left` tell what the first client does."""

    def __init__(self) -> None:
        self.asked, self.left = threading.Event(), threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection, contextlib.suppress(ConnectionError):
            while connection.recv(4096):
                self.asked.set()
        self.left.set()


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


@pytest.mark.parametrize(
    ("number", "group"), [CTRL_C, SIGINT, pytest.param(signal.SIGTERM, False, id="SIGTERM")]
)
def test_an_interrupt_before_anything_is_built(
    project: Project, begin: Callable[..., Running], silent: SilentServer, number: signal.Signals, group: bool
) -> None:
    project.add("fn", lang="node")
    running = begin(project, "build", "--template-url", f"http://{silent.address}/templates.git")
    assert silent.asked.wait(60)
    running.signal(number, group=group)
    result = running.end(timeout_s=60).expect(130)
    assert silent.left.wait(10), "git is still there"
    processes.await_end_of_run(running.mark)
    assert "Traceback" not in result.stderr
    assert not (project.root / "build").exists()
    assert not (project.root / "template").exists()
