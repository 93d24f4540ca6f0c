"""Take from a plan the caches that cannot work here, so that they break nothing."""

from collections.abc import Callable, Collection
from dataclasses import replace

from openfaas_build.cache import CacheSpec, kind
from openfaas_build.plan.build_plan import BuildPlan


def cache_kinds(plan: BuildPlan, *, exported: bool) -> frozenset[str]:
    """Name the kinds of cache that the plan exports, or those that it uses in any way."""
    return frozenset(
        kind(value)
        for function in plan.to_build
        for value in (*function.cache.exports, *(() if exported else function.cache.imports))
    )


def without_exports(plan: BuildPlan, kinds: Collection[str], reason: str) -> BuildPlan:
    """Drop all cache exports of some kinds; the report gives the reason."""
    return _with_caches(plan, lambda spec: _without_exports(spec, kinds, reason))


def without_imports(plan: BuildPlan, kinds: Collection[str]) -> BuildPlan:
    """Drop all cache imports of some kinds."""
    return _with_caches(
        plan,
        lambda spec: replace(
            spec, imports=tuple(value for value in spec.imports if kind(value) not in kinds)
        ),
    )


def _without_exports(spec: CacheSpec, kinds: Collection[str], reason: str) -> CacheSpec:
    kept = tuple(value for value in spec.exports if kind(value) not in kinds)
    return spec if kept == spec.exports else replace(spec, exports=kept, withheld=reason)


def _with_caches(plan: BuildPlan, change: Callable[[CacheSpec], CacheSpec]) -> BuildPlan:
    functions = (replace(function, cache=change(function.cache)) for function in plan.functions)
    return replace(plan, functions=tuple(functions))
