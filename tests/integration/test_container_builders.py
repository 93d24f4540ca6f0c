"""Builders of the docker-container driver, as docker/setup-buildx-action makes them."""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator

import pytest
from cache_service import CacheService
from support import registry
from support.caches import expect_full_hit, expect_written
from support.engine import docker
from support.project import Project
from support.runs import Result
from support.waiting import until

from openfaas_build import engine as product
from openfaas_build.processes import Processes

STAGES = """\
FROM scratch AS build
COPY go.mod .
COPY handler.go .

FROM scratch
COPY --from=build handler.go .
"""
STEPS = 3
SMALL = "FROM scratch\nCOPY handler.go .\n"


class Builder:
    """A builder that nobody started yet, and how to empty it."""

    def __init__(self) -> None:
        self.name = f"openfaas-build-test-{uuid.uuid4().hex[:8]}"
        docker(
            "buildx",
            "create",
            "--name",
            self.name,
            "--driver",
            "docker-container",
            "--driver-opt",
            "network=host",
        )

    def empty(self) -> None:
        def prune() -> bool:
            docker("buildx", "prune", "--builder", self.name, "--all", "--force")
            return docker("buildx", "du", "--builder", self.name).split()[-1] == "0B"

        until(prune, "the builder is empty")

    def close(self) -> None:
        subprocess.run(
            ["docker", "buildx", "rm", "--force", self.name], check=True, capture_output=True, timeout=120
        )


@pytest.fixture
def new_builder(builder_image: None) -> Iterator[Builder]:
    made = Builder()
    yield made
    made.close()


@pytest.fixture(scope="module")
def builder(builder_image: None) -> Iterator[Builder]:
    made = Builder()
    docker("buildx", "inspect", "--bootstrap", made.name)
    yield made
    made.close()


@pytest.fixture
def flags(builder: Builder) -> tuple[str, ...]:
    return ("--builder", builder.name)


def in_engine(project: Project) -> list[str]:
    found = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    return sorted(name for name in found if f"/{project.prefix}/" in name)


def test_a_cache_of_an_emptied_builder(
    builder: Builder, flags: tuple[str, ...], project: Project, build: Callable[..., Result]
) -> None:
    project.add_dockerfile("fn", STAGES, build_cache="max")
    cold = build(project, "--push", *flags).expect(0)
    assert cold.report["warnings"] == []
    assert len(cold.steps("fn", "run")) == STEPS
    assert [found["outcome"] for found in cold.function("fn")["cache"]["imports"]] == ["cold"]
    cache = expect_written(cold, project, "fn")
    assert in_engine(project) == []

    builder.empty()
    again = build(project, "--push", *flags).expect(0)
    expect_full_hit(again, project, "fn", steps=STEPS, cache=cache)

    builder.empty()
    project.change_handler("fn")
    changed = build(project, "--push", *flags).expect(0)
    assert changed.steps("fn", "hit") == ["COPY go.mod ."]
    assert changed.steps("fn", "run") == ["COPY handler.go .", "COPY --from=build handler.go ."]
    assert changed.function("fn")["first_miss"]["instruction"] == "COPY handler.go ."
    assert changed.function("fn")["cache"]["export"]["outcome"] == "ok"
    assert registry.digest(f"{project.image('fn')}:buildcache") not in ("", cache)
    # BuildKit says this of a build that keeps its result to itself, as the export of a cache does.
    for result in (cold, again, changed):
        assert "No output specified" not in result.stdout + result.stderr + result.log("fn")


def test_the_github_cache_on_an_emptied_builder(
    builder: Builder, flags: tuple[str, ...], project: Project, build: Callable[..., Result]
) -> None:
    project.add_dockerfile("fn", STAGES, build_cache="gha")
    with CacheService() as service:
        env = service.env(service.token())
        cold = build(project, "--push", *flags, env=env).expect(0)
        assert cold.report["warnings"] == []
        assert cold.function("fn")["cache"]["export"]["outcome"] == "ok"
        saved = len(service.entries)
        assert saved

        builder.empty()
        again = build(project, "--push", *flags, env=env).expect(0)
        assert len(again.steps("fn", "hit")) == STEPS
        # The service's answer does not tell; that everything was hit on an empty builder does.
        assert again.function("fn")["cache"]["export"]["outcome"] == "not_needed"
        assert len(service.entries) == saved


def test_the_image_is_loaded_into_the_engine(
    flags: tuple[str, ...], project: Project, build: Callable[..., Result]
) -> None:
    project.add_dockerfile("fn", SMALL, build_cache="max")
    result = build(project, *flags, "--load", "true").expect(0)
    assert in_engine(project) == [f"{project.image('fn')}:latest"]
    assert not registry.digest(f"{project.image('fn')}:latest")
    assert registry.digest(f"{project.image('fn')}:buildcache")
    assert result.steps("fn", "run") == ["COPY handler.go ."]


def test_both_are_asked_for(flags: tuple[str, ...], project: Project, build: Callable[..., Result]) -> None:
    names = [f"fn-{number}" for number in range(4)]
    for name in names:
        project.add_dockerfile(name, SMALL)
    result = build(project, *flags, "--push", "--load", "true", "--parallel", "4").expect(0)
    assert in_engine(project) == [f"{project.image(name)}:latest" for name in names]
    for name in names:
        assert result.function(name)["digest"] == registry.digest(f"{project.image(name)}:latest") != ""


def test_a_failing_step(flags: tuple[str, ...], project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile(
        "bad",
        "FROM busybox:stable\nRUN --network=none echo why-it-failed && exit 7\nCOPY handler.go .\n",
    )
    project.add_dockerfile("good", SMALL)
    result = build(project, *flags, "--push").expect(1)
    assert result.function("good")["status"] == "built"
    assert result.function("bad")["status"] == "failed"
    assert result.steps("bad", "failed") == ["RUN --network=none echo why-it-failed && exit 7"]
    assert "why-it-failed" in result.stderr


def test_a_builder_that_nobody_started(
    new_builder: Builder, project: Project, build: Callable[..., Result]
) -> None:
    names = [f"fn-{number}" for number in range(4)]
    for name in names:
        project.add_dockerfile(name, SMALL, build_cache="max")
    result = build(project, "--push", "--builder", new_builder.name, "--parallel", "4").expect(0)
    assert result.report["warnings"] == []
    for name in names:
        assert result.function(name)["cache"]["export"]["outcome"] == "ok"


def test_what_is_known_of_a_builder(
    new_builder: Builder, project: Project, build: Callable[..., Result]
) -> None:
    docker("buildx", "inspect", "--bootstrap", new_builder.name)

    def look() -> product.Builder:
        with product.Machine(Processes(), os.environ, new_builder.name) as machine:
            return machine.choose_builder(exports=frozenset({"s3"}), platforms=2, host_network=False)

    found = look()
    assert (found.name, found.driver) == (new_builder.name, "docker-container")
    assert found.buildkit and found.buildkit >= (0, 13, 0)
    assert "linux/amd64" in found.platforms or "linux/arm64" in found.platforms
    assert found.was_empty
    project.add_dockerfile("fn", SMALL)
    build(project, "--push", "--builder", new_builder.name).expect(0)
    assert not look().was_empty
    new_builder.empty()
    assert look().was_empty
