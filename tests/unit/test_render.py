"""The pages of a report, byte for byte, and what holds on every page.

Each folder in golden/render is a case: `case.md` says what it proves,
`report.json` is the report, the other files are its pages. Run with
REGENERATE_GOLDEN=1 to write the pages anew, and review the difference.
"""

import dataclasses
import json
import os
import re
from pathlib import Path

import pytest

from openfaas_build import render
from openfaas_build.errors import Notice
from openfaas_build.render import phrases
from openfaas_build.report import (
    CacheReport,
    ExportReport,
    Failure,
    FirstMiss,
    FunctionReport,
    ImportReport,
    Totals,
    from_document,
)
from openfaas_build.report.make_report import total
from openfaas_build.solve import Step

CASES = Path(__file__).parents[1] / "golden" / "render"
NAMES = sorted(path.name for path in CASES.iterdir())
PAGES = ("summary.md", "terminal.txt", "terminal-narrow.txt", "annotations.json", "outputs.json")
REGENERATE = bool(os.environ.get("REGENERATE_GOLDEN"))


def load(name):
    path = CASES / name / "report.json"
    return from_document(json.loads(path.read_text(encoding="utf-8")), str(path))


def pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def page_of(report, page):
    match page:
        case "summary.md":
            return render.summary_markdown(report)
        case "terminal.txt":
            return render.table_text(report, width=120, colour=False)
        case "terminal-narrow.txt":
            return render.table_text(report, width=60, colour=True)
        case "annotations.json":
            return pretty([dataclasses.asdict(item) for item in render.annotations(report)])
        case "outputs.json":
            matrix = {"include": [{"shard": 1, "functions": ["a"]}]}
            return pretty(render.outputs(report, report_path="build/report.json", matrix=matrix))
    raise ValueError(page)


def step(status="hit", index=2, instruction="RUN make", **more):
    return Step(
        stage=more.pop("stage", "build"),
        index=index,
        of=9,
        instruction=instruction,
        status=status,
        duration_s=1.0,
        **more,
    )


def function(name="f1", status="built", **more):
    more.setdefault("digest", "sha256:" + 64 * "a" if status == "built" else "")
    return FunctionReport(
        name=name, image=f"r.example.com/acme/{name}:1", status=status, duration_s=2.0, **more
    )


def report(*functions, warnings=(), interrupted=False):
    return CacheReport(
        totals=total(functions, 3.0), functions=functions, warnings=tuple(warnings), interrupted=interrupted
    )


def hint(code="denied", problem="It failed.", remedy="Log in.", url="https://docs.example.com/a"):
    return Notice(code=code, problem=problem, cause="No log-in.", remedy=remedy, url=url)


def failure(said="ERROR: no", at=None, **more):
    """A failure that said a log, at a step."""
    message = said.splitlines()[-1].removeprefix("ERROR: ")
    where = {"step": at.name, "instruction": at.instruction} if at else {}
    return Failure(message=message, log=said, **where, **more)


# Golden pages.


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", NAMES)
def test_page_is_as_reviewed(name, page):
    path = CASES / name / page
    made = page_of(load(name), page)
    if REGENERATE:
        path.write_text(made, encoding="utf-8")
        pytest.fail(f"{name}/{page} was written anew: review it, and run again without REGENERATE_GOLDEN")
    assert made == path.read_text(encoding="utf-8")


def test_every_case_is_complete_and_says_what_it_proves():
    assert len(NAMES) >= 8
    for name in NAMES:
        assert {path.name for path in (CASES / name).iterdir()} == {"case.md", "report.json", *PAGES}
        assert (CASES / name / "case.md").read_text().endswith(".\n")


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_the_same_at_each_call(name):
    assert render.summary_markdown(load(name)) == render.summary_markdown(load(name))


# The job summary.


def test_the_title_can_be_chosen():
    made = render.summary_markdown(report(function()), title="Shard 2 <of> 3")
    assert made.startswith("## ✓ Shard 2 &lt;of&gt; 3: 1 built\n\n")


