"""The reading of every recorded stream, the log that it gives, and hostile input."""

import base64
import doctest
import json
import random
import re
from types import ModuleType
from typing import Any

import pytest
from recorded import RECORDINGS, lines_of, read

from openfaas_build.progress import Reader, events, step_name
from openfaas_build.progress.output import LOG_LIMIT
from openfaas_build.solve import SolveRecord

EXPECTED = json.loads((RECORDINGS / "expected.json").read_text())


def as_expected(record: SolveRecord) -> dict:
    """Write a record as expected.json does."""
    statuses = [step.status for step in record.steps]
    steps: dict[str, Any] = {
        word: statuses.count(word) for word in ("failed", "cancelled", "hit", "run", "not_run")
    }
    steps["hit_steps"] = sorted(step.name for step in record.steps if step.status == "hit")
    imports = [{"from": e.source, "outcome": e.outcome, "error": e.error} for e in record.imports]
    exports = [{"type": e.kind, "outcome": e.outcome, "error": e.error} for e in record.exports]
    failures = [
        {"step": step.name, "error": step.error, "log": step.log}
        for step in record.steps
        if step.status == "failed"
    ]

    def without_empty(entries: list[dict]) -> list[dict]:
        return [{key: value for key, value in entry.items() if value} for entry in entries]

    found = {
        "steps": steps if statuses else {},
        "bytes_pulled": record.bytes_pulled,
        "imports": sorted(without_empty(imports), key=str),
        "exports": sorted(without_empty(exports), key=str),
        "failures": without_empty(failures),
        "last_lines": list(record.tail),
        "warnings": list(record.warnings),
    }
    return {key: value for key, value in found.items() if value not in ([], {})}


@pytest.mark.parametrize("module", [events, step_name], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.attempted > 1, result.failed) == (True, 0)


def test_the_recordings_are_all_there() -> None:
    files = {str(path.relative_to(RECORDINGS)) for path in RECORDINGS.glob("*/*.jsonl")}
    assert files == set(EXPECTED)
    assert len(files) == 76


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recording_reads_as_expected(name: str) -> None:
    # What the metadata file says is read by `buildx`.
    expected = {key: value for key, value in EXPECTED[name].items() if key != "metadata"}
    assert as_expected(read(lines_of(name))) == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_a_reader_can_be_asked_at_any_time(name: str) -> None:
    reader = Reader()
    steps = 0
    for line in lines_of(name):
        reader.feed(line + "\n")
        record = reader.record()
        assert len(record.steps) >= steps
        steps = len(record.steps)
    assert reader.record() == read(lines_of(name))


@pytest.mark.parametrize("name", EXPECTED)
def test_log_lines_are_clean_and_tell_each_hit_once(name: str) -> None:
    reader = Reader()
    log = [text for line in lines_of(name) for text in reader.feed(line)]
    assert all(text.isprintable() for text in log)
    assert not [text for text in log if "internal]" in text]
    cached = [text for text in log if text.endswith(" CACHED")]
    assert len(cached) == len(set(cached))
    hits = {f"[{step.name}] CACHED" for step in reader.record().steps if step.status == "hit"}
    assert hits <= set(cached)


