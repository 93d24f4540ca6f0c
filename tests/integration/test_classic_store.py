"""An engine with the classic image store cannot export caches: what each way to ask for one leads to.

A second private engine, ended again. Its only builder image is one that cannot start, served by its
own registry, so that the change to a builder of our own fails on every machine alike.
"""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import registry
from support.engine import Engine
from support.project import Project
from support.runs import Result, run

LAB = Path(__file__).resolve().parents[2] / "lab"
BUILDER_IMAGE = "moby/buildkit:buildx-stable-1"
OWN_BUILDER = "openfaas-build"
CANNOT_DO_IT = 3
# On vfs every step copies the whole base image: so there is none.
DOCKERFILE = "FROM scratch\nCOPY go.mod .\nCOPY handler.go .\n"


class Classic:
    """The second engine: the variables that name it, and its registry."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.registry = env["LAB_REGISTRY"]

    def docker(self, *arguments: str, data: bytes = b"") -> str:
        env = {**os.environ, **self.env}
        done = subprocess.run(["docker", *arguments], env=env, input=data, capture_output=True, timeout=120)
        assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr.decode()}"
        return done.stdout.decode()


@pytest.fixture(scope="module")
def classic(engine: Engine) -> Iterator[Classic]:
    # The kernel allows a socket's path 107 characters.
    folder = tempfile.mkdtemp(prefix="classic-", dir="/tmp")
    env = {**os.environ, "LAB_DIR": folder, "LAB_STORE": "classic"}
    downloads = Path(os.environ.get("DOCKER_CONFIG", "/nonexistent")).parent.parent / "downloads"
    if downloads.is_dir():
        env["LAB_DOWNLOADS_FROM"] = str(downloads)
    try:
        shell = 'lines=$("$1/up") || exit; eval "$lines"; env -0'
        up = subprocess.run(
            ["bash", "-c", shell, "bash", str(LAB)], env=env, capture_output=True, text=True, timeout=600
        )
        if up.returncode == CANNOT_DO_IT:
            pytest.skip(f"this machine cannot have a second engine: {up.stderr.strip()}")
        assert up.returncode == 0, up.stderr
        found = dict(pair.split("=", 1) for pair in up.stdout.split("\0") if pair)
        made = Classic(
            {name: found[name] for name in ("DOCKER_HOST", "DOCKER_CONFIG", "LAB_REGISTRY", "PATH")}
        )
        broken = f"{made.registry}/{BUILDER_IMAGE}"
        made.docker("import", "--change", 'ENTRYPOINT ["/nothing"]', "-", broken, data=root_without_folders())
        made.docker("push", broken)
        yield made
    finally:
        subprocess.run([LAB / "down"], env=env, check=True, capture_output=True, timeout=300)
        shutil.rmtree(folder, ignore_errors=True)


def root_without_folders() -> bytes:
    """Give a file system in which a file is in the way of /sbin, so that no container starts."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("sbin"))
    return buffer.getvalue()


@pytest.fixture
def project(classic: Classic, tmp_path: Path) -> Project:
    return Project(tmp_path / "project", classic.registry, f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def build(classic: Classic) -> Callable[..., Result]:
    return lambda project, *flags: run(project.root, "build", "--push", *flags, env=classic.env)


def test_the_build_goes_on_without_exports(
    classic: Classic, project: Project, build: Callable[..., Result]
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


def test_an_inline_cache_works(classic: Classic, project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", DOCKERFILE, build_cache="inline")
    assert build(project).expect(0).steps("fn", "run") == ["COPY go.mod .", "COPY handler.go ."]
    classic.docker("image", "rm", "--force", f"{project.image('fn')}:latest")
    classic.docker("buildx", "prune", "--all", "--force")
    result = build(project).expect(0)
    assert result.report["warnings"] == []
    assert result.steps("fn", "hit") == ["COPY go.mod .", "COPY handler.go ."]


def test_plan_does_not_ask_the_engine(classic: Classic, project: Project) -> None:
    project.add_dockerfile("fn", DOCKERFILE, build_cache="max")
    result = run(project.root, "plan", env=classic.env).expect(0)
    assert f"type=registry,ref={project.image('fn')}:buildcache,mode=max" in result.stdout
