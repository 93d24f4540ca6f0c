"""The real BuildKit against the stand-in for GitHub's cache service."""

import json
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cache_service import CacheService
from support.engine import Engine

MAIN, PULL = "refs/heads/main", "refs/pull/1/merge"
V1 = "_apis/artifactcache/"
# The random layer makes sure that what comes out a second time comes from the cache.
DOCKERFILE = """\
FROM busybox:stable AS build
WORKDIR /src/{scope}
COPY source .
RUN --network=none dd if=/dev/urandom of=/made bs=1k count={size_kib} 2>/dev/null
RUN --network=none cat source > /out && head -c 64 /made >> /out
FROM scratch
COPY --from=build /out /out
"""
# Larger than one piece of version 1 (32 MiB) or one block of version 2 (1 MiB).
LARGE_KIB = {1: 33 << 10, 2: 3 << 10}
STEPS = 5


@pytest.fixture
def service() -> Iterator[CacheService]:
    with CacheService() as running:
        yield running


@dataclass(frozen=True)
class Build:
    """What a build did; `steps` says for every instruction whether it came from the cache."""

    exit_code: int
    said: str
    steps: Mapping[str, bool]
    out: bytes

    def hits(self) -> int:
        assert len(self.steps) == STEPS, self.said
        return sum(self.steps.values())


class Builds:
    """Builds with a scope of their own, in a folder of their own."""

    def __init__(
        self, engine: Engine, service: CacheService, folder: Path, version: int, size_kib: int
    ) -> None:
        self._engine, self._service, self._folder, self._version = engine, service, folder, version
        self.scope = f"t{uuid.uuid4().hex[:10]}"
        dockerfile = DOCKERFILE.format(scope=self.scope, size_kib=size_kib)
        (folder / "Dockerfile").write_text(dockerfile)
        self.change("1")

    def change(self, content: str) -> None:
        """Change what the steps from `COPY source .` on depend on."""
        (self._folder / "source").write_text(content)

    def empty(self) -> None:
        self._engine.empty()

    def build(self, token: str = "", *, ignore_error: bool = False, **attributes: str) -> Build:
        cache = "".join(f",{name}={value}" for name, value in attributes.items())
        command = [
            *("docker", "buildx", "build", "--progress=rawjson", "--provenance=false"),
            *("--cache-from", f"type=gha,scope={self.scope}{cache}"),
            *(
                "--cache-to",
                f"type=gha,scope={self.scope},mode=max,ignore-error={str(ignore_error).lower()}{cache}",
            ),
            *("--output", "type=local,dest=out", "."),
        ]
        env = {
            name: value for name, value in os.environ.items() if not name.startswith(("ACTIONS_", "GITHUB_"))
        }
        env |= self._engine.env | self._service.env(token or self._service.token(), version=self._version)
        out = self._folder / "out" / "out"
        out.unlink(missing_ok=True)
        done = subprocess.run(command, cwd=self._folder, env=env, capture_output=True, text=True, timeout=240)
        return Build(
            exit_code=done.returncode,
            said=done.stderr,
            steps=read_steps(done.stderr),
            out=out.read_bytes() if out.exists() else b"",
        )


def read_steps(progress: str) -> dict[str, bool]:
    steps: dict[str, bool] = {}
    for line in progress.splitlines():
        for vertex in json.loads(line).get("vertexes") or () if line.startswith("{") else ():
            found = re.fullmatch(r"\[(?!internal).*?\] ((?:WORKDIR|COPY|RUN) .*)", vertex["name"])
            if found:
                # Not every event of a cached vertex says so.
                steps[found[1]] = steps.get(found[1], False) or vertex.get("cached", False)
    return steps


@pytest.fixture
def make_builds(engine: Engine, service: CacheService, tmp_path: Path) -> Callable[..., Builds]:
    return lambda version=2, size_kib=64: Builds(engine, service, tmp_path, version, size_kib)


def keys(service: CacheService, scope: str = MAIN) -> list[str]:
    return [entry.key for entry in service.entries if entry.scope == scope]


def answers(service: CacheService, part: str, method: str = "POST") -> list[int]:
    return [
        request.status for request in service.requests if part in request.path and request.method == method
    ]


UPLOADS = {1: ("PATCH", "/caches/"), 2: ("PUT", "comp=block&")}
RESERVES = {1: f"/{V1}caches", 2: "CreateCacheEntry"}


@pytest.mark.parametrize("version", [2, 1])
def test_an_empty_builder_gets_every_step_from_the_service(
    service: CacheService, make_builds: Callable[..., Builds], version: int
) -> None:
    builds = make_builds(version, LARGE_KIB[version])
    cold = builds.build()
    assert (cold.exit_code, cold.hits()) == (0, 0), cold.said
    *blobs, index = keys(service)
    assert index == f"index-{builds.scope}-1-f921bd05#1"
    assert blobs
    assert all(re.fullmatch(r"buildkit-blob-1-sha256:[0-9a-f]{64}", key) for key in blobs)
    method, part = UPLOADS[version]
    uploads = [request for request in service.requests if request.method == method and part in request.path]
    assert sum(request.received_bytes for request in uploads) >= LARGE_KIB[version] << 10
    assert len(uploads) > len(blobs)

    builds.empty()
    warm = builds.build()
    assert (warm.exit_code, warm.hits()) == (0, STEPS), warm.said
    assert warm.out == cold.out
    # An export that has nothing new to say writes its index all the same.
    assert keys(service) == [*blobs, index, f"index-{builds.scope}-1-f921bd05#2"]
    assert {("/_apis/" in request.path, "/twirp/" in request.path) for request in service.requests} <= {
        (version == 1, version == 2),
        (False, False),
    }

    builds.change("2")
    builds.empty()
    changed = builds.build()
    assert changed.exit_code == 0, changed.said
    assert [step for step, hit in changed.steps.items() if hit] == [f"WORKDIR /src/{builds.scope}"]
    assert keys(service)[-1] == f"index-{builds.scope}-1-f921bd05#3"
    builds.empty()
    assert builds.build().hits() == STEPS


