"""What docker is asked, what is made of its answers, and what is said when no engine answers."""

import json
import os
from pathlib import Path

import pytest
from support.waiting import until

from openfaas_build import engine
from openfaas_build.errors import MachineError
from openfaas_build.processes import Processes


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "docker-buildx"
    path.write_text("")
    path.chmod(0o755)
    return path


def docker_says(tmp_path: Path, text: str) -> dict[str, str]:
    return docker_does(tmp_path, f"cat <<'SAID'\n{text}\nSAID\n")


def docker_does(tmp_path: Path, script: str) -> dict[str, str]:
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\n{script}")
    docker.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def info(*plugins: dict[str, str]) -> str:
    return json.dumps({"ServerVersion": "28.5.2", "ClientInfo": {"Plugins": plugins}})


def test_the_plugin_that_docker_would_start(tmp_path: Path, plugin: Path) -> None:
    said = info({"Name": "compose", "Path": "/c"}, {"Name": "buildx", "Path": str(plugin)})
    with engine.Machine(Processes(), docker_says(tmp_path, said), "") as machine:
        assert machine.program == (str(plugin),)


@pytest.mark.parametrize(
    "said", ["", "null", "[]", "{}", info(), info({"Name": "buildx"}), "podman: no such thing"]
)
def test_whatever_else_docker_says_it_is_asked_for_buildx(tmp_path: Path, said: str) -> None:
    with engine.Machine(Processes(), docker_says(tmp_path, said), "") as machine:
        assert machine.program == ("docker", "buildx")


def test_a_plugin_that_cannot_be_run(tmp_path: Path, plugin: Path) -> None:
    plugin.chmod(0o644)
    said = info({"Name": "buildx", "Path": str(plugin)})
    with engine.Machine(Processes(), docker_says(tmp_path, said), "") as machine:
        assert machine.program == ("docker", "buildx")


@pytest.mark.parametrize(
    ("version", "number"),
    [("v0.13.0", "0.13.0"), ("0.29.1+ds1", "0.29.1"), ("v1.2.3-rc1", "1.2.3"), ("dev", "")],
)
def test_the_version_that_docker_knows_of_buildx(tmp_path: Path, version: str, number: str) -> None:
    said = info({"Name": "buildx", "Version": version})
    with engine.Machine(Processes(), docker_says(tmp_path, said), "") as machine:
        assert machine.buildx_version == number


def test_the_version_that_buildx_tells_itself(tmp_path: Path) -> None:
    env = docker_does(tmp_path, '[ "$1" = info ] || echo "github.com/docker/buildx v0.21.3 abc"\n')
    with engine.Machine(Processes(), env, "") as machine:
        assert machine.buildx_version == "0.21.3"


def test_a_buildx_that_is_too_old(tmp_path: Path) -> None:
    env = docker_says(tmp_path, info({"Name": "buildx", "Version": "v0.12.1"}))
    with engine.Machine(Processes(), env, "") as machine, pytest.raises(MachineError) as caught:
        machine.builder  # noqa: B018
    assert caught.value.notices[0].problem == "docker buildx 0.12.1 is too old, 0.13 is needed."


def test_no_docker_at_all(tmp_path: Path) -> None:
    with engine.Machine(Processes(), {"PATH": str(tmp_path)}, "") as machine:
        for ask in (lambda: machine.engine, lambda: machine.program, lambda: machine.builder):
            with pytest.raises(MachineError, match="the docker command is not there"):
                ask()


def test_a_question_without_an_answer_is_dropped(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    asked.mkdir()
    env = docker_does(tmp_path, f"touch {asked}/$$\nexec sleep 1000\n")
    with engine.Machine(Processes(), env, "", usage=True):
        until(lambda: len(list(asked.iterdir())) == 3, "all questions are asked", 60)
    for pid in asked.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.name), 0)


def test_what_is_asked_twice_is_answered_once(tmp_path: Path) -> None:
    env = docker_does(tmp_path, f'echo "$1" >> {tmp_path}/asked\n')
    with engine.Machine(Processes(), env, "") as machine:
        for _ in range(2):
            assert machine.program == ("docker", "buildx")
            with pytest.raises(MachineError):
                machine.engine  # noqa: B018
    assert (tmp_path / "asked").read_text().split().count("info") == 1
