"""What a run tells GitHub's runner, read as the runner reads it, while a build does its worst to be heard."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from runner_files import Command, read_commands, read_outputs
from support import registry
from support.project import Project
from support.runs import Result, run

HOSTILE = (
    "::set-output name=images::evil",
    "##[set-output name=images;]evil",
    "::add-mask::e",
    "##[add-mask]e",
    "::stop-commands::x",
    "##[stop-commands]x",
    "::x::",
    "::endgroup::",
    "::error file=stack.yml,line=1::evil",
    "::warning::evil",
    "##[group]evil",
)
# As a file, since what a Dockerfile says itself is shown as the name of the step too.
SHOUTS = """\
FROM busybox:stable
COPY hostile.txt .
RUN --network=none cat hostile.txt && cat hostile.txt >&2
RUN --network=none echo '##[set-output name=images;]evil' '##[add-mask]e'
"""
FAILS = """\
FROM busybox:stable
COPY hostile.txt .
RUN --network=none cat hostile.txt >&2 && exit 1
"""


class Job:
    """A step of a job: its files, and what the runner made of them."""

    def __init__(self, folder: Path) -> None:
        self.output, self.summary = folder / "output", folder / "summary"
        self.env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(folder),
        }
        for file in (self.output, self.summary):
            file.touch()


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    made = make_project()
    files = {"hostile.txt": "".join(f"{line}\n" for line in (*HOSTILE, made.prefix))}
    made.add_dockerfile("shouts", SHOUTS, files=files)
    made.add_dockerfile("fails", FAILS, files=files)
    return made


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def result(project: Project, job: Job, build: Callable[..., Result]) -> Result:
    # One stream, as the runner has them; what is missing in PYTHONUNBUFFERED, `-u` and the console give.
    return build(project, "--push", env=job.env, merge=True).expect(1)


@pytest.fixture(scope="module")
def obeyed(result: Result) -> list[Command]:
    return read_commands(result.stdout)[0]


def test_the_hostile_lines_were_really_there(result: Result, project: Project) -> None:
    log = result.log("shouts")
    assert all(log.count(line) >= 2 for line in HOSTILE)
    shown = "\n".join(read_commands(result.stdout)[1])
    assert "::set-output name=images::evil" in shown


def test_the_runner_obeys_nobody_but_us(obeyed: list[Command]) -> None:
    assert {command.name for command in obeyed} == {"group", "endgroup", "error"}
    groups = [command for command in obeyed if command.name in ("group", "endgroup")]
    assert [command.name for command in groups] == ["group", "endgroup"] * (len(groups) // 2)
    assert {command.data for command in groups} == {"Build shouts", "Build fails", ""}
    (error,) = (command for command in obeyed if command.name == "error")
    assert error.properties["title"].startswith("fails failed")
    assert "stack.yml" not in error.properties.values()


def test_nothing_foreign_stands_outside_of_the_marks(result: Result) -> None:
    outside, stopped = [], ""
    for line in result.stdout.splitlines():
        if not stopped and line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif stopped and line == f"::{stopped}::":
            stopped = ""
        elif not stopped:
            outside.append(line)
    assert not stopped
    assert outside
    assert not [line for line in outside if "##[" in line]
    # What a step says begins with its number.
    assert not [line for line in outside if re.match(r"\[\d/\d\] ", line)]
    assert not [line for line in outside if line.strip() in HOSTILE and line != "::endgroup::"]


def test_the_outputs_are_ours(result: Result, job: Job, project: Project) -> None:
    outputs = read_outputs(job.output.read_text())
    image = f"{project.image('shouts')}:latest"
    digest = registry.digest(image)
    assert json.loads(outputs["images"]) == {"shouts": f"{image}@{digest}"}
    assert json.loads(outputs["digests"]) == {"shouts": digest}
    assert json.loads(outputs["functions"]) == ["shouts"]
    assert json.loads(outputs["failed"]) == ["fails"]
    assert json.loads(outputs["reused"]) == []
    assert outputs["steps-total"] == "5"
    assert (outputs["steps-cached"], outputs["cache-hit-rate"]) == ("0", "0.00")
    assert json.loads(Path(outputs["report"]).read_text()) == result.report
    assert json.loads(outputs["matrix"]) == {"include": [{"shard": 1, "functions": ["fails", "shouts"]}]}


def test_the_job_summary_is_the_summary(result: Result, job: Job) -> None:
    assert job.summary.read_text() == result.summary
    assert "1 of 2 failed" in result.summary
    # Foreign text is fenced or escaped: nothing of it is Markdown of its own.
    assert "::error file=stack.yml,line=1::evil" in result.summary


@pytest.mark.parametrize("name", ["shouts", "fails"])
def test_lines_come_in_the_order_in_which_they_were_said(result: Result, name: str) -> None:
    outcome = {"shouts": "shouts: built in ", "fails": "fails: failed after "}[name]
    at = -1
    for part in (
        "Builder ",
        f"\n::group::Build {name}\n",
        "\n::stop-commands::",
        "##[group]evil\n".replace("##[", "## ["),
        f"\n{outcome}",
        "OpenFaaS functions: 1 of 2 failed",
        "\n::error title=fails failed",
    ):
        found = result.stdout.find(part, at + 1)
        assert found > at, f"{part!r} is not in its place in:\n{result.stdout}"
        at = found


def test_what_is_wrong_with_a_request_is_annotated_in_its_place(bare: Project, tmp_path: Path) -> None:
    bare.add_dockerfile("fn", handler="./::add-mask::e\n##[add-mask]e")
    result = run(bare.root, "build", env=Job(tmp_path).env, merge=True).expect(2)
    (error,) = read_commands(result.stdout)[0]
    assert error.name == "error"
    assert (error.properties["file"], error.properties["line"]) == ("stack.yml", "8")
    assert 'function "fn": handler "./::add-mask::e' in error.data


def test_without_marks_the_hostile_lines_would_be_obeyed() -> None:
    obeyed, _ = read_commands("\n".join(HOSTILE))
    assert {command.name for command in obeyed} >= {"set-output", "add-mask", "error", "endgroup"}