def test_failed_functions_come_first_everywhere():
    made = report(
        function("a", steps=(step("run"),)),
        function("z", "failed", steps=(step("failed"),), failure=failure()),
    )
    summary = render.summary_markdown(made)
    assert summary.index("**✗ `z` failed**") < summary.index("| `z` |") < summary.index("| `a` |")
    table = render.table_text(made, width=100, colour=False)
    assert table.index("✗ z") < table.index("✓ a")


def test_three_failures_are_unfolded_and_ten_are_listed():
    made = render.summary_markdown(
        report(*(function(f"f{at:02}", "failed", failure=failure(f"ERROR: no {at}")) for at in range(14)))
    )
    assert made.count("<details open>") == 3
    assert made.count("<details>") == 11
    assert made.count("- **✗ `") == 10
    assert "- … 4 more, in the details below" in made


def test_a_full_hit_has_nothing_to_unfold():
    made = render.summary_markdown(report(function(steps=(step(), step(index=3)))))
    assert "every step from cache" in made
    assert "every step (2)" in made
    assert "<details" not in made
    assert "%" not in made


def test_shared_steps_are_explained_and_are_no_full_hit():
    made = report(function(steps=(step(), step("shared", index=3))))
    for page in (render.summary_markdown(made), render.table_text(made, width=200, colour=False)):
        assert "1 of 1 step from cache (100 %)" in page
        assert "1 step shared" in page
        assert "another function of this run ran the step" in page
        assert "every step" not in page
    none = report(function(steps=(step(),)))
    assert "another function" not in render.summary_markdown(none)


def test_no_rate_is_shown_where_no_step_counts():
    for made in (report(function()), report(function(steps=(step("shared"),))), report()):
        assert made.totals.hit_rate is None
        assert "%" not in render.summary_markdown(made)
        assert "%" not in render.table_text(made, width=100, colour=False)
        assert render.outputs(made, report_path="r", matrix={})["cache-hit-rate"] == ""


def test_an_interrupted_run_says_so_on_every_page():
    made = report(function(), function("f2", "skipped", detail="interrupted"), interrupted=True)
    assert made.totals.failed == 0
    assert "✗ OpenFaaS functions: interrupted, 1 of 2 built" in render.summary_markdown(made)
    assert "interrupted, 1 of 2 built" in render.table_text(made, width=100, colour=False)
    assert render.annotations(made)[0].message == "The run was interrupted, 1 of 2 built."


def test_the_step_that_failed_is_named_with_its_instruction():
    steps = (step("failed", 2, stage="other"), step("failed", 3, 'RUN echo "x y" && exit 3'))
    made = report(function(status="failed", steps=steps, failure=failure("ERROR: exit code 3", steps[1])))
    summary = render.summary_markdown(made)
    assert '**✗ `f1` failed** at `RUN echo "x y" && exit 3`: exit code 3\n' in summary
    assert "failed</b> at step build 3/9</summary>" in summary


def test_a_failure_without_a_step_is_told_too():
    made = report(function(status="failed", failure=failure("docker buildx ended with exit code 9")))
    assert "**✗ `f1` failed**: docker buildx ended with exit code 9" in render.summary_markdown(made)


def test_a_strict_cache_failure_is_told_once_with_its_remedy():
    made = report(
        function(
            status="failed",
            steps=(step("failed"),),
            export=ExportReport(
                destination="type=gha", outcome="failed", detail="permission_denied", hint=hint()
            ),
            failure=failure("strict-cache: cache export type=gha failed", hint=hint(), by_cache=True),
        )
    )
    summary = render.summary_markdown(made)
    assert "- **✗ `f1` failed**: It failed.<br>*Remedy:* Log in." in summary
    assert [item.title for item in render.annotations(made)] == ["f1 failed"]


def test_equal_cache_failures_are_one_concern_with_all_functions():
    def failing(name):
        place = f"type=registry,ref=r.example.com/acme/{name}:c"
        return function(
            name,
            export=ExportReport(
                destination=place,
                outcome="failed",
                detail="denied",
                hint=hint(problem=f"Export to {name} failed."),
            ),
        )

    made = report(*(failing(f"f{at}") for at in range(7)))
    listed = "(`f0`, `f1`, `f2`, `f3`, `f4` and 2 more)"
    assert f"- **Export to f0 failed.** {listed}<br>*Remedy:* Log in." in render.summary_markdown(made)
    assert [item.title for item in render.annotations(made)] == [
        "Cache export failed: f0, f1, f2, f3, f4 and 2 more"
    ]
    assert render.table_text(made, width=200, colour=False).count("Remedy: Log in.") == 1


