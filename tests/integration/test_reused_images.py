"""`reuse`: what is unchanged is not built; any input that changes is.

One project has a function for each change. All are built, run again, changed each in its own way, and
run twice more.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
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
# Each function has a template of its own, py-NAME.
CHANGES: dict[str, Callable[[Path], Any]] = {
    "byte": lambda root: (root / "byte/handler.py").write_text("2"),
    "mode": lambda root: (root / "mode/handler.py").chmod(0o755),
    "name": lambda root: (root / "name/handler.py").rename(root / "name/other.py"),
    "dockerignore": lambda root: (root / "template/py-dockerignore/.dockerignore").write_text(
        "function/handler.py"
    ),
    "template": lambda root: (root / "template/py-template/more").write_text("x"),
    "dockerfile": lambda root: add_line(root / "template/py-dockerfile/Dockerfile", "ENV A=1"),
}
# Their bytes are not in the build context, so not in the key: these are built each time.
OUTSIDE = {"named-context": "--build-context=library=library", "environment": "--build-arg=FLAVOUR"}
REUSED = ("unchanged", "base", *CHANGES)
FLAGS = (
    ("--build-args", "FLAVOUR=sweet"),
    ("--labels", "a=b"),
    ("--platforms", "linux/amd64/v2"),
    ("--builder-flags=--ulimit=nofile=1000:1000",),
    ("--provenance", "mode=max"),
    ("--no-cache",),
    ("--pull",),
)


def add_line(file: Path, line: str) -> None:
    file.write_text(f"{file.read_text()}{line}\n")


@pytest.fixture(scope="module")
def push_base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    """Push a base image, another one for each mark, to a registry that can be asked from here."""
    folder = tmp_path_factory.mktemp("base")
    repository = f"{engine.registry}/reuse-{uuid.uuid4().hex[:8]}"
    chosen = ("--builder", engine.builder) if engine.builder else ()

    def push(name: str, mark: str) -> str:
        (folder / "Dockerfile").write_text(f"FROM busybox:stable\nLABEL mark={mark}\n")
        output = ("--provenance=false", "--output", "type=image,push=true,store=false")
        image = f"{repository}/{name}:1"
        docker("buildx", "build", *chosen, *output, "--tag", image, str(folder))
        return image

    return push


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project], push_base: Callable[[str, str], str]) -> Project:
    made = make_project()
    stays, moves = push_base("stays", "1"), push_base("moves", "1")
    for name in (*REUSED, *OUTSIDE):
        template = TEMPLATE.format(base=moves if name == "base" else stays)
        if name == "named-context":
            template += "COPY --from=library version /version\n"
        made.add_template(f"py-{name}", template, {".dockerignore": "nothing"})
        flags = [OUTSIDE[name]] if name in OUTSIDE else None
        made.add(name, lang=f"py-{name}", files={"handler.py": "1"}, builder_flags=flags)
    made.write("library/version", "1")
    return made


@pytest.fixture(scope="module")
def story(project: Project, build: Build, push_base: Callable[[str, str], str]) -> dict[str, Result]:
    """All functions: new, unchanged, changed, and unchanged again."""

    def run(*flags: str, flavour: str) -> Result:
        return build(project, "--push", "--reuse", *flags, env={"FLAVOUR": flavour}).expect(0)

    told = {"new": run(flavour="sweet"), "unchanged": run("--extra-tags", "again", flavour="sweet")}
    push_base("moves", "2")
    for change in CHANGES.values():
        change(project.root)
    (project.root / "library/version").write_text("2")
    told["changed"] = run(flavour="sour")
    shutil.rmtree(project.root / "build")
    told["unchanged again"] = run(flavour="sour")
    return told


def statuses(result: Result) -> dict[str, str]:
    return {function["name"]: function["status"] for function in result.report["functions"]}


def test_what_is_new_is_built(story: dict[str, Result]) -> None:
    assert set(statuses(story["new"]).values()) == {"built"}


@pytest.mark.parametrize("name", REUSED)
def test_what_is_unchanged_is_not_built_and_gets_its_tags(
    story: dict[str, Result], project: Project, name: str
) -> None:
    before = story["new"].function(name)["digest"]
    found = story["unchanged"].function(name)
    assert (found["status"], found["digest"], found["steps"]) == ("reused", before, [])
    assert registry.digest(f"{project.image(name)}:again") == before
    assert story["unchanged"].report["totals"]["reused"] == len(REUSED)


@pytest.mark.parametrize("name", (*CHANGES, "base"))
def test_what_changed_is_built_once(story: dict[str, Result], name: str) -> None:
    assert [statuses(story[run])[name] for run in ("changed", "unchanged again")] == ["built", "reused"]


def test_what_others_changed_does_not_count(story: dict[str, Result]) -> None:
    """And the folder with the build contexts is not needed."""
    for run in ("changed", "unchanged again"):
        assert statuses(story[run])["unchanged"] == "reused"


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_comes_from_outside_of_the_context_is_built(story: dict[str, Result], name: str) -> None:
    assert {statuses(result)[name] for result in story.values()} == {"built"}


def test_a_named_context_that_changed_is_in_the_image(story: dict[str, Result], project: Project) -> None:
    for result in story.values():
        assert OUTSIDE["named-context"] in json.dumps(result.report["warnings"])
    image = project.image("named-context")
    before, after = (story[run].function("named-context")["digest"] for run in ("unchanged", "changed"))
    assert registry.layers(f"{image}@{before}") != registry.layers(f"{image}@{after}")


@pytest.fixture(scope="module")
def single(
    make_project: Callable[..., Project], build: Build, push_base: Callable[[str, str], str]
) -> Iterator[Project]:
    """A project whose one function is reused, before and after what tests do with flags and variables."""
    made = make_project()
    made.add_template("py", TEMPLATE.format(base=push_base("single", "1")))
    made.add("fn", lang="py", files={"handler.py": "1"})
    assert status(build, made) == "built"
    yield made
    assert status(build, made) == "reused"


def status(build: Build, project: Project, *flags: str, env: dict[str, str] | None = None) -> str:
    return str(build(project, "--push", "--reuse", *flags, env=env).expect(0).function("fn")["status"])


@pytest.mark.parametrize("flags", FLAGS, ids=lambda flags: flags[0])
def test_a_changed_input_is_built(single: Project, build: Build, flags: tuple[str, ...]) -> None:
    assert status(build, single, *flags) == "built"


def test_times_given_by_the_environment_count(single: Project, build: Build) -> None:
    assert status(build, single, env={"SOURCE_DATE_EPOCH": "1"}) == "built"
    assert status(build, single, env={"SOURCE_DATE_EPOCH": "1"}) == "reused"
    assert status(build, single, env={"SOURCE_DATE_EPOCH": "2"}) == "built"


@pytest.mark.parametrize("name", ["BUILDX_GIT_LABELS", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"])
def test_a_doubtful_environment_is_built(single: Project, build: Build, tmp_path: Path, name: str) -> None:
    (tmp_path / "policy").write_text("{}")
    env = {name: "1" if name == "BUILDX_GIT_LABELS" else str(tmp_path / "policy")}
    assert status(build, single, env=env) == "built"
    assert status(build, single, env=env) == "built"


def test_without_provenance_nothing_is_reused(single: Project, build: Build) -> None:
    assert status(build, single, "--provenance=false") == "built"
    assert status(build, single, "--provenance=false") == "built"


def test_without_push_it_says_that_it_does_nothing(single: Project, build: Build) -> None:
    result = build(single, "--reuse").expect(0)
    assert result.function("fn")["status"] == "built"
    assert "`reuse` does nothing here: the images are not pushed." in json.dumps(result.report["warnings"])
