"""What a build with `build_cache: max` must have left, and what the next one must have got from it."""

from support import registry
from support.project import Project
from support.runs import Result


def expect_written(result: Result, project: Project, name: str) -> str:
    """Expect the image that is reported, and a cache beside it; give the cache's digest."""
    function = result.function(name)
    assert function["digest"] == registry.digest(f"{project.image(name)}:latest") != ""
    assert function["cache"]["export"]["outcome"] == "ok"
    cache = registry.digest(f"{project.image(name)}:buildcache")
    assert cache
    return cache


def expect_full_hit(result: Result, project: Project, name: str, *, steps: int, cache: str) -> None:
    """Expect every step from the cache, which stays as it is."""
    assert len(result.steps(name, "hit")) == steps
    assert result.report["totals"]["hit_rate"] == 1.0
    function = result.function(name)
    assert [found["outcome"] for found in function["cache"]["imports"]] == ["ok"]
    assert function["cache"]["export"]["outcome"] == "not_needed"
    assert registry.digest(f"{project.image(name)}:buildcache") == cache
