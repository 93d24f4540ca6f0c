"""The fence: a unit test that starts a process, opens a connection or changes the environment fails."""

import os
import socket
import subprocess
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def fence() -> Iterator[None]:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a unit test may not do this: {args[:2]}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "_execute_child", refuse)
        for name in ("system", "fork", "posix_spawn", "execve"):
            patch.setattr(os, name, refuse)
        for name in ("connect", "bind"):
            patch.setattr(socket.socket, name, refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


@pytest.fixture(autouse=True)
def environment_stays() -> Iterator[None]:
    def environment() -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}

    before = environment()
    yield
    assert environment() == before, "a unit test changed the environment"
