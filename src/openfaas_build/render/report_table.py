"""Write the report for a terminal: the same facts as the job summary, in short."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from openfaas_build import untrusted
from openfaas_build.errors import Notice
from openfaas_build.render import phrases
from openfaas_build.render.problems import Problem, find_problems, find_suggestions
from openfaas_build.report import CacheReport, FunctionReport

_HEAD = ("FUNCTION", "RESULT", "HITS", "IMPORT", "EXPORT", "TIME", "IMAGE")
_MARKS = {"built": "✓", "reused": "✓", "failed": "✗", "skipped": "-"}
_COLOURS = {"built": "32", "reused": "32", "failed": "31", "skipped": "2"}
_RED, _YELLOW, _BOLD, _DIM = "1;31", "1;33", "1", "2"
_LEAST_NAME, _LEAST_IMAGE = 12, 20
_LOG_LINES = 20
_MOST_PROBLEMS = 20
_MOST_SUGGESTIONS = 3
_IMAGE = _HEAD.index("IMAGE")


def table_text(report: CacheReport, *, width: int, colour: bool) -> str:
    """Write the report as lines of at most `width` characters (an address may be longer), coloured or not."""
    width = max(width, 20)
    title = untrusted.shortened(f"{phrases.mark(report)}{phrases.TITLE}: {phrases.headline(report)}", width)
    lines = [_paint(title, _RED if phrases.is_bad(report) else _BOLD)]
    # A phrase stays on one line.
    totals = " · ".join(phrase.replace(" ", "\u00a0") for phrase in phrases.sums(report))
    lines += [line.replace("\u00a0", " ") for line in textwrap.wrap(totals, width)]
    functions = phrases.failed_first(report)
    if functions:
        lines += ["", *_table(functions, width)]
    for word, meaning in phrases.legend(report):
        lines += [_paint(line, _DIM) for line in _wrap(f"{word}: {meaning}", width, "  ")]
    misses = [line for function in functions for line in _first_miss(function, width)]
    if misses:
        lines += ["", *misses]
    for suggestion in find_suggestions(report)[:_MOST_SUGGESTIONS]:
        pulled = f"{phrases.size(suggestion.bytes_pulled)} for {untrusted.listed(suggestion.functions)}"
        lines += ["", *_head(f"{suggestion.hint.problem} ({pulled})", width, _BOLD)]
        lines += _advice(replace(suggestion.hint, cause=""), width)
    for warning in report.warnings:
        place = f"{warning.place}: " if warning.place else ""
        lines += ["", *_head(f"! {place}{warning.problem}", width, _YELLOW)]
        lines += _advice(warning, width)
    # What failed comes last: it is what the eye meets at the end of a log.
    problems = find_problems(report)
    if len(problems) > _MOST_PROBLEMS:
        lines += ["", f"… {len(problems) - _MOST_PROBLEMS} more, see report.json"]
    for problem in reversed(problems[:_MOST_PROBLEMS]):
        lines += ["", *_problem(problem, width)]
    text = "".join(f"{line}\n" for line in lines)
    return text if colour else untrusted.visible(text)


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text else text


def _table(functions: Sequence[FunctionReport], width: int) -> Iterator[str]:
    for with_digest in (True, False):
        rows = [_HEAD, *(_row(function, with_digest=with_digest) for function in functions)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        # A line is the mark, then cells with two blanks before each but the first.
        spare = width - 2 - sum(widths) - 2 * (len(widths) - 1)
        if spare >= 0:
            break
    for at, least in ((_IMAGE, _LEAST_IMAGE), (0, _LEAST_NAME)):
        if spare < 0:
            narrower = max(min(widths[at], least), widths[at] + spare)
            spare += widths[at] - narrower
            widths[at] = narrower
    shown = list(range(len(_HEAD)))
    for at in (_IMAGE, 5, 3, 4, 2):
        if spare < 0:
            shown.remove(at)
            spare += widths[at] + 2
    for at, row in enumerate(rows):
        cells = [_fit(row[column], widths[column], keep_end=column == _IMAGE) for column in shown]
        line = untrusted.shortened("  ".join(cells).rstrip(), width - 2)
        if at == 0:
            yield _paint(f"  {line}", _DIM)
        else:
            status = functions[at - 1].status
            yield _paint(f"{_MARKS[status]} {line}", _COLOURS[status])


def _fit(text: str, width: int, *, keep_end: bool) -> str:
    # The end of an image reference tells more than its registry.
    cut = f"…{text[1 - width :]}" if keep_end and len(text) > width else untrusted.shortened(text, width)
    return cut.ljust(width)


def _row(function: FunctionReport, *, with_digest: bool) -> tuple[str, ...]:
    digest = f"@{function.digest[:19]}" if function.digest and with_digest else ""
    reason = f"({function.detail})" if function.status == "skipped" and function.detail else ""
    return (
        untrusted.one_line(function.name, 60),
        function.status,
        phrases.steps(function),
        phrases.imports(function.imports),
        phrases.export(function.export),
        phrases.seconds(function.duration_s) if function.duration_s else "-",
        untrusted.one_line(reason or function.image + digest, 160),
    )


def _first_miss(function: FunctionReport, width: int) -> list[str]:
    # Of a function without a single hit the table says enough.
    miss = function.first_miss
    if miss is None or not function.counts["hit"] or function.status == "failed":
        return []
    after = f"; {phrases.plural(miss.ran_after, 'step')} after it ran too" if miss.ran_after else ""
    what = f"{untrusted.one_line(function.name, 60)}: first miss {untrusted.one_line(miss.step, 60)}"
    text = f"{what} {untrusted.one_line(miss.instruction, 120)}: {untrusted.one_line(miss.reason)}{after}"
    return _wrap(text, width, "  ")


def _problem(problem: Problem, width: int) -> Iterator[str]:
    listed = untrusted.listed(problem.functions)
    hint, failure = problem.hint, problem.failure
    if failure is None:
        said = hint.problem if hint else f"{problem.what} failed."
        yield from _head(f"! {listed}: {said}", width, _YELLOW)
        if hint:
            yield from _advice(hint, width)
        yield from _quote(untrusted.last_lines(problem.raw, 6, 1500), width)
        return
    step, instruction = untrusted.one_line(failure.step, 60), untrusted.one_line(failure.instruction, 160)
    at_step = f" at step {step}, {instruction}" if step else ""
    yield from _head(f"✗ {listed} failed{at_step}", width, _RED)
    yield from _quote(untrusted.last_lines(failure.log, _LOG_LINES, 4000), width)
    if hint:
        yield from _wrap(hint.problem, width, "  ")
        yield from _advice(hint, width)


def _advice(notice: Notice, width: int) -> Iterator[str]:
    remedy = f"Remedy: {notice.remedy}" if notice.remedy else ""
    for part in filter(None, (notice.likely_cause, remedy)):
        yield from _wrap(part, width, "  ")
    if notice.url:
        yield f"  {untrusted.one_line(notice.url)}"


def _head(text: str, width: int, code: str) -> list[str]:
    return [_paint(line, code) for line in _wrap(text, width)]


def _quote(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        pieces = textwrap.wrap(line, width - 4, break_on_hyphens=False)
        for piece in pieces or [""]:
            yield f"  {_paint('│', _DIM)} {piece}".rstrip()


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        untrusted.one_line(text, 2000),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
    )
