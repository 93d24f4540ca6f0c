"""Where --link would have spared fetching layers, and where nothing is said of it."""

import dataclasses
import json

import pytest
from recorded import lines_of, read

from openfaas_build import render
from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.dockerfile import Dockerfile, read_dockerfile
from openfaas_build.plan import FunctionBuild
from openfaas_build.report import FunctionResult, from_document, make_report, merge, to_document
from openfaas_build.solve import SolveRecord, Step

# What was recorded: the base image is hit, both files were changed.
RECORDED = """\
FROM debian:bookworm-slim AS base
RUN --network=none dd if=/dev/urandom of=/deps bs=1M count=4 2>/dev/null

FROM base
WORKDIR /srv/app
COPY index.py ./
COPY function /srv/app/function
"""
PATH = "template/py/Dockerfile"
OWN_FOLDER = "Folders on the way to the destination become root's, so let it have one of its own."


def recorded(name: str) -> SolveRecord:
    return read(lines_of(f"{name}.jsonl"))


def function(name: str = "fn", **more) -> FunctionBuild:
    return FunctionBuild(
        name=name, lang="py", handler="./fn", context="build/fn", image="u/fn:1", tags=("u/fn:1",), **more
    )


def report_of(*runs: FunctionResult, text: str = RECORDED):
    dockerfiles = {run.build.name: read_dockerfile(text, PATH) for run in runs}
    return make_report(runs, duration_s=1.0, dockerfiles=dockerfiles)


def hints(record: SolveRecord, text: str = RECORDED, **more):
    run = FunctionResult(build=more.pop("build", function()), record=record, **more)
    return report_of(run, text=text).functions[0].suggestions


def record_of(*steps: tuple[str, str]) -> SolveRecord:
    """Make the record of one stage: (status, instruction) of each step."""
    return SolveRecord(
        steps=tuple(
            Step(
                index=at,
                of=len(steps) + 1,
                instruction=instruction,
                status=status,  # type: ignore[arg-type]
                digests=frozenset([f"d{at}"]),
            )
            for at, (status, instruction) in enumerate(steps, start=2)
        ),
        bytes_pulled=5,
    )


def remedy(*steps: tuple[str, str]) -> str | None:
    record = record_of(("hit", "RUN make"), *steps)
    text = "".join(f"{line}\n" for line in ("FROM x", *(step.instruction for step in record.steps)))
    found = hints(record, text)
    return found[0].remedy.removesuffix(f" {OWN_FOLDER}") if found else None


def test_recorded_without_link():
    (hint,) = hints(recorded("copied-without-link"))
    assert hint.as_hint() == {
        "code": "copy-without-link",
        "problem": f"COPY index.py ./ in {PATH}:6 has no --link, so the layers below it were fetched.",
        "cause": "A step without --link is made inside the files of the steps before it.",
        "remedy": "Write COPY --link, in line 7 too. "
        f"Write the destination as an absolute path. {OWN_FOLDER}",
        "url": "https://docs.docker.com/reference/dockerfile/#copy---link",
    }


def test_recorded_with_link_nothing_is_fetched_and_nothing_said():
    record = recorded("copied-with-link")
    assert [step.status for step in record.steps] == ["hit", "hit", "run", "run"]
    assert record.bytes_pulled == 0
    assert hints(record, RECORDED.replace("COPY ", "COPY --link ")) == ()
    # Whatever was fetched, it was not for these.
    assert hints(dataclasses.replace(record, bytes_pulled=9)) == ()


@pytest.mark.parametrize("folder", ["engine-28.5", "buildkit-0.32"])
@pytest.mark.parametrize("name", ["handler-changed-max", "local-handler-changed"])
def test_recorded_where_a_run_step_needs_the_layers_too(folder: str, name: str):
    record = recorded(f"{folder}/{name}")
    assert record.bytes_pulled
    assert hints(record) == ()


