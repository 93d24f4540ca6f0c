"""Say, for every function, what the cache gave.

The walk follows the plan, so a function that never started still gets its
line. A step that another function ran in this very run is `shared`: calling
it a miss would be wrong, calling it a hit would flatter us. That is known
when both name the same vertex (builds that overlap have BuildKit run it once,
and the first function gets it), or when the builder was empty and no import of
this function answered.

The price: on a builder that was not empty, remote and local hits look alike,
as BuildKit does not tell them apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from openfaas_build.dockerfile import Dockerfile
from openfaas_build.errors import Notice
from openfaas_build.report.cache_outcomes import BuildkitVersion, export_report, import_reports
from openfaas_build.report.cache_report import (
    CacheReport,
    FirstMiss,
    FunctionReport,
    FunctionResult,
    Totals,
)
from openfaas_build.report.copy_link import link_suggestion
from openfaas_build.report.failure import build_failure, strict_cache_failure
from openfaas_build.solve import Step, StepStatus


def make_report(
    results: Sequence[FunctionResult],
    *,
    duration_s: float,
    strict_cache: bool = False,
    warnings: Sequence[Notice] = (),
    interrupted: bool = False,
    buildkit: BuildkitVersion = None,
    dockerfiles: Mapping[str, Dockerfile] | None = None,
) -> CacheReport:
    """Make the report of a run.

    `strict_cache` makes a failed import or export a failed function;
    `buildkit` is the builder's version, None when nothing tells it;
    `dockerfiles` are those of functions whose layers only their own steps
    need, by name.
    """
    ran_by = _functions_that_ran(results)
    known = dockerfiles or {}
    functions = tuple(
        _function(result, ran_by, known.get(result.build.name), strict_cache=strict_cache, buildkit=buildkit)
        for result in results
    )
    return CacheReport(
        totals=total(functions, duration_s),
        functions=functions,
        warnings=tuple(warnings),
        interrupted=interrupted,
    )


def _functions_that_ran(results: Sequence[FunctionResult]) -> dict[str, str]:
    """Say for each vertex that ran, by digest, in which function's build it counts."""
    ran_by: dict[str, str] = {}
    for result in results:
        for step in result.record.steps if result.record else ():
            # Without the cache, builds one after the other run the same vertex each.
            if step.status == "run" and not result.build.fresh:
                for digest in step.digests:
                    ran_by.setdefault(digest, result.build.name)
    return ran_by


def total(functions: Sequence[FunctionReport], duration_s: float) -> Totals:
    """Add up the functions. A shared step counts neither for nor against the hit rate."""
    counts = [function.counts for function in functions]
    hit, shared = sum(each["hit"] for each in counts), sum(each["shared"] for each in counts)
    judged = hit + sum(each["run"] + each["failed"] for each in counts)
    status = [function.status for function in functions]
    return Totals(
        functions=len(functions),
        built=status.count("built"),
        reused=status.count("reused"),
        failed=status.count("failed"),
        skipped=status.count("skipped"),
        steps_total=judged + shared,
        steps_hit=hit,
        steps_shared=shared,
        hit_rate=hit / judged if judged else None,
        bytes_pulled=sum(function.bytes_pulled for function in functions),
        duration_s=duration_s,
    )


def _function(
    result: FunctionResult,
    ran_by: Mapping[str, str],
    dockerfile: Dockerfile | None,
    *,
    strict_cache: bool,
    buildkit: BuildkitVersion,
) -> FunctionReport:
    build, record = result.build, result.record
    failure = build_failure(result)
    if record is None:
        reused = "its inputs and base images are unchanged" if build.reused else ""
        return FunctionReport(
            name=build.name,
            image=build.image,
            digest=build.reused,
            status="reused" if reused else "failed" if failure else "skipped",
            duration_s=result.duration_s,
            failure=failure,
            detail=reused or build.skip or result.reason,
        )
    imports = import_reports(result, buildkit)
    export = export_report(result, buildkit)
    if strict_cache:
        failure = failure or strict_cache_failure(imports, export)
    cold = not any(found.outcome == "ok" for found in imports)
    local = result.builder_was_empty and cold
    steps = tuple(_judged(step, result, ran_by, local=local) for step in record.steps)
    return FunctionReport(
        name=build.name,
        image=build.image,
        digest=result.digest,
        status="failed" if failure else "built",
        duration_s=result.duration_s,
        steps=steps,
        imports=imports,
        export=export,
        bytes_pulled=record.bytes_pulled,
        first_miss=_first_miss(steps, cold=cold, fresh=build.fresh),
        failure=failure,
        suggestions=tuple(filter(None, [link_suggestion(result, dockerfile)])),
    )


def _judged(step: Step, result: FunctionResult, ran_by: Mapping[str, str], *, local: bool) -> Step:
    """Keep of a step what a report tells; see _status."""
    status = _status(step, result, ran_by, local=local)
    return replace(step, status=status, error="", log="", digests=frozenset())


def _status(step: Step, result: FunctionResult, ran_by: Mapping[str, str], *, local: bool) -> StepStatus:
    """Say what a step's status means beside the other functions; `local`: a hit cannot be the cache's."""
    name = result.build.name
    others = any(ran_by.get(digest, name) != name for digest in step.digests)
    match step.status:
        case "hit" if local or others:
            return "shared"
        case "run" if others:
            return "shared"
        case "cancelled":
            # In a build that ended well, a later hit made the step needless and BuildKit gave it up.
            return "failed" if result.exit_code else "not_run"
        case status:
            return status


def _first_miss(steps: Sequence[Step], *, cold: bool, fresh: bool) -> FirstMiss | None:
    missed = [step for step in steps if step.status in ("run", "failed")]
    if not missed:
        return None
    first = missed[0]
    hit_before = any(step.status == "hit" for step in steps[: steps.index(first)])
    reason = _reason(first.instruction, cold=cold and not hit_before, fresh=fresh, hit_before=hit_before)
    return FirstMiss(step=first.name, instruction=first.instruction, reason=reason, ran_after=len(missed) - 1)


def _reason(instruction: str, *, cold: bool, fresh: bool, hit_before: bool) -> str:
    """Say why a step ran, as far as it can be known: BuildKit tells that it did, never why."""
    if fresh:
        return "no-cache makes steps run, whatever the cache holds"
    if cold:
        return "no cache held anything for this function yet"
    verb, _, rest = instruction.partition(" ")
    base = "" if hit_before else ", or its base image did"
    match verb.upper():
        case "COPY" | "ADD" if "--from=" in rest:
            return f"what it copies from another stage changed{base}"
        case "COPY" | "ADD":
            return f"a file or a mode under {_sources(rest)} changed{base}"
        case "RUN":
            return (
                "the instruction or a build argument changed, or the cache does not hold it "
                f"(mode min and inline keep the last stage only){base}"
            )
        case _:
            return f"the instruction changed{base}"


def _sources(rest: str) -> str:
    words = [word for word in rest.split() if not word.startswith("--")]
    return " ".join(words[:-1]) or rest
