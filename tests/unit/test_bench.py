"""The bench's own code: the project that it generates, and the tables that it writes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import plan_in
from measure import Figures, Traffic
from project import Project
from tell import SCENARIOS, Results, markdown

NOTHING = Traffic(requests=0, blobs_up=0, bytes_up=0, bytes_down=0)


def run(seconds: float, *, mib: float = 0, traffic: Traffic = NOTHING) -> Figures:
    return Figures(seconds=seconds, peak_mib=2 * mib, own_mib=mib, traffic=traffic)


def tables(
    figures: dict[tuple[str, int, str, str], list[Figures]], *today: str
) -> dict[str, list[list[str]]]:
    """Read the tables back: the cells of each below its title."""
    found: dict[str, list[list[str]]] = {}
    for line in markdown(Results(figures=figures, today=frozenset(today)), "a machine").splitlines():
        if line.startswith("**"):
            rows = found.setdefault(line.strip("*"), [])
        elif line.startswith("| ") and not line.startswith("| ---"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def times(
    driver: str, size: int, way: str, *seconds: float
) -> dict[tuple[str, int, str, str], list[Figures]]:
    return {
        (driver, size, way, scenario): [run(each)] for scenario, each in zip(SCENARIOS, seconds, strict=True)
    }


def test_times_are_medians_beside_the_best_way_of_today() -> None:
    figures = times("docker", 12, "ours", 0, 1, 4) | times("docker", 12, "bake", 30, 12, 6)
    figures |= times("docker", 12, "sequential", 40, 10, 8)
    figures["docker", 12, "ours", "cold"] = [run(20), run(90), run(10)]
    title, *rest = tables(figures, "bake", "sequential")
    assert title.startswith("docker driver, 12 functions: seconds, median of 3")
    assert len(rest) == 1
    assert tables(figures, "bake", "sequential")[title] == [
        ["way", "cold", "unchanged", "one handler changed"],
        ["ours", "20.0 (1.5)", "1.0 (10.0)", "4.0 (1.5)"],
        ["bake", "30.0 (1.0)", "12.0 (0.8)", "6.0 (1.0)"],
        ["sequential", "40.0 (0.8)", "10.0 (1.0)", "8.0 (0.8)"],
    ]


def test_no_ratio_where_no_way_of_today_was_measured() -> None:
    found = tables(times("docker", 200, "ours", 9, 2, 3), "bake")
    assert next(iter(found.values()))[1] == ["ours", "9.0", "2.0", "3.0"]


def test_traffic_and_memory() -> None:
    figures = times("docker", 1, "ours", 1, 1, 1)
    cold = Traffic(requests=9, blobs_up=7, bytes_up=1_500_000, bytes_down=20_000)
    figures["docker", 1, "ours", "cold"] = [run(1, mib=40, traffic=cold)]
    costs = next(rows for title, rows in tables(figures).items() if "memory" in title)
    assert costs[1] == ["ours", "7", "1.50", "0.02", "0", "0.00", "0.00", "80", "40"]


def test_growth_has_a_hole_where_nothing_was_measured() -> None:
    figures = times("docker", 1, "ours", 1, 2, 3) | times("docker", 1, "bake", 4, 5, 6)
    figures |= times("docker", 50, "ours", 7, 8, 9)
    found = tables(figures, "bake")
    assert found["docker driver, unchanged: seconds by the number of functions"] == [
        ["way", "1", "50"],
        ["ours", "2.0", "8.0"],
        ["bake", "5.0", ""],
    ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    monkeypatch.setenv("LAB_REGISTRY", "localhost:5000")

    def make(**how: int) -> Project:
        return Project(
            tmp_path,
            "localhost:5000/place",
            **{"functions": 3, "templates": 1, "shared_steps": 1} | how,
            link=True,
        )

    return make


def dockerfiles(project: Project) -> list[str]:
    return [path.read_text() for path in sorted(project.root.glob("template/*/Dockerfile"))]


def test_the_generated_project_is_one_that_we_build(project: Callable[..., Project]) -> None:
    made = project(functions=5, templates=2)
    plan = plan_in(made.root, push=True)
    assert [function.name for function in plan.functions] == made.names
    assert {function.lang for function in plan.functions} == {"python-0", "python-1"}
    assert [function.tags for function in plan.functions] == [(made.image(name),) for name in made.names]


def test_shared_steps_are_many_as_asked(project: Callable[..., Project]) -> None:
    (text,) = dockerfiles(project(shared_steps=3))
    assert text.count("RUN --network=none sleep 1") == 3 + 1  # and the function's own


def test_one_changed_handler_changes_one_context(project: Callable[..., Project]) -> None:
    made = project()

    def texts() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in made.root.rglob("*") if path.is_file()}

    before = texts()
    made.change_one()
    after = texts()
    assert [path for path in after if before.get(path) != after[path]] == [
        str(made.root / made.changed / "handler.py")
    ]