BASE = "127.0.0.1:5055/rec-base:1@sha256:bcdf4dfcdd97210eb12b34ad89143f7cc1b3b613956e2ebf14a702d72a767422"
DD = "RUN --network=none dd if=/dev/urandom of=/deps bs=1M count=30 2>/dev/null"
LOGS = {
    "engine-28.5/handler-changed-max.jsonl": f"""\
importing cache manifest from 127.0.0.1:5055/rec-fn:cache
[build 1/6] FROM {BASE}
importing cache manifest from 127.0.0.1:5055/rec-fn:cache DONE 0.0s
[build 2/6] WORKDIR /src
[build 2/6] CACHED
[build 3/6] COPY go.mod .
[build 3/6] CACHED
[build 4/6] {DD}
[build 4/6] CACHED
[build 4/6] pulled 1.1MB
[build 4/6] pulled 31.5MB
[build 5/6] COPY handler.go .
[build 5/6] DONE 0.0s
[build 6/6] RUN --network=none cat handler.go /deps > /out
[build 6/6] DONE 0.1s
[stage-1 2/3] COPY --from=build /out /out
[stage-1 2/3] DONE 0.0s
[stage-1 3/3] RUN --network=none echo hi
[stage-1 3/3] hi
[stage-1 3/3] DONE 0.1s
exporting to image
exporting to image DONE 0.7s
exporting cache to registry
exporting cache to registry DONE 0.4s
""",
    "engine-28.5/failed-step.jsonl": f"""\
[build 1/5] FROM {BASE}
[build 1/5] pulled 1.1MB
[build 2/5] WORKDIR /src
[build 2/5] DONE 0.0s
[build 3/5] COPY go.mod .
[build 3/5] DONE 0.0s
[build 4/5] RUN --network=none echo compiling && echo "handler.go:7: undefined: foo" >&2 && exit 3
[build 4/5] handler.go:7: undefined: foo
[build 4/5] compiling
[build 4/5] ERROR: process "/bin/sh -c echo compiling && echo \\"handler.go:7: undefined: foo\\" \
>&2 && exit 3" did not complete successfully: exit code: 3
""",
    "engine-28.5/export-denied-ignored.jsonl": f"""\
[build 1/6] FROM {BASE}
[build 2/6] WORKDIR /src
[build 2/6] CACHED
[build 3/6] COPY go.mod .
[build 3/6] CACHED
[build 4/6] {DD}
[build 4/6] CACHED
[build 5/6] COPY handler.go .
[build 5/6] CACHED
[build 6/6] RUN --network=none cat handler.go /deps > /out
[build 6/6] CACHED
[stage-1 2/3] COPY --from=build /out /out
[stage-1 2/3] CACHED
[stage-1 3/3] RUN --network=none echo hi
[stage-1 3/3] CACHED
exporting to image
exporting to image DONE 0.1s
exporting cache to registry
exporting cache to registry ERROR: error writing layer blob: unexpected status from POST request to \
http://127.0.0.1:5058/v2/rec-denied/blobs/uploads/: 403 Forbidden
exporting cache to registry denied: requested access to the resource is denied
""",
    "buildkit-0.32/lint-warnings.jsonl": """\
WARNING: FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)
WARNING: SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data \
(ENV "API_TOKEN") (line 2)
WARNING: JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to \
OS signals (line 3)
[1/1] FROM 127.0.0.1:5055/rec-base:1@sha256:3430a00076896d972a0043653142ba3b602df80a397227fff05dd575d96e8fd8
[1/1] CACHED
WARNING: No output specified with docker-container driver. Build result will only remain in the build cache. \
To push result image into registry use --push or to load image into docker use --load
""",
    "engine-28.5/config-upper-case.jsonl": "",
}


@pytest.mark.parametrize("name", LOGS)
def test_the_log_of_a_recording(name: str) -> None:
    reader = Reader()
    assert [text for line in lines_of(name) for text in reader.feed(line)] == LOGS[name].splitlines()


# --- single rules ---------------------------------------------------------------------------------


def vertex(digest: str, name: str = "", **fields: Any) -> str:
    return json.dumps({"vertexes": [{"digest": digest, "name": name} | fields]})


def at(second: float) -> str:
    return f"2026-11-24T02:40:{second:012.9f}Z"


def output(digest: str, data: bytes, stream: int = 1) -> str:
    entry = {"vertex": digest, "stream": stream, "data": base64.b64encode(data).decode(), "timestamp": at(0)}
    return json.dumps({"logs": [entry]})


def status(digest: str, name: str, **fields: Any) -> str:
    return json.dumps({"statuses": [{"vertex": digest, "id": name, "current": 0} | fields]})


def only_step(*lines: str) -> Any:
    (step,) = read(lines).steps
    return step


