"""The sub-commands that look at things: `doctor` at the machine, `report` at what shards left behind."""

import json
from collections.abc import Callable

import pytest
from support.engine import Engine
from support.project import Project
from support.runs import Result, run

GOOD = "FROM busybox:stable\nRUN --network=none echo {name}\n"
BAD = "FROM busybox:stable\nRUN --network=none echo why-it-failed && exit 1\n"
CHECKS = ("engine", "buildx", "builder", "git", "GitHub cache", "registries", "stack file")


@pytest.fixture
def doctor(engine: Engine, project: Project) -> Callable[..., Result]:
    project.add_dockerfile("fn", GOOD)
    return lambda **env: run(project.root, "doctor", env={**engine.env, **env})


def test_doctor_says_what_works(doctor: Callable[..., Result]) -> None:
    result = doctor().expect(0)
    marks = [line.partition(":")[0] for line in result.stderr.splitlines() if line.startswith(("✓", "✗"))]
    assert {f"✓ {check}" for check in CHECKS} <= set(marks)
    assert not [mark for mark in marks if mark.startswith("✗")]
    (builder,) = (line for line in result.stderr.splitlines() if line.startswith("✓ builder"))
    for backend in ("inline", "registry", "local", "gha"):
        assert backend in builder
    assert "1 function" in result.stderr


def test_doctor_without_an_engine(doctor: Callable[..., Result], project: Project) -> None:
    result = doctor(DOCKER_HOST=f"unix://{project.root}/docker.sock").expect(3)
    lines = result.stderr.splitlines()
    assert "✗ engine" in lines
    after = lines[lines.index("✗ engine") + 1 :]
    assert "no Docker engine answers: " in after[0]
    assert f"unix://{project.root}/docker.sock" in after[0]
    assert "Likely cause: it is not running" in after[1]
    assert "Start Docker" in after[2]
    # What does not need the engine is looked at all the same.
    assert any(line.startswith("✓ buildx") for line in lines)
    assert any(line.startswith("✓ stack file") for line in lines)
    assert "Traceback" not in result.stderr


def test_doctor_looks_at_the_stack_file(doctor: Callable[..., Result], project: Project) -> None:
    project.write("stack.yml", "functions: {}\n")
    result = doctor()
    assert result.exit_code != 0
    assert "✗ stack file" in result.stderr
    assert "✓ engine" in result.stderr
    assert "the stack file has no functions." in result.stderr


@pytest.fixture(scope="module")
def shards(make_project: Callable[..., Project], build: Callable[..., Result]) -> Project:
    """Two jobs of a matrix: one builds `a` and `b`, the other fails at `c`."""
    project = make_project()
    for name in ("a", "b"):
        project.add_dockerfile(name, GOOD)
    project.add_dockerfile("c", BAD)
    build(project, "--functions", "a,b", "--report-file", "one/report.json").expect(0)
    build(project, "--functions", "c", "--report-file", "two/report.json").expect(1)
    return project


def test_report_merges_and_fails_when_a_function_failed(shards: Project) -> None:
    result = run(shards.root, "report", "one/report.json", "two/report.json").expect(1)
    one, two = (json.loads((shards.root / name / "report.json").read_text()) for name in ("one", "two"))
    assert result.report["functions"] == one["functions"] + two["functions"]
    totals = result.report["totals"]
    assert [totals[key] for key in ("functions", "built", "failed")] == [3, 2, 1]
    assert totals["steps_total"] == one["totals"]["steps_total"] + two["totals"]["steps_total"]
    for text in (result.stderr, result.summary):
        assert "1 of 3 failed" in text
        assert "why-it-failed" in text


def test_report_of_what_went_well(shards: Project) -> None:
    result = run(shards.root, "report", "one/report.json").expect(0)
    assert "2 built" in result.summary


def test_report_of_a_shard_that_is_missing(shards: Project) -> None:
    result = run(shards.root, "report", "one/report.json", "three/report.json").expect(2)
    assert "three/report.json: error: this report cannot be read" in result.stderr
    assert "Likely cause: the shard that should have written it did not end." in result.stderr
    assert "Traceback" not in result.stderr
