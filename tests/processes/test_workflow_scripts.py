"""The scripts of the reusable workflow, one by one, as the runner starts them."""

import os
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from e2e.support.act import WORKFLOW
from runner_files import read_commands, read_outputs

JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]


def script(job: str, name: str) -> str:
    (found,) = (step["run"] for step in JOBS[job]["steps"] if step.get("name") == name)
    return found


@dataclass(frozen=True)
class Done:
    exit_code: int
    log: str
    outputs: dict[str, str]


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Run a script with variables; RUNNER_TEMP is `tmp_path / "temp"`."""
    (tmp_path / "temp").mkdir()

    def run(text: str, variables: Mapping[str, str]) -> Done:
        file, output = tmp_path / "script.sh", tmp_path / "output"
        file.write_text(text)
        output.write_text("")
        env = {
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(tmp_path / "temp"),
            "GITHUB_OUTPUT": str(output),
            **variables,
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        return Done(done.returncode, done.stdout + done.stderr, read_outputs(output.read_text()))

    return run


class Secrets:
    """The step that writes the build secrets."""

    def __init__(self, start: Any) -> None:
        self._start = start

    def __call__(self, text: str) -> Done:
        return self._start(script("build", "Write the build secrets to files"), {"BUILD_SECRETS": text})


@pytest.fixture
def write(start: Any) -> Secrets:
    return Secrets(start)


def files(done: Done) -> dict[str, str]:
    """Give the secrets that were written, by the names that the action gets."""
    specs = [
        dict(part.split("=", 1) for part in line.split(",")) for line in done.outputs["specs"].splitlines()
    ]
    found = {spec["id"]: Path(spec["src"]).read_bytes().decode() for spec in specs}
    folder = Path(done.outputs["folder"])
    assert sorted(path.name for path in folder.iterdir()) == sorted(found)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token=abc", {"token": "abc"}),
        ("token=abc\n", {"token": "abc"}),
        ("\n  \ntoken=abc\n\nother=def\n", {"token": "abc", "other": "def"}),
        ("token=abc\r\nother=def\r\n", {"token": "abc", "other": "def"}),
        ("t=a=b<<c", {"t": "a=b<<c"}),
        ("t= spaces are kept ", {"t": " spaces are kept "}),
        ("_npm_token=x", {"_npm_token": "x"}),
        ("a.b-c_1=$(id) `id` \\ ' \" %0A *", {"a.b-c_1": "$(id) `id` \\ ' \" %0A *"}),
        ("key<<END\none\n\n  two=2\nEND", {"key": "one\n\n  two=2\n"}),
        ("key<<END\r\none\r\nEND\r\nt=x", {"key": "one\n", "t": "x"}),
        ("key<<END\nEND", {"key": ""}),
        ("a<<X\nb<<Y\nX\nb=1", {"a": "b<<Y\n", "b": "1"}),
        ("t=ü€", {"t": "ü€"}),
    ],
)
def test_secrets_become_files(write: Secrets, text: str, expected: dict[str, str]) -> None:
    done = write(text)
    assert (done.exit_code, files(done)) == (0, expected), done.log
    folder = Path(done.outputs["folder"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("just-the-value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("a=1\n=value-77ab", "Line 2 of the secret is neither NAME=value nor NAME<<END."),
        ("a=1\nb=", "Line 2 of the secret is neither NAME=value nor NAME<<END."),
        ("../a=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("a/b=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("..=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        (".a=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("-a=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("a,src=/etc/passwd=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("my key=value-77ab", "Line 1 of the secret is neither NAME=value nor NAME<<END."),
        ("a=1\n\na=value-77ab", "Line 3 of the secret has a name that came before."),
        ("a<<END\nvalue-77ab\n", "is the last, and the closing line of a value is missing."),
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(write: Secrets, text: str, said: str) -> None:
    done = write(text)
    (error,) = (command for command in read_commands(done.log)[0] if command.name == "error")
    assert done.exit_code == 1
    assert said in error.data
    assert "value-77ab" not in done.log.replace("::add-mask::value-77ab\n", "")
    # What was written so far is found, and taken away, by the step that removes it.
    assert Path(done.outputs["folder"]).is_dir()
    assert "specs" not in done.outputs


def test_values_are_masked_before_anything_else_can_be_said(write: Secrets) -> None:
    done = write("token=50% of 8d2f\nkey<<END\n{\n  line-13e2\n}\nEND")
    masks = [command.data for command in read_commands(done.log)[0]]
    # Brackets alone are no secrets, and masked they would blank every output that holds JSON.
    assert masks == ["50% of 8d2f", "  line-13e2"]
    assert done.log.splitlines() == [f"::add-mask::{mask.replace('%', '%25')}" for mask in masks]


def test_without_secrets_there_is_no_folder(write: Secrets, tmp_path: Path) -> None:
    done = write("")
    assert (done.exit_code, done.log, done.outputs) == (0, "", {})
    assert list((tmp_path / "temp").iterdir()) == []


def test_the_folder_is_removed(write: Secrets, start: Any) -> None:
    folder = write("a=1\nb=2").outputs["folder"]
    assert start(script("build", "Remove the build secrets"), {"FOLDER": folder}).exit_code == 0
    assert not Path(folder).exists()


@pytest.mark.parametrize("there", [(1, 2, 3), (1, 3), ()])
def test_shards_without_a_report_are_found(start: Any, tmp_path: Path, there: tuple[int, ...]) -> None:
    reports = tmp_path / "temp" / "openfaas-reports"
    reports.mkdir()
    for shard in there:
        (reports / f"report-{shard}.json").write_text("{}")
    done = start(script("report", "Look who has reported"), {"SHARDS": "1 2 3"})
    assert done.exit_code == 0, done.log
    assert done.outputs["files"].splitlines() == [str(reports / f"report-{shard}.json") for shard in there]
    missing = [shard for shard in (1, 2, 3) if shard not in there]
    assert done.outputs["missing"].split() == [str(shard) for shard in missing]
    if missing:
        variables = {"MISSING": done.outputs["missing"]}
        done = start(script("report", "Every shard has reported"), variables)
        (error,) = read_commands(done.log)[0]
        assert (done.exit_code, error.name) == (1, "error")
        assert f"from shard {' '.join(map(str, missing))}:" in error.data


def test_each_call_has_a_name_of_its_own(start: Any) -> None:
    names = {start(script("plan", "A name for this call's artifacts"), {}).outputs["id"] for _ in range(3)}
    assert len(names) == 3
    assert all(len(name) == 16 and name.isalnum() for name in names)