RUN = vertex("a", "[build 2/6] RUN x", started=at(1), completed=at(2))
HIT = vertex("a", "[build 2/6] RUN x", started=at(1), completed=at(1), cached=True)
FAILED = vertex("a", "[build 2/6] RUN x", started=at(1), completed=at(2), error="exit code: 3")
CANCELED = vertex(
    "a", "[build 2/6] RUN x", started=at(1), completed=at(2), error="exit code: 137: context canceled"
)
BARE = vertex("a", "[build 2/6] RUN x")
STARTED = vertex("a", "[build 2/6] RUN x", started=at(3))
AGAIN = vertex("a", "[build 2/6] RUN x", started=at(3), completed=at(3.5))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([BARE], "not_run"),
        ([RUN], "run"),
        ([HIT], "hit"),
        ([FAILED], "failed"),
        ([CANCELED], "cancelled"),
        ([STARTED], "cancelled"),  # the stream was cut off
        ([RUN, STARTED], "cancelled"),
        ([HIT, AGAIN], "hit"),  # pulled late, without `cached`
        ([HIT, STARTED], "hit"),
        ([HIT, FAILED], "failed"),
        ([FAILED, AGAIN], "run"),  # a completed event takes the error back
        ([FAILED, BARE], "failed"),
        ([FAILED, STARTED], "failed"),
        ([FAILED, HIT], "hit"),
    ],
)
def test_the_state_of_a_step(lines: list[str], expected: str) -> None:
    assert only_step(*lines).status == expected


def test_which_of_several_vertices_decides() -> None:
    order = {"failed": FAILED, "hit": HIT, "run": RUN, "cancelled": CANCELED, "not_run": BARE}
    for place, (state, line) in enumerate(order.items()):
        for other in list(order.values())[place:]:
            step = only_step(other.replace('"a"', '"b"'), line)
            assert (step.status, step.digests) == (state, frozenset("ab"))


def test_times_are_added_up_and_those_of_hits_are_none() -> None:
    assert only_step(RUN, AGAIN, RUN).duration_s == pytest.approx(1.5)
    assert only_step(HIT, AGAIN).duration_s == 0
    assert only_step(HIT, RUN.replace('"a"', '"b"')).duration_s == pytest.approx(1.0)
    nanoseconds = vertex("a", "[1/2] RUN x", started=at(1), completed="2026-11-24T04:40:01.000000007+02:00")
    assert only_step(nanoseconds).duration_s == pytest.approx(7e-9)


@pytest.mark.parametrize(
    "time", ["", "yesterday", "0001-01-01T00:00:00+23:59", "9999-99-99T99:99:99Z", "2026"]
)
def test_a_time_that_cannot_be_read_counts_nothing(time: str) -> None:
    step = only_step(vertex("a", "[1/2] RUN x", started=time or at(1), completed=time or "never"))
    assert (step.status, step.duration_s) == ("run", 0)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("[2/6] RUN x", ("", "", 2, 6, "RUN x", "2/6")),
        ("[build  2/12] RUN x", ("", "build", 2, 12, "RUN x", "build 2/12")),
        ("[ 2/12] RUN x", ("", "", 2, 12, "RUN x", "2/12")),
        ("[linux/arm64 2/6] RUN x", ("linux/arm64", "", 2, 6, "RUN x", "linux/arm64 2/6")),
        (
            "[linux/arm/v7 stage-1 2/6] A [b] c",
            ("linux/arm/v7", "stage-1", 2, 6, "A [b] c", "linux/arm/v7 stage-1 2/6"),
        ),
        (
            "[linux/amd64->arm64/v8 b 2/6] RUN x",
            ("linux/amd64->arm64/v8", "b", 2, 6, "RUN x", "linux/amd64->arm64/v8 b 2/6"),
        ),
        ("[build 2/6] RUN <<END (a\r\nb)", ("", "build", 2, 6, "RUN <<END (a b)", "build 2/6")),
    ],
)
def test_the_name_of_a_step(name: str, parts: tuple) -> None:
    step = only_step(vertex("a", name))
    assert (step.platform, step.stage, step.index, step.of, step.instruction, step.name) == parts


@pytest.mark.parametrize(
    "name",
    [
        "[internal] load build context",
        "[linux/amd64 internal] load metadata for x",
        "[auth] x",
        "exporting to image",
        "resolve image config for x",
        "resolving provenance for metadata file",
        "merging manifest list x",
        "",
        "[2/6]",
        "[build 2/6] FROM docker.io/library/golang",
    ],
)
def test_what_is_no_step(name: str) -> None:
    assert read([vertex("a", name, started=at(1))]).steps == ()


