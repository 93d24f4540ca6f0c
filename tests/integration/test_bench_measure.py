"""What the bench measures: a known build's bytes at the registry, and what a failing command wrote."""

import os
from pathlib import Path

import pytest
from measure import measure
from support.engine import Engine
from support.project import Project

MIB = 1 << 20


@pytest.fixture
def log(engine: Engine) -> Path:
    if "LAB_REGISTRY_LOG" not in os.environ:
        pytest.skip("the registry is not the lab's own: its log cannot be read")
    return Path(os.environ["LAB_REGISTRY_LOG"])


@pytest.mark.parametrize("size_mib", [1, 3])
def test_bytes_are_those_of_the_blobs_that_were_sent(log: Path, project: Project, size_mib: int) -> None:
    context = project.root / "context"
    context.mkdir(parents=True)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY data /\n")
    (context / "data").write_bytes(os.urandom(size_mib * MIB))
    tag = ("--tag", project.image("data"))
    push = ["docker", "buildx", "build", "--push", "--provenance=false", *tag, "context"]

    first = measure([push], project.root, log)
    assert first.traffic.blobs_up == 2  # the layer and the configuration
    assert size_mib * MIB < first.traffic.bytes_up < (size_mib + 0.1) * MIB
    assert first.peak_mib >= first.own_mib > 1

    again = measure([push], project.root, log)
    assert again.traffic.blobs_up == 0
    assert again.traffic.bytes_up == 0  # nor a manifest: the registry has it
    assert again.traffic.requests > 0


def test_commands_are_timed_together(log: Path, tmp_path: Path) -> None:
    found = measure([["sleep", "0.2"], ["sleep", "0.3"]], tmp_path, log)
    assert found.seconds >= 0.5
    assert found.traffic.requests == 0


def test_a_failing_command_ends_the_bench_with_its_words(log: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        measure([["sh", "-c", "echo no such thing >&2; exit 3"]], tmp_path, log)
