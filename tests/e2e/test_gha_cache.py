"""The GitHub Actions cache from a consumer's workflow: who gets the credentials, and what becomes of them."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cache_service import CacheService, Request
from support import registry
from support.engine import Engine
from support.processes import watched_commands
from support.project import Project

from e2e.support.act import ACTION, CHECKOUT, Act, Run, Step

NAMES = ["alpha", "beta"]
WORKFLOW = f"""\
name: functions
on: push
permissions: {{}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: build
        uses: {ACTION}
        with:
          push: true
      - if: always()
        env:
          OUTPUTS: ${{{{ toJSON(steps.build.outputs) }}}}
        run: |
          env --null > "$E2E_LATER/environment"
          printf '%s' "$OUTPUTS" > "$E2E_LATER/outputs.json"
          cp -R "$GITHUB_WORKSPACE" "$E2E_LATER/workspace"
"""


def report_of(run: Run) -> dict[str, Any]:
    return json.loads(run.later("workspace/build/.openfaas-build/report.json").read_text())


def steps_of(run: Run) -> dict[str, set[str]]:
    """Give the fates of each function's steps."""
    return {item["name"]: {step["status"] for step in item["steps"]} for item in report_of(run)["functions"]}


def main(run: Run) -> Step:
    (found,) = run.main_steps()
    return found


def annotations(run: Run, level: str) -> list[str]:
    return [command.data for command in main(run).obeyed if command.name == level]


@pytest.fixture(scope="module")
def repository(make_repository: Callable[..., Project]) -> Project:
    made = make_repository()
    for name in NAMES:
        made.add_dockerfile(name, build_cache="gha")
    made.write(".github/workflows/ci.yml", WORKFLOW)
    return made


@dataclass(frozen=True)
class Pair:
    """A run on an empty cache, then one on an empty builder."""

    version: int
    token: str
    cold: Run
    warm: Run
    commands: set[str]
    asked: list[Request]


def is_upload(request: Request) -> bool:
    return request.method in ("PUT", "PATCH") or request.path.endswith(("/CreateCacheEntry", "/caches"))


@pytest.fixture(scope="module", params=[2, 1], ids=["v2", "v1"])
def pair(
    request: pytest.FixtureRequest, act: Act, engine: Engine, service: CacheService, repository: Project
) -> Iterator[Pair]:
    version = request.param
    service.reset()
    engine.empty(repository.prefix)
    token = service.token()
    credentials = service.env(token, version=version)
    cold = act.run(repository.root, credentials=credentials, env=engine.env).expect(success=True)
    engine.empty(repository.prefix)
    before = len(service.requests)
    with watched_commands() as commands:
        warm = act.run(repository.root, credentials=credentials, env=engine.env).expect(success=True)
    yield Pair(version, token, cold, warm, commands, service.requests[before:])


def test_the_cold_run_runs_every_step(pair: Pair) -> None:
    assert all(statuses <= {"run", "shared"} for statuses in steps_of(pair.cold).values())
    assert {item["cache"]["export"]["outcome"] for item in report_of(pair.cold)["functions"]} == {"ok"}


def test_the_warm_run_hits_every_step_of_every_function(pair: Pair) -> None:
    assert steps_of(pair.warm) == {name: {"hit"} for name in NAMES}
    report = report_of(pair.warm)
    assert report["totals"]["steps_hit"] == report["totals"]["steps_total"] == 14
    for item in report["functions"]:
        (imported,) = item["cache"]["imports"]
        assert (imported["outcome"], imported["source"]) == ("ok", f"type=gha,scope={item['name']}")
    # The layers are the first run's: there is a random one among them.
    images = [json.loads(main(run).outputs["images"]) for run in (pair.cold, pair.warm)]
    for name in NAMES:
        cold, warm = (registry.config(found[name])["rootfs"] for found in images)
        assert cold == warm


def test_it_came_through_the_service_in_its_version(pair: Pair) -> None:
    spoken = {2: "/twirp/", 1: "/_apis/artifactcache/"}
    assert any(spoken[pair.version] in request.path for request in pair.asked)
    assert not any(spoken[3 - pair.version] in request.path for request in pair.asked)
    # A full hit uploads nothing.
    assert not [request for request in pair.asked if is_upload(request)]


def test_every_function_has_a_scope_of_its_own(pair: Pair, service: CacheService) -> None:
    indexes = {entry.key for entry in service.entries if entry.key.startswith("index-")}
    assert {name for name in NAMES for key in indexes if name in key} == set(NAMES)


@pytest.mark.parametrize("temperature", ["cold", "warm"])
def test_later_steps_see_no_credentials(pair: Pair, temperature: str) -> None:
    run: Run = getattr(pair, temperature)
    variables = [item.split("=")[0] for item in run.later("environment").read_text().split("\0")]
    assert "GITHUB_WORKSPACE" in variables
    assert not [name for name in variables if name.startswith("ACTIONS_")]
    # Of the action's own steps, too, the one that builds alone.
    seen = [step for step in run.steps if any(name.startswith("ACTIONS_") for name in step.variables)]
    assert seen == run.main_steps()
    assert "ACTIONS_RUNTIME_TOKEN" in main(run).variables


@pytest.mark.parametrize("temperature", ["cold", "warm"])
def test_the_token_is_in_no_output_and_no_file(pair: Pair, repository: Project, temperature: str) -> None:
    run: Run = getattr(pair, temperature)
    # The middle of the token is enough to find it, however it is quoted.
    secret = pair.token.split(".")[1]
    assert secret not in run.said
    for step in run.steps:
        assert {line for line in step.log.splitlines() if secret in line} <= {f"::add-mask::{pair.token}"}
        assert secret not in step.output + step.summary + step.script
    for folder in (run.later("workspace"), repository.root):
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        assert files
        assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_the_token_is_in_no_process_list(pair: Pair, repository: Project) -> None:
    # The watch sees the build.
    assert any("buildx build" in command and repository.prefix in command for command in pair.commands)
    assert not [command for command in pair.commands if pair.token.split(".")[1] in command]


@pytest.mark.parametrize("temperature", ["cold", "warm"])
def test_the_outputs_are_read_as_they_are_meant(pair: Pair, repository: Project, temperature: str) -> None:
    run: Run = getattr(pair, temperature)
    outputs = main(run).outputs
    digests = json.loads(outputs["digests"])
    assert digests == {name: registry.digest(f"{repository.image(name)}@{digests[name]}") for name in NAMES}
    images = {name: f"{repository.image(name)}:latest@{digest}" for name, digest in digests.items()}
    assert json.loads(outputs["images"]) == images
    assert (json.loads(outputs["functions"]), json.loads(outputs["failed"])) == (NAMES, [])
    assert (outputs["steps-total"], outputs["cache-hit-rate"]) == (
        "14",
        {"cold": "0.00", "warm": "1.00"}[temperature],
    )
    delimiters = re.findall(r"^[a-z-]+<<(\S+)$", main(run).output, re.MULTILINE)
    assert len(set(delimiters)) == len(delimiters) == len(outputs)
    # What the workflow gets is what was set.
    assert json.loads(run.later("outputs.json").read_text()) == outputs


def test_with_a_read_only_token_everything_hits_and_nothing_is_exported(
    pair: Pair, act: Act, engine: Engine, service: CacheService, repository: Project
) -> None:
    engine.empty(repository.prefix)
    before, entries = len(service.requests), service.entries
    credentials = service.env(service.token({"refs/heads/main": 1}), version=pair.version)
    run = act.run(repository.root, credentials=credentials, env=engine.env).expect(success=True)
    assert steps_of(run) == {name: {"hit"} for name in NAMES}
    asked = service.requests[before:]
    assert asked
    assert not [request for request in asked if is_upload(request)]
    assert not [request for request in asked if request.status >= 400]
    assert service.entries == entries
    lines = [line for line in main(run).summary.splitlines() if "read-only" in line]
    assert len(lines) == 1, main(run).summary
    assert annotations(run, "warning") == annotations(run, "error") == []


@pytest.fixture(scope="module")
def small(make_repository: Callable[..., Project]) -> Project:
    """A repository whose one function gives up on an export soon."""
    made = make_repository()
    gha = "type=gha,scope=small"
    made.add_dockerfile(
        "small",
        "FROM busybox:stable\nCOPY handler.go .\n",
        build_cache={"from": [gha], "to": [f"{gha},mode=max,timeout=3s"]},
    )
    made.write(".github/workflows/ci.yml", WORKFLOW)
    return made


def test_without_a_token_it_warns_and_builds(act: Act, engine: Engine, small: Project) -> None:
    run = act.run(small.root, env=engine.env).expect(success=True)
    assert registry.digest(f"{small.image('small')}:latest")
    (warning,) = annotations(run, "warning")
    assert "type=gha" in warning and "credentials are missing" in warning and "setup-buildx-action" in warning
    assert report_of(run)["totals"]["failed"] == 0


@pytest.mark.parametrize(("status", "retry_after", "code"), [(429, 1, "gha-rate-limit"), (500, None, "")])
def test_an_export_that_the_service_turns_down_is_a_warning_with_a_hint(
    act: Act,
    engine: Engine,
    service: CacheService,
    small: Project,
    status: int,
    retry_after: int | None,
    code: str,
) -> None:
    service.reset()
    service.fail(path="CreateCacheEntry", status=status, times=None, retry_after=retry_after)
    small.change_handler("small")
    run = act.run(small.root, credentials=service.env(service.token()), env=engine.env).expect(success=True)
    assert status in {request.status for request in service.requests}
    (function,) = report_of(run)["functions"]
    assert (function["status"], function["cache"]["export"]["outcome"]) == ("built", "failed")
    (hint,) = function["hints"]
    assert code in hint["code"]
    assert json.loads(main(run).outputs["digests"])["small"] == registry.digest(
        f"{small.image('small')}:latest"
    )
    (warning,) = annotations(run, "warning")
    assert hint["problem"] in warning and hint["remedy"] in warning
    assert "Remedy:" in main(run).summary
    assert annotations(run, "error") == []


def test_the_workspace_of_a_run_is_not_the_repository(pair: Pair, repository: Project) -> None:
    """Or the searches above would look at the same files twice."""
    assert (
        Path(json.loads(pair.warm.later("outputs.json").read_text())["report"]).parents[2] != repository.root
    )
