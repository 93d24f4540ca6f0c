"""The fence: a unit test that starts a process, opens a connection or changes the environment fails."""

import os
import socket
import subprocess
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def fence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a unit test may not do this: {args[:2]}")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    for name in ("system", "fork", "posix_spawn", "execve"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    before = dict(os.environ)
    yield
    after = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
    before.pop("PYTEST_CURRENT_TEST", None)
    assert after == before, "a unit test changed the environment"