def test_a_cache_failure_without_a_hint_shows_what_was_said():
    failed = ImportReport(source="type=s3,bucket=b", outcome="failed", detail="no\nsuch | bucket")
    made = report(function(imports=(failed,)))
    assert "- **Cache import failed** (`f1`): <code>type=s3,bucket=b: no such &#124; bucket</code>" in (
        render.summary_markdown(made)
    )
    assert render.annotations(made)[0].message == "type=s3,bucket=b: no\nsuch | bucket"


def test_each_hint_stands_with_its_own_failure():
    made = report(
        function(
            imports=(
                ImportReport(source="a", outcome="failed", detail="from a", hint=hint("x", "A.", "Mend a.")),
            ),
            export=ExportReport(
                destination="b", outcome="failed", detail="to b", hint=hint("y", "B.", "Mend b.")
            ),
        )
    )
    first, second = render.annotations(made)
    assert (first.title, first.message) == (
        "Cache import failed: f1",
        "A.\nLikely cause: No log-in.\nMend a.\nhttps://docs.example.com/a\n\na: from a",
    )
    assert (second.title, second.message.endswith("b: to b")) == ("Cache export failed: f1", True)


def test_the_build_s_own_hint_stands_with_the_failed_function():
    made = report(
        function(
            status="failed",
            imports=(
                ImportReport(
                    source="a", outcome="failed", detail="from a", hint=hint("x", "Import.", "Mend a.")
                ),
            ),
            failure=failure("ERROR: no space left on device", hint=hint("y", "Disk full.", "Free space.")),
        )
    )
    error, warning = render.annotations(made)
    assert "Disk full." in error.message
    assert "Import." not in error.message
    assert "Import." in warning.message


def test_an_export_that_was_skipped_says_why():
    export = ExportReport(destination="type=gha", outcome="skipped", detail="its token is read-only")
    page = render.summary_markdown(report(function(export=export), function("f2", export=export)))
    assert page.count("its token is read-only") == 1


# Budgets.

HOSTILE = "@|`<&[](x)#1$\x1b[31m\u202e" * 6


def hostile(at):
    error = (("`" * 200 + "@<|" * 1000 + "\n\u202e\x1b[31m" + "\u00e9" * 500 + "\n") * 4) + "ERROR: x"
    advice = hint(HOSTILE, HOSTILE * 99, HOSTILE * 99, "https://x.example/" + "y" * 900)
    return FunctionReport(
        name=f"f{at:03}{HOSTILE}",
        image=HOSTILE * 5,
        digest="sha256:" + 64 * "a",
        status="failed",
        duration_s=1.0,
        steps=tuple(
            step("failed", index, HOSTILE * 20, platform=HOSTILE, stage=HOSTILE) for index in range(12)
        ),
        imports=(ImportReport(source=HOSTILE, outcome="failed", detail=error, hint=advice),),
        first_miss=FirstMiss(step=HOSTILE, instruction=HOSTILE, reason=HOSTILE, ran_after=3),
        failure=Failure(message=HOSTILE, log=error, step=HOSTILE, instruction=HOSTILE, hint=advice),
    )


@pytest.fixture(scope="module")
def hostile_report():
    warnings = [Notice(problem=HOSTILE * 50, cause=HOSTILE * 50, remedy=HOSTILE, file=HOSTILE)] * 200
    return report(*(hostile(at) for at in range(500)), warnings=warnings)


