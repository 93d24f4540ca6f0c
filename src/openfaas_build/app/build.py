"""The sub-command `build`: prepare the builder, build everything, tell what happened."""

import time
from collections.abc import Mapping
from dataclasses import replace

from openfaas_build import buildx, context, engine, references, workflow
from openfaas_build.app.build_log import LiveLog
from openfaas_build.app.execute import Executor
from openfaas_build.app.gather import Project
from openfaas_build.app.reuse import find_reusable
from openfaas_build.app.run import Run, exit_code, lay_out, tell
from openfaas_build.cache import attributes
from openfaas_build.dockerfile import Dockerfile
from openfaas_build.errors import MachineError, Notice
from openfaas_build.plan import BuildPlan, cache_kinds, without_exports, without_imports
from openfaas_build.report import FunctionRun, make_report

_LEAST_BUILDKIT_FOR_V2 = (0, 20)
_NOTHING_TO_REUSE = Notice(
    problem="`reuse` does nothing here: the images are not pushed.",
    remedy='Set the input "push"; what is reused lies in a registry.',
)
_NO_BUILDER = engine.Builder(name="", driver="")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def build(run: Run) -> int:
    """Build the project; the exit code says whether every function was built."""
    began = time.monotonic()
    with engine.Machine(run.env, run.inputs.builder, usage=not run.inputs.reuse) as machine:
        project = run.gather(layout=True)
        builder = machine.builder if project.plan.to_build else _NO_BUILDER
        lay_out(project)
        plan, reused = _reuse(run, builder, project.plan)
        rest = replace(plan, functions=tuple(each for each in plan.functions if each.name not in reused))
        if rest.to_build:
            rest, builder = _prepare(run, machine, rest)
    folder = run.root / buildx.RUN_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    executor = Executor(
        rest,
        root=run.root,
        env={**run.env, **run.credentials, **buildx.ENVIRONMENT},
        builder=builder,
        parallel=run.inputs.parallel,
        fail_fast=run.inputs.fail_fast,
        log=LiveLog(run.console, folder, len(rest.to_build)),
    )
    runs = {done.build.name: done for done in executor.run()}
    runs |= {
        each.name: FunctionRun(build=each, digest=reused[each.name], reused=True)
        for each in plan.functions
        if each.name in reused
    }
    report = make_report(
        [runs[each.name] for each in plan.functions],
        duration_s=time.monotonic() - began,
        strict_cache=run.inputs.strict_cache,
        warnings=rest.warnings,
        interrupted=executor.interrupted,
        buildkit=builder.buildkit,
        dockerfiles=_dockerfiles(project, rest, runs),
    )
    tell(run, report, plan)
    return exit_code(report)


def _dockerfiles(project: Project, plan: BuildPlan, runs: Mapping[str, FunctionRun]) -> dict[str, Dockerfile]:
    """Read the Dockerfiles of the functions for which layers were fetched."""
    if plan.sbom not in ("", "false"):
        return {}  # the scanner reads every layer
    found = {
        name: context.find_dockerfile(project.contexts[name])
        for name, done in runs.items()
        if done.record and done.record.bytes_pulled
    }
    return {name: dockerfile for name, dockerfile in found.items() if dockerfile}


def _reuse(run: Run, builder: engine.Builder, plan: BuildPlan) -> tuple[BuildPlan, dict[str, str]]:
    """Where that is asked for, look for images of the same inputs, before any builder is started."""
    if not (run.inputs.reuse and plan.to_build):
        return plan, {}
    if not plan.push:
        return replace(plan, warnings=(*plan.warnings, _NOTHING_TO_REUSE)), {}
    plan, digests = find_reusable(plan, run.root, run.env, builder)
    run.console.say(f"{len(digests)} of {len(plan.to_build)} functions are unchanged and need no build.")
    return plan, digests


def _prepare(run: Run, machine: engine.Machine, plan: BuildPlan) -> tuple[BuildPlan, engine.Builder]:
    """Find the builder, and take from the plan the caches that cannot work with it."""
    strict = run.inputs.strict_cache
    access = workflow.cache_access(run.credentials, time.time())
    plan = _check_credentials(plan, access, strict=strict)
    found = machine.choose_builder(
        exports=cache_kinds(plan, exported=True),
        platforms=max(len(function.platforms) for function in plan.to_build),
        host_network=_uses_loopback(plan),
    )
    plan = _fit(plan, found, strict=strict)
    if access.service_v2 and found.buildkit and found.buildkit < _LEAST_BUILDKIT_FOR_V2:
        reason = f"BuildKit {found.buildkit_version} cannot speak to its service, 0.20 and newer can"
        plan = _check_credentials(plan, workflow.CacheAccess(reason=reason), strict=strict)
    run.console.say(_describe(found))
    return plan, found


def _check_credentials(plan: BuildPlan, access: workflow.CacheAccess, *, strict: bool) -> BuildPlan:
    """Drop what the GitHub cache's credentials do not allow: buildx would drop it in silence, or fail."""
    if "gha" not in cache_kinds(plan, exported=False):
        return plan
    if not access.write:
        plan = without_exports(plan, ["gha"], f"the GitHub Actions cache is not written: {access.reason}")
    if access.read:
        return plan
    plan = without_imports(plan, ["gha"])
    if access.write:
        return plan
    warning = Notice(
        problem=f"the GitHub Actions cache (type=gha) cannot be used: {access.reason}.",
        cause="a `run:` step gets no credentials, and those of a job end with it; outside GitHub are none.",
        remedy="Use the action itself (uses: …), a current docker/setup-buildx-action, or cache-mode max.",
    )
    if strict:
        raise MachineError(warning)
    return replace(plan, warnings=(*plan.warnings, warning))


def _fit(plan: BuildPlan, found: engine.Builder, *, strict: bool) -> BuildPlan:
    """Drop the exports that the builder that was found cannot do; it says so in its warnings."""
    missing = cache_kinds(plan, exported=True) - found.exports
    if missing and strict:
        raise MachineError(*found.warnings)
    fitting = without_exports(plan, missing, f'builder "{found.name}" cannot export it')
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


def _describe(found: engine.Builder) -> str:
    store = ", containerd image store" if found.containerd_store else ""
    engine_version = f"engine {found.engine_version}{store}, " if found.engine_version else ""
    return f'Builder "{found.name}" ({found.driver} driver), {engine_version}buildx {found.buildx_version}.'
