"""Take from a plan the caches that cannot work here, so that they break nothing."""

from collections.abc import Collection
from dataclasses import replace

from openfaas_build.cache import kind
from openfaas_build.plan.model import BuildPlan


def cache_kinds(plan: BuildPlan, *, exported: bool) -> frozenset[str]:
    """Name the kinds of cache that the plan exports, or those that it uses in any way."""
    return frozenset(
        kind(value)
        for function in plan.to_build
        for value in (*function.cache.exports, *(() if exported else function.cache.imports))
    )


def without_caches(plan: BuildPlan, kinds: Collection[str], *, imports: bool) -> BuildPlan:
    """Drop all exports of some kinds, and their `imports` too where asked."""
    functions = tuple(
        replace(
            function,
            cache=replace(
                function.cache,
                exports=tuple(value for value in function.cache.exports if kind(value) not in kinds),
                imports=tuple(
                    value for value in function.cache.imports if not (imports and kind(value) in kinds)
                ),
            ),
        )
        for function in plan.functions
    )
    return replace(plan, functions=functions)
