"""What the token of GitHub's cache service allows, and what started the run."""

import base64
import json
from pathlib import Path

import pytest

from openfaas_build.workflow import CacheAccess, cache_access, read_event

NOW = 1_000_000.0


def token(permissions=(3,), begins: float = NOW - 10, ends: float = NOW + 10, **more) -> str:
    access = [{"Scope": f"refs/heads/b{at}", "Permission": bits} for at, bits in enumerate(permissions)]
    claims = {"ac": json.dumps(access), "nbf": begins, "exp": ends} | more
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}."


def access(text: str, **more: str) -> CacheAccess:
    credentials = {"ACTIONS_RUNTIME_TOKEN": text, "ACTIONS_RESULTS_URL": "https://x/", **more}
    return cache_access(credentials, NOW)


def test_a_token_that_writes():
    assert access(token()) == CacheAccess(read=True, write=True)
    assert access(token((1, 2))) == CacheAccess(read=True, write=True)
    assert access(token(), ACTIONS_CACHE_SERVICE_V2="True").service_v2
    assert not access(token(), ACTIONS_CACHE_SERVICE_V2="yes").service_v2


def test_a_token_that_reads():
    assert access(token((1, 1))) == CacheAccess(read=True, reason="its token is read-only")


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("read", CacheAccess(read=True, reason="the job's cache-mode is read")),
        ("write-only", CacheAccess(write=True)),
        ("none", CacheAccess(reason="the job's cache-mode is none")),
        ("write", CacheAccess(read=True, write=True)),
        ("", CacheAccess(read=True, write=True)),
    ],
)
def test_the_mode_may_say_less(mode: str, found: CacheAccess):
    assert access(token(), ACTIONS_CACHE_MODE=mode) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "its credentials are missing"),
        ("nonsense", "its token cannot be read"),
        ("a.b.c", "its token cannot be read"),
        ("a.W10.c", "its token cannot be read"),
        (token(ac="[1]"), "its token cannot be read"),
        (token(ends=NOW), "its token has expired"),
        (token(begins=NOW + 1), "its token is not valid yet"),
    ],
)
def test_a_token_that_allows_nothing(text: str, reason: str):
    assert access(text) == CacheAccess(reason=reason)


def test_a_token_without_an_address_is_none():
    assert cache_access({"ACTIONS_RUNTIME_TOKEN": token()}, NOW).reason == "its credentials are missing"
    assert cache_access({"ACTIONS_RUNTIME_TOKEN": token(), "ACTIONS_CACHE_URL": "https://x/"}, NOW).write


@pytest.mark.parametrize(("head", "fork"), [("acme/app", False), ("evil/app", True), (None, True)])
def test_a_fork(tmp_path: Path, head: str | None, fork: bool):
    event = tmp_path / "event.json"
    repo = {"full_name": head} if head else None
    event.write_text(
        json.dumps({"pull_request": {"head": {"repo": repo}, "base": {"repo": {"full_name": "acme/app"}}}})
    )
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    assert read_event(env).fork is fork
    assert read_event(env | {"GITHUB_EVENT_PATH": str(tmp_path / "none")}).fork is True
