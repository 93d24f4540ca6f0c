"""Functions of one template share its steps, and the report does not count the same work twice."""

from collections.abc import Callable

import pytest
from support import registry
from support.engine import Engine
from support.project import Project
from support.runs import Result

TEMPLATE = """\
FROM busybox:stable AS build
WORKDIR /work
RUN --network=none sleep 2 && dd if=/dev/urandom of=/runtime bs=64k count=1 2>/dev/null
COPY function function
FROM busybox:stable
COPY --from=build /work /work
COPY --from=build /runtime /runtime
"""
COMMON = "RUN --network=none sleep 2 && dd if=/dev/urandom of=/runtime bs=64k count=1 2>/dev/null"


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    made = make_project()
    made.add_template("shared", TEMPLATE)
    for name in ("a", "b"):
        made.add(name, lang="shared", files={"handler.go": f"package {name}\n"})
    return made


@pytest.fixture(scope="module")
def result(engine: Engine, project: Project, build: Callable[..., Result]) -> Result:
    engine.empty(project.prefix)
    return build(project, "--push", "--parallel", "2").expect(0)


def test_both_images_have_the_same_random_layer(result: Result, project: Project) -> None:
    layers = [registry.config(f"{project.image(name)}:latest")["rootfs"]["diff_ids"] for name in ("a", "b")]
    assert layers[0][-1] == layers[1][-1]
    assert layers[0] != layers[1]


@pytest.mark.parametrize("instruction", ["WORKDIR /work", COMMON])
def test_a_common_step_runs_once(result: Result, instruction: str) -> None:
    found = [
        step["status"]
        for function in result.report["functions"]
        for step in function["steps"]
        if step["instruction"] == instruction
    ]
    assert sorted(found) == ["run", "shared"]


def test_a_shared_step_counts_neither_for_nor_against(result: Result) -> None:
    totals = result.report["totals"]
    assert totals["hit_rate"] == 0.0
    assert totals["steps_hit"] == 0
    assert totals["steps_shared"] >= 2
    assert "shared" in result.summary


OWN_STEP = """\
FROM busybox:stable
RUN --network=none sleep 1 && dd if=/dev/urandom of=/runtime bs=64k count=1 2>/dev/null
WORKDIR /app
COPY shared /shared
RUN --network=none sleep 1 && dd if=/dev/urandom of=/common bs=64k count=1 2>/dev/null
COPY function/handler.go /app/
RUN --network=none sleep 1 && dd if=/dev/urandom of=/own bs=64k count=1 2>/dev/null
COPY --link function /function
"""


@pytest.mark.parametrize("templates", [1, 2], ids=lambda number: f"{number} templates")
def test_no_step_runs_again_for_the_cache(
    engine: Engine, make_project: Callable[..., Project], build: Callable[..., Result], templates: int
) -> None:
    """A step that ran again would have made other random bytes than those of the image."""
    project = make_project()
    for number in range(templates):
        project.add_template(f"own-{number}", OWN_STEP, {"shared": str(number)})
    names = [f"f{number}" for number in range(6)]
    for number, name in enumerate(names):
        project.add(name, lang=f"own-{number % templates}", files={"handler.go": f"package {name}\n"})
    engine.empty(project.prefix)
    build(project, "--push", "--cache-mode", "max", "--parallel", "4").expect(0)
    for name in names:
        image = project.image(name)
        assert set(registry.layers(f"{image}:latest")) <= set(registry.layers(f"{image}:buildcache"))
