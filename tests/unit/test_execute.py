"""The scheduler with fake processes: order, bounds, leaders, fail-fast, retry, interrupt, export last."""

import itertools
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import FakeConsole, FakeProcesses, Solve, event, hit, imported

from openfaas_build.app.build_log import BuildLog
from openfaas_build.app.execute import Executor
from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.engine import Builder
from openfaas_build.errors import EXIT_INTERRUPTED
from openfaas_build.plan import BuildPlan, FunctionBuild
from openfaas_build.report import FunctionResult

REF = "r.example.com/u/fn:cache"
MAX = CacheSpec(
    mode="max",
    imports=parse_entries([f"type=registry,ref={REF}"]),
    exports=parse_entries([f"type=registry,ref={REF},mode=max"]),
)
STEP = "[2/3] RUN make"
EXPORTING = event("exporting to image", completed=None)
GONE = "ERROR: failed to solve: failed to compute cache key: blob sha256:0123456789ab not found"
PATIENCE_S = 30


def function(name: str, lang: str = "dockerfile", **more) -> FunctionBuild:
    return FunctionBuild(name=name, lang=lang, handler=f"./{name}", context=f"build/{name}", **more)


class Run:
    """One run of the executor; what happened is in `processes`, the results are `results`."""

    def __init__(self, root: Path, functions: Sequence[FunctionBuild], processes: FakeProcesses, **how):
        folder = root / "build/.openfaas-build"
        folder.mkdir(parents=True, exist_ok=True)
        self.console = FakeConsole()
        self.processes = processes
        self.executor = Executor(
            plan=BuildPlan(stack_file="stack.yml", functions=tuple(functions)),
            root=root,
            env={},
            builder=Builder(name="b", driver="docker-container", was_empty=how.pop("was_empty", False)),
            parallel=how.pop("parallel", 4),
            fail_fast=how.pop("fail_fast", False),
            log=BuildLog(self.console, folder, len(functions)),
            processes=processes,
            clock=map(float, itertools.count()).__next__,
        )
        self.results: tuple[FunctionResult, ...] = ()

    def __call__(self) -> "Run":
        self.results = self.executor.run()
        return self

    def named(self, name: str) -> FunctionResult:
        return next(result for result in self.results if result.build.name == name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def started(run: Run) -> list[str]:
    return [text.removeprefix("build ") for text in run.processes.events if text.startswith("build ")]


def test_results_come_in_the_order_of_the_plan_with_digest_and_time(root: Path):
    slow = threading.Event()
    processes = FakeProcesses(
        builds={
            "a": [Solve(before=lambda: slow.wait(PATIENCE_S), lines=[event(STEP)], digest="sha256:a")],
            "b": [Solve(before=slow.set, digest="sha256:b")],
        }
    )
    run = Run(root, [function("a"), function("b"), function("c", skip="skip_build")], processes)()
    assert [(each.build.name, each.digest, each.exit_code) for each in run.results] == [
        ("a", "sha256:a", 0),
        ("b", "sha256:b", 0),
        ("c", "", 0),
    ]
    assert run.named("a").duration_s > 0
    assert run.named("c").record is None
    assert run.named("a").record.steps[0].status == "run"
    assert "> a: built in" in run.console.text and "0 of 1 steps from the cache" in run.console.text


@pytest.mark.parametrize("parallel", [1, 2, 3])
def test_no_more_than_the_bound_run_at_once_and_the_bound_is_used(root: Path, parallel: int):
    names = "abcdef"
    together = threading.Barrier(parallel)
    processes = FakeProcesses(
        builds={name: [Solve(before=lambda: together.wait(PATIENCE_S))] for name in names}
    )
    run = Run(root, [function(name) for name in names], processes, parallel=parallel)()
    assert processes.most_active == parallel
    assert sorted(started(run)) == list(names)


def test_the_first_of_a_template_leads_until_its_image_is_exported(root: Path):
    followers_there = threading.Barrier(3)
    seen: list[list[str]] = []

    def lead() -> None:
        seen.append(list(processes.events))

    processes = FakeProcesses(
        builds={
            # The leader's own end comes after its followers have started: they wait for the export alone.
            "a": [Solve(before=lead, lines=[event(STEP), EXPORTING, *[hit("[3/3] RUN x")]])],
            "b": [Solve(before=lambda: followers_there.wait(PATIENCE_S))],
            "c": [Solve(before=lambda: followers_there.wait(PATIENCE_S))],
        }
    )
    leader = processes.builds["a"][0]
    lines = list(leader.lines)

    class Lines(list):
        def __iter__(self):
            yield from lines
            followers_there.wait(PATIENCE_S)

    leader.lines = Lines()
    run = Run(root, [function(name, "py") for name in "abc"], processes)()
    assert seen == [["build a"]]
    assert started(run)[0] == "a"
    assert processes.events.index("build b") < processes.events.index("built a")


def test_followers_start_also_when_their_leader_fails(root: Path):
    processes = FakeProcesses(builds={"a": [Solve(code=1)]})
    run = Run(root, [function(name, "py") for name in "ab"], processes)()
    assert processes.events[:3] == ["build a", "built a", "build b"]
    assert [each.exit_code for each in run.results] == [1, 0]


def test_templates_do_not_wait_for_each_other(root: Path):
    both = threading.Barrier(2)
    processes = FakeProcesses(
        builds={name: [Solve(before=lambda: both.wait(PATIENCE_S))] for name in ("a", "x")}
    )
    Run(root, [function("a", "py"), function("b", "py"), function("x", "go")], processes)()
    assert set(processes.events[:2]) == {"build a", "build x"}


def test_a_failure_leaves_the_others_alone(root: Path):
    processes = FakeProcesses(builds={"b": [Solve(code=1)]})
    run = Run(root, [function(name) for name in "abc"], processes, parallel=1)()
    assert [each.exit_code for each in run.results] == [0, 1, 0]
    assert run.named("b").digest == ""
    assert "> b: failed after" in run.console.text


def test_fail_fast_starts_nothing_after_a_failure(root: Path):
    processes = FakeProcesses(builds={"b": [Solve(code=1)]})
    run = Run(root, [function(name) for name in "abcd"], processes, parallel=1, fail_fast=True)()
    assert started(run) == ["a", "b"]
    assert [each.reason for each in run.results] == [
        "",
        "",
        'fail-fast: "b" failed before',
        'fail-fast: "b" failed before',
    ]


def test_a_build_that_lost_a_cached_layer_is_tried_again_without_imports(root: Path):
    processes = FakeProcesses(builds={"a": [Solve(code=1, lines=[GONE]), Solve(lines=[event(STEP)])]})
    run = Run(root, [function("a", cache=MAX)], processes)()
    assert started(run) == ["a", "a"]
    assert ["--cache-from" in argv for argv in processes.argvs[:2]] == [True, False]
    assert run.named("a").exit_code == 0
    assert run.named("a").build.cache.imports == ()
    assert "Once more, without cache imports." in run.console.text


@pytest.mark.parametrize(
    ("text", "cache"),
    [("ERROR: failed to solve: exit code: 1", MAX), (GONE, CacheSpec())],
    ids=["another error", "no imports"],
)
def test_another_failure_is_not_tried_again(root: Path, text: str, cache: CacheSpec):
    processes = FakeProcesses(builds={"a": [Solve(code=1, lines=[text]), Solve()]})
    run = Run(root, [function("a", cache=cache)], processes)()
    assert started(run) == ["a"]
    assert run.named("a").exit_code == 1


def test_caches_are_exported_when_everything_is_built(root: Path):
    processes = FakeProcesses(builds={name: [Solve(lines=[event(STEP)])] for name in "abc"})
    run = Run(root, [function(name, cache=MAX) for name in "abc"], processes, parallel=1)()
    kinds = [text.split()[0] for text in processes.events]
    assert kinds == ["build", "built"] * 3 + ["export", "exported"] * 3
    assert all(each.export is not None and each.export_duration_s > 0 for each in run.results)


def test_a_failed_export_is_the_export_s_and_not_the_build_s(root: Path):
    processes = FakeProcesses(
        builds={"a": [Solve(lines=[event(STEP)])]}, exports={"a": [Solve(code=1, lines=["ERROR: no"])]}
    )
    found = Run(root, [function("a", cache=MAX)], processes)().named("a")
    assert (found.exit_code, found.export_exit_code) == (0, 1)
    assert found.export.tail == ("ERROR: no",)


def test_nothing_is_exported_that_the_cache_holds_already_or_that_failed(root: Path):
    processes = FakeProcesses(
        builds={"a": [Solve(lines=[imported(REF), hit(STEP)])], "b": [Solve(code=1)]},
    )
    run = Run(root, [function("a", cache=MAX), function("b", cache=MAX)], processes)()
    assert not any(text.startswith("export") for text in processes.events)
    assert run.named("a").export is None


def test_reused_functions_are_not_built(root: Path):
    run = Run(root, [function("a", reused="sha256:old"), function("b")], FakeProcesses())()
    assert started(run) == ["b"]
    assert run.named("a").record is None


def test_an_interrupt_ends_what_runs_and_starts_nothing_more(root: Path):
    processes = FakeProcesses()
    processes.builds = {"b": [Solve(before=processes.stop, code=EXIT_INTERRUPTED)]}
    run = Run(root, [function(name, cache=MAX) for name in "abc"], processes, parallel=1)()
    assert [(each.exit_code, each.reason) for each in run.results] == [
        (0, "interrupted"),  # its image is there, its cache is not
        (EXIT_INTERRUPTED, "interrupted"),
        (0, "interrupted"),
    ]
    assert run.named("c").record is None
    assert not any(text.startswith("export") for text in processes.events)
    assert "> b: interrupted after" in run.console.text


def test_an_interrupted_build_is_not_tried_again(root: Path):
    processes = FakeProcesses()
    processes.builds = {"a": [Solve(before=processes.stop, code=1, lines=[GONE]), Solve()]}
    run = Run(root, [function("a", cache=MAX)], processes)()
    assert started(run) == ["a"]


def test_an_interrupt_during_an_export_is_no_failed_export(root: Path):
    processes = FakeProcesses(builds={"a": [Solve(lines=[event(STEP)])]})
    processes.exports = {"a": [Solve(before=processes.stop, code=EXIT_INTERRUPTED)]}
    found = Run(root, [function("a", cache=MAX)], processes)().named("a")
    assert (found.export, found.reason) == (None, "interrupted")
