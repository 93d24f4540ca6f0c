"""Write the job summary: what failed and what to do first, then the table, then the details.

GitHub drops a summary above 1 MiB without showing any of it, so every part is
weighed before it is added, and what does not fit is counted aloud.
"""

from collections.abc import Iterable, Sequence

from openfaas_build import untrusted
from openfaas_build.errors import Notice
from openfaas_build.render import phrases
from openfaas_build.render.gfm import code, fence, html_code, html_prose, link, prose
from openfaas_build.render.problems import (
    Problem,
    Suggestion,
    cache_failures,
    find_problems,
    find_suggestions,
)
from openfaas_build.report import CacheReport, FirstMiss, FunctionReport
from openfaas_build.solve import Step

_MARKS = {"built": "✓", "reused": "✓", "failed": "✗", "skipped": "-"}
_HEAD = "| Function | Result | Steps from cache | Cache import | Cache export | Time | Image |"
_RULE = "| :-- | :-- | :-- | :-- | :-- | --: | :-- |"
_MORE = "… {} more, see report.json"
_MORE_ROWS = f"| {_MORE}{' |' * (_HEAD.count('|') - 1)}"
_MOST_PROBLEMS = 10
_MOST_OPEN = 3
_MOST_STEPS = 100
_MOST_WARNINGS = 50
# Kept free for the lines that say what was left out.
_RESERVE_BYTES = 300


