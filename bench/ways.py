"""The ways to build the project: ours, and those that people use today.

Each is what its users write down, with nothing taken away. Those that do not
lay out build contexts themselves get them beforehand, outside of the measured
time.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from project import Project

HERE = Path(__file__).resolve().parent
Argv = list[str]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to build all functions of a project: commands on a builder, run one after the other."""

    name: str
    commands: Callable[[Project, str], list[Argv]]
    prepare: Callable[[Project, str], None] | None = None
    is_today: bool = True
    drivers: tuple[str, ...] = ("docker", "docker-container")


def entrypoint(command: str, *flags: str) -> Argv:
    """Give the command line of this action."""
    return [sys.executable, "-I", "-X", "utf8", str(HERE.parent / "entrypoint.py"), command, *flags]


def lay_out(project: Project, builder: str) -> None:  # noqa: ARG001  # one shape for all preparations
    """Write the build contexts, for the ways that do not."""
    subprocess.run(entrypoint("shrinkwrap"), cwd=project.root, check=True, capture_output=True)


def _flags(builder: str) -> list[str]:
    return ["--push", "--cache-mode=max", f"--builder={builder}"]


def _ours(project: Project, builder: str) -> list[Argv]:  # noqa: ARG001
    return [entrypoint("build", *_flags(builder))]


def _ours_reuse(project: Project, builder: str) -> list[Argv]:  # noqa: ARG001
    return [entrypoint("build", *_flags(builder), "--reuse")]


def _plan(project: Project, builder: str) -> None:
    lay_out(project, builder)
    done = subprocess.run(
        entrypoint("plan", *_flags(builder)), cwd=project.root, check=True, capture_output=True, text=True
    )
    (project.root / "build" / ".openfaas-build").mkdir(exist_ok=True)  # for the metadata files
    (project.root / "plan.json").write_text(done.stdout)


def _by_hand(project: Project, builder: str) -> list[Argv]:  # noqa: ARG001
    """Run our own build's commands without our process: what is left of the time is our overhead."""
    exported = project.names if project.is_new else [project.changed] if project.changed else []
    return [[sys.executable, str(HERE / "by_hand.py"), "plan.json", *exported]]


def _build_push(project: Project, builder: str, name: str, *cache: str) -> Argv:
    return [
        *("docker", "buildx", "build", "--builder", builder, "--push", "--tag", project.image(name)),
        *("--build-arg", "ADDITIONAL_PACKAGE=", *cache, f"build/{name}"),
    ]


def _sequential(project: Project, builder: str) -> list[Argv]:
    """As a docker/build-push-action step for each function, or a loop in a shell script."""
    commands = []
    for name in project.names:
        cache_from, cache_to = project.cache(name)
        commands.append(
            _build_push(project, builder, name, "--cache-from", cache_from, "--cache-to", cache_to)
        )
    return commands


def _inline(project: Project, builder: str) -> list[Argv]:
    """As faas-cli's users do it who shrinkwrap and build themselves: the cache in the image."""
    return [
        _build_push(
            project,
            builder,
            name,
            *("--cache-from", project.image(name), "--build-arg", "BUILDKIT_INLINE_CACHE=1"),
        )
        for name in project.names
    ]


def _bake(project: Project, builder: str) -> list[Argv]:
    """As docker/bake-action does it: one bake, a registry cache for each target."""
    targets = {}
    for name in project.names:
        cache_from, cache_to = project.cache(name)
        targets[name] = {
            "context": f"build/{name}",
            "tags": [project.image(name)],
            "args": {"ADDITIONAL_PACKAGE": ""},
            "cache-from": [cache_from],
            "cache-to": [cache_to],
            "output": ["type=registry"],
        }
    definition = {"group": {"default": {"targets": project.names}}, "target": targets}
    file = project.root / "bake.json"
    file.write_text(json.dumps(definition))
    return [["docker", "buildx", "bake", "--builder", builder, "--file", str(file)]]


def _faas_cli(project: Project, builder: str) -> list[Argv]:  # noqa: ARG001
    """As the OpenFaaS documentation has it; it knows the default builder only, and no remote cache."""
    return [["faas-cli", "build", "--parallel", "4"], ["faas-cli", "push", "--parallel", "4"]]


WAYS = (
    Way(name="ours", commands=_ours, is_today=False),
    Way(name="ours with reuse", commands=_ours_reuse, is_today=False),
    Way(name="our commands by hand", commands=_by_hand, prepare=_plan, is_today=False),
    Way(name="sequential buildx", commands=_sequential, prepare=lay_out),
    Way(name="one bake", commands=_bake, prepare=lay_out),
    Way(name="inline cache", commands=_inline, prepare=lay_out),
    *((Way(name="faas-cli", commands=_faas_cli, drivers=("docker",)),) if shutil.which("faas-cli") else ()),
)
