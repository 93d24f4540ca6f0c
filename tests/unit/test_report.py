"""What a run did, said per function: from recorded builds, and from records made for one case."""

import dataclasses
import json

import pytest
from recorded import lines_of, read

from openfaas_build.after_build import needs_export
from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.errors import BuildError, Notice
from openfaas_build.plan import FunctionBuild
from openfaas_build.report import FunctionResult, from_document, make_report, merge, to_document
from openfaas_build.solve import CacheExport, CacheImport, SolveRecord, Step

FOLDERS = ("engine-28.5", "buildkit-0.32")
REF = "127.0.0.1:5055/rec-fn:cache"
MAX = CacheSpec(
    mode="max",
    imports=parse_entries([f"type=registry,ref={REF}"]),
    exports=parse_entries([f"type=registry,ref={REF},mode=max"]),
)
GHA = CacheSpec(
    mode="gha",
    imports=parse_entries(["type=gha,scope=fn"]),
    exports=parse_entries(["type=gha,scope=fn,mode=max"]),
)


def recorded(folder: str, name: str) -> SolveRecord:
    return read(lines_of(f"{folder}/{name}.jsonl"))


def function(name: str = "fn", cache: CacheSpec = MAX, **more) -> FunctionBuild:
    return FunctionBuild(
        name=name,
        lang="go",
        handler="./fn",
        context="build/fn",
        image="u/fn:1",
        tags=("u/fn:1",),
        cache=cache,
        **more,
    )


def step(index: int, status: str, instruction: str = "RUN make", stage: str = "", digest: str = "") -> Step:
    return Step(
        stage=stage,
        index=index,
        of=9,
        instruction=instruction,
        status=status,  # type: ignore[arg-type]
        digests=frozenset([digest or f"d{index}"]),
    )


def one(run: FunctionResult, **options):
    return make_report([run], duration_s=1.0, **options).functions[0]


