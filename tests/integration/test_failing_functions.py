"""A function that fails neither stops nor hides the others."""

from collections.abc import Callable

import pytest
from support import registry
from support.project import Project
from support.runs import Result

GOOD = """\
FROM busybox:stable
COPY handler.go .
RUN --network=none echo {name}
"""
BAD = """\
FROM busybox:stable
COPY handler.go .
RUN --network=none echo compiling && echo "handler.go:7: undefined: foo" >&2 && exit 3
RUN --network=none echo never
"""


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    made = make_project()
    for name in ("a", "c", "d"):
        made.add_dockerfile(name, GOOD)
    made.add_dockerfile("b", BAD)
    return made


@pytest.fixture(scope="module")
def result(project: Project, build: Callable[..., Result]) -> Result:
    return build(project, "--push").expect(1)


@pytest.mark.parametrize("name", ["a", "c", "d"])
def test_the_others_are_built_and_pushed(result: Result, project: Project, name: str) -> None:
    function = result.function(name)
    assert (function["status"], function["error"]) == ("built", None)
    pushed = registry.digest(f"{project.image(name)}:latest")
    assert pushed
    assert function["digest"] == pushed


def test_the_failed_one_is_told_with_the_log_of_its_step(result: Result, project: Project) -> None:
    function = result.function("b")
    assert function["status"] == "failed"
    assert function["digest"] == ""
    assert not registry.digest(f"{project.image('b')}:latest")
    for said in ("compiling", "handler.go:7: undefined: foo", "exit code: 3"):
        assert said in function["error"]
    assert [step["status"] for step in function["steps"]][-2:] == ["failed", "not_run"]
    assert function["steps"][-2]["instruction"].endswith("exit 3")
    totals = result.report["totals"]
    assert [totals[key] for key in ("functions", "built", "failed", "skipped")] == [4, 3, 1, 0]


@pytest.mark.parametrize("place", ["summary", "stderr"])
def test_the_failure_is_seen_where_a_person_looks(result: Result, place: str) -> None:
    text = getattr(result, place)
    assert "1 of 4 failed" in text
    assert "handler.go:7: undefined: foo" in text
    assert "Traceback" not in result.stderr


def test_fail_fast_skips_the_rest_and_says_why(project: Project, build: Callable[..., Result]) -> None:
    result = build(project, "--push", "--fail-fast", "--parallel", "1").expect(1)
    found = {item["name"]: (item["status"], item["detail"]) for item in result.report["functions"]}
    assert found["a"] == ("built", "")
    assert found["b"][0] == "failed"
    assert found["c"] == found["d"] == ("skipped", 'fail-fast: "b" failed before')
    for text in (result.summary, result.stderr):
        assert 'fail-fast: "b" failed before' in text.replace("&quot;", '"')


def test_a_function_that_cannot_even_start_is_a_failed_one(
    make_project: Callable[..., Project], build: Callable[..., Result]
) -> None:
    project = make_project()
    project.add_dockerfile("good", GOOD)
    project.add_dockerfile("nofile", files={"Dockerfile": "FORM busybox:stable\n"})
    result = build(project, "--push").expect(1)
    assert result.function("good")["status"] == "built"
    assert "unknown instruction: FORM" in result.function("nofile")["error"]
