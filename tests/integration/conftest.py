"""Fixtures of the integration tests: builders' image, projects, runs of the entry point."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.engine import Engine
from support.labs import give_builder_image
from support.project import Project
from support.runs import Result, run

Build = Callable[..., Result]


@pytest.fixture(scope="session")
def builder_image(engine: Engine) -> None:
    """The engine can start builders of the docker-container driver; skips where it cannot."""
    if engine.is_private:
        give_builder_image()
    # In anybody else's engine the tests build with such a builder anyway.


@pytest.fixture(scope="module")
def make_project(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Project]]:
    """Make projects, each in a folder and below a repository of its own; their images go at the end."""
    made: list[Project] = []

    def make(registry: str = "") -> Project:
        root = tmp_path_factory.mktemp("project")
        made.append(Project(root, registry or engine.registry, f"t{uuid.uuid4().hex[:10]}"))
        return made[-1]

    yield make
    engine.remove_images(*(project.prefix for project in made))


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project()


@pytest.fixture(scope="module")
def build(engine: Engine) -> Build:
    """Run `entrypoint.py build FLAGS` in a project."""

    def run_build(project: Project, *flags: str, **how: Any) -> Result:
        env = {**engine.env, **(how.pop("env", None) or {})}
        return run(project.root, "build", *flags, env=env, **how)

    return run_build
