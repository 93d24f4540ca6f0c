"""Carry a plan out: build every function, export the caches, miss none.

Builds run in a bounded pool and exports in another, so that no export holds a
place that a build could use. A function that fails leaves the others alone.
What happened comes back as FunctionRuns, in the plan's order, whatever went
wrong on the way.
"""

import dataclasses
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from openfaas_build import buildx, progress
from openfaas_build.app.live import LiveLog
from openfaas_build.errors import EXIT_INTERRUPTED
from openfaas_build.plan import BuildPlan, FunctionBuild
from openfaas_build.processes import Processes
from openfaas_build.record import SolveRecord
from openfaas_build.report import FunctionRun, build_hint, needs_export

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
        builder: str,
        driver: str,
        builder_was_empty: bool,
        parallel: int,
        fail_fast: bool,
        log: LiveLog,
    ) -> None:
        self._plan = plan
        self._root = root
        self._env = env
        self._builder = builder
        self._driver = driver
        self._was_empty = builder_was_empty
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
        with (
            self._stop_on_signals(),
            ThreadPoolExecutor(self._parallel, "build") as builds,
            ThreadPoolExecutor(self._parallel, "export") as exports,
        ):
            after: dict[str, Future[FunctionRun]] = {}

            def build_then_export(function: FunctionBuild) -> FunctionRun:
                run = self._build(function)
                argv = buildx.export_argv(self._plan, function, self._builder)
                if argv and run.record and not run.exit_code and self._must_export(function, run.record):
                    after[function.name] = exports.submit(self._export, run, argv)
                return run

            started = [builds.submit(build_then_export, function) for function in self._plan.functions]
            built = [future.result() for future in started]
            return tuple(after[run.build.name].result() if run.build.name in after else run for run in built)

    def _must_export(self, function: FunctionBuild, record: SolveRecord) -> bool:
        return not self.interrupted and needs_export(function, record, builder_was_empty=self._was_empty)

    def _build(self, function: FunctionBuild) -> FunctionRun:
        if function.skip:
            return FunctionRun(build=function)
        if self.interrupted or (self._fail_fast and self._failed):
            reason = "interrupted" if self.interrupted else f'fail-fast: "{self._failed}" failed before'
            return FunctionRun(build=function, reason=reason)
        began = time.monotonic()
        self._log.start(function.name)
        argv = buildx.build_argv(self._plan, function, self._builder, self._driver)
        code, record = self._solve(function.name, argv)
        hint = build_hint(record) if code else None
        if hint and hint.code in _RETRY_WITHOUT_IMPORT and not self.interrupted:
            self._log.lines(function.name, [f"{hint.problem} Once more, without cache imports."])
            bare = dataclasses.replace(function.cache, imports=())
            argv = buildx.build_argv(
                self._plan, dataclasses.replace(function, cache=bare), self._builder, self._driver
            )
            code, record = self._solve(function.name, argv)
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
            builder_was_empty=self._was_empty,
            reason="interrupted" if self.interrupted else "",
        )

    def _export(self, run: FunctionRun, argv: tuple[str, ...]) -> FunctionRun:
        if self.interrupted:
            return dataclasses.replace(run, reason="interrupted")
        began = time.monotonic()
        reader = progress.Reader()
        code = self._processes.run(argv, self._env, self._root, reader.feed)
        if code and self.interrupted:
            return dataclasses.replace(run, reason="interrupted")
        return dataclasses.replace(
            run,
            export=reader.record(),
            export_exit_code=code,
            export_duration_s=time.monotonic() - began,
        )

    def _solve(self, name: str, argv: tuple[str, ...]) -> tuple[int, SolveRecord]:
        reader = progress.Reader()
        code = self._processes.run(
            argv, self._env, self._root, lambda line: self._log.lines(name, reader.feed(line))
        )
        return code, reader.record()

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


def _outcome(function: FunctionBuild, code: int, record: SolveRecord, duration_s: float) -> str:
    hits = sum(step.status == "hit" for step in record.steps)
    if code == EXIT_INTERRUPTED:
        return f"{function.name}: interrupted after {duration_s:.1f} s"
    if code:
        return f"{function.name}: failed after {duration_s:.1f} s"
    return f"{function.name}: built in {duration_s:.1f} s, {hits} of {len(record.steps)} steps from the cache"
