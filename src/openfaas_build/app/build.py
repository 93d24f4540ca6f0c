"""The sub-command `build`: prepare the builder, build everything, tell what happened."""

import time
from collections.abc import Mapping
from dataclasses import replace

from openfaas_build import buildx, engine, references
from openfaas_build.app.commands import Run, exit_code, lay_out, tell
from openfaas_build.app.execute import Executor
from openfaas_build.app.live import LiveLog
from openfaas_build.cache import attributes
from openfaas_build.errors import MachineError, Notice
from openfaas_build.plan import BuildPlan, cache_kinds, without_caches
from openfaas_build.report import make_report

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def build(run: Run) -> int:
    """Build the project; the exit code says whether every function was built."""
    began = time.monotonic()
    project = run.gather(layout=True)
    plan = project.plan
    builder, buildkit, was_empty = "", None, False
    if plan.to_build:
        plan = _check_credentials(plan, run.credentials, strict=run.inputs.strict_cache)
        found = engine.preflight(
            run.env,
            builder=run.inputs.builder,
            exports=cache_kinds(plan, exported=True),
            platforms=max(len(function.platforms) for function in plan.to_build),
            host_network=_uses_loopback(plan),
        )
        plan = _fit(plan, found, strict=run.inputs.strict_cache)
        builder, buildkit = found.builder, found.buildkit
        was_empty = engine.is_empty(run.env, builder)
        run.console.say(_describe(found))
    lay_out(replace(project, plan=plan))
    folder = run.root / buildx.RUN_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    executor = Executor(
        plan,
        root=run.root,
        env={**run.env, **run.credentials},
        builder=builder,
        builder_was_empty=was_empty,
        parallel=run.inputs.parallel,
        fail_fast=run.inputs.fail_fast,
        log=LiveLog(run.console, folder, len(plan.to_build)),
    )
    runs = executor.run()
    report = make_report(
        runs,
        duration_s=time.monotonic() - began,
        strict_cache=run.inputs.strict_cache,
        warnings=plan.warnings,
        interrupted=executor.interrupted,
        buildkit=buildkit,
    )
    tell(run, report, plan)
    return exit_code(report)


def _check_credentials(plan: BuildPlan, credentials: Mapping[str, str], *, strict: bool) -> BuildPlan:
    """Drop `type=gha` aloud when the credentials are missing: buildx would do it in silence."""
    given = credentials.get("ACTIONS_RUNTIME_TOKEN") and (
        credentials.get("ACTIONS_RESULTS_URL") or credentials.get("ACTIONS_CACHE_URL")
    )
    if given or "gha" not in cache_kinds(plan, exported=False):
        return plan
    warning = Notice(
        problem="the GitHub Actions cache (type=gha) cannot be used: its credentials are missing.",
        cause="a `run:` step gets none; outside GitHub Actions there are none at all.",
        remedy="Use the action itself (uses: …), or another cache: max, local.",
    )
    if strict:
        raise MachineError(warning)
    dropped = without_caches(plan, ["gha"], imports=True)
    return replace(dropped, warnings=(*plan.warnings, warning))


def _fit(plan: BuildPlan, found: engine.Preflight, *, strict: bool) -> BuildPlan:
    """Drop the exports that the builder that was found cannot do; it says so in its warnings."""
    missing = cache_kinds(plan, exported=True) - found.exports
    if missing and strict:
        raise MachineError(*found.warnings)
    fitting = without_caches(plan, missing, imports=False)
    return replace(fitting, warnings=(*plan.warnings, *found.warnings))


def _uses_loopback(plan: BuildPlan) -> bool:
    refs = [
        *(tag for function in plan.to_build for tag in function.tags),
        *(
            attributes(value).get("ref", "")
            for function in plan.to_build
            for value in (*function.cache.imports, *function.cache.exports)
        ),
    ]
    return any(references.host(ref).rsplit(":", 1)[0] in _LOOPBACK for ref in refs if ref)


def _describe(found: engine.Preflight) -> str:
    store = ", containerd image store" if found.containerd_store else ""
    engine_version = f"engine {found.engine_version}{store}, " if found.engine_version else ""
    return (
        f'Builder "{found.builder}" ({found.driver} driver), {engine_version}buildx {found.buildx_version}.'
    )