@pytest.mark.parametrize("folder", FOLDERS)
class TestRecorded:
    def test_cold(self, folder: str):
        record = recorded(folder, "cold")
        found = one(FunctionResult(build=function(), record=record, export=record, export_duration_s=2.0))
        assert found.status == "built"
        assert found.counts == {"hit": 0, "shared": 0, "run": 7, "failed": 0, "not_run": 0}
        assert [item.outcome for item in found.imports] == ["cold"]
        assert found.export and (found.export.outcome, found.export.duration_s) == ("ok", 2.0)
        assert found.first_miss and found.first_miss.step == "build 2/6"
        assert found.first_miss.reason == "no cache held anything for this function yet"
        assert found.first_miss.ran_after == 6

    def test_full_hit(self, folder: str):
        # Recorded with one solve for both; ours leaves the export to a second one.
        record = dataclasses.replace(recorded(folder, "warm-full-hit"), exports=())
        build = function()
        assert not needs_export(build, record, builder_was_empty=True)
        assert not needs_export(build, record, builder_was_empty=False)
        report = make_report([FunctionResult(build=build, record=record)], duration_s=1.0)
        assert report.totals.hit_rate == 1.0
        found = report.functions[0]
        assert found.first_miss is None
        assert found.export and found.export.outcome == "not_needed"

    def test_handler_changed(self, folder: str):
        record = recorded(folder, "handler-changed-max")
        assert needs_export(function(), record, builder_was_empty=True)
        found = one(FunctionResult(build=function(), record=record, export=record))
        assert (found.counts["hit"], found.counts["run"]) == (3, 4)
        assert found.first_miss
        assert (found.first_miss.instruction, found.first_miss.ran_after) == ("COPY handler.go .", 3)
        assert found.first_miss.reason == "a file or a mode under handler.go changed"

    def test_steps_stand_as_in_the_dockerfile(self, folder: str):
        found = one(FunctionResult(build=function(), record=recorded(folder, "handler-changed-max")))
        assert [f"{item.stage} {item.index}" for item in found.steps] == [
            *(f"build {index}" for index in range(2, 7)),
            "stage-1 2",
            "stage-1 3",
        ]

    def test_a_refused_export_is_a_warning_with_a_hint(self, folder: str):
        export = recorded(folder, "export-400-ignored")
        run = FunctionResult(
            build=function(), record=recorded(folder, "cold"), export=export, export_exit_code=1
        )
        found = one(run)
        assert found.status == "built"
        assert found.export and found.export.outcome == "failed"
        assert "error writing manifest blob" in found.export.detail
        assert found.export.hint and found.export.hint.code == "registry-refused-cache-manifest"
        strict = one(run, strict_cache=True)
        assert strict.status == "failed"
        assert strict.failure and strict.failure.by_cache and strict.failure.hint == found.export.hint
        assert strict.failure.message.startswith("strict-cache: cache export type=registry,ref=")

    def test_a_denied_import_is_a_warning_with_a_hint(self, folder: str):
        cache = CacheSpec(
            mode="custom", imports=parse_entries(["type=registry,ref=127.0.0.1:5057/rec-fn:cache"])
        )
        found = one(FunctionResult(build=function(cache=cache), record=recorded(folder, "import-denied")))
        assert [item.outcome for item in found.imports] == ["failed"]
        assert found.imports[0].hint and found.imports[0].hint.code == "registry-denied"
        assert found.status == "built"

    def test_a_failed_step_shows_its_log(self, folder: str):
        found = one(FunctionResult(build=function(), record=recorded(folder, "failed-step"), exit_code=1))
        assert found.status == "failed"
        assert found.failure and "handler.go:7: undefined: foo" in found.failure.log
        assert found.failure.log.splitlines()[-1].startswith("ERROR: failed to build")
        assert found.failure.message == "exit code 3"
        assert found.failure.step and found.failure.instruction.startswith("RUN ")
        assert found.export and found.export.outcome == "skipped"
        assert found.counts == {"hit": 0, "shared": 0, "run": 2, "failed": 1, "not_run": 3}

    def test_a_dropped_cache_is_told(self, folder: str):
        record = recorded(folder, "gha-no-credentials")
        found = one(FunctionResult(build=function(cache=GHA), record=record, export=record))
        assert [(item.outcome, item.detail) for item in found.imports] == [
            ("failed", "buildx dropped it without a word")
        ]
        assert found.export and found.export.outcome == "failed"

    def test_gha_says_nothing_so_its_hits_decide(self, folder: str):
        cold, warm = recorded(folder, "gha-cold"), recorded(folder, "gha-warm")
        assert one(FunctionResult(build=function(cache=GHA), record=cold)).imports[0].outcome == "cold"
        assert one(FunctionResult(build=function(cache=GHA), record=warm)).imports[0].outcome == "ok"
        assert not needs_export(function(cache=GHA), warm, builder_was_empty=True)
        assert needs_export(function(cache=GHA), warm, builder_was_empty=False)

    def test_a_local_folder_that_is_not_there_is_cold(self, folder: str):
        cache = CacheSpec(
            mode="local",
            imports=parse_entries(["type=local,src=cache"]),
            exports=parse_entries(["type=local,dest=cache"]),
        )
        cold, changed = recorded(folder, "local-cold"), recorded(folder, "local-handler-changed")
        assert one(FunctionResult(build=function(cache=cache), record=cold)).imports[0].outcome == "cold"
        assert one(FunctionResult(build=function(cache=cache), record=changed)).imports[0].outcome == "ok"

    def test_a_step_that_another_function_ran_is_shared(self, folder: str):
        runs = [
            FunctionResult(build=function(name, CacheSpec()), record=recorded(folder, f"shared-step-{name}"))
            for name in ("a", "b")
        ]
        report = make_report(runs, duration_s=1.0)
        # Two steps that b waited for, and WORKDIR, which both streams tell of with one digest.
        assert [item.counts["shared"] for item in report.functions] == [0, 3]
        assert (report.totals.steps_total, report.totals.steps_shared, report.totals.hit_rate) == (14, 3, 0.0)


def test_on_an_empty_builder_a_hit_without_an_import_is_shared():
    record = SolveRecord(steps=(step(1, "hit"), step(2, "run")))
    found = one(FunctionResult(build=function(cache=CacheSpec()), record=record, builder_was_empty=True))
    assert found.counts["shared"] == 1
    known = SolveRecord(steps=record.steps, imports=(CacheImport(source=REF, outcome="ok"),))
    found = one(FunctionResult(build=function(), record=known, builder_was_empty=True))
    assert found.counts["hit"] == 1


def test_a_step_that_was_given_up_in_a_build_that_ended_well_is_no_failure():
    record = read(lines_of("step-given-up.jsonl"))
    assert [item.instruction for item in record.steps if item.status == "cancelled"] == ["COPY go.mod ."]
    found = one(FunctionResult(build=function(), record=record))
    assert (found.status, found.counts["failed"], found.counts["not_run"]) == ("built", 0, 1)
    ended = one(FunctionResult(build=function(), record=record, exit_code=130))
    assert ended.counts["failed"] == 1


def test_a_step_that_was_given_up_asks_for_no_export():
    steps = (step(1, "cancelled"), step(2, "hit"))
    record = SolveRecord(steps=steps, imports=(CacheImport(source=REF, outcome="ok"),))
    assert not needs_export(function(), record, builder_was_empty=False)


