"""Say why a function failed: which step, the line that says why, the log, the hint."""

import re
from collections.abc import Sequence

from openfaas_build.hints import hint_for
from openfaas_build.report.cache_report import ExportReport, Failure, FunctionResult, ImportReport
from openfaas_build.solve import SolveRecord, Step

_PREFIX = re.compile(r"^(?:ERROR: |target \S+: |failed to (?:build|solve): )+")
_PROCESS = re.compile(r'^process ".*" did not complete successfully: exit code: (\d+)$', re.DOTALL)


def build_failure(result: FunctionResult) -> Failure | None:
    """Explain a build that failed; None when it did not fail."""
    if not result.exit_code:
        return None
    record = result.record or SolveRecord()
    hint = hint_for(record.failure_text, action="build") if result.record else None
    step = _failed_step(record)
    reason = result.reason or f"docker buildx ended with exit code {result.exit_code}"
    message, log = (reason, reason) if result.reason else (_message(record), _log(record))
    return Failure(
        message=message or reason,
        log=log or reason,
        step=step.name if step else "",
        instruction=step.instruction if step else "",
        hint=hint,
    )


def strict_cache_failure(imports: Sequence[ImportReport], export: ExportReport | None) -> Failure | None:
    """Make a failed cache a failed function; None when no cache failed."""
    for item in imports:
        if item.outcome == "failed":
            text = f"strict-cache: cache import {item.source} failed: {item.detail}"
            return Failure(message=text, log=text, hint=item.hint, by_cache=True)
    if export and export.outcome == "failed":
        text = f"strict-cache: cache export {export.destination} failed: {export.detail}"
        return Failure(message=text, log=text, hint=export.hint, by_cache=True)
    return None


def _failed_step(record: SolveRecord) -> Step | None:
    """Find the step that made the build fail; others were cancelled because of it, or failed beside it."""
    failed = [step for step in record.steps if step.status == "failed"]
    verdict = "\n".join(_verdict(record))
    named = [step for step in failed if step.error and step.error in verdict]
    cancelled = [step for step in record.steps if step.status == "cancelled"]
    return next(iter((*named, *failed, *cancelled)), None)


def _message(record: SolveRecord) -> str:
    """Shorten BuildKit's last words to what says why.

    `ERROR: failed to build: failed to solve: process "/bin/sh -c make" did not complete
    successfully: exit code: 2` -> `exit code 2`
    """
    verdict = _verdict(record)
    if verdict and not verdict[0].startswith("ERROR:"):
        verdict = verdict[-1:]
    return _PROCESS.sub(r"exit code \1", _PREFIX.sub("", " ".join(verdict).strip()))


def _log(record: SolveRecord) -> str:
    said = [step.log.rstrip() for step in record.steps if step.status == "failed" and step.log.strip()]
    return "\n".join((*said, *_verdict(record))).strip()


def _verdict(record: SolveRecord) -> tuple[str, ...]:
    """Return buildx's lines from the last `ERROR:` on, as its message may have several; else all lines."""
    marks = [at for at, line in enumerate(record.tail) if line.startswith("ERROR:")]
    return record.tail[marks[-1] if marks else 0 :]
