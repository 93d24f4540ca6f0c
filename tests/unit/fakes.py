"""What stands for child processes and for the screen in unit tests: scripted, and written down."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from openfaas_build.app.project import plan_project, read_project
from openfaas_build.app.session import Session
from openfaas_build.errors import EXIT_INTERRUPTED
from openfaas_build.inputs import Inputs
from openfaas_build.render import Annotation
from openfaas_build.workflow import Event

START, END = "2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z"


class FakeConsole:
    """A console that writes down what it is told."""

    width, colour = 80, False

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.annotations: list[Annotation] = []
        self.outputs: dict[str, str] = {}

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def open_group(self, title: str) -> None:
        self.lines.append(f"[{title}")

    def close_group(self) -> None:
        self.lines.append("]")

    def foreign(self, lines: Iterable[str]) -> None:
        self.lines += lines

    def say(self, text: str) -> None:
        self.lines.append(f"> {text}")

    def annotate(self, annotation: Annotation) -> None:
        self.annotations.append(annotation)

    def mask(self, value: str) -> None: ...

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        self.outputs |= outputs

    def write_summary(self, markdown: str) -> bool:
        return False


class FakeQuestion:
    def __init__(self, answer: CompletedProcess[str]) -> None:
        self.answer = answer
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


@dataclass
class Solve:
    """What one `buildx build` does: lines that it writes, its exit code, what it waits for or does before."""

    lines: Sequence[str] = ()
    code: int = 0
    before: Callable[[], object] = lambda: None
    digest: str = ""


@dataclass
class FakeProcesses:
    """Children that follow a script.

    `answers` maps the first words of a command to what it writes (exit code,
    standard output, standard error); the longest match counts, and a command
    without one fails. `builds` and `exports` hold the solves of a function,
    one after the other; a function without one succeeds at once.
    """

    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    builds: dict[str, list[Solve]] = field(default_factory=dict)
    exports: dict[str, list[Solve]] = field(default_factory=dict)
    stopped: bool = False

    def __post_init__(self) -> None:
        self.asked: list[str] = []
        self.questions: list[FakeQuestion] = []
        self.argvs: list[tuple[str, ...]] = []
        self.events: list[str] = []
        self.active = self.most_active = 0
        self._lock = threading.Lock()

    def start(self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float) -> FakeQuestion:
        command = " ".join(argv)
        with self._lock:
            self.asked.append(command)
            known = [words for words in self.answers if command.startswith(words)]
            code, output, errors = self.answers[max(known, key=len)] if known else (1, "", "not scripted")
            self.questions.append(FakeQuestion(CompletedProcess(list(argv), code, output, errors)))
            return self.questions[-1]

    def ask(self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float) -> CompletedProcess[str]:
        return self.start(argv, env, timeout_s).answer

    def run(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, on_line: Callable[[str], object]
    ) -> int:
        name = argv[-1].rpartition("/")[2]
        is_build = "--metadata-file" in argv
        with self._lock:
            if self.stopped:
                return EXIT_INTERRUPTED
            self.argvs.append(tuple(argv))
            self.events.append(f"{'build' if is_build else 'export'} {name}")
            self.active += 1
            self.most_active = max(self.active, self.most_active)
            scripted = (self.builds if is_build else self.exports).get(name, [])
            solve = scripted.pop(0) if scripted else Solve()
        try:
            solve.before()
            for line in solve.lines:
                on_line(line)
            if is_build and solve.digest:
                metadata = cwd / argv[argv.index("--metadata-file") + 1]
                metadata.write_text(json.dumps({"containerimage.digest": solve.digest}))
            return EXIT_INTERRUPTED if self.stopped and solve.code else solve.code
        finally:
            with self._lock:
                self.active -= 1
                self.events.append(f"{'built' if is_build else 'exported'} {name}")

    def stop(self) -> None:
        self.stopped = True


def event(name: str, **more: Any) -> str:
    """A line of rawjson: one vertex that started and ended, unless `more` says otherwise."""
    vertex = {"digest": f"sha256:{name}", "name": name, "started": START, "completed": END} | more
    return json.dumps({"vertexes": [{key: value for key, value in vertex.items() if value is not None}]})


def hit(name: str) -> str:
    return event(name, cached=True)


def imported(ref: str) -> str:
    """The lines of a registry import that was read."""
    name = f"importing cache manifest from {ref}"
    status = {"vertex": f"sha256:{name}", "id": "inferred cache manifest type: application/x"}
    return json.dumps({**json.loads(event(name)), "statuses": [status]})


def session(root: Path, env: Mapping[str, str] | None = None, **inputs: Any) -> Session:
    """A session in `root` with these inputs, whose processes and console are fakes."""
    return Session(
        inputs=Inputs(**inputs),
        root=root,
        env=env or {},
        credentials={},
        event=Event(),
        console=FakeConsole(),
        processes=FakeProcesses(),  # type: ignore[arg-type]
    )


def plan_in(root: Path, env: Mapping[str, str] | None = None, layout: bool = True, **inputs: Any):
    """The plan of the project in `root`."""
    run = session(root, env, **inputs)
    return plan_project(run, read_project(run, layout=layout))
