"""Carry a plan out: build every function, export the caches, miss none.

Builds run in a bounded pool. A function that fails leaves the others alone.
What happened comes back as FunctionResults, in the plan's order, whatever
went wrong on the way.

The functions of one template are a team, as their first steps are the same.
The first builds alone until its image is exported; the others then find those
steps done, and layers in the registry that they need not push again.

Caches are exported when everything is built, and not beside it: BuildKit runs
a step again, though it has it, when that stands on one which another build
has run and still holds (moby/buildkit#4674; seen with Engine 28.5.2).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from openfaas_build import buildx, progress
from openfaas_build.after_build import failed_on_cached_layer, needs_export
from openfaas_build.app.build_log import BuildLog
from openfaas_build.engine import Builder
from openfaas_build.errors import EXIT_INTERRUPTED
from openfaas_build.plan import BuildPlan, FunctionBuild
from openfaas_build.processes import BUILDX, Processes
from openfaas_build.report import FunctionResult
from openfaas_build.solve import SolveRecord
from openfaas_build.stack import DOCKERFILE

_AGAIN = "A layer that the cache names cannot be read. Once more, without cache imports."


@dataclass(kw_only=True)
class Executor:
    """One run of a plan, on one builder, with the environment that buildx gets.

    `processes` runs the commands, `clock` gives seconds.
    """

    plan: BuildPlan
    root: Path
    env: Mapping[str, str]
    builder: Builder
    parallel: int
    fail_fast: bool
    log: BuildLog
    processes: Processes
    clock: Callable[[], float]
    _failed: str = ""

    def run(self) -> tuple[FunctionResult, ...]:
        """Build everything; returns when all is done, or when the processes were stopped."""
        with (
            ThreadPoolExecutor(self.parallel, "build") as pool,
            ThreadPoolExecutor(self.parallel, "team") as captains,
        ):
            built = captains.map(lambda team: self._build_team(team, pool), _teams(self.plan.functions))
            results = {result.build.name: result for team in built for result in team}
        with ThreadPoolExecutor(self.parallel, "export") as pool:
            return tuple(pool.map(self._export, (results[each.name] for each in self.plan.functions)))

    def _build_team(self, team: Sequence[FunctionBuild], pool: ThreadPoolExecutor) -> list[FunctionResult]:
        leader, *followers = team
        follow = threading.Event()
        leading = pool.submit(self._build, leader, follow)
        leading.add_done_callback(lambda _: follow.set())
        follow.wait()
        following = [pool.submit(self._build, follower) for follower in followers]
        return [leading.result(), *(future.result() for future in following)]

    def _build(self, function: FunctionBuild, exporting: threading.Event | None = None) -> FunctionResult:
        """Build one function; `exporting` is set as soon as all of its steps are done."""
        if not function.needs_build:
            return FunctionResult(build=function)
        if self.processes.stopped or (self.fail_fast and self._failed):
            reason = self._interrupted or f'fail-fast: "{self._failed}" failed before'
            return FunctionResult(build=function, reason=reason)
        began = self.clock()
        self.log.start(function.name)
        code, record = self._solve(function, exporting)
        if code and failed_on_cached_layer(function, record) and not self.processes.stopped:
            self.log.lines(function.name, [_AGAIN])
            function = replace(function, cache=replace(function.cache, imports=()))
            code, record = self._solve(function, exporting)
        if code:
            self._failed = self._failed or function.name
        duration_s = self.clock() - began
        self.log.finish(function.name, _outcome(function, code, record, duration_s))
        return FunctionResult(
            build=function,
            record=record,
            exit_code=code,
            digest="" if code else self._digest(function),
            duration_s=duration_s,
            builder_was_empty=self.builder.was_empty,
            reason=self._interrupted,
        )

    def _export(self, result: FunctionResult) -> FunctionResult:
        """Export the cache of what was built, where that is wanted and needed."""
        argv = buildx.export_argv(result.build, self.builder.name)
        if not argv or result.record is None or result.exit_code:
            return result
        if not needs_export(result.build, result.record, builder_was_empty=self.builder.was_empty):
            return result
        began = self.clock()
        reader = progress.Reader()
        code = self._run(argv, reader.feed)
        if code and self._interrupted:
            return replace(result, reason=self._interrupted)
        return replace(
            result,
            export=reader.record(),
            export_exit_code=code,
            export_duration_s=self.clock() - began,
        )

    @property
    def _interrupted(self) -> str:
        """The reason why something did not happen after an interrupt; else empty."""
        return "interrupted" if self.processes.stopped else ""

    def _solve(self, function: FunctionBuild, exporting: threading.Event | None) -> tuple[int, SolveRecord]:
        argv = buildx.build_argv(self.plan, function, self.builder.name, self.builder.driver)
        reader = progress.Reader()

        def feed(line: str) -> None:
            self.log.lines(function.name, reader.feed(line))
            if exporting and reader.is_exporting:
                exporting.set()

        return self._run(argv, feed), reader.record()

    def _run(self, argv: tuple[str, ...], on_line: Callable[[str], object]) -> int:
        """Run a command of buildx; after an interrupt nothing is started any more."""
        command = (*self.builder.program, *argv[len(BUILDX) :])
        return self.processes.run(command, self.env, self.root, on_line)

    def _digest(self, function: FunctionBuild) -> str:
        try:
            return buildx.read_digest(
                (self.root / buildx.metadata_file(function)).read_text(encoding="utf-8")
            )
        except OSError:
            return ""


def _teams(functions: Sequence[FunctionBuild]) -> list[list[FunctionBuild]]:
    """Group the functions by template; one with a Dockerfile of its own is a team of its own."""
    teams: dict[str, list[FunctionBuild]] = {}
    for function in functions:
        alone = not function.needs_build or function.lang == DOCKERFILE
        teams.setdefault(f"{function.lang}/{function.name}" if alone else function.lang, []).append(function)
    return list(teams.values())


def _outcome(function: FunctionBuild, code: int, record: SolveRecord, duration_s: float) -> str:
    hits = sum(step.status == "hit" for step in record.steps)
    if code == EXIT_INTERRUPTED:
        return f"{function.name}: interrupted after {duration_s:.1f} s"
    if code:
        return f"{function.name}: failed after {duration_s:.1f} s"
    return f"{function.name}: built in {duration_s:.1f} s, {hits} of {len(record.steps)} steps from the cache"
