"""Tell what was measured: tables in Markdown, and a plot."""

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from measure import Figures

T = TypeVar("T")
SCENARIOS = ("cold", "unchanged", "one handler changed")


@dataclass(frozen=True, kw_only=True)
class Results:
    """All figures by driver, number of functions, way and scenario; `today` are the ways of today."""

    figures: Mapping[tuple[str, int, str, str], Sequence[Figures]]
    today: frozenset[str]

    def median(
        self, driver: str, size: int, way: str, scenario: str, figure: Callable[[Figures], float]
    ) -> float:
        """Give the median of one figure over the rounds; NaN where nothing was measured."""
        found = self.figures.get((driver, size, way, scenario))
        return statistics.median(map(figure, found)) if found else float("nan")

    def seconds(self, driver: str, size: int, way: str, scenario: str) -> float:
        """Give the median of the wall time; NaN where nothing was measured."""
        return self.median(driver, size, way, scenario, lambda run: run.seconds)

    @property
    def drivers(self) -> list[str]:
        """Name the drivers."""
        return _distinct(key[0] for key in self.figures)

    @property
    def sizes(self) -> list[int]:
        """Give the numbers of functions."""
        return sorted(_distinct(key[1] for key in self.figures))

    def ways(self, driver: str, size: int) -> list[str]:
        """Name the ways that were measured there."""
        return _distinct(key[2] for key in self.figures if key[:2] == (driver, size))


def markdown(results: Results, what: str) -> str:
    """Write every table; `what` says where it was measured, and on what."""
    lines = [what, ""]
    for driver in results.drivers:
        for size in results.sizes:
            lines += _times(results, driver, size)
            lines += _costs(results, driver, size)
        if len(results.sizes) > 1:
            lines += [line for scenario in SCENARIOS for line in _growth(results, driver, scenario)]
    return "\n".join(lines)


def _times(results: Results, driver: str, size: int) -> list[str]:
    ways = results.ways(driver, size)
    seconds = {
        (way, scenario): results.seconds(driver, size, way, scenario)
        for way in ways
        for scenario in SCENARIOS
    }
    today = [way for way in ways if way in results.today]
    rows = []
    for way in ways:
        cells = []
        for scenario in SCENARIOS:
            ours = seconds[way, scenario]
            best = min((seconds[other, scenario] for other in today), default=None)
            cells.append(f"{ours:.1f}" if best is None else f"{ours:.1f} ({best / ours:.1f})")
        rows.append([way, *cells])
    rounds = max(len(runs) for key, runs in results.figures.items() if key[:2] == (driver, size))
    title = (
        f"{driver} driver, {size} functions: seconds, median of {rounds}; "
        "in brackets, how many times faster than the best of today's ways"
    )
    return _table(title, ["way", *SCENARIOS], rows)


def _costs(results: Results, driver: str, size: int) -> list[str]:
    rows = []
    for way in results.ways(driver, size):
        cells = [way]
        for scenario in SCENARIOS[:2]:

            def get(figure: Callable[[Figures], float], way: str = way, scenario: str = scenario) -> float:
                return results.median(driver, size, way, scenario, figure)

            cells += [
                f"{get(lambda run: run.traffic.blobs_up):.0f}",
                f"{get(lambda run: run.traffic.bytes_up) / 1e6:.2f}",
                f"{get(lambda run: run.traffic.bytes_down) / 1e6:.2f}",
            ]
        cells.append(f"{results.median(driver, size, way, 'cold', lambda run: run.peak_mib):.0f}")
        cells.append(f"{results.median(driver, size, way, 'cold', lambda run: run.own_mib):.0f}")
        rows.append(cells)
    header = ["way"]
    header += [f"{each}: {what}" for each in SCENARIOS[:2] for what in ("blobs up", "MB up", "MB down")]
    header += ["MiB, all processes", "MiB, the first process"]
    return _table(f"{driver} driver, {size} functions: the registry, and memory when cold", header, rows)


def _growth(results: Results, driver: str, scenario: str) -> list[str]:
    rows = []
    for way in _distinct(key[2] for key in results.figures if key[0] == driver):
        seconds = [results.seconds(driver, size, way, scenario) for size in results.sizes]
        rows.append([way, *("" if math.isnan(each) else f"{each:.1f}" for each in seconds)])
    title = f"{driver} driver, {scenario}: seconds by the number of functions"
    return _table(title, ["way", *map(str, results.sizes)], rows)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"**{title}**",
        "",
        f"| {' | '.join(header)} |",
        f"| --- | {' | '.join('--:' for _ in header[1:])} |",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def plot(results: Results, path: Path) -> None:
    """Draw how the time grows with the number of functions, a row for each driver."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    drivers = results.drivers
    figure, rows = pyplot.subplots(
        len(drivers), len(SCENARIOS), figsize=(13, 4 * len(drivers)), squeeze=False, layout="constrained"
    )
    for driver, row in zip(drivers, rows, strict=True):
        for scenario, axes in zip(SCENARIOS, row, strict=True):
            for way in _distinct(key[2] for key in results.figures):
                sizes = [size for size in results.sizes if (driver, size, way, scenario) in results.figures]
                times = [results.seconds(driver, size, way, scenario) for size in sizes]
                style = ":" if way in results.today else "-"
                axes.plot(sizes, times, style, marker="o", label=way)
            axes.set(
                title=f"{scenario} ({driver} driver)", xlabel="functions", ylabel="seconds", yscale="log"
            )
            axes.grid(visible=True, alpha=0.3)
    rows[0][0].legend()
    figure.savefig(path, dpi=110)


def machine() -> str:
    """Say when and where: date, cores, versions."""
    engine = _output("docker", "version", "--format", "{{.Server.Version}}")
    client = _output("docker", "buildx", "version").split()[1]
    return (
        f"{date.today()}: {os.cpu_count()} cores, {platform.machine()}, engine {engine} (containerd store), "
        f"buildx {client}."
    )


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
