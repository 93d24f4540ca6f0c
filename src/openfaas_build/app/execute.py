"""Carry a plan out: build every function, export the caches, miss none.

Builds run in a bounded pool. A function that fails leaves the others alone.
What happened comes back as FunctionRuns, in the plan's order, whatever went
wrong on the way.

The functions of one template are a team, as their first steps are the same.
The first builds alone until its image is exported; the others then find those
steps done, and layers in the registry that they need not push again.

Caches are exported when everything is built, and not beside it: BuildKit runs
a step again, though it has it, when that stands on one which another build
has run and still holds (moby/buildkit#4674; seen with Engine 28.5.2).
"""

import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from openfaas_build import buildx, progress
from openfaas_build.app.build_log import LiveLog
from openfaas_build.engine import Builder
from openfaas_build.errors import EXIT_INTERRUPTED
from openfaas_build.plan import BuildPlan, FunctionBuild
from openfaas_build.processes import Processes
from openfaas_build.report import FunctionRun, build_hint, needs_export
from openfaas_build.solve import SolveRecord
from openfaas_build.stack import DOCKERFILE

# The cache's own fault: the build is tried once more without cache imports.
_RETRY_WITHOUT_IMPORT = frozenset({"cached-layer-gone", "layer-address-expired"})


class Executor:
    """One run of a plan, on one builder, with the environment that buildx gets."""

    def __init__(
        self,
        plan: BuildPlan,
        *,
        root: Path,
        env: Mapping[str, str],
        builder: Builder,
        parallel: int,
        fail_fast: bool,
        log: LiveLog,
    ) -> None:
        self._plan = plan
        self._root = root
        self._env = env
        self._builder = builder
        self._parallel = parallel
        self._fail_fast = fail_fast
        self._log = log
        self._processes = Processes()
        self._failed = ""

    @property
    def interrupted(self) -> bool:
        """Say whether the run was ended from outside."""
        return self._processes.stopped

    def run(self) -> tuple[FunctionRun, ...]:
        """Build everything; returns when all is done, or was ended by SIGINT or SIGTERM."""
        teams = _teams(self._plan.functions)
        with self._stop_on_signals():
            with (
                ThreadPoolExecutor(self._parallel, "build") as pool,
                ThreadPoolExecutor(self._parallel, "team") as captains,
            ):
                built = captains.map(lambda team: self._build_team(team, pool), teams)
                runs = {run.build.name: run for team in built for run in team}
            with ThreadPoolExecutor(self._parallel, "export") as pool:
                return tuple(pool.map(self._export, (runs[each.name] for each in self._plan.functions)))

    def _build_team(self, team: Sequence[FunctionBuild], pool: ThreadPoolExecutor) -> list[FunctionRun]:
        leader, *followers = team
        follow = threading.Event()
        leading = pool.submit(self._build, leader, follow)
        leading.add_done_callback(lambda _: follow.set())
        follow.wait()
        following = [pool.submit(self._build, follower) for follower in followers]
        return [leading.result(), *(future.result() for future in following)]

    def _build(self, function: FunctionBuild, exporting: threading.Event | None = None) -> FunctionRun:
        """Build one function; `exporting` is set as soon as all of its steps are done."""
        if function.skip:
            return FunctionRun(build=function)
        if self.interrupted or (self._fail_fast and self._failed):
            reason = "interrupted" if self.interrupted else f'fail-fast: "{self._failed}" failed before'
            return FunctionRun(build=function, reason=reason)
        began = time.monotonic()
        self._log.start(function.name)
        argv = buildx.build_argv(self._plan, function, self._builder.name, self._builder.driver)
        code, record = self._solve(function.name, argv, exporting)
        hint = build_hint(record) if code else None
        if hint and hint.code in _RETRY_WITHOUT_IMPORT and not self.interrupted:
            self._log.lines(function.name, [f"{hint.problem} Once more, without cache imports."])
            function = dataclasses.replace(function, cache=dataclasses.replace(function.cache, imports=()))
            argv = buildx.build_argv(self._plan, function, self._builder.name, self._builder.driver)
            code, record = self._solve(function.name, argv, exporting)
        if code:
            self._failed = self._failed or function.name
        duration_s = time.monotonic() - began
        self._log.finish(function.name, _outcome(function, code, record, duration_s))
        return FunctionRun(
            build=function,
            record=record,
            exit_code=code,
            digest="" if code else self._digest(function),
            duration_s=duration_s,
            builder_was_empty=self._builder.was_empty,
            reason="interrupted" if self.interrupted else "",
        )

    def _export(self, run: FunctionRun) -> FunctionRun:
        """Export the cache of what was built, where that is wanted and needed."""
        argv = buildx.export_argv(run.build, self._builder.name)
        if not argv or run.record is None or run.exit_code:
            return run
        if not needs_export(run.build, run.record, builder_was_empty=self._builder.was_empty):
            return run
        if self.interrupted:
            return dataclasses.replace(run, reason="interrupted")
        began = time.monotonic()
        reader = progress.Reader()
        code = self._run(argv, reader.feed)
        if code and self.interrupted:
            return dataclasses.replace(run, reason="interrupted")
        return dataclasses.replace(
            run,
            export=reader.record(),
            export_exit_code=code,
            export_duration_s=time.monotonic() - began,
        )

    def _solve(
        self, name: str, argv: tuple[str, ...], exporting: threading.Event | None
    ) -> tuple[int, SolveRecord]:
        reader = progress.Reader()

        def feed(line: str) -> None:
            self._log.lines(name, reader.feed(line))
            if exporting and reader.is_exporting:
                exporting.set()

        return self._run(argv, feed), reader.record()

    def _run(self, argv: tuple[str, ...], on_line: Callable[[str], object]) -> int:
        command = (*self._builder.program, *argv[len(buildx.BUILDX) :])
        return self._processes.run(command, self._env, self._root, on_line)

    def _digest(self, function: FunctionBuild) -> str:
        try:
            text = (self._root / buildx.metadata_file(function)).read_text(encoding="utf-8")
        except OSError:
            return ""
        return buildx.read_metadata(text).digest

    @contextmanager
    def _stop_on_signals(self) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape that signal wants
            self._processes.stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _teams(functions: Sequence[FunctionBuild]) -> list[list[FunctionBuild]]:
    """Group the functions by template; those with a Dockerfile of their own are on their own."""
    teams: dict[str, list[FunctionBuild]] = {}
    for function in functions:
        alone = function.skip or function.lang == DOCKERFILE
        teams.setdefault(f"{function.lang}/{function.name}" if alone else function.lang, []).append(function)
    return list(teams.values())


def _outcome(function: FunctionBuild, code: int, record: SolveRecord, duration_s: float) -> str:
    hits = sum(step.status == "hit" for step in record.steps)
    if code == EXIT_INTERRUPTED:
        return f"{function.name}: interrupted after {duration_s:.1f} s"
    if code:
        return f"{function.name}: failed after {duration_s:.1f} s"
    return f"{function.name}: built in {duration_s:.1f} s, {hits} of {len(record.steps)} steps from the cache"
