"""The action's set-up step as a runner runs it: once per machine, whole or not at all.

Its script comes from action.yml and runs in folders of the test's own; packages come from wheels on
disk, so a run that installs without them fails.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from runner_files import read_commands, read_outputs
from support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
STEPS = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
(SCRIPT,) = (step["run"] for step in STEPS if step.get("id") == "setup")
NOWHERE = {"PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
IMPORTS = "import actions_toolkit.core, docker, requests, yaml; print(yaml.__file__)"


@dataclass(frozen=True)
class Done:
    exit_code: int
    said: str
    python: str


class Machine:
    """A runner's machine: its tool cache, its temporary folder, and jobs that set up."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.tools, self.temp = folder / "tools", folder / "temp"
        for path in (self.tools, self.temp):
            path.mkdir()
        self._jobs = itertools.count(1)
        self._script = folder / "setup.sh"
        self._script.write_text(SCRIPT)
        self._env = {
            # pip of the tests' environment comes from its python3, which is a virtual environment's.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_TOOL_CACHE": str(self.tools),
            "GITHUB_ACTION_PATH": str(ROOT),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
        }

    def start(self, env: Mapping[str, str | None]) -> tuple[subprocess.Popen[str], Path]:
        output = self.folder / f"output-{next(self._jobs)}"
        output.touch()
        whole = {**self._env, "GITHUB_OUTPUT": str(output), **env}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(self._script)]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={name: value for name, value in whole.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return process, output

    def set_up(self, **env: str | None) -> Done:
        process, output = self.start(env)
        said, _ = process.communicate(timeout=120)
        return Done(process.returncode, said, read_outputs(output.read_text()).get("python", ""))

    @property
    def made(self) -> list[str]:
        """Name what lies in the tool cache, without locks."""
        found = (self.tools / "openfaas-build").glob("*")
        return sorted(path.name for path in found if path.suffix != ".lock")


@pytest.fixture
def machine(tmp_path: Path, wheels: Path) -> Machine:
    return Machine(tmp_path, wheels)


@pytest.fixture(scope="module")
def first_machine(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Machine:
    made = Machine(tmp_path_factory.mktemp("machine"), wheels)
    assert works(made.set_up())
    return made


@pytest.fixture
def used(machine: Machine, first_machine: Machine) -> Machine:
    """A machine that has an environment."""
    shutil.copytree(first_machine.tools, machine.tools, symlinks=True, dirs_exist_ok=True)
    return machine


def works(done: Done) -> bool:
    """Say whether the interpreter that the step names has the packages, all of its own."""
    assert done.exit_code == 0, done.said
    found = subprocess.run([done.python, "-I", "-c", IMPORTS], capture_output=True, text=True, timeout=60)
    return found.stdout.startswith(str(Path(done.python).parents[1]))


def test_the_second_job_installs_nothing(machine: Machine) -> None:
    first = machine.set_up()
    assert works(first)
    assert Path(first.python).is_relative_to(machine.tools)
    assert list(machine.temp.iterdir()) == []
    assert machine.set_up(**NOWHERE) == first
    assert first.said == ""


def test_without_packages_the_step_fails_and_leaves_nothing(machine: Machine) -> None:
    done = machine.set_up(**NOWHERE)
    assert (done.exit_code, done.python) == (3, "")
    (command,) = read_commands(done.said)[0]
    assert command.name == "error"
    assert command.data == (
        "The action's Python packages could not be installed; pip says why above.\n"
        "Likely cause: the package index cannot be reached; PIP_INDEX_URL in the step's env names another."
    )
    assert machine.made == []


def test_jobs_that_set_up_at_once_get_one_whole_environment(machine: Machine) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [job.result() for job in [pool.submit(machine.set_up) for _ in range(4)]]
    assert all(works(job) for job in jobs)
    assert len({job.python for job in jobs}) == len(machine.made) == 1


def test_a_set_up_that_was_killed_is_not_taken_for_whole(machine: Machine) -> None:
    # pip waits for its settings, and nobody writes them.
    settings = machine.folder / "pip.conf"
    os.mkfifo(settings)
    process, output = machine.start({"PIP_CONFIG_FILE": str(settings)})
    until(lambda: any(machine.tools.glob("openfaas-build/*/lib")), "the environment has begun to grow", 30)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert output.read_text() == ""
    (part,) = machine.made
    assert part.endswith(".part")
    assert works(machine.set_up())
    assert machine.made == [part.removesuffix(".part")]


def remove_a_file(home: Path) -> None:
    next(home.glob("lib/*/site-packages/yaml/loader.py")).unlink()


def cut_a_file(home: Path) -> None:
    next(home.glob("lib/*/site-packages/docker/__init__.py")).write_text("")


def remove_the_interpreter(home: Path) -> None:
    for path in home.glob("bin/python*"):
        path.unlink()
        path.symlink_to("/nonexistent/python")


def remove_the_list(home: Path) -> None:
    (home / "complete").unlink()


@pytest.mark.parametrize("damage", [remove_a_file, cut_a_file, remove_the_interpreter, remove_the_list])
def test_a_damaged_environment_is_made_anew(used: Machine, damage: Callable[[Path], None]) -> None:
    first = used.set_up(**NOWHERE)
    damage(Path(first.python).parents[1])
    again = used.set_up()
    assert works(again)
    assert again == first


def test_byte_code_that_comes_and_goes_is_no_damage(used: Machine) -> None:
    first = used.set_up(**NOWHERE)
    compiled = list(Path(first.python).parents[1].glob("lib/*/site-packages/yaml/__pycache__/*"))
    assert compiled
    for path in compiled:
        path.unlink()
    assert used.set_up(**NOWHERE) == first


@pytest.mark.parametrize("tools", ["", "relative"])
def test_without_a_tool_cache_the_temporary_folder_serves(machine: Machine, tools: str) -> None:
    done = machine.set_up(RUNNER_TOOL_CACHE=tools)
    assert works(done)
    assert Path(done.python).is_relative_to(machine.temp)
    assert done.said == ""


def test_a_tool_cache_that_cannot_be_written_is_told_and_passed_by(machine: Machine) -> None:
    # For root too, whom no mode keeps out.
    (machine.tools / "openfaas-build").touch()
    done = machine.set_up()
    assert works(done)
    assert Path(done.python).is_relative_to(machine.temp)
    assert done.said.startswith(f"Nothing can be kept in RUNNER_TOOL_CACHE ({machine.tools}): ")


def test_no_folder_at_all_is_an_error(machine: Machine) -> None:
    done = machine.set_up(RUNNER_TOOL_CACHE=None, RUNNER_TEMP=None)
    assert done.exit_code == 3
    assert "neither RUNNER_TOOL_CACHE nor RUNNER_TEMP is set" in done.said


def test_an_interpreter_without_pip_brings_its_own(machine: Machine) -> None:
    bare = machine.folder / "bare"
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(bare)], check=True, timeout=60)
    assert works(machine.set_up(PATH=f"{bare / 'bin'}:{os.environ['PATH']}"))


def test_an_old_python_is_told_before_anything_is_made(machine: Machine) -> None:
    old = machine.folder / "old"
    old.mkdir()
    (old / "python3").write_text("#!/bin/sh\nexit 1\n")
    (old / "python3").chmod(0o755)
    done = machine.set_up(PATH=f"{old}:{os.environ['PATH']}")
    assert done.exit_code == 3
    assert "Python 3.10 or later is needed: run actions/setup-python before." in done.said
    assert machine.made == []


def test_nothing_of_the_workspace_is_imported(machine: Machine) -> None:
    for name in ("venv", "pip", "hashlib", "subprocess", "set_up"):
        (machine.folder / f"{name}.py").write_text("raise SystemExit('imported from the workspace')\n")
    assert works(machine.set_up(PYTHONPATH=str(machine.folder)))
