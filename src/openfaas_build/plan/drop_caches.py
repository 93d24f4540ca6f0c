"""Take from a plan the caches that cannot work here, so that they break nothing."""

from collections.abc import Collection
from dataclasses import replace

from openfaas_build.plan.build_plan import BuildPlan, FunctionBuild


def exported_kinds(plan: BuildPlan) -> frozenset[str]:
    """Return the kinds of cache (`registry`, `gha`, ...) that the plan exports."""
    return frozenset(entry.kind for each in plan.to_build for entry in each.cache.exports)


def uses_cache(plan: BuildPlan, kind: str) -> bool:
    """Say whether the plan imports or exports a cache of this kind."""
    caches = (each.cache for each in plan.to_build)
    return any(entry.kind == kind for cache in caches for entry in (*cache.imports, *cache.exports))


def without_exports(plan: BuildPlan, kinds: Collection[str], reason: str) -> BuildPlan:
    """Drop all cache exports of some kinds; the report gives the reason."""

    def drop(function: FunctionBuild) -> FunctionBuild:
        cache = function.cache
        kept = tuple(entry for entry in cache.exports if entry.kind not in kinds)
        if kept == cache.exports:
            return function
        return replace(function, cache=replace(cache, exports=kept, withheld=reason))

    return plan.with_functions(drop)


def without_imports(plan: BuildPlan, kinds: Collection[str]) -> BuildPlan:
    """Drop all cache imports of some kinds."""

    def drop(function: FunctionBuild) -> FunctionBuild:
        kept = tuple(entry for entry in function.cache.imports if entry.kind not in kinds)
        return replace(function, cache=replace(function.cache, imports=kept))

    return plan.with_functions(drop)
