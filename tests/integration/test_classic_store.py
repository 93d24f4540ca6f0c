"""An engine with the classic image store cannot export caches: what each way to ask for one leads to.

A second private engine, ended again. Its only builder image is one that cannot start, served by its
own registry, so that the change to a builder of our own fails on every machine alike.
"""

import io
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import registry
from support.engine import Engine
from support.labs import BUILDER_IMAGE, Lab, classic_lab
from support.project import Project
from support.runs import Result, run

OWN_BUILDER = "openfaas-build"
# On vfs every step copies the whole base image: so there is none.
DOCKERFILE = "FROM scratch\nCOPY go.mod .\nCOPY handler.go .\n"


@pytest.fixture(scope="module")
def classic(engine: Engine) -> Iterator[Lab]:
    with classic_lab() as lab:
        broken = f"{lab.registry}/{BUILDER_IMAGE}"
        lab.docker("import", "--change", 'ENTRYPOINT ["/nothing"]', "-", broken, data=root_without_folders())
        lab.docker("push", broken)
        yield lab


def root_without_folders() -> bytes:
    """Give a file system in which a file is in the way of /sbin, so that no container starts."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("sbin"))
    return buffer.getvalue()


@pytest.fixture
def project(classic: Lab, tmp_path: Path) -> Project:
    return Project(tmp_path / "project", classic.registry, f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def build(classic: Lab) -> Callable[..., Result]:
    return lambda project, *flags: run(project.root, "build", "--push", *flags, env=classic.env)


def test_the_build_goes_on_without_exports(
    classic: Lab, project: Project, build: Callable[..., Result]
) -> None:
    project.add_dockerfile("fn", DOCKERFILE, build_cache="max")
    result = build(project).expect(0)
    (warning,) = result.report["warnings"]
    assert (
        "(docker driver without the containerd image store) cannot export a cache of type registry"
        in warning["problem"]
    )
    # That it was tried can be seen from what became of the builder's container.
    assert "A builder of our own did not start: " in warning["problem"]
    assert "/sbin" in warning["problem"]
    assert "docker/setup-buildx-action" in warning["remedy"]
    for text in (result.stderr, result.summary):
        assert "did not start" in " ".join(text.split())
    function = result.function("fn")
    assert function["status"] == "built"
    assert function["digest"] == registry.digest(f"{project.image('fn')}:latest") != ""
    assert not registry.digest(f"{project.image('fn')}:buildcache")
    assert [found["outcome"] for found in function["cache"]["imports"]] == ["cold"]
    assert (function["cache"]["export"] or {"outcome": "skipped"})["outcome"] == "skipped"
    # Nothing of the attempt stays.
    assert OWN_BUILDER not in classic.docker("buildx", "ls")
    assert classic.docker("ps", "--all", "--quiet") == ""


@pytest.mark.parametrize("flags", [("--builder", "default"), ("--strict-cache",)], ids=["named", "strict"])
def test_who_insists_is_told(project: Project, build: Callable[..., Result], flags: tuple[str, ...]) -> None:
    project.add_dockerfile("fn", DOCKERFILE, build_cache="max")
    result = build(project, *flags).expect(3)
    at = -1
    for part in (
        "cannot export a cache of type registry",
        "Likely cause: the docker driver does it with the containerd image store alone",
        "docker/setup-buildx-action",
        "containerd image store on",
    ):
        found = result.stderr.find(part, at + 1)
        assert found > at, f"{part!r} is not in its place in:\n{result.stderr}"
        at = found
    assert "Traceback" not in result.stderr
    assert not registry.digest(f"{project.image('fn')}:latest")


def test_an_inline_cache_works(classic: Lab, project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", DOCKERFILE, build_cache="inline")
    assert build(project).expect(0).steps("fn", "run") == ["COPY go.mod .", "COPY handler.go ."]
    classic.docker("image", "rm", "--force", f"{project.image('fn')}:latest")
    classic.docker("buildx", "prune", "--all", "--force")
    result = build(project).expect(0)
    assert result.report["warnings"] == []
    assert result.steps("fn", "hit") == ["COPY go.mod .", "COPY handler.go ."]


def test_plan_does_not_ask_the_engine(classic: Lab, project: Project) -> None:
    project.add_dockerfile("fn", DOCKERFILE, build_cache="max")
    result = run(project.root, "plan", env=classic.env).expect(0)
    assert f"type=registry,ref={project.image('fn')}:buildcache,mode=max" in result.stdout
