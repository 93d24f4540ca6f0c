"""Choose what GitHub shows beside the run: at most ten annotations of each level."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from openfaas_build import untrusted
from openfaas_build.errors import Notice
from openfaas_build.render import phrases
from openfaas_build.render.problems import find_problems
from openfaas_build.report import CacheReport

# GitHub keeps ten of a level for a step, and the whole action is one step.
_MOST_OF_A_LEVEL = 9
_MOST_CHARACTERS = 4096
_LOG_LINES = 15

Level = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A text for GitHub to show; `file` is relative to the workspace, `line` is 1-based (0: none)."""

    level: Level
    message: str
    title: str = ""
    file: str = ""
    line: int = 0

    @classmethod
    def of(cls, notice: Notice, level: Level) -> "Annotation":
        """Turn a Notice into an annotation at its place."""
        message = _message(replace(notice, file="").text())
        return cls(level=level, message=message, file=untrusted.one_line(notice.file, 400), line=notice.line)


def annotations(report: CacheReport) -> list[Annotation]:
    """List the annotations of a report, the most important first.

    One error for a failed function, one warning for a cause of cache failures
    and for a warning of the plan. What is beyond GitHub's limit is counted in
    a last one.
    """
    found = [*_of_problems(report), *(Annotation.of(warning, "warning") for warning in report.warnings)]
    if report.interrupted:
        done = phrases.headline(report)
        found.insert(0, Annotation(level="error", title="Interrupted", message=f"The run was {done}."))
    kept: list[Annotation] = []
    levels: tuple[Level, ...] = ("error", "warning", "notice")
    for level in levels:
        ones = [annotation for annotation in found if annotation.level == level]
        kept += ones[:_MOST_OF_A_LEVEL]
        if len(ones) > _MOST_OF_A_LEVEL:
            more = f"and {len(ones) - _MOST_OF_A_LEVEL} more, see the job summary"
            kept.append(Annotation(level=level, title="More", message=more))
    return kept


def _of_problems(report: CacheReport) -> Iterator[Annotation]:
    for problem in find_problems(report):
        hint = problem.hint.text() if problem.hint else ""
        listed = untrusted.listed(problem.functions)
        failure = problem.failure
        if failure is None:
            message = _message(hint, untrusted.last_lines(problem.raw, 6, 1500))
            title = f"{problem.what.capitalize()} failed: {listed}"
            yield Annotation(level="warning", message=message, title=title)
            continue
        instruction = untrusted.one_line(failure.instruction, 160)
        what = f"{instruction}: {failure.message}" if instruction else failure.message
        log = untrusted.last_lines(failure.log, _LOG_LINES, 2000)
        title = f"{listed} failed{f' at step {untrusted.one_line(failure.step, 60)}' if failure.step else ''}"
        message = _message(untrusted.one_line(what, 600), hint, log if log != failure.message else "")
        yield Annotation(level="error", message=message, title=title)


def _message(*parts: str) -> str:
    return untrusted.shortened(untrusted.clean("\n\n".join(filter(None, parts))), _MOST_CHARACTERS)