@pytest.mark.parametrize(
    ("version", "denials"),
    [
        (2, {403: "permission_denied", 200: "failed to reserve cache"}),
        (1, {403: "cache write denied: token has no writable scopes"}),
    ],
)
def test_a_read_only_token_imports_and_cannot_export(
    service: CacheService, make_builds: Callable[..., Builds], version: int, denials: Mapping[int, str]
) -> None:
    builds = make_builds(version)
    cold = builds.build()
    before = service.entries
    read_only = service.token({MAIN: 1})
    for status, error in denials.items():
        service.denial_status = status
        builds.empty()
        refused = builds.build(read_only)
        assert (refused.exit_code, refused.hits()) == (1, STEPS), refused.said
        assert f"failed to solve: {error}" in refused.said

        builds.empty()
        ignored = builds.build(read_only, ignore_error=True)
        assert (ignored.exit_code, ignored.hits(), ignored.out) == (0, STEPS, cold.out), ignored.said
        assert error in ignored.said
        assert service.entries == before


@pytest.mark.parametrize("version", [2, 1])
def test_too_many_requests_are_tried_again(
    service: CacheService, make_builds: Callable[..., Builds], version: int
) -> None:
    builds = make_builds(version)
    service.fail(path=RESERVES[version], method="POST", status=429, times=2, retry_after=1)
    cold = builds.build()
    assert cold.exit_code == 0, cold.said
    assert answers(service, RESERVES[version]).count(429) == 2
    builds.empty()
    warm = builds.build()
    assert (warm.exit_code, warm.hits(), warm.out) == (0, STEPS, cold.out), warm.said


def test_too_many_requests_for_ever_are_given_up(
    service: CacheService, make_builds: Callable[..., Builds]
) -> None:
    builds = make_builds()
    service.fail(path=RESERVES[2], status=429, times=None)
    done = builds.build(timeout="2s")
    assert done.exit_code == 1
    assert "maximum timeout reached" in done.said
    assert set(answers(service, RESERVES[2])) == {429}
    assert service.entries == []


@pytest.mark.parametrize("version", [2, 1])
@pytest.mark.parametrize("status", [500, 503])
def test_an_error_of_the_service_is_not_tried_again(
    service: CacheService, make_builds: Callable[..., Builds], version: int, status: int
) -> None:
    builds = make_builds(version)
    service.fail(path=RESERVES[version], method="POST", status=status)
    done = builds.build()
    assert done.exit_code == 1
    assert {500: "internal", 503: "unavailable"}[status] in done.said or version == 1
    assert "error writing layer blob" in done.said
    assert answers(service, RESERVES[version])[0] == status
    service.fail(path=RESERVES[version], method="POST", status=status)
    assert builds.build(ignore_error=True).exit_code == 0


def test_a_pull_request_reads_main_and_writes_its_own_scope(
    service: CacheService, make_builds: Callable[..., Builds]
) -> None:
    builds = make_builds()
    cold = builds.build()
    of_main = keys(service)
    pull = service.token({PULL: 3, MAIN: 1})

    builds.empty()
    warm = builds.build(pull)
    assert (warm.exit_code, warm.hits(), warm.out) == (0, STEPS, cold.out), warm.said
    assert keys(service) == of_main
    assert [key.partition("-")[0] for key in keys(service, PULL)] == ["index"]

    builds.change("2")
    builds.empty()
    changed = builds.build(pull)
    assert (changed.exit_code, changed.hits()) == (0, 1), changed.said
    assert keys(service) == of_main

    builds.empty()
    assert builds.build(pull).out == changed.out
    builds.empty()
    of_others = builds.build()
    assert (of_others.hits(), of_others.out != changed.out) == (1, True)


def test_an_expired_token_is_not_even_sent(service: CacheService, make_builds: Callable[..., Builds]) -> None:
    builds = make_builds()
    done = builds.build(service.token(expires_in_s=-60), ignore_error=True)
    assert done.exit_code == 1
    assert "failed to configure gha cache exporter: cache token expired at" in done.said
    assert service.requests == []


def test_an_address_that_expired_is_asked_for_again(
    service: CacheService, make_builds: Callable[..., Builds]
) -> None:
    builds = make_builds()
    cold = builds.build()
    builds.empty()
    builds.build()
    # Only the layer with the result is read, after the index.
    *_, path = [request.path for request in service.requests if request.method == "GET"]
    blob = path.partition("?")[0]
    builds.empty()
    service.fail(path=f"{blob}?", method="GET", status=403)
    warm = builds.build()
    assert (warm.exit_code, warm.hits(), warm.out) == (0, STEPS, cold.out), warm.said
    assert answers(service, f"{blob}?", "GET")[-2:] == [403, 200]


def test_a_service_that_is_gone_costs_the_cache_alone(
    service: CacheService, make_builds: Callable[..., Builds]
) -> None:
    builds = make_builds()
    service.fail(path="", status=0, times=None)
    done = builds.build(ignore_error=True)
    assert (done.exit_code, len(done.out) > 0) == (0, True), done.said
    assert builds.build().exit_code == 1
