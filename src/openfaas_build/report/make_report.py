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

from openfaas_build.cache import attributes
from openfaas_build.dockerfile import Dockerfile
from openfaas_build.errors import Notice
from openfaas_build.hints import hint_for
from openfaas_build.report import cache_outcomes
from openfaas_build.report.cache_report import (
    CacheReport,
    ExportReport,
    FirstMiss,
    FunctionReport,
    FunctionRun,
    ImportReport,
    ReportStep,
    Totals,
)
from openfaas_build.report.copy_link import link_hint
from openfaas_build.solve import SolveRecord, Step, StepStatus


def make_report(
    runs: Sequence[FunctionRun],
    *,
    duration_s: float,
    strict_cache: bool = False,
    warnings: Sequence[Notice] = (),
    interrupted: bool = False,
    buildkit: tuple[int, ...] | None = None,
    dockerfiles: Mapping[str, Dockerfile] | None = None,
) -> CacheReport:
    """Make the report of a run.

    `strict_cache` makes a failed import or export a failed function;
    `buildkit` is the builder's version, None when nothing tells it;
    `dockerfiles` are those of functions whose layers nothing but their own
    steps needs.
    """
    ran: dict[str, str] = {}
    for run in runs:
        for step in run.record.steps if run.record else ():
            # Without the cache, builds one after the other run the same vertex each.
            if step.status == "run" and not run.build.fresh:
                for digest in step.digests:
                    ran.setdefault(digest, run.build.name)
    known = dockerfiles or {}
    functions = tuple(
        _function(run, ran, known.get(run.build.name), strict_cache=strict_cache, buildkit=buildkit)
        for run in runs
    )
    return CacheReport(
        totals=total(functions, duration_s),
        functions=functions,
        warnings=tuple(warnings),
        interrupted=interrupted,
    )


def total(functions: Sequence[FunctionReport], duration_s: float) -> Totals:
    """Add up the functions. A shared step counts neither for nor against the hit rate."""
    count = {
        key: sum(function.counts[key] for function in functions) for key in ("hit", "shared", "run", "failed")
    }
    judged = count["hit"] + count["run"] + count["failed"]
    status = [function.status for function in functions]
    return Totals(
        functions=len(functions),
        built=status.count("built"),
        reused=status.count("reused"),
        failed=status.count("failed"),
        skipped=status.count("skipped"),
        steps_total=judged + count["shared"],
        steps_hit=count["hit"],
        steps_shared=count["shared"],
        hit_rate=count["hit"] / judged if judged else None,
        bytes_pulled=sum(function.bytes_pulled for function in functions),
        duration_s=duration_s,
    )


def _function(
    run: FunctionRun,
    ran: Mapping[str, str],
    dockerfile: Dockerfile | None,
    *,
    strict_cache: bool,
    buildkit: tuple[int, ...] | None,
) -> FunctionReport:
    build, record = run.build, run.record
    if run.reused:
        return FunctionReport(
            name=build.name,
            image=build.image,
            digest=run.digest,
            status="reused",
            duration_s=run.duration_s,
            detail="its inputs and base images are unchanged",
        )
    if build.skip or record is None:
        return FunctionReport(
            name=build.name,
            image=build.image,
            digest="",
            status="failed" if run.exit_code else "skipped",
            duration_s=run.duration_s,
            error=run.reason if run.exit_code else None,
            detail=build.skip or run.reason,
        )
    imports = cache_outcomes.import_reports(build, record)
    export = cache_outcomes.export_report(run)
    cold = not any(found.outcome == "ok" for found in imports)
    steps = [(step, _status(step, run, ran, local=run.builder_was_empty and cold)) for step in record.steps]
    error = _error(run)
    if strict_cache and not error:
        error = _cache_error(imports, export)
    return FunctionReport(
        name=build.name,
        image=build.image,
        digest=run.digest,
        status="failed" if error else "built",
        duration_s=run.duration_s,
        steps=tuple(_step(step, status) for step, status in steps),
        imports=imports,
        export=export,
        bytes_pulled=record.bytes_pulled,
        first_miss=_first_miss(steps, cold=cold, fresh=build.fresh),
        hints=(*_hints(run, imports, export, buildkit), *filter(None, [link_hint(run, dockerfile)])),
        error=error,
    )


