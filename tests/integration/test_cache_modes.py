"""What each cache mode gives on a builder that knows nothing: one story of four builds, told for all modes.

Images and caches go through a proxy that counts, so that "nothing was exported" is the registry's
own word and not the report's alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from fault_proxy import FaultProxy
from support import registry
from support.engine import Engine
from support.project import ONE_STAGE, Project, tree
from support.runs import Result

ROUNDS = ("cold", "again", "changed", "changed again")
MODES = ("inline", "max", "own", "local")


@dataclass
class Round:
    """One build, on a builder that was emptied before it."""

    result: Result
    digests: dict[str, str]
    local: dict[str, str]
    writes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(
    engine: Engine, make_project: Callable[..., Project], build: Callable[..., Result]
) -> Iterator[dict[str, Round]]:
    with FaultProxy(engine.registry) as proxy:
        project = make_project(proxy.address)
        project.add_dockerfile("inline", ONE_STAGE, build_cache="inline")
        project.add_dockerfile("inline-stages", build_cache="inline")
        project.add_dockerfile("max", build_cache="max")
        project.add_dockerfile("local", build_cache="local")
        own = project.image("caches/own")
        project.add_dockerfile("own", build_cache={"from": [f"{own}:c"], "to": [f"{own}:c"]})
        caches = {"max": project.image("max") + ":buildcache", "own": f"{own}:c"}
        told = {}
        for name in ROUNDS:
            if name == "changed":
                for function in project.functions:
                    project.change_handler(function)
            engine.empty(project.prefix)
            proxy.requests.clear()
            result = build(project, "--push").expect(0)
            told[name] = Round(
                result=result,
                digests={mode: registry.digest(ref) for mode, ref in caches.items()},
                local=tree(project.root / ".buildcache" / "local"),
                writes={
                    "max": proxy.writes("/max/manifests/buildcache"),
                    "own": proxy.writes(f"/{project.prefix}/caches/own/"),
                },
            )
        yield told


@pytest.mark.parametrize("mode", (*MODES, "inline-stages"))
@pytest.mark.parametrize("name", ("again", "changed again"))
def test_an_unchanged_function_comes_from_the_cache_whole(
    story: dict[str, Round], mode: str, name: str
) -> None:
    result = story[name].result
    steps = result.function(mode)["steps"]
    assert len(steps) == (5 if mode == "inline" else 7)
    assert {step["status"] for step in steps} == {"hit"}
    assert result.function(mode)["first_miss"] is None
    assert result.report["totals"]["hit_rate"] == 1.0
    assert all(found["outcome"] == "ok" for found in result.function(mode)["cache"]["imports"])


@pytest.mark.parametrize("mode", (*MODES, "inline-stages"))
def test_the_first_build_is_cold(story: dict[str, Round], mode: str) -> None:
    result = story["cold"].result
    assert set(result.steps(mode)) == set(result.steps(mode, "run"))
    assert [found["outcome"] for found in result.function(mode)["cache"]["imports"]] == ["cold"]
    assert result.report["totals"]["hit_rate"] == 0.0


@pytest.mark.parametrize("mode", ["max", "own", "local"])
def test_only_what_comes_after_a_changed_handler_runs(story: dict[str, Round], mode: str) -> None:
    result = story["changed"].result
    assert result.steps(mode, "hit") == [
        f"WORKDIR /src/{mode}",
        "COPY go.mod .",
        f"RUN --network=none echo {mode} && dd if=/dev/urandom of=/deps bs=64k count=1 2>/dev/null",
    ]
    assert result.steps(mode, "run") == [
        "COPY handler.go .",
        "RUN --network=none cat handler.go /deps > /out",
        "COPY --from=build /out /out",
        f"RUN --network=none echo {mode}",
    ]
    assert result.function(mode)["first_miss"]["instruction"] == "COPY handler.go ."


def test_an_inline_cache_gives_the_steps_of_one_stage(story: dict[str, Round]) -> None:
    result = story["changed"].result
    assert result.steps("inline", "run") == ["COPY handler.go .", "RUN --network=none cat handler.go > /out"]
    assert len(result.steps("inline", "hit")) == 3


def test_an_inline_cache_gives_nothing_before_a_changed_stage(story: dict[str, Round]) -> None:
    result = story["changed"].result
    assert result.steps("inline-stages", "hit") == []
    assert len(result.steps("inline-stages", "run")) == 7


@pytest.mark.parametrize("mode", ["max", "own", "local"])
def test_a_cache_is_exported_when_something_ran_and_only_then(story: dict[str, Round], mode: str) -> None:
    outcomes = [story[name].result.function(mode)["cache"]["export"]["outcome"] for name in ROUNDS]
    assert outcomes == ["ok", "not_needed", "ok", "not_needed"]


@pytest.mark.parametrize("mode", ["inline", "inline-stages"])
def test_an_inline_cache_has_no_export(story: dict[str, Round], mode: str) -> None:
    assert [story[name].result.function(mode)["cache"]["export"] for name in ROUNDS] == [None] * 4


@pytest.mark.parametrize("mode", ["max", "own"])
def test_the_registry_sees_an_export_only_when_something_ran(story: dict[str, Round], mode: str) -> None:
    cold, again, changed, last = (story[name] for name in ROUNDS)
    assert [bool(found.writes[mode]) for found in (cold, again, changed, last)] == [True, False, True, False]
    assert cold.digests[mode]
    assert again.digests[mode] == cold.digests[mode]
    assert changed.digests[mode] not in ("", cold.digests[mode])
    assert last.digests[mode] == changed.digests[mode]


def test_a_local_cache_is_written_only_when_something_ran(story: dict[str, Round]) -> None:
    cold, again, changed, last = (story[name].local for name in ROUNDS)
    assert "index.json" in cold
    assert again == cold
    assert changed != cold
    assert last == changed


@pytest.mark.parametrize("asked", ("--no-cache", "--no-cache-filter=build", "input"))
def test_a_step_that_runs_whatever_the_cache_holds_runs_once_for_image_and_cache(
    make_project: Callable[..., Project], build: Callable[..., Result], asked: str
) -> None:
    project = make_project()
    project.add_dockerfile(
        "fn",
        "FROM busybox:stable AS build\nRUN --network=none head -c 99 /dev/urandom > /random\n",
        build_cache="max",
        builder_flags=[asked] if asked != "input" else [],
    )
    result = build(project, "--push", *(["--no-cache"] if asked == "input" else [])).expect(0)
    function = result.function("fn")
    assert function["cache"]["export"]["outcome"] == "ok"
    image = registry.layers(f"{project.image('fn')}:latest")
    assert set(image) <= set(registry.layers(f"{project.image('fn')}:buildcache"))
    assert function["first_miss"]["reason"] == "no-cache makes steps run, whatever the cache holds"
