"""Find what a reader has to act on: functions that failed, and caches that did.

Cache failures of several functions that have the same remedy are one Problem.
"""

from dataclasses import dataclass
from typing import Literal

from openfaas_build.errors import Notice
from openfaas_build.report import CacheReport, Failure, FunctionReport

CacheUse = Literal["cache import", "cache export", "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A failed function (`failure` is set), or a cache failure of one or more functions.

    `what` is the use of the cache that failed, `cache` where both did; `raw`
    is what was said to the first of the functions, a line for each cache.
    """

    functions: tuple[str, ...]
    failure: Failure | None = None
    what: CacheUse = "cache"
    hint: Notice | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFailure:
    """A failed cache import or export of a function: its place, and what was said."""

    function: str
    what: CacheUse
    place: str
    said: str
    hint: Notice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What would make functions faster, once for all of them; `bytes_pulled` is what it would spare."""

    hint: Notice
    functions: tuple[str, ...]
    bytes_pulled: int


def find_problems(report: CacheReport) -> list[Problem]:
    """List the failed functions, then the failed caches, those of most functions first."""
    failed = []
    groups: dict[tuple[str, str], list[CacheFailure]] = {}
    for function in report.functions:
        failure = function.failure
        if failure:
            failed.append(Problem(functions=(function.name,), failure=failure, hint=failure.hint))
        if failure and failure.by_cache:
            continue
        for found in cache_failures(function):
            key = (found.hint.code, found.hint.remedy) if found.hint else (found.what, found.said)
            groups.setdefault(key, []).append(found)
    caches = map(_cache_problem, groups.values())
    return [*failed, *sorted(caches, key=lambda problem: -len(problem.functions))]


def cache_failures(function: FunctionReport) -> list[CacheFailure]:
    """List the failed caches of a function."""
    name, export = function.name, function.export
    found = [
        CacheFailure(function=name, what="cache import", place=item.source, said=item.detail, hint=item.hint)
        for item in function.imports
        if item.outcome == "failed"
    ]
    if export and export.outcome == "failed":
        place, said, hint = export.destination, export.detail, export.hint
        found.append(CacheFailure(function=name, what="cache export", place=place, said=said, hint=hint))
    return found


def find_suggestions(report: CacheReport) -> list[Suggestion]:
    """List what would be faster, what spares most first."""
    found: dict[Notice, list[FunctionReport]] = {}
    for function in report.functions:
        for hint in function.suggestions:
            found.setdefault(hint, []).append(function)
    suggestions = [
        Suggestion(
            hint=hint,
            functions=tuple(function.name for function in functions),
            bytes_pulled=sum(function.bytes_pulled for function in functions),
        )
        for hint, functions in found.items()
    ]
    return sorted(suggestions, key=lambda suggestion: -suggestion.bytes_pulled)


def _cache_problem(failures: list[CacheFailure]) -> Problem:
    first = failures[0]
    uses = {each.what for each in failures}
    return Problem(
        functions=tuple(dict.fromkeys(each.function for each in failures)),
        what=first.what if len(uses) == 1 else "cache",
        hint=first.hint,
        raw="\n".join(f"{each.place}: {each.said}" for each in failures if each.function == first.function),
    )