def _status(step: Step, run: FunctionRun, ran: Mapping[str, str], *, local: bool) -> StepStatus:
    others = any(ran.get(digest, run.build.name) != run.build.name for digest in step.digests)
    match step.status:
        case "hit" if local or others:
            return "shared"
        case "run" if others:
            return "shared"
        case "cancelled":
            # In a build that ended well, a later hit made the step needless and BuildKit gave it up.
            return "failed" if run.exit_code else "not_run"
        case status:
            return status


def _step(step: Step, status: StepStatus) -> ReportStep:
    return ReportStep(
        stage=step.stage,
        index=step.index,
        of=step.of,
        platform=step.platform,
        instruction=step.instruction,
        status=status,
        duration_s=step.duration_s,
    )


def _first_miss(steps: Sequence[tuple[Step, StepStatus]], *, cold: bool, fresh: bool) -> FirstMiss | None:
    missed = [step for step, status in steps if status in ("run", "failed")]
    if not missed:
        return None
    first = min(missed, key=lambda step: step.order)
    before = [status for step, status in steps if step.order < first.order]
    return FirstMiss(
        step=first.name,
        instruction=first.instruction,
        reason=_reason(
            first.instruction, cold=cold and "hit" not in before, fresh=fresh, hit_before="hit" in before
        ),
        ran_after=len(missed) - 1,
    )


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


def _error(run: FunctionRun) -> str | None:
    if not run.exit_code or run.record is None:
        return None
    if run.reason:
        return run.reason
    failed = [step for step in run.record.steps if step.status == "failed"]
    log = "".join(f"{step.log.rstrip()}\n" for step in failed if step.log.strip())
    tail = "\n".join(run.record.tail[_last_error(run.record) :])
    return (log + tail).strip() or f"docker buildx ended with exit code {run.exit_code}"


def _last_error(record: SolveRecord) -> int:
    # The message may go on in further lines, so everything from the last ERROR line on counts.
    found = [at for at, line in enumerate(record.tail) if line.startswith("ERROR:")]
    return found[-1] if found else 0


def _cache_error(imports: Sequence[ImportReport], export: ExportReport | None) -> str | None:
    for found in imports:
        if found.outcome == "failed":
            return f"strict-cache: cache import {found.source} failed: {found.detail}"
    if export and export.outcome == "failed":
        return f"strict-cache: cache export {export.destination} failed: {export.detail}"
    return None


def _hints(
    run: FunctionRun,
    imports: Sequence[ImportReport],
    export: ExportReport | None,
    buildkit: tuple[int, ...] | None,
) -> tuple[Notice, ...]:
    found = [
        hint_for(item.detail, action="import", attributes=attributes(item.source), buildkit=buildkit)
        for item in imports
        if item.outcome == "failed"
    ]
    if export and export.outcome == "failed":
        # With several destinations only the text can say which one it was.
        where = attributes(export.destination) if len(run.build.cache.exports) == 1 else None
        found.append(hint_for(export.detail, action="export", attributes=where, buildkit=buildkit))
    if run.exit_code and run.record:
        found.append(build_hint(run.record))
    return tuple({(hint.code, hint.problem): hint for hint in found if hint}.values())


def build_hint(record: SolveRecord) -> Notice | None:
    """Give the hint for a build that failed: the failed steps' own words come first, buildx's last."""
    said = [text for step in record.steps if step.status == "failed" for text in (step.log, step.error)]
    return hint_for("\n".join((*said, *record.tail)), action="build")
