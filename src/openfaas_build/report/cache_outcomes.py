"""Read what became of cache imports and exports.

BuildKit names a registry import by its reference and any other by a number,
so those are matched by kind and order. The rules are those of BuildKit's
stream as recorded with 0.25 and 0.32.
"""

from openfaas_build import references
from openfaas_build.cache import attributes, kind, place
from openfaas_build.plan import FunctionBuild
from openfaas_build.report.cache_report import ExportReport, FunctionRun, ImportReport
from openfaas_build.solve import CacheImport, SolveRecord


def import_reports(build: FunctionBuild, record: SolveRecord) -> tuple[ImportReport, ...]:
    """Say for each wanted import whether it was read, cold or failed.

    A `type=gha` import looks the same whether an index was found or not, so
    its hits decide. No trace at all means that buildx dropped it (gha without
    credentials) or that a local folder is not there yet.
    """
    seen = list(record.imports)
    hits = any(step.status == "hit" for step in record.steps)
    reports = []
    for value in build.cache.imports:
        found = next((item for item in seen if _names(item, value)), None)
        if found:
            seen.remove(found)
            reports.append(_import_report(value, found, hits=hits))
        elif kind(value) == "local":
            reports.append(ImportReport(source=value, outcome="cold", detail="the folder is not there yet"))
        elif record.steps:
            reports.append(
                ImportReport(source=value, outcome="failed", detail="buildx dropped it without a word")
            )
    return tuple(reports)


def needs_export(build: FunctionBuild, record: SolveRecord, *, builder_was_empty: bool) -> bool:
    """Say whether the cache must be exported.

    Not when no step ran and each destination itself supplied the cache: its
    import answered, or for gha, whose import says nothing, everything was hit
    on a builder that was empty.
    """
    if build.export_flags:
        return True
    if not build.cache.exports:
        return False
    if any(step.status in ("run", "failed") for step in record.steps):
        return True
    supplied = {
        place(report.source)
        for report in import_reports(build, record)
        if report.outcome == "ok" and (builder_was_empty or place(report.source)[0] != "gha")
    }
    return not all(place(value) in supplied for value in build.cache.exports)


def export_report(run: FunctionRun) -> ExportReport | None:
    """Say what became of the cache export; None when none was asked for."""
    values = (*run.build.cache.exports, *run.build.export_flags)
    if not values and run.build.cache.withheld:
        return ExportReport(destination="", outcome="skipped", detail=run.build.cache.withheld)
    if not values:
        return None
    destination = ", ".join(values)
    if run.exit_code or run.record is None:
        return ExportReport(destination=destination, outcome="skipped", detail="the build failed")
    if run.export is None:
        # Where steps run in each solve anew there is one, which exports too.
        if run.record.exports:
            return _exported(destination, run.record, run.exit_code, run.export_duration_s)
        if needs_export(run.build, run.record, builder_was_empty=run.builder_was_empty):
            return ExportReport(destination=destination, outcome="skipped", detail=run.reason)
        return ExportReport(destination=destination, outcome="not_needed")
    return _exported(destination, run.export, run.export_exit_code, run.export_duration_s)


def _exported(destination: str, record: SolveRecord, exit_code: int, duration_s: float) -> ExportReport:
    failed = [item.error for item in record.exports if item.outcome != "ok"]
    if exit_code and not any(failed):
        failed.append("\n".join(record.tail) or f"buildx ended with exit code {exit_code}")
    if not record.exports and not failed:
        failed.append("buildx dropped it without a word")
    return ExportReport(
        destination=destination,
        outcome="failed" if failed else "ok",
        detail="\n".join(filter(None, failed)) or ("an empty result" if failed else ""),
        duration_s=duration_s,
    )


def _names(found: CacheImport, value: str) -> bool:
    if kind(value) == "registry":
        ref = attributes(value).get("ref", "")
        return references.canonical(found.source) == references.canonical(ref)
    return found.source.startswith(f"{kind(value)}:")


def _import_report(value: str, found: CacheImport, *, hits: bool) -> ImportReport:
    match found.outcome:
        case "ok":
            return ImportReport(source=value, outcome="ok")
        case "cold":
            return ImportReport(source=value, outcome="cold", detail="nothing there yet")
        case "failed":
            return ImportReport(source=value, outcome="failed", detail=found.error)
        case "unknown":
            return ImportReport(source=value, outcome="ok" if hits else "cold")
