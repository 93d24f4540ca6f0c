"""A handler changes: without --link the layers below its COPY are fetched, and the report says so."""

import re
from collections.abc import Callable

import pytest
from support import registry
from support.engine import Engine
from support.project import Project
from support.runs import Result

TEMPLATE = """\
# The handler's line is the last but one.
FROM busybox:stable AS base
RUN --network=none echo {name} && \\
    dd if=/dev/urandom of=/deps bs=1M count=4 2>/dev/null

FROM base
WORKDIR /srv/app
COPY {flag}index.py /srv/app/
COPY {flag}function {destination}
CMD ["python3", "index.py"]
"""
NAMES = ("linked", "plain", "relative")
PLACES = {"plain": "template/plain/Dockerfile:9", "relative": "template/relative/Dockerfile:9"}


@pytest.fixture(scope="module")
def result(engine: Engine, make_project: Callable[..., Project], build: Callable[..., Result]) -> Result:
    """The second build, on an empty builder: a function for each way to copy, and one that is unchanged."""
    project = make_project()
    ways = {"linked": ("--link ", "/srv/app/function"), "plain": ("", "/srv/app/function")}
    ways["relative"] = ("", "function")
    for name, (flag, destination) in ways.items():
        text = TEMPLATE.format(name=name, flag=flag, destination=destination)
        project.add_template(name, text, {"index.py": f"# {project.prefix} {name}\n"})
        project.add(name, lang=name, build_cache="max")
    project.add("unchanged", lang="plain", build_cache="max")
    engine.empty(project.prefix)
    first = build(project, "--push").expect(0)
    assert "has no --link" not in first.summary
    for name in NAMES:
        project.change_handler(name)
    engine.empty(project.prefix)
    # One after the other, so that each fetches for itself.
    second = build(project, "--push", "--parallel", "1").expect(0)
    for name in NAMES:
        assert registry.digest(f"{project.image(name)}:latest") == second.function(name)["digest"]
    return second


@pytest.mark.parametrize("name", NAMES)
def test_only_the_handler_s_step_ran(result: Result, name: str) -> None:
    (ran,) = result.steps(name, "run")
    assert ran.startswith("COPY ") and " function " in ran
    assert len(result.steps(name, "hit")) == 3


def test_with_link_nothing_is_fetched_and_nothing_said(result: Result) -> None:
    linked = result.function("linked")
    assert (linked["bytes_pulled"], linked["hints"]) == (0, [])
    assert result.function("unchanged")["hints"] == []


@pytest.mark.parametrize(("name", "place"), PLACES.items())
def test_without_link_the_report_names_the_line(result: Result, name: str, place: str) -> None:
    found = result.function(name)
    assert found["bytes_pulled"] > 4_000_000
    (hint,) = found["hints"]
    assert hint["code"] == "copy-without-link"
    assert hint["problem"].endswith(f" in {place} has no --link, so the layers below it were fetched.")
    assert hint["remedy"].startswith("Write COPY --link. ")
    assert ("absolute path" in hint["remedy"]) is (name == "relative")


def test_the_summary_says_it_once_for_each_line_with_what_was_fetched(result: Result) -> None:
    _, _, section = result.summary.partition("### What would be faster\n\n")
    said = [line for line in section.splitlines() if line.startswith("- ")]
    assert len(said) == result.summary.count("has no --link") == 2
    for name, place in PLACES.items():
        (line,) = (line for line in said if place in line)
        assert re.search(rf" [\d.]+ MB for `{name}`\.<br>", line)
    assert "has no --link" in result.stderr