def test_a_step_that_ran_once_for_two_builds_is_one_miss():
    record = SolveRecord(steps=(step(1, "run", digest="same"), step(2, "run")))
    other = SolveRecord(steps=(step(1, "run", digest="same"), step(2, "run", digest="other")))
    runs = [
        FunctionResult(build=function("a"), record=record),
        FunctionResult(build=function("b"), record=other),
    ]
    report = make_report(runs, duration_s=1.0)
    assert [(item.counts["run"], item.counts["shared"]) for item in report.functions] == [(2, 0), (1, 1)]
    fresh = [
        FunctionResult(build=function(name, fresh=True), record=run.record)
        for name, run in zip("ab", runs, strict=True)
    ]
    alone = make_report(fresh, duration_s=1.0)
    assert [(item.counts["run"], item.counts["shared"]) for item in alone.functions] == [(2, 0), (2, 0)]


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("COPY --chown=app a.txt b/ dest/", "a file or a mode under a.txt b/ changed"),
        ("ADD https://x/y /y", "a file or a mode under https://x/y changed"),
        ("COPY --from=build /out /out", "what it copies from another stage changed"),
        ("WORKDIR /src", "the instruction changed"),
        (
            "RUN make",
            "the instruction or a build argument changed, or the cache does not hold it "
            "(mode min and inline keep the last stage only)",
        ),
    ],
)
def test_why_a_step_ran(instruction: str, reason: str):
    steps = (step(1, "hit"), step(2, "run", instruction), step(3, "run"))
    imports = (CacheImport(source=REF, outcome="ok"),)
    found = one(FunctionResult(build=function(), record=SolveRecord(steps=steps, imports=imports)))
    assert found.first_miss and (found.first_miss.reason, found.first_miss.ran_after) == (reason, 1)
    first = one(FunctionResult(build=function(), record=SolveRecord(steps=steps[1:], imports=imports)))
    assert first.first_miss and first.first_miss.reason == f"{reason}, or its base image did"


def test_what_never_started_still_gets_its_line():
    runs = [
        FunctionResult(build=function("skipped", skip="skip_build")),
        FunctionResult(build=function("late"), reason="interrupted"),
    ]
    report = make_report(runs, duration_s=1.0, interrupted=True)
    assert [(item.name, item.status, item.detail) for item in report.functions] == [
        ("skipped", "skipped", "skip_build"),
        ("late", "skipped", "interrupted"),
    ]
    assert report.totals.hit_rate is None
    assert report.interrupted


def test_an_export_that_is_cancelled_or_empty_is_no_success():
    record = SolveRecord(steps=(step(1, "run"),))
    for outcome, text in (("failed", "context canceled"), ("failed", ""), ("skipped", "")):
        export = SolveRecord(exports=(CacheExport(kind="registry", outcome=outcome, error=text),))  # type: ignore[arg-type]
        found = one(FunctionResult(build=function(), record=record, export=export, export_exit_code=0))
        assert found.export and found.export.outcome == "failed"


def test_report_json_comes_back_as_it_was():
    run = FunctionResult(
        build=function(),
        record=recorded("engine-28.5", "cold"),
        export=recorded("engine-28.5", "export-400-ignored"),
        export_exit_code=1,
    )
    report = make_report([run], duration_s=1.5, warnings=[Notice(problem="p", file="stack.yml", line=3)])
    text = json.dumps(to_document(report))
    assert from_document(json.loads(text), "report.json") == report
    document = json.loads(text)
    assert list(document["functions"][0]["cache"]) == ["imports", "export"]
    assert document["schema"] == 1


@pytest.mark.parametrize("document", [{}, {"schema": 2}, {"schema": 1, "functions": [{}]}, []])
def test_another_file_is_no_report(document):
    with pytest.raises(BuildError, match=r"^x\.json: this is no report of openfaas-build"):
        from_document(document, "x.json")


def test_shards_are_merged():
    warning = Notice(problem="same")
    parts = [
        make_report(
            [FunctionResult(build=function(name), record=record)], duration_s=seconds, warnings=[warning]
        )
        for name, record, seconds in (
            ("b", SolveRecord(steps=(step(1, "hit"),)), 2.0),
            ("a", SolveRecord(steps=(step(1, "run"),)), 5.0),
        )
    ]
    merged = merge(parts)
    assert [item.name for item in merged.functions] == ["a", "b"]
    assert (merged.totals.hit_rate, merged.totals.duration_s, merged.warnings) == (0.5, 5.0, (warning,))
    assert merge([dataclasses.replace(parts[0], interrupted=True), parts[1]]).interrupted