@pytest.mark.parametrize(("functions", "budget"), [(500, 1_000_000), (40, 10_000), (40, 301), (40, 0)])
def test_the_summary_stays_within_its_budget(hostile_report, functions, budget):
    hostile_report = dataclasses.replace(hostile_report, functions=hostile_report.functions[:functions])
    made = render.summary_markdown(hostile_report, budget_bytes=budget)
    assert len(made.encode()) <= budget
    if budget >= 1_000:
        assert made.startswith("## ✗ OpenFaaS functions: 500 of 500 failed\n")
    if budget >= 10_000:
        rows = len(re.findall(r"^\| <code>f\d\d\d", made, re.MULTILINE))
        more = re.search(r"^\| … (\d+) more, see report\.json( \|){7}$", made, re.MULTILINE)
        assert rows + (int(more[1]) if more else 0) == functions
        details = made.count("<details")
        left_out = re.search(r"^… the details of (\d+) more functions, see report.json$", made, re.MULTILINE)
        assert details + int(left_out[1]) == functions
        assert details == made.count("</details>\n")


def test_what_was_left_out_is_counted_however_full_the_page_is():
    miss = FirstMiss(step="build 8/9", instruction="RUN make", reason="x", ran_after=1)
    made = report(*(function(f"f{at}", first_miss=miss, steps=(step("run"),)) for at in range(20)))
    shown = set()
    for budget in range(3_500, 5_500, 7):
        page = render.summary_markdown(made, budget_bytes=budget)
        details = page.count("<details")
        left_out = re.search(r"… the details of (\d+) more function", page)
        assert len(page.encode()) <= budget
        assert details + int(left_out[1] if left_out else 0) == 20
        shown.add(details)
    assert len(shown) > 5


def test_five_hundred_ordinary_functions_all_have_their_row():
    steps = tuple(step("hit" if index < 8 else "run", index) for index in range(2, 10))
    miss = FirstMiss(step="build 8/9", instruction="RUN make", reason="x", ran_after=1)
    functions = [function(f"function-{at:03}", steps=steps, first_miss=miss) for at in range(499)]
    functions.append(function("broken", "failed", failure=failure("log\n" * 5000 + "ERROR: no")))
    made = render.summary_markdown(report(*functions))
    assert len(made.encode()) <= 1_000_000
    assert len(re.findall(r"^\| `function-\d+` \|", made, re.MULTILINE)) == 499
    assert made.count("<details") == 500
    assert "more" not in made.replace("More about it", "")


def test_a_log_is_cut_at_its_beginning_and_says_so():
    log = "\n".join(f"line {at}" for at in range(1000))
    made = render.summary_markdown(report(function(status="failed", failure=failure(f"{log}\nERROR: no"))))
    assert "```text\n…\nline 941\n" in made
    assert "line 999\nERROR: no\n```" in made
    whole = render.summary_markdown(report(function(status="failed", failure=failure("line 1\nERROR: no"))))
    assert "```text\nline 1\nERROR: no\n```" in whole


def test_long_names_and_instructions_are_cut_with_a_mark():
    miss = FirstMiss(step="build 2/9", instruction="RUN i", reason="x", ran_after=0)
    steps = (step("run", instruction="RUN " + "i" * 900),)
    summary = render.summary_markdown(report(function("n" * 300, steps=steps, first_miss=miss)))
    assert f"| `{'n' * 79}…` |" in summary
    assert f"| `RUN {'i' * 115}…` |" in summary


# The terminal.


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 300])
@pytest.mark.parametrize("name", NAMES)
def test_lines_are_no_wider_than_the_terminal(name, width):
    made = render.table_text(load(name), width=width, colour=False)
    lines = [line for line in made.split("\n") if not re.match(r"  (https|javascript):", line)]
    assert max(map(len, lines)) <= width


def test_colours_are_all_that_colours_add(hostile_report):
    few = report(*hostile_report.functions[:3], warnings=hostile_report.warnings[:2])
    for made in (few, load("failed"), load("cold")):
        plain = render.table_text(made, width=80, colour=False)
        coloured = render.table_text(made, width=80, colour=True)
        assert coloured != plain
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]", plain)


def test_twenty_failures_are_shown_and_the_others_counted():
    made = report(*(function(f"f{at:02}", "failed", failure=failure()) for at in range(25)))
    text = render.table_text(made, width=80, colour=False)
    assert text.count(" failed\n  │") == 20
    assert "\n… 5 more, see report.json\n" in text
    assert text.index("f24 ") < text.index("✗ f19 failed") < text.index("✗ f00 failed")