def test_a_vertex_keeps_its_first_name() -> None:
    record = read([BARE, vertex("a", "[other 3/6] RUN y", started=at(1), completed=at(2))])
    assert [(step.name, step.status) for step in record.steps] == [("build 2/6", "run")]


def order_of(*edges: tuple[str, str, list[str]]) -> list[str]:
    record = read([vertex(digest, name, inputs=inputs) for digest, name, inputs in edges])
    return [step.name for step in record.steps]


def test_a_stage_comes_after_those_that_it_needs() -> None:
    steps = [
        ("d", "[a-last 3/3] RUN x", ["c"]),
        ("c", "[a-last 2/3] COPY --from=b b b", ["b", "base"]),
        ("b", "[b 10/10] RUN x", ["a"]),
        ("a", "[b 9/10] RUN x", ["base"]),
        ("base", "[b 1/10] FROM x", []),
    ]
    expected = ["b 9/10", "b 10/10", "a-last 2/3", "a-last 3/3"]
    assert order_of(*steps) == order_of(*reversed(steps)) == expected


def test_a_circle_and_unknown_or_wrong_inputs_do_no_harm() -> None:
    assert order_of(("b", "[2/3] RUN x", ["b", "c"]), ("c", "[3/3] RUN y", ["b"])) == ["2/3", "3/3"]
    assert order_of(("b", "[3/3] RUN x", ["none"]), ("c", "[2/3] RUN y", [7, None, []])) == ["2/3", "3/3"]  # type: ignore[list-item]
    deep = [(str(at), f"[s{at} 2/2] RUN x", [str(at - 1)]) for at in range(5000)]
    assert order_of(*reversed(deep)) == [f"s{at} 2/2" for at in range(5000)]


def grouped(digest: str, **fields: Any) -> str:
    group = {"id": "g", "name": "[build 2/6] COPY --link a b", "weak": True}
    return vertex(digest, f"copy {digest}", progressGroup=group, **fields)


def test_a_progress_group_is_one_step_and_a_hit_when_all_are() -> None:
    hit = {"started": at(1), "completed": at(1), "cached": True}
    run = {"started": at(1), "completed": at(2)}
    reader = Reader()
    log = reader.feed(grouped("a", **hit)) + reader.feed(grouped("b", **hit))
    (step,) = reader.record().steps
    assert (step.status, step.instruction, step.digests) == ("hit", "COPY --link a b", frozenset("ab"))
    assert log == ["[build 2/6] COPY --link a b", "[build 2/6] CACHED"]
    assert only_step(grouped("a", **hit), grouped("b", **run)).status == "run"
    assert only_step(grouped("a", **hit), grouped("b")).status == "not_run"
    assert only_step(grouped("a", **hit), grouped("b", **run, error="no")).status == "failed"


def test_bytes_are_those_of_finished_downloads() -> None:
    lines = [
        HIT,
        status("a", "sha256:1", total=70, completed=at(2)),
        status("a", "sha256:1", total=70, completed=at(2)),
        status("a", "sha256:2", total=7),
        status("a", "extracting sha256:1", total=700, completed=at(2)),
        vertex("b", "[build 3/6] RUN y", started=at(1)),
        status("b", "sha256:3", total=1, completed=at(2)),
        vertex("c", "[build 1/6] FROM z", cached=True),
        status("c", "sha256:4", total=5, completed=at(2)),
        vertex("d", "[internal] load build context", cached=True),
        status("d", "sha256:5", total=100, completed=at(2)),
    ]
    assert read(lines).bytes_pulled == 70


