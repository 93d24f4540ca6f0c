"""Choose the builder for a plan, and take from the plan the caches that cannot work with it."""

from openfaas_build import engine, references, workflow
from openfaas_build.app.session import Session
from openfaas_build.errors import MachineError, Notice
from openfaas_build.plan import BuildPlan, exported_kinds, uses_cache, without_exports, without_imports

_LEAST_BUILDKIT_FOR_V2 = (0, 20)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def choose_builder(
    session: Session, machine: engine.Machine, plan: BuildPlan
) -> tuple[BuildPlan, engine.Builder]:
    """Return the plan as it can be built here, and its builder; raises MachineError.

    With `strict-cache` a cache that cannot work is an error, else a warning.
    """
    strict = session.inputs.strict_cache
    access = workflow.cache_access(session.credentials, session.now())
    plan = _check_credentials(plan, access, strict=strict)
    found = machine.choose_builder(
        exports=exported_kinds(plan),
        platforms=max(len(function.platforms) for function in plan.to_build),
        host_network=_uses_loopback(plan),
    )
    plan = _fit(plan, found, strict=strict)
    if access.service_v2 and found.buildkit and found.buildkit < _LEAST_BUILDKIT_FOR_V2:
        reason = f"BuildKit {found.buildkit_version} cannot speak to its service, 0.20 and newer can"
        plan = _check_credentials(plan, workflow.CacheAccess(reason=reason), strict=strict)
    session.console.say(_describe(found))
    return plan, found


def _check_credentials(plan: BuildPlan, access: workflow.CacheAccess, *, strict: bool) -> BuildPlan:
    """Drop what the GitHub cache's credentials do not allow: buildx would drop it in silence, or fail."""
    if not uses_cache(plan, "gha"):
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
    return plan.with_warnings(warning)


def _fit(plan: BuildPlan, found: engine.Builder, *, strict: bool) -> BuildPlan:
    """Drop the exports that the builder that was found cannot do; it says so in its warnings."""
    missing = exported_kinds(plan) - found.exports
    if missing and strict:
        raise MachineError(*found.warnings)
    fitting = without_exports(plan, missing, f'builder "{found.name}" cannot export it')
    return fitting.with_warnings(*found.warnings)


def _uses_loopback(plan: BuildPlan) -> bool:
    caches = [function.cache for function in plan.to_build]
    entries = [entry for cache in caches for entry in (*cache.imports, *cache.exports)]
    refs = [entry.attributes["ref"] for entry in entries if entry.attributes.get("ref")]
    refs += [tag for function in plan.to_build for tag in function.tags]
    return any(references.host(ref).rsplit(":", 1)[0] in _LOOPBACK for ref in refs)


def _describe(found: engine.Builder) -> str:
    store = ", containerd image store" if found.containerd_store else ""
    engine_version = f"engine {found.engine_version}{store}, " if found.engine_version else ""
    return f'Builder "{found.name}" ({found.driver} driver), {engine_version}buildx {found.buildx_version}.'