def test_it_is_said_only_where_it_helps():
    record = recorded("copied-without-link")
    assert hints(dataclasses.replace(record, bytes_pulled=0)) == ()
    # The engine wants every layer.
    assert hints(record, build=function(load=True)) == ()
    assert hints(record, exit_code=1) == ()
    assert (
        make_report([FunctionResult(build=function(), record=record)], duration_s=1.0)
        .functions[0]
        .suggestions
        == ()
    )


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("run", "COPY a /a")], "Write COPY --link."),
        ([("run", "ADD --chmod=644 a.tar /a")], "Write ADD --link."),
        ([("run", "COPY   --chown=1000:1000    a   b  /a/")], "Write COPY --link."),
        ([("run", "COPY [a b, /a b]")], "Write COPY --link."),
        ([("run", "COPY [a, b c]")], "Write COPY --link. Write the destination as an absolute path."),
        ([("run", "COPY a .")], "Write COPY --link. Write the destination as an absolute path."),
        ([("run", "COPY a $X/a")], "Write COPY --link."),
        (
            [("run", "COPY --chown=app:app a /a")],
            "Write COPY --link. Write --chown with numbers: names are not looked up.",
        ),
        ([("run", "COPY --link a /a"), ("run", "COPY b /b")], "Write COPY --link."),
        ([("run", "COPY --link --from=x /a /a"), ("run", "COPY b /b")], "Write COPY --link."),
        (
            [("run", "COPY a /a"), ("run", "COPY b /b"), ("run", "COPY c /c")],
            "Write COPY --link, in line 4 and 5 too.",
        ),
        ([("run", "COPY a /a"), ("run", "RUN make")], None),
        ([("run", "COPY a /a"), ("run", "WORKDIR /a")], None),
        ([("run", "COPY --from=x /a /a")], None),
        ([("run", "COPY a /a"), ("run", "COPY --from=x /b /b")], None),
        ([("run", "ADD https://example.com/a /a")], None),
        ([("run", "ADD git@example.com:a/b.git /a")], None),
        ([("run", "COPY --link a /a")], None),
        ([("run", "COPY --link=true a /a")], None),
        ([("hit", "COPY a /a")], None),
    ],
)
def test_which_steps_it_is_said_of(steps: list[tuple[str, str]], expected: str | None):
    assert remedy(*steps) == expected


def test_a_step_of_another_stage_needs_layers_of_its_own():
    record = recorded("copied-without-link")
    steps = (dataclasses.replace(record.steps[0], status="run"), *record.steps[1:])
    assert hints(dataclasses.replace(record, steps=steps)) == ()


def test_a_step_of_two_platforms_is_named_once():
    record = recorded("copied-without-link")
    both = tuple(
        dataclasses.replace(step, platform=f"linux/{name}")
        for name in ("amd64", "arm64")
        for step in record.steps
    )
    assert hints(dataclasses.replace(record, steps=both)) == hints(record) != ()


@pytest.mark.parametrize("text", ["", "FROM base\nRUN a\nRUN b\n", RECORDED.replace("COPY", "COPY --link")])
def test_a_line_that_says_something_else_is_not_named(text: str):
    (hint,) = hints(recorded("copied-without-link"), text)
    assert hint.problem.startswith(f"COPY index.py ./ in {PATH} has no --link")
    assert hint.remedy.startswith("Write COPY --link, in the steps after it too. ")


def test_functions_of_one_template_are_told_of_it_once():
    record = recorded("copied-without-link")
    runs = [FunctionResult(build=function(f"fn-{at}"), record=record) for at in range(7)]
    nothing = FunctionResult(build=function("late"), record=dataclasses.replace(record, bytes_pulled=0))
    made = report_of(*runs, nothing)
    summary = render.summary_markdown(made)
    assert summary.count("### What would be faster") == summary.count("has no --link") == 1
    listed = ", ".join(f"`fn-{at}`" for at in range(5))
    assert f"were fetched.** 321 MB for {listed} and 2 more.<br>*Remedy:* Write COPY --link" in summary
    assert "COPY index.py ./ in template/py/Dockerfile:6 has no --link" in summary
    table = render.table_text(made, width=2000, colour=False)
    assert table.count("has no --link") == 1
    assert "(321 MB for fn-0, fn-1, fn-2, fn-3, fn-4 and 2 more)" in table
    # It is no trouble: no annotation, no failure.
    assert render.annotations(made) == []
    assert "with cache failures" not in summary


def test_it_survives_report_json_and_the_merging_of_shards():
    record = recorded("copied-without-link")
    shards = [report_of(FunctionResult(build=function(name), record=record)) for name in ("a", "b")]
    documents = [json.loads(json.dumps(to_document(shard))) for shard in shards]
    merged = merge([from_document(document, "report.json") for document in documents])
    summary = render.summary_markdown(merged)
    assert summary.count("has no --link") == 1
    assert "91.8 MB for `a`, `b`." in summary


def test_a_cache_failure_beside_it_keeps_its_own_words():
    cache = CacheSpec(mode="custom", imports=parse_entries(["type=registry,ref=r.example.com/x:cache"]))
    record = dataclasses.replace(recorded("copied-without-link"), imports=())
    made = report_of(FunctionResult(build=function(cache=cache), record=record))
    assert len(made.functions[0].suggestions) == 1
    assert render.summary_markdown(made).count("has no --link") == 1
    (annotation,) = render.annotations(made)
    assert annotation.title.startswith("Cache import failed")
    assert "--link" not in annotation.message


def test_foreign_text_stays_text():
    record = record_of(("hit", "RUN make"), ("run", "COPY <img/src=https://evil.example.com>|**b**|`c` /a"))
    runs = [FunctionResult(build=function(), record=record)]
    dockerfile = Dockerfile(path="template/[a](https://evil.example.com)/Dockerfile", instructions=())
    made = make_report(runs, duration_s=1.0, dockerfiles={"fn": dockerfile})
    (line,) = (line for line in render.summary_markdown(made).splitlines() if "has no" in line)
    assert "<img" not in line
    assert "Dockerfile](" not in line and "[a](" not in line
    assert "**b**" not in line
