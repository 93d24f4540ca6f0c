"""What is wrong with a machine that has docker is told in three parts, before anything is written."""

import os

import pytest
from support.engine import Engine
from support.project import Project
from support.runs import run
from support.told import told

from openfaas_build import engine as product
from openfaas_build.errors import MachineError
from openfaas_build.processes import Processes

NOBODY = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


def test_no_engine_answers(bare: Project, engine: Engine) -> None:
    bare.add_dockerfile("fn")
    told(
        run(bare.root, "build", env={"DOCKER_HOST": f"unix://{bare.root}/docker.sock"}),
        3,
        "error: no Docker engine answers: ",
        f"unix://{bare.root}/docker.sock",
        "Likely cause: it is not running",
        "Start Docker, or set DOCKER_HOST",
    )


def test_there_is_no_buildx(bare: Project, engine: Engine) -> None:
    bare.add_dockerfile("fn")
    # Docker looks into the user's folder first, and takes a plugin that does not work for none at all.
    plugin = bare.write("config/cli-plugins/docker-buildx", "#!/bin/sh\nexit 1\n")
    plugin.chmod(0o755)
    told(
        run(bare.root, "build", env={"DOCKER_CONFIG": str(bare.root / "config")}),
        3,
        "error: docker buildx is not there",
        "Likely cause: the docker command was installed without its buildx plugin.",
        "Install the plugin",
    )


def test_the_named_builder_does_not_exist(bare: Project, engine: Engine) -> None:
    bare.add_dockerfile("fn")
    told(
        run(bare.root, "build", "--builder", "nowhere"),
        3,
        'error: builder "nowhere" cannot be used',
        "Likely cause: a typing error",
        '"docker buildx ls" lists the builders there are.',
    )


def test_no_engine_is_told_in_dockers_words(engine: Engine) -> None:
    with (
        product.Machine(Processes(), {**os.environ, **NOBODY}, "") as machine,
        pytest.raises(MachineError) as caught,
    ):
        machine.builder  # noqa: B018
    problem = caught.value.notices[0].problem
    assert problem.startswith("no Docker engine answers: ")
    assert "unix:///nowhere/docker.sock" in problem


def test_without_an_engine_no_registry_is_asked(engine: Engine) -> None:
    with product.registry_digests(Processes(), {**os.environ, **NOBODY}) as digest:
        assert digest("debian:bookworm-slim") is None
