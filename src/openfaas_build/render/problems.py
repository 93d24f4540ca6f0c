"""Find what a reader has to act on: functions that failed, and caches that did.

Equal cache failures of several functions are one Concern, as one cause and one
remedy go with them.
"""

import re
from dataclasses import dataclass

from openfaas_build import untrusted
from openfaas_build.errors import Notice
from openfaas_build.report import CacheReport, FunctionReport, ReportStep

_STRICT = "strict-cache:"
_PREFIX = re.compile(r"^(?:ERROR: |target \S+: |failed to (?:build|solve): )+")
_PROCESS = re.compile(r'^process ".*" did not complete successfully: exit code: (\d+)$', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a function failed: `step` and `instruction` are empty when no step did, `log` is its end."""

    step: str = ""
    instruction: str = ""
    message: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A failed function (`failure` is set), or a cache failure of one or more functions.

    `what` is `cache import`, `cache export` or `cache`; `raw` is what was
    said, as a text of its own for each failed cache.
    """

    functions: tuple[str, ...]
    failure: Failure | None = None
    what: str = ""
    hints: tuple[Notice, ...] = ()
    raw: str = ""


def failure(function: FunctionReport) -> Failure:
    """Find the step that failed, and the one line of the error that says why."""
    text = untrusted.last_lines(function.error or function.detail, 60)
    said = text.split("\n")
    marks = [at for at, line in enumerate(said) if line.startswith("ERROR:")]
    at = marks[-1] if marks else len(said) - 1
    message = _PREFIX.sub("", " ".join(said[at:]).strip())
    message = _PROCESS.sub(r"exit code \1", message) or "no reason was given"
    failed = [step for step in function.steps if step.status == "failed"]
    if not failed or (function.error or "").startswith(_STRICT):
        return Failure(message=message, log=text)
    # A step that was cancelled because of the failed one counts as failed too.
    plain = text.replace('\\"', '"')
    step = next((step for step in failed if _command(step) in plain), failed[0])
    return Failure(step=step_name(step), instruction=step.instruction, message=message, log=text)


def find_concerns(report: CacheReport) -> list[Concern]:
    """Give what a reader has to act on: failed functions, then failed caches."""
    failed = []
    caches: dict[tuple[str, ...], Concern] = {}
    for function in report.functions:
        own, others = _divide(function)
        if function.status == "failed":
            failed.append(Concern(functions=(function.name,), failure=failure(function), hints=own))
        for key, concern in _cache_concerns(function, others):
            known = caches.get(key, concern)
            names = tuple(dict.fromkeys((*known.functions, function.name)))
            what = concern.what if known.what == concern.what else "cache"
            caches[key] = Concern(functions=names, what=what, hints=known.hints, raw=known.raw)
    return [*failed, *sorted(caches.values(), key=lambda concern: -len(concern.functions))]


def cache_failures(function: FunctionReport) -> list[tuple[str, str, str]]:
    """Give each failed cache of a function: what it is, its place, what was said."""
    found = [
        ("cache import", item.source, item.detail) for item in function.imports if item.outcome == "failed"
    ]
    if function.export and function.export.outcome == "failed":
        found.append(("cache export", function.export.destination, function.export.detail))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What would make functions faster, once for all of them; `bytes_pulled` is what it would spare."""

    hint: Notice
    functions: tuple[str, ...]
    bytes_pulled: int


def find_suggestions(report: CacheReport) -> list[Suggestion]:
    """Give what would be faster, what spares most first."""
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


def step_name(step: ReportStep) -> str:
    """Name a step as the progress log does: `linux/arm64 build 2/6`."""
    return " ".join(filter(None, (step.platform, step.stage, f"{step.index}/{step.of}")))


def _command(step: ReportStep) -> str:
    words = step.instruction.split()[1:]
    while words and words[0].startswith("--"):
        words.pop(0)
    return " ".join(words) or "\0"


def _divide(function: FunctionReport) -> tuple[tuple[Notice, ...], tuple[Notice, ...]]:
    # A report lists the hints of cache failures first, that of the build last; each once.
    if function.status != "failed":
        return (), function.explanations
    caches = 0 if (function.error or "").startswith(_STRICT) else len(cache_failures(function))
    if not caches:
        return function.explanations, ()
    if len(function.explanations) > caches:
        return function.explanations[-1:], function.explanations[:-1]
    return (), function.explanations


def _cache_concerns(
    function: FunctionReport, hints: tuple[Notice, ...]
) -> list[tuple[tuple[str, ...], Concern]]:
    failures = cache_failures(function)
    if not failures or (function.error or "").startswith(_STRICT):
        return []
    kinds = dict.fromkeys(what for what, _, _ in failures)
    what = next(iter(kinds)) if len(kinds) == 1 else "cache"
    raw = "\n".join(f"{place}: {said}" for _, place, said in failures)
    if not hints:
        return [
            ((kind, said), Concern(functions=(function.name,), what=kind, raw=f"{place}: {said}"))
            for kind, place, said in failures
        ]
    if len(hints) == len(failures):
        return [
            (
                (hint.code, hint.remedy),
                Concern(functions=(function.name,), what=kind, hints=(hint,), raw=f"{place}: {said}"),
            )
            for hint, (kind, place, said) in zip(hints, failures, strict=True)
        ]
    # Equal hints are listed once, so it is not known which failure one belongs to.
    return [
        ((hint.code, hint.remedy), Concern(functions=(function.name,), what=what, hints=(hint,), raw=raw))
        for hint in hints
    ]
