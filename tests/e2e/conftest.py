"""Fixtures of the end-to-end tests: act, consumers' repositories, the cache service."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cache_service import CacheService
from support.engine import Engine
from support.project import Project

from e2e.support.act import Act


@pytest.fixture(scope="session")
def act(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Act:
    return Act(tmp_path_factory.mktemp("act"), wheels)


@pytest.fixture(scope="module")
def make_repository(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Project]]:
    """Make repositories, each with images of its own or, with `prefix`, with those of another."""
    made: list[Project] = []

    def make(prefix: str = "") -> Project:
        root = tmp_path_factory.mktemp("repository")
        made.append(Project(root, engine.registry, prefix or f"e{uuid.uuid4().hex[:10]}"))
        return made[-1]

    yield make
    engine.remove_images(*(project.prefix for project in made))


@pytest.fixture(scope="module")
def service() -> Iterator[CacheService]:
    with CacheService() as found:
        yield found