IMPORT = "importing cache manifest from r/f:cache"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([vertex("a", IMPORT, started=at(1), completed=at(2), error="x: r/f:cache: not found")], "cold"),
        ([vertex("a", IMPORT, started=at(1), completed=at(2), error="403 Forbidden")], "failed"),
        ([vertex("a", IMPORT, started=at(1), completed=at(2))], "unknown"),
        ([vertex("a", IMPORT, started=at(1))], "unknown"),
        ([vertex("a", IMPORT), status("a", "found 7 layers in cache")], "ok"),
        ([vertex("a", IMPORT), status("a", "inferred cache manifest type: a/b")], "ok"),
        ([vertex("a", IMPORT), status("a", "preparing build cache for export")], "unknown"),
    ],
)
def test_imports(lines: list[str], outcome: str) -> None:
    (entry,) = read(lines).imports
    assert (entry.source, entry.outcome) == ("r/f:cache", outcome)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("exporting cache to registry", "registry"),
        ("exporting cache to client directory", "local"),
        ("exporting to GitHub Actions Cache", "gha"),
        ("exporting cache to Amazon S3", "s3"),
        ("exporting cache to Azure Blob Storage", "azblob"),
        ("exporting content cache", "content"),
    ],
)
def test_exports(name: str, kind: str) -> None:
    def ended(error: str = "") -> str:
        return vertex("a", name, started=at(1), completed=at(2.5), error=error)

    empty = status("a", "skipping cache export for empty result")
    for outcome, error, lines in [
        ("ok", "", [ended(), status("a", "writing layer sha256:1")]),
        ("failed", "no", [ended("no")]),
        ("failed", "x: context canceled", [ended("x: context canceled")]),
        ("failed", "no", [ended("no"), empty]),
        ("failed", "", [vertex("a", name, started=at(1))]),  # cut off: nobody knows that it ended well
        ("skipped", "", [ended(), empty]),
    ]:
        (entry,) = read(lines).exports
        assert (entry.kind, entry.outcome, entry.error) == (kind, outcome, error)


def test_internal_noise_is_told_when_it_fails() -> None:
    name = "[internal] load metadata for docker.io/library/nope:1"
    reader = Reader()
    assert reader.feed(vertex("a", name, started=at(1))) == []
    assert reader.feed(vertex("a", name, started=at(1), completed=at(2), error="no such\nimage")) == [
        f"{name} ERROR: no such",
        f"{name} image",
    ]
    assert reader.feed(vertex("b", name, started=at(1), completed=at(2), error="context canceled")) == []


# --- output ---------------------------------------------------------------------------------------


def test_incomplete_lines_wait() -> None:
    reader = Reader()
    reader.feed(vertex("a", "[build 2/6] RUN x", started=at(1)))
    assert reader.feed(output("a", b"one\ntw")) == ["[build 2/6] one"]
    assert reader.feed(output("a", b"err", 2)) == []
    assert reader.record().steps[0].log == "one\ntw\nerr\n"
    assert reader.feed(output("a", "o \u00e9".encode()[:-1])) == []
    assert reader.feed(output("a", "\u00e9".encode()[-1:] + b"\n")) == ["[build 2/6] two \u00e9"]
    assert reader.feed(FAILED) == ["[build 2/6] err", "[build 2/6] ERROR: exit code: 3"]
    assert reader.record().steps[0].log == "one\ntwo \u00e9\nerr\n"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"10%\r50%\r100%\n", "100%"),
        (b"100%\r\n", "100%"),
        (b"100%\r\x1b[K\n", "100%"),
        (b"denied\r\x00\x07\r\n", "denied"),  # nothing hides it
        ("denied\u2028\x0b\x0cok\n".encode(), "deniedok"),
        ("a\u200bb\ufeffc\U000e0041\n".encode(), "abc"),
        ("\x9b31mred\x9d0;title\x07\n".encode(), "red"),
        (b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b]8;;http://a\x1b\\link\n", "red xlink"),
        (b"a\x00\x07\x7f\x1bb\tc\n", "a\tc"),
        (b"\xff\xfe ok\n", "\ufffd\ufffd ok"),
        ("a\u202eb\u2066c\u2028d\u0085e\n".encode(), "abcde"),
        (b"shown\x1b]a title that does not end\n", "shown"),
        (b"\x1b]the next line is shown\nall the same\n", "\n[build 2/6] all the same"),
        (b"::error::x\n", "::error::x"),
        (b"\n", ""),
    ],
)
def test_what_a_terminal_would_show(data: bytes, shown: str) -> None:
    reader = Reader()
    reader.feed(vertex("a", "[build 2/6] RUN x", started=at(1)))
    assert "\n".join(reader.feed(output("a", data))) == f"[build 2/6] {shown}"


