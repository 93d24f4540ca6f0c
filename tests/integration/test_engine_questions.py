"""Where buildx's own program is, and what is said when no engine answers."""

import json
from pathlib import Path

import pytest

from openfaas_build import engine
from openfaas_build.errors import MachineError


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "docker-buildx"
    path.write_text("")
    path.chmod(0o755)
    return path


def docker_says(tmp_path: Path, text: str) -> dict[str, str]:
    docker = tmp_path / "docker"
    (tmp_path / "said").write_text(text)
    docker.write_text(f"#!/bin/sh\ncat '{tmp_path}/said'\n")
    docker.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_the_plugin_that_docker_would_start(tmp_path: Path, plugin: Path) -> None:
    said = json.dumps([{"Name": "compose", "Path": "/c"}, {"Name": "buildx", "Path": str(plugin)}])
    assert engine.buildx_program(docker_says(tmp_path, said)) == (str(plugin),)


@pytest.mark.parametrize("said", ["", "null", "[]", "{}", '[{"Name": "buildx"}]', "podman: no such thing"])
def test_whatever_else_docker_says_it_is_asked_for_buildx(tmp_path: Path, said: str) -> None:
    assert engine.buildx_program(docker_says(tmp_path, said)) == ("docker", "buildx")


def test_a_plugin_that_cannot_be_run(tmp_path: Path, plugin: Path) -> None:
    plugin.chmod(0o644)
    said = json.dumps([{"Name": "buildx", "Path": str(plugin)}])
    assert engine.buildx_program(docker_says(tmp_path, said)) == ("docker", "buildx")


def test_no_docker_at_all(tmp_path: Path) -> None:
    assert engine.buildx_program({"PATH": str(tmp_path)}) == ("docker", "buildx")


def test_no_engine_is_told_in_the_systems_words(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        engine.engine_info({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    expected = f"no Docker engine answers at unix://{tmp_path}/none.sock: No such file or directory"
    assert caught.value.notices[0].problem == expected


def test_without_an_engine_no_registry_is_asked(tmp_path: Path) -> None:
    with engine.registry_digests({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}) as digest:
        assert digest("debian:bookworm-slim") is None
