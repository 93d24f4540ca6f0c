"""`reuse`: what is unchanged is not built; any input that changes is."""

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import registry
from support.engine import Engine, docker
from support.project import Project
from support.runs import Result

Build = Callable[..., Result]
TEMPLATE = """\
FROM {base}
ARG ADDITIONAL_PACKAGE
ARG FLAVOUR=plain
RUN --network=none echo $FLAVOUR > /flavour
COPY function /function
"""


@pytest.fixture(scope="module")
def push_base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Push a base image, another one for each mark, to a registry that can be asked from here."""
    folder = tmp_path_factory.mktemp("base")
    name = f"{engine.registry}/reuse-{uuid.uuid4().hex[:8]}/base:1"
    chosen = ("--builder", engine.builder) if engine.builder else ()

    def push(mark: str) -> str:
        (folder / "Dockerfile").write_text(f"FROM debian:bookworm-slim\nLABEL mark={mark}\n")
        output = ("--provenance=false", "--output", "type=image,push=true,store=false")
        docker("buildx", "build", *chosen, *output, "--tag", name, str(folder))
        return name

    return push


@pytest.fixture(scope="module")
def base(push_base: Callable[[str], str]) -> str:
    return push_base("1")


@pytest.fixture
def reused(project: Project, build: Build, base: str) -> Project:
    """A project with one function, built and pushed once."""
    project.add_template("py", TEMPLATE.format(base=base), {".dockerignore": "nothing"})
    project.add("fn", lang="py", files={"handler.py": "1"})
    result = build(project, "--push", "--reuse").expect(0)
    assert result.function("fn")["status"] == "built"
    return project


def status(build: Build, project: Project, *flags: str, env: dict[str, str] | None = None) -> str:
    return str(build(project, "--push", "--reuse", *flags, env=env).expect(0).function("fn")["status"])


def test_what_is_unchanged_is_not_built_and_gets_its_tags(reused: Project, build: Build) -> None:
    before = registry.digest(f"{reused.image('fn')}:latest")
    result = build(reused, "--push", "--reuse", "--extra-tags", "again").expect(0)
    found = result.function("fn")
    assert (found["status"], found["digest"], found["steps"]) == ("reused", before, [])
    assert registry.digest(f"{reused.image('fn')}:again") == before
    assert result.report["totals"]["reused"] == 1
    shutil.rmtree(reused.root / "build")
    assert status(build, reused) == "reused"


CHANGES: dict[str, Callable[[Path], Any]] = {
    "byte": lambda root: (root / "fn/handler.py").write_text("2"),
    "mode": lambda root: (root / "fn/handler.py").chmod(0o755),
    "name": lambda root: (root / "fn/handler.py").rename(root / "fn/other.py"),
    "dockerignore": lambda root: (root / "template/py/.dockerignore").write_text("function/handler.py"),
    "template": lambda root: (root / "template/py/more").write_text("x"),
    "template's Dockerfile": lambda root: (root / "template/py/Dockerfile").write_text(
        (root / "template/py/Dockerfile").read_text() + "ENV A=1\n"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_file_is_built(reused: Project, build: Build, change: Callable[[Path], Any]) -> None:
    change(reused.root)
    assert status(build, reused) == "built"
    assert status(build, reused) == "reused"


@pytest.mark.parametrize(
    "flags",
    [
        ("--build-args", "FLAVOUR=sweet"),
        ("--labels", "a=b"),
        ("--platforms", "linux/amd64/v2"),
        ("--builder-flags=--ulimit=nofile=1000:1000",),
        ("--provenance", "mode=max"),
        ("--no-cache",),
        ("--pull",),
    ],
    ids=lambda flags: flags[0],
)
def test_a_changed_input_is_built(reused: Project, build: Build, flags: tuple[str, ...]) -> None:
    assert status(build, reused, *flags) == "built"


def test_a_named_context_that_changed_is_built(reused: Project, build: Build) -> None:
    """Its bytes are not in the build context, so not in the key."""
    library = reused.write("library/version", "1")
    template = reused.root / "template/py/Dockerfile"
    template.write_text(template.read_text() + "COPY --from=library version /version\n")
    flag = "--builder-flags=--build-context=library=library"
    result = build(reused, "--push", "--reuse", flag).expect(0)
    assert "--build-context=library=library" in json.dumps(result.report["warnings"])
    before = registry.layers(f"{reused.image('fn')}:latest")
    library.write_text("2")
    assert status(build, reused, flag) == "built"
    assert registry.layers(f"{reused.image('fn')}:latest") != before


def test_a_build_argument_from_the_environment_is_built(reused: Project, build: Build) -> None:
    flag = "--builder-flags=--build-arg=FLAVOUR"
    assert status(build, reused, flag, env={"FLAVOUR": "sweet"}) == "built"
    assert status(build, reused, flag, env={"FLAVOUR": "sour"}) == "built"


def test_times_given_by_the_environment_count(reused: Project, build: Build) -> None:
    assert status(build, reused, env={"SOURCE_DATE_EPOCH": "1"}) == "built"
    assert status(build, reused, env={"SOURCE_DATE_EPOCH": "1"}) == "reused"
    assert status(build, reused, env={"SOURCE_DATE_EPOCH": "2"}) == "built"


@pytest.mark.parametrize("name", ["BUILDX_GIT_LABELS", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"])
def test_a_doubtful_environment_is_built(reused: Project, build: Build, tmp_path: Path, name: str) -> None:
    (tmp_path / "policy").write_text("{}")
    env = {name: "1" if name == "BUILDX_GIT_LABELS" else str(tmp_path / "policy")}
    assert status(build, reused, env=env) == "built"
    assert status(build, reused, env=env) == "built"


def test_a_base_image_that_moved_is_built_on(
    reused: Project, build: Build, push_base: Callable[[str], str]
) -> None:
    assert status(build, reused) == "reused"
    push_base("2")
    assert status(build, reused) == "built"
    assert status(build, reused) == "reused"


def test_without_provenance_nothing_is_reused(reused: Project, build: Build) -> None:
    assert status(build, reused, "--provenance=false") == "built"
    assert status(build, reused, "--provenance=false") == "built"


def test_without_push_it_says_that_it_does_nothing(reused: Project, build: Build) -> None:
    result = build(reused, "--reuse").expect(0)
    assert result.function("fn")["status"] == "built"
    assert "`reuse` does nothing here: the images are not pushed." in json.dumps(result.report["warnings"])