def test_a_log_keeps_its_end_only() -> None:
    reader = Reader()
    reader.feed(vertex("a", "[build 2/6] RUN x", started=at(1)))
    shown = []
    for number in range(20_000):
        shown += reader.feed(output("a", b"line %d\n" % number))
    assert len(shown) == 20_000
    log = reader.record().steps[0].log
    assert LOG_LIMIT - 100 < len(log) <= LOG_LIMIT
    assert log.endswith("line 19999\n")
    assert re.match(r"line \d+\n", log)
    for _ in range(300):
        reader.feed(output("a", b"x" * 1000))  # a line that never ends
    assert len(reader.record().steps[0].log) <= 3 * LOG_LIMIT
    reader.feed(vertex("a", started=at(1), completed=at(2)))
    assert reader.record().steps[0].log == ""  # it ended well: nobody will ask


def test_output_comes_before_the_end_that_stands_in_the_same_line() -> None:
    whole = json.loads(vertex("a", "[2/6] RUN x", started=at(1), completed=at(2))) | json.loads(
        output("a", b"hi")
    )
    assert Reader().feed(json.dumps(whole)) == ["[2/6] RUN x", "[2/6] hi", "[2/6] DONE 1.0s"]


def test_plain_lines() -> None:
    reader = Reader()
    assert reader.feed("WARNING: local cache import at \x1b[1mcache\x1b[0m not found\n") == [
        "WARNING: local cache import at cache not found"
    ]
    assert reader.feed("ERROR: (*service).Write failed: locked\n") == []
    assert reader.feed("  11 |     \r\n") == []
    assert reader.record().tail == (
        "WARNING: local cache import at cache not found",
        "ERROR: (*service).Write failed: locked",
        "  11 |     ",
    )


# --- hostile input --------------------------------------------------------------------------------

