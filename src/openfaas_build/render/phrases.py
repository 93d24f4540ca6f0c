"""Say the facts of a report in words, the same ones on every page."""

from collections.abc import Sequence

from openfaas_build import untrusted
from openfaas_build.render.problems import cache_failures
from openfaas_build.report import CacheReport, ExportReport, FunctionReport, ImportReport

TITLE = "OpenFaaS functions"
STEP_WORDS = {"hit": "hit", "shared": "shared", "run": "miss", "failed": "failed", "not_run": "not run"}
LEGEND = {
    "cold": "nothing was there yet",
    "shared": "another function of this run ran the step; it counts neither as a hit nor as a miss",
    "not needed": "the cache holds all of it already",
}
_IMPORT_WORDS = {"ok": "read", "cold": "cold", "failed": "failed"}
_EXPORT_WORDS = {"ok": "written", "skipped": "skipped", "not_needed": "not needed", "failed": "failed"}


def headline(report: CacheReport) -> str:
    """Say how the run ended, in a few words."""
    totals = report.totals
    done = totals.built + totals.reused
    if report.interrupted:
        return f"interrupted, {done} of {totals.functions} built"
    if totals.failed:
        return f"{totals.failed} of {totals.functions} failed"
    if not done:
        return "nothing built"
    built = f"{done} of {totals.functions} built" if totals.skipped else f"{done} built"
    caches = any(cache_failures(function) for function in report.functions)
    return f"{built}, with cache failures" if caches else built


def mark(report: CacheReport) -> str:
    """Return the mark in front of the headline; none when nothing was built."""
    if is_bad(report):
        return "✗ "
    return "✓ " if report.totals.built + report.totals.reused else ""


def is_bad(report: CacheReport) -> bool:
    """Say whether the run did not do what was asked."""
    return report.interrupted or report.totals.failed > 0


def sums(report: CacheReport) -> list[str]:
    """Say the totals, one phrase each."""
    totals = report.totals
    counts = ((totals.built, "built"), (totals.reused, "reused"), (totals.failed, "failed"))
    ends = [f"{count} {word}" for count, word in (*counts, (totals.skipped, "skipped")) if count]
    found = [", ".join(ends) or "no function in this run"]
    judged = totals.steps_total - totals.steps_shared
    if totals.hit_rate is not None and judged:
        if totals.steps_hit == totals.steps_total:
            found.append("every step from cache")
        else:
            of = f"{totals.steps_hit} of {plural(judged, 'step')}"
            found.append(f"{of} from cache ({percent(totals.steps_hit, judged)})")
    if totals.steps_shared:
        found.append(f"{plural(totals.steps_shared, 'step')} shared")
    if totals.steps_total:
        found.append(f"{size(totals.bytes_pulled)} pulled")
    return [*found, seconds(totals.duration_s)]


def steps(function: FunctionReport) -> str:
    """Say how many steps of a function were hits, shared ones apart."""
    counts = function.counts
    judged = counts["hit"] + counts["run"] + counts["failed"]
    if judged and counts["hit"] == judged and not counts["shared"]:
        return f"every step ({judged})"
    found = f"{counts['hit']}/{judged}" if judged else ""
    shared = f"{counts['shared']} shared" if counts["shared"] else ""
    return " + ".join(filter(None, (found, shared))) or "-"


def imports(found: Sequence[ImportReport]) -> str:
    """Say what became of the cache imports."""
    words = [_IMPORT_WORDS[item.outcome] for item in found]
    if len(set(words)) <= 1:
        return words[0] if words else "-"
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def export(found: ExportReport | None) -> str:
    """Say what became of the cache export."""
    return _EXPORT_WORDS[found.outcome] if found else "-"


def legend(report: CacheReport) -> list[tuple[str, str]]:
    """List the words of this report that need explaining, with what they mean."""
    used = {
        "shared": report.totals.steps_shared > 0,
        "cold": any(item.outcome == "cold" for function in report.functions for item in function.imports),
        "not needed": any(
            function.export is not None and function.export.outcome == "not_needed"
            for function in report.functions
        ),
    }
    reasons = {
        function.export.detail
        for function in report.functions
        if function.export and function.export.outcome == "skipped" and function.status == "built"
    }
    found = [(word, text) for word, text in LEGEND.items() if used[word]]
    if report.interrupted:
        return found
    return [*found, *(("skipped", untrusted.one_line(reason, 200)) for reason in sorted(reasons - {""}))]


def failed_first(report: CacheReport) -> list[FunctionReport]:
    """Sort the functions: those that failed come first."""
    return sorted(report.functions, key=lambda function: function.status != "failed")


def plural(count: int, noun: str, ending: str = "s") -> str:
    """Say a count with its noun: `1 step`, `2 steps`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{ending}"


def percent(part: int, whole: int) -> str:
    """Say a share in per cent, rounded down, so that 100 % means all: `99 %` for 999 of 1000."""
    if 0 < 100 * part < whole:
        return "under 1 %"
    return f"{100 * part // whole} %"


def size(size_bytes: int) -> str:
    """Say a size in decimal units: `9.4 MB`."""
    if size_bytes <= 0:
        return "nothing"
    value = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if round(value, 1) < 1000:
            break
        value, unit = value / 1000, "TB"
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"


def seconds(duration_s: float) -> str:
    """Say a duration as people do: `7.4 s`, `3 min 05 s`."""
    if duration_s < 9.95:
        return f"{max(duration_s, 0):.1f} s"
    whole = round(duration_s)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
