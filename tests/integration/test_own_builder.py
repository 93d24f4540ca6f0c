"""The action's own builder: what the docker driver cannot do is done with the docker-container driver."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import registry
from support.caches import expect_full_hit, expect_written
from support.labs import Lab, classic_lab
from support.project import Project
from support.runs import Result, run

OWN_BUILDER = "openfaas-build"
STEPS = 7
SMALL = "FROM scratch\nCOPY handler.go .\n"


@pytest.fixture(scope="module")
def classic(builder_image: None) -> Iterator[Lab]:
    """A second engine, whose docker driver cannot export a cache, with the image that builders start from."""
    with classic_lab() as lab:
        lab.give_builder_image()
        yield lab


@pytest.fixture
def no_builder(classic: Lab) -> Iterator[None]:
    yield
    if OWN_BUILDER in classic.docker("buildx", "ls"):
        classic.docker("buildx", "rm", "--force", OWN_BUILDER)


@pytest.fixture
def project(classic: Lab, no_builder: None, tmp_path: Path) -> Project:
    return Project(tmp_path / "project", classic.registry, f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def build(classic: Lab) -> Callable[..., Result]:
    return lambda project, *flags: run(project.root, "build", *flags, env=classic.env)


def containers(classic: Lab) -> list[str]:
    return classic.docker("ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}").splitlines()


def test_a_cache_that_the_docker_driver_cannot_export(
    classic: Lab, project: Project, build: Callable[..., Result]
) -> None:
    project.add_dockerfile("fn", build_cache="max")
    # Who insists on the cache is content, too.
    cold = build(project, "--push", "--strict-cache").expect(0)
    (warning,) = cold.report["warnings"]
    assert warning["problem"] == (
        'builder "default" (docker driver) cannot export a cache of type registry, '
        'so builder "openfaas-build" (docker-container driver) is used.'
    )
    assert 'Builder "openfaas-build" (docker-container driver)' in cold.stderr
    assert len(cold.steps("fn", "run")) == STEPS
    cache = expect_written(cold, project, "fn")
    # The user's choice of a builder stays what it was.
    assert classic.docker("buildx", "inspect").split()[:2] == ["Name:", "default"]
    (container,) = containers(classic)

    classic.docker("buildx", "prune", "--builder", OWN_BUILDER, "--all", "--force")
    again = build(project, "--push").expect(0)
    assert again.report["warnings"] == [warning]
    expect_full_hit(again, project, "fn", steps=STEPS, cache=cache)
    assert containers(classic) == [container]


def test_the_image_gets_into_the_engine(classic: Lab, project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", SMALL, build_cache="max")
    build(project).expect(0)
    assert f"{project.image('fn')}:latest" in classic.docker(
        "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"
    )
    assert containers(classic)
    assert registry.digest(f"{project.image('fn')}:buildcache")


def test_several_platforms_at_once(classic: Lab, project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", SMALL, platforms="linux/amd64,linux/arm64")
    result = build(project, "--push").expect(0)
    (warning,) = result.report["warnings"]
    assert "cannot build for several platforms at once" in warning["problem"]
    found = registry.manifest(f"{project.image('fn')}:latest")["manifests"]
    assert {part["platform"]["architecture"] for part in found} >= {"amd64", "arm64"}


def test_one_that_cannot_reach_this_machine_is_made_anew(
    classic: Lab, project: Project, build: Callable[..., Result]
) -> None:
    # As a run leaves it whose images and caches lie elsewhere.
    classic.docker("buildx", "create", "--name", OWN_BUILDER, "--driver", "docker-container", "--bootstrap")
    project.add_dockerfile("fn", SMALL, build_cache="max")
    result = build(project, "--push").expect(0)
    assert result.function("fn")["digest"] == registry.digest(f"{project.image('fn')}:latest") != ""
    assert result.function("fn")["cache"]["export"]["outcome"] == "ok"