PLAIN = {
    "half": RUN[:-10],
    "number": "42",
    "null": "null",
    "list": "[]",
    "other object": '{"level": "warn"}',
    "deep": '{"vertexes": ' + "[" * 100_000,
    "deep and closed": '{"vertexes": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "huge number": '{"statuses": [{"vertex": "a", "id": "b", "total": ' + "9" * 10_000 + ".5}]}",
    "vertexes are a number": '{"vertexes": 1}',
    "vertexes are a text": '{"vertexes": "abc"}',
    "vertexes are an object": '{"vertexes": {"digest": "a"}}',
    "a vertex is a text": '{"vertexes": ["a"]}',
    "no digest": '{"vertexes": [{"name": "[build 2/6] RUN x"}]}',
    "digest is a list": '{"vertexes": [{"digest": []}]}',
    "name is a number": '{"vertexes": [{"digest": "a", "name": 1}]}',
    "started is a number": '{"vertexes": [{"digest": "a", "started": 1}]}',
    "cached is a text": '{"vertexes": [{"digest": "a", "cached": "no"}]}',
    "error is an object": '{"vertexes": [{"digest": "a", "error": {}}]}',
    "group is a text": '{"vertexes": [{"digest": "a", "progressGroup": "g"}]}',
    "the second one is wrong": '{"vertexes": [{"digest": "a", "name": "[2/6] RUN x"}, {"digest": 1}]}',
    "status without id": '{"statuses": [{"vertex": "a"}]}',
    "total is a bool": '{"statuses": [{"vertex": "a", "id": "sha256:1", "total": true}]}',
    "total is a fraction": '{"statuses": [{"vertex": "a", "id": "sha256:1", "total": 1.5}]}',
    "data is no base64": '{"logs": [{"vertex": "a", "data": "***"}]}',
    "data is not ASCII": '{"logs": [{"vertex": "a", "data": "\u00e9"}]}',
    "short is no base64": '{"warnings": [{"short": "a"}]}',
}


@pytest.mark.parametrize("case", PLAIN)
def test_what_is_no_status_is_plain_text(case: str) -> None:
    reader = Reader()
    assert reader.feed(PLAIN[case]) == []
    assert reader.record() == SolveRecord(tail=(PLAIN[case][:LOG_LIMIT],))


def test_unknown_fields_and_nulls_are_left_out() -> None:
    reader = Reader()
    reader.feed('{"vertexes": null, "statuses": null, "logs": null, "warnings": null, "new": 1}')
    reader.feed(
        '{"vertexes": [{"digest": "a", "name": null, "error": null, "new": [], "progressGroup": null}]}'
    )
    reader.feed('{"vertexes": [{"digest": "b", "progressGroup": {"id": [], "name": 7}}]}')
    reader.feed("{}")
    assert reader.record() == SolveRecord()


def test_a_vertex_that_was_never_announced_does_not_count() -> None:
    reader = Reader()
    reader.feed(status("sha256:0123456789abcdef", "sha256:1", total=7, completed=at(1)))
    assert reader.feed(output("sha256:0123456789abcdef", b"lost\n")) == ["[sha256:0123456789ab] lost"]
    assert reader.record() == SolveRecord()


def test_binary_and_giant_lines() -> None:
    reader = Reader()
    noise = random.Random(1)
    for _ in range(200):
        line = noise.randbytes(2000)
        reader.feed(line.decode("latin-1"))
        reader.feed(line.decode("utf-8", "surrogateescape"))
        reader.feed("{" + line.decode("latin-1"))
    reader.feed("y" * 20_000_000)
    assert len(reader.record().tail[-1]) == LOG_LIMIT
    reader.feed(
        vertex("\ud800", "[2/6] RUN \ud83d " + "z" * 10_000_000, started=at(1), error="e" * 10_000_000)
    )
    reader.feed(output("\ud800", b"w" * 10_000_000))
    record = reader.record()
    assert (
        len(record.steps[0].instruction) + len(record.steps[0].error) + len(record.steps[0].log)
        < 4 * LOG_LIMIT
    )
    for _ in range(5000):
        reader.feed("more")
    assert len(reader.record().tail) == 1000
    repr(reader.record()).encode()


# --- properties -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["engine-28.5/handler-changed-max.jsonl", "buildkit-0.32/warm-full-hit.jsonl"]
)
@pytest.mark.parametrize("seed", range(10))
def test_order_and_repetition_do_not_lose_hits(name: str, seed: int) -> None:
    chance = random.Random(seed)
    lines = lines_of(name)
    shuffled = lines + chance.choices(lines, k=50)
    chance.shuffle(shuffled)
    record, expected = read(shuffled), read(lines)

    def hits(of: SolveRecord) -> set[str]:
        return {step.name for step in of.steps if step.status == "hit"}

    assert hits(record) == hits(expected)
    assert record.bytes_pulled == expected.bytes_pulled
    assert {step.name: step.duration_s for step in record.steps} == pytest.approx(
        {step.name: step.duration_s for step in expected.steps}
    )


@pytest.mark.parametrize("name", [name for name in EXPECTED if "history" not in name])
def test_each_line_twice_changes_nothing(name: str) -> None:
    lines = [line for line in lines_of(name) if line.startswith("{")]
    once, twice = read(lines), Reader()
    for line in lines:
        twice.feed(line)
        assert not re.search(r" CACHED$| DONE |ERROR:", "\n".join(twice.feed(line)), re.MULTILINE)
    steps = [(step.name, step.status, step.duration_s, step.error) for step in twice.record().steps]
    assert steps == [(step.name, step.status, step.duration_s, step.error) for step in once.steps]
    assert (once.imports, once.exports) == (twice.record().imports, twice.record().exports)


def test_cutting_the_lines_of_a_chunk_anywhere_gives_the_same_log() -> None:
    data = "one \u00e9\ntwo\r\n10%\r20%\nlast".encode()
    whole = Reader()
    expected = [text for line in (RUN[:-1] + "}", output("a", data)) for text in whole.feed(line)]
    for cut in range(len(data) + 1):
        parts = Reader()
        log = parts.feed(RUN) + parts.feed(output("a", data[:cut])) + parts.feed(output("a", data[cut:]))
        assert log == expected
