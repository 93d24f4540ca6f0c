"""Where images go, under which names, and that the report names the digest that the registry has."""

from collections.abc import Callable

from support import registry
from support.engine import docker
from support.project import Project
from support.runs import Result

DOCKERFILE = "FROM scratch\nCOPY handler.go .\n"


def engine_has(project: Project) -> list[str]:
    found = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    return [name for name in found if f"/{project.prefix}/" in name]


def test_without_push_the_image_is_in_the_engine_alone(
    project: Project, build: Callable[..., Result]
) -> None:
    project.add_dockerfile("fn", DOCKERFILE)
    build(project).expect(0)
    assert engine_has(project) == [f"{project.image('fn')}:latest"]
    assert not registry.digest(f"{project.image('fn')}:latest")


def test_a_pushed_image_is_in_the_registry_alone(project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", DOCKERFILE)
    result = build(project, "--push").expect(0)
    assert result.function("fn")["digest"] == registry.digest(f"{project.image('fn')}:latest") != ""
    assert engine_has(project) == []


def test_both_when_both_are_asked_for(project: Project, build: Callable[..., Result]) -> None:
    # Two exporters that write the same name at once get in each other's way half of the time.
    names = [f"fn-{number:02}" for number in range(16)]
    for name in names:
        project.add_dockerfile(name, DOCKERFILE)
    result = build(project, "--push", "--load", "true", "--parallel", "8").expect(0)
    for name in names:
        assert result.function(name)["digest"] == registry.digest(f"{project.image(name)}:latest") != ""
    assert sorted(engine_has(project)) == [f"{project.image(name)}:latest" for name in names]


def test_all_tags_name_one_image_for_all_platforms(project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", DOCKERFILE, platforms="linux/amd64,linux/arm64")
    other = f"{project.image('elsewhere')}:2"
    flags = ("--extra-tags", "v1", "--extra-tags", other, "--labels", "a=b, c")
    result = build(project, "--push", *flags).expect(0)
    references = [f"{project.image('fn')}:latest", f"{project.image('fn')}:v1", other]
    assert {registry.digest(reference) for reference in references} == {result.function("fn")["digest"]}
    found = registry.manifest(other)["manifests"]
    images = [part for part in found if part["platform"]["os"] != "unknown"]
    assert {part["platform"]["architecture"] for part in images} == {"amd64", "arm64"}
    for part in images:
        assert registry.config(f"{project.image('fn')}@{part['digest']}")["config"]["Labels"] == {"a": "b, c"}
