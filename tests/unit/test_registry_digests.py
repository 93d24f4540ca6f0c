"""The engine's answers about registries, through the docker SDK, whose client stands still here."""

import json

import pytest
from fakes import FakeProcesses

from openfaas_build import engine

CONTEXT = "docker context inspect"


class Client:
    """The SDK's client: `answers` by reference; an exception is raised."""

    def __init__(self, answers: dict) -> None:
        self.answers = answers
        self.closed = False
        self.api = self

    def inspect_distribution(self, reference: str) -> dict:
        found = self.answers[reference]
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch):
    import docker

    class Made:
        def __init__(self) -> None:
            self.errors = docker.errors
            self.environment: dict[str, str] = {}
            self.client: Client | Exception = Client({})

    made = Made()

    def from_env(*, environment: dict[str, str], timeout: int) -> Client:
        made.environment = environment
        if isinstance(made.client, Exception):
            raise made.client
        return made.client

    monkeypatch.setattr(docker.DockerClient, "from_env", from_env)
    return made


def test_digests_and_doubts(docker):
    docker.client = Client(
        {
            "there": {"Descriptor": {"digest": "sha256:a"}},
            "missing": docker.errors.NotFound("no"),
            "refused": docker.errors.APIError("denied"),
            "odd": {"Descriptor": None},
            "cut": OSError("reset"),
        }
    )
    with engine.registry_digests(FakeProcesses(), {"DOCKER_HOST": "unix:///x"}) as ask:
        assert [ask(name) for name in ("there", "missing", "refused", "odd", "cut")] == [
            "sha256:a",
            "",
            None,
            None,
            None,
        ]
    assert docker.client.closed
    assert docker.environment["DOCKER_HOST"] == "unix:///x"


def test_without_an_engine_nothing_is_known(docker):
    docker.client = docker.errors.DockerException("no engine")
    with engine.registry_digests(FakeProcesses(), {"DOCKER_HOST": "unix:///x"}) as ask:
        assert ask("there") is None


@pytest.mark.parametrize(
    ("answer", "host"),
    [((0, json.dumps("unix:///desktop"), ""), "unix:///desktop"), ((1, "", "no context"), None)],
)
def test_the_engine_is_that_of_the_docker_context(docker, answer, host):
    docker.client = Client({})
    with engine.registry_digests(FakeProcesses({CONTEXT: answer}), {"HOME": "/x"}):
        pass
    assert docker.environment.get("DOCKER_HOST") == host
