"""What the lanes share: which tests run side by side, engines, the packages of the action."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import labs
from support.engine import Engine
from support.project import Project
from support.wheels import fetch_wheels
from xdist.scheduler import LoadScopeScheduling

# Their tests empty an engine's builder, and share what the fixtures of their file built.
ENGINE_LANES = ("tests/integration/", "tests/e2e/")


class Lanes(LoadScopeScheduling):
    """Hand out tests with an engine by the file, and all of them to one process if there is one engine.

    Those begin, as each file takes long; the others are handed out one by one and fill the gaps.
    """

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith(ENGINE_LANES):
            # Unit tests take moments, and those of a file share what it read.
            return nodeid.partition("::")[0] if nodeid.startswith("tests/unit/") else nodeid
        return nodeid.partition("::")[0] if labs.one_for_each(self.numnodes) else "engine"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    # Only for `--dist loadscope`; with no `--numprocesses` there is nothing to hand out.
    return Lanes(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(ENGINE_LANES))


@pytest.fixture(scope="session")
def engine(worker_id: str) -> Iterator[Engine]:
    """The engine; without one every test that needs it fails."""
    labs.take_lab(worker_id)
    found = Engine()
    yield found
    found.close()


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    """A project for runs that never get as far as an engine."""
    return Project(tmp_path / "project", "registry.example.com", "t")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The packages of the action, on disk."""
    folder = tmp_path_factory.getbasetemp()
    return fetch_wheels(folder if worker_id == "master" else folder.parent)