class _Page:
    """Blocks of Markdown that together stay within a budget of bytes."""

    def __init__(self, budget_bytes: int) -> None:
        self._left = budget_bytes - _RESERVE_BYTES
        self._blocks: list[str] = []

    def add(self, block: str) -> bool:
        """Add a block if it fits."""
        size = len(block.encode()) + 2
        if size > self._left:
            return False
        self._left -= size
        self._blocks.append(block)
        return True

    def add_list(
        self, items: Sequence[str], share: int, most: int, *head: str, more: str = "- " + _MORE
    ) -> None:
        """Add those of `items`, at most `most`, that fit into a part of the room, half of it for 2."""
        if items:
            self.add("\n".join((*head, *_fitting(items, self._left // share, most, more))))

    def close(self, last: str) -> str:
        """Return the page, with `last` at its end, for which the reserve was kept."""
        self._left += _RESERVE_BYTES
        if last:
            self.add(last)
        return "".join(f"{block}\n\n" for block in self._blocks)[:-1]


def summary_markdown(
    report: CacheReport, *, title: str = phrases.TITLE, budget_bytes: int = 1_000_000
) -> str:
    """Write the job summary as GitHub-flavoured Markdown of at most `budget_bytes` bytes in UTF-8."""
    page = _Page(budget_bytes)
    page.add(f"## {phrases.mark(report)}{prose(title, 200)}: {phrases.headline(report)}")
    first, *others = phrases.sums(report)
    page.add(" · ".join((f"**{first}**", *others)))
    if report.interrupted:
        page.add("**Interrupted:** the run was ended before it was done. What had not been built is skipped.")
    problems = [_problem(problem) for problem in find_problems(report)]
    page.add_list(problems, 4, _MOST_PROBLEMS, more="- … {} more, in the details below")
    functions = phrases.failed_first(report)
    page.add_list([_row(function) for function in functions], 2, 5000, _HEAD, _RULE, more=_MORE_ROWS)
    legend = [f"*{word}*: {prose(meaning)}." for word, meaning in phrases.legend(report)]
    if legend:
        page.add("<br>\n".join(legend))
    suggestions = [_suggestion(suggestion) for suggestion in find_suggestions(report)]
    page.add_list(suggestions, 4, _MOST_PROBLEMS, "### What would be faster\n")
    page.add_list([_warning(each) for each in report.warnings], 4, _MOST_WARNINGS, "### Warnings\n")
    return page.close(_add_details(page, functions))


def _fitting(rows: Sequence[str], room_bytes: int, most: int, more: str) -> list[str]:
    """Keep the first rows, at most `most`, that fit; `more` counts the others in their place."""
    kept: list[str] = []
    for row in rows:
        room_bytes -= len(row.encode()) + 1
        if room_bytes < 0 or len(kept) == most:
            kept.append(more.format(len(rows) - len(kept)))
            break
        kept.append(row)
    return kept


def _add_details(page: _Page, functions: Iterable[FunctionReport]) -> str:
    opened = left_out = 0
    for function in functions:
        if not _has_details(function):
            continue
        if left_out:
            # The page is full.
            left_out += 1
            continue
        open_it = function.status == "failed" and opened < _MOST_OPEN
        head = f"<details{' open' if open_it else ''}>\n<summary>{_summary(function)}</summary>"
        if page.add("\n\n".join((head, *_details(function), "</details>"))):
            opened += open_it
        else:
            left_out += 1
    if not left_out:
        return ""
    return f"… the details of {phrases.plural(left_out, 'more function')}, see report.json"


def _problem(problem: Problem) -> str:
    listed = _listed(problem.functions)
    hint, failure = problem.hint, problem.failure
    if failure:
        step = f" at {code(failure.instruction, 120)}" if failure.step else ""
        why = prose(hint.problem) if hint else prose(failure.message, 300)
        lines = [f"**✗ {listed} failed**{step}: {why}"]
    elif hint:
        lines = [f"**{prose(hint.problem)}** ({listed})"]
    else:
        lines = [f"**{problem.what.capitalize()} failed** ({listed}): {code(problem.raw, 240)}"]
    return "- " + "<br>".join([*lines, _remedy(hint)] if hint else lines)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(code(name, 80) for name in names[:5]) + more


def _suggestion(found: Suggestion) -> str:
    pulled = f"{phrases.size(found.bytes_pulled)} for {_listed(found.functions)}."
    return f"- **{prose(found.hint.problem)}** {pulled}<br>{_remedy(found.hint)}"


def _remedy(hint: Notice) -> str:
    return " ".join(filter(None, (f"*Remedy:* {prose(hint.remedy)}", link("More about it", hint.url))))


def _row(function: FunctionReport) -> str:
    result = f"{_MARKS[function.status]} {function.status}"
    reason = f" ({prose(function.detail, 120)})" if function.status == "skipped" and function.detail else ""
    failed_import = any(item.outcome == "failed" for item in function.imports)
    failed_export = function.export is not None and function.export.outcome == "failed"
    image = code(function.image)
    if function.digest:
        image += f"<br>{code(function.digest[:19])}"
    cells = (
        code(function.name, 80),
        _strong(result, on=function.status == "failed") + reason,
        phrases.steps(function),
        _strong(phrases.imports(function.imports), on=failed_import),
        _strong(phrases.export(function.export), on=failed_export),
        phrases.seconds(function.duration_s) if function.duration_s else "-",
        image or "-",
    )
    return f"| {' | '.join(cells)} |"


def _strong(text: str, *, on: bool) -> str:
    return f"**{text}**" if on else text


def _summary(function: FunctionReport) -> str:
    name = html_code(function.name, 80)
    if function.failure:
        step = function.failure.step
        return f"✗ <b>{name} failed</b>{f' at step {html_prose(step)}' if step else ''}"
    failures = cache_failures(function)
    if failures:
        return f"{name}: {' and '.join(dict.fromkeys(each.what for each in failures))} failed"
    counts = function.counts
    misses = counts["run"] + counts["failed"]
    if not misses:
        return name
    return f"{name}: {phrases.plural(misses, 'miss', 'es')} in {phrases.plural(len(function.steps), 'step')}"


def _has_details(function: FunctionReport) -> bool:
    """Say whether there is more to tell than the table does; there is not of a full hit."""
    return bool(function.failure or cache_failures(function) or function.first_miss)


def _details(function: FunctionReport) -> list[str]:
    failure, failures = function.failure, cache_failures(function)
    parts: list[str] = []
    hints = [each.hint for each in failures]
    if failure:
        if failure.step:
            parts.append(f"Step {prose(failure.step)}, {code(failure.instruction)}, failed.")
        hints.append(failure.hint)
    parts += _hints(hints)
    if failure:
        log = fence(untrusted.last_lines(failure.log, 60))
        parts.append(f"The error, and the end of what was said before it:\n\n{log}")
    for each in failures:
        said = fence(untrusted.last_lines(each.said, 20, 3000) or "(nothing was said)")
        parts.append(f"The {each.what} {code(each.place)} failed:\n\n{said}")
    miss = function.first_miss
    if miss and not (failure and miss.step == failure.step):
        parts.append(_first_miss(miss))
    if miss:
        parts.append(_steps(function.steps))
    return parts


def _hints(found: Iterable[Notice | None]) -> list[str]:
    items = []
    for hint in dict.fromkeys(filter(None, found)):
        named = (("Problem", hint.problem), ("Likely cause", hint.cause), ("Remedy", hint.remedy))
        lines = [f"**{name}:** {prose(text, 1000)}" for name, text in named if text]
        items.append("- " + "<br>".join((*lines, *filter(None, (link("More about it", hint.url),)))))
    return ["\n".join(items)] if items else []


def _first_miss(miss: FirstMiss) -> str:
    after = f", so {phrases.plural(miss.ran_after, 'step')} after it ran" if miss.ran_after else ""
    return f"First miss: {code(miss.instruction)} ({prose(miss.step)}) ran: {prose(miss.reason)}{after}."


def _steps(steps: Sequence[Step]) -> str:
    rows = []
    for step in steps:
        word = phrases.STEP_WORDS[step.status]
        cells = (
            prose(step.name, 120),
            code(step.instruction, 120),
            _strong(word, on=step.status == "failed"),
            phrases.seconds(step.duration_s) if step.status in ("run", "failed") else "",
        )
        rows.append(f"| {' | '.join(cells)} |")
    rows = _fitting(rows, 20_000, _MOST_STEPS, f"| {_MORE} | | | |")
    return "\n".join(("| Step | Instruction | Cache | Time |", "| :-- | :-- | :-- | --: |", *rows))


def _warning(warning: Notice) -> str:
    place = f"{code(warning.place)}: " if warning.place else ""
    cause = f"*Likely cause:* {prose(warning.cause)}" if warning.cause else ""
    remedy = f"*Remedy:* {prose(warning.remedy)}" if warning.remedy else ""
    return "- " + place + " ".join(filter(None, (prose(warning.problem), cause, remedy)))