# Words.


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 9, "0 %"),
        (1, 300, "under 1 %"),
        (41, 46, "89 %"),
        (29, 100, "29 %"),
        (999, 1000, "99 %"),
        (7, 7, "100 %"),
    ],
)
def test_shares_are_rounded_down(part, whole, text):
    assert phrases.percent(part, whole) == text


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (7384, "2 h 03 min"),
        (-1, "0.0 s"),
    ],
)
def test_durations(duration_s, text):
    assert phrases.seconds(duration_s) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "nothing"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (999_960, "1.0 MB"),
        (123_456_789, "123 MB"),
        (5_000_000_000, "5.0 GB"),
        (7_000_000_000_000, "7.0 TB"),
    ],
)
def test_sizes(size_bytes, text):
    assert phrases.size(size_bytes) == text


def test_several_imports_are_counted_by_outcome():
    found = [ImportReport(source=str(at), outcome=word) for at, word in enumerate(["ok", "cold", "cold"])]
    assert phrases.imports(found) == "1 read, 2 cold"
    assert phrases.imports(found[1:]) == "cold"
    assert phrases.imports(()) == "-"


def test_the_headline_fits_what_happened():
    totals = Totals(
        functions=4, built=1, reused=1, failed=0, skipped=2, steps_total=0, steps_hit=0, steps_shared=0,
        hit_rate=None, bytes_pulled=0, duration_s=1.0,
    )  # fmt: skip
    assert phrases.headline(CacheReport(totals=totals, functions=())) == "2 of 4 built"
    assert phrases.headline(report()) == "nothing built"
    assert phrases.mark(report()) == ""


# Annotations.


def test_annotations_stay_within_github_s_limits(hostile_report):
    made = render.annotations(hostile_report)
    assert [item.level for item in made] == ["error"] * 10 + ["warning"] * 10
    assert max(len(item.message) for item in made) <= 4096
    assert made[9].message == "and 491 more, see the job summary"
    # 500 equal cache failures are one warning, beside 200 of the plan.
    assert made[19].message == "and 192 more, see the job summary"


def test_nine_annotations_need_no_last_one():
    made = render.annotations(
        report(*(function(f"f{at}", "failed", failure=failure("x")) for at in range(9)))
    )
    assert len(made) == 9
    assert made[-1].title == "f8 failed"


def test_an_error_gives_step_reason_remedy_and_the_end_of_the_log():
    made = report(
        function(
            status="failed",
            steps=(step("failed"),),
            failure=failure("noise\n" * 100 + "boom\nERROR: it broke", step("failed"), hint=hint()),
        )
    )
    (found,) = render.annotations(made)
    assert found.level == "error"
    assert found.title == "f1 failed at step build 2/9"
    assert found.message.startswith(
        "RUN make: it broke\n\nIt failed.\nLikely cause: No log-in.\nLog in.\nhttps://docs.example.com/a\n\n…\nnoise"
    )
    assert found.message.endswith("boom\nERROR: it broke")


def test_warnings_of_the_plan_have_their_place_and_come_last():
    made = report(
        function(imports=(ImportReport(source="a", outcome="failed", detail="x"),)),
        warnings=[Notice(problem="P.", cause="C.", remedy="R.", file="stack.yml", line=4)],
    )
    last = render.annotations(made)[-1]
    assert (last.level, last.message, last.file, last.line) == (
        "warning",
        "P.\nLikely cause: C.\nR.",
        "stack.yml",
        4,
    )


def test_a_run_without_trouble_has_no_annotations():
    assert render.annotations(load("full-hit")) == []
    assert render.annotations(load("cold")) == []


def test_a_long_hint_of_a_failure_is_whole_in_the_summary():
    problem = "x" * 500 + " end."
    made = report(function(status="failed", failure=failure("ERROR: no", hint=hint(problem=problem))))
    assert f"**✗ `f1` failed**: {problem}<br>" in render.summary_markdown(made)
