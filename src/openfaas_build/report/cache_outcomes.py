"""Say what became of cache imports and exports, each failure with the hint that explains it."""

from openfaas_build.after_build import import_results, needs_export
from openfaas_build.hints import hint_for
from openfaas_build.report.cache_report import ExportReport, FunctionResult, ImportReport
from openfaas_build.solve import SolveRecord

BuildkitVersion = tuple[int, ...] | None


def import_reports(result: FunctionResult, buildkit: BuildkitVersion) -> tuple[ImportReport, ...]:
    """Report each wanted import; `buildkit` is the builder's version, None when nothing tells it."""
    if result.record is None:
        return ()
    return tuple(
        ImportReport(
            source=found.entry.text,
            outcome=found.outcome,
            detail=found.detail,
            hint=hint_for(found.detail, action="import", attributes=found.entry.attributes, buildkit=buildkit)
            if found.outcome == "failed"
            else None,
        )
        for found in import_results(result.build, result.record)
    )


def export_report(result: FunctionResult, buildkit: BuildkitVersion) -> ExportReport | None:
    """Report the cache export; None when none was asked for."""
    cache = result.build.cache
    destination = ", ".join((*(entry.text for entry in cache.exports), *result.build.export_flags))
    if not destination and not cache.withheld:
        return None
    if not destination:
        return ExportReport(destination="", outcome="skipped", detail=cache.withheld)
    if result.exit_code or result.record is None:
        return ExportReport(destination=destination, outcome="skipped", detail="the build failed")
    if result.export is None:
        # Where steps run in each solve anew there is one, which exports too.
        if result.record.exports:
            return _exported(destination, result, result.record, result.exit_code, buildkit)
        if needs_export(result.build, result.record, builder_was_empty=result.builder_was_empty):
            return ExportReport(destination=destination, outcome="skipped", detail=result.reason)
        return ExportReport(destination=destination, outcome="not_needed")
    return _exported(destination, result, result.export, result.export_exit_code, buildkit)


def _exported(
    destination: str, result: FunctionResult, record: SolveRecord, exit_code: int, buildkit: BuildkitVersion
) -> ExportReport:
    failed = [item.error for item in record.exports if item.outcome != "ok"]
    if exit_code and not any(failed):
        failed.append("\n".join(record.tail) or f"buildx ended with exit code {exit_code}")
    if not record.exports and not failed:
        failed.append("buildx dropped it without a word")
    if not failed:
        return ExportReport(destination=destination, outcome="ok", duration_s=result.export_duration_s)
    detail = "\n".join(filter(None, failed)) or "an empty result"
    # With several destinations only the text can say which one it was.
    entries = result.build.cache.exports
    attributes = entries[0].attributes if len(entries) == 1 else None
    return ExportReport(
        destination=destination,
        outcome="failed",
        detail=detail,
        duration_s=result.export_duration_s,
        hint=hint_for(detail, action="export", attributes=attributes, buildkit=buildkit),
    )
