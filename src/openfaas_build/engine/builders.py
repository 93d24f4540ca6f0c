"""Find a builder that can do what is wanted. It is asked through buildx, as the SDK knows no builders."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from openfaas_build.buildx import BUILDX
from openfaas_build.engine.sdk import engine_info
from openfaas_build.errors import MachineError, Notice
from openfaas_build.processes import ask, last_line

OWN_BUILDER = "openfaas-build"
MIN_BUILDX = (0, 13)
_DRIVERS_WITHOUT_ENGINE = ("remote", "kubernetes", "cloud")
_ASK_TIMEOUT_S = 60
_BOOT_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What can build here. Versions are empty where nothing tells them.

    `exports` are the kinds of cache that the builder can export, `program`
    the words that start buildx.
    """

    engine_version: str = ""
    containerd_store: bool = False
    buildx_version: str = ""
    program: tuple[str, ...] = BUILDX
    builder: str
    driver: str
    buildkit_version: str = ""
    exports: frozenset[str] = frozenset()
    platforms: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()

    @property
    def buildkit(self) -> tuple[int, ...] | None:
        """Give BuildKit's version as numbers; None where nothing tells it (Debian's engine says v0.0.0)."""
        found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", self.buildkit_version)
        numbers = tuple(map(int, found.groups())) if found else ()
        return numbers if any(numbers) else None


def preflight(
    env: Mapping[str, str], *, builder: str, exports: frozenset[str], platforms: int, host_network: bool
) -> Preflight:
    """Find a builder that can export the `exports` and build for `platforms` at once.

    The named one, else the current one if it can, else our own, which is
    created with the docker-container driver; where that does not start, the
    current one with a warning, since a cache must not break a build. Raises
    MachineError, with a remedy, when there is no engine, no buildx, no such
    builder, or when the named one cannot do it.
    """
    if not shutil.which("docker", path=env.get("PATH")):
        raise MachineError(
            Notice(
                problem="the docker command is not there.",
                remedy="Install Docker with its buildx plugin: https://docs.docker.com/engine/install/",
            )
        )
    with ThreadPoolExecutor(4, "preflight") as pool:  # each takes 0.1 to 0.3 s
        version = pool.submit(buildx_version, env)
        inspected = pool.submit(inspect_builder, env, builder)
        info = pool.submit(engine_info, env)
        program = pool.submit(buildx_program, env)
        buildx = version.result()  # first, as without it nothing else is to be had
        found = replace(inspected.result(), buildx_version=buildx)
        if found.driver not in _DRIVERS_WITHOUT_ENGINE:
            found = _with_engine(found, info.result())
    found = replace(found, exports=_exports(found), program=program.result())
    lacks = _lacks(found, exports, platforms)
    if not lacks:
        return found
    if builder:
        raise MachineError(_cannot(found, lacks))
    return _own_builder(env, found, lacks, host_network=host_network)


def _with_engine(found: Preflight, info: Mapping[str, Any]) -> Preflight:
    store = any(entry[-1] == "io.containerd.snapshotter.v1" for entry in info.get("DriverStatus") or [])
    return replace(found, engine_version=str(info.get("ServerVersion", "")), containerd_store=store)


def buildx_program(env: Mapping[str, str]) -> tuple[str, ...]:
    """Give the words that start buildx.

    That is the plugin's own program, which does the same and spares each call
    the 0.07 s in which `docker` looks for its plugins; else `docker buildx`.
    """
    if not shutil.which("docker", path=env.get("PATH")):
        return BUILDX
    done = ask(["docker", "info", "--format", "{{json .ClientInfo.Plugins}}"], env, _ASK_TIMEOUT_S)
    try:
        found = [plugin["Path"] for plugin in json.loads(done.stdout) if plugin["Name"] == "buildx"]
    except (ValueError, LookupError, TypeError):
        return BUILDX
    return (found[0],) if len(found) == 1 and os.access(found[0], os.X_OK) else BUILDX


def buildx_version(env: Mapping[str, str]) -> str:
    """Give buildx's version; raises MachineError when it is missing or too old."""
    done = _ask(env, "version")
    numbers = re.search(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    if done.returncode:
        raise MachineError(
            Notice(
                problem="docker buildx is not there, and building with a cache needs it.",
                cause="the docker command was installed without its buildx plugin.",
                remedy="Install the plugin (https://docs.docker.com/go/buildx/), on GitHub with "
                'docker/setup-buildx-action. Then "docker buildx version" answers.',
            )
        )
    if numbers and (int(numbers[1]), int(numbers[2])) < MIN_BUILDX:
        raise MachineError(
            Notice(
                problem=f"docker buildx {numbers[0]} is too old, {'.'.join(map(str, MIN_BUILDX))} is needed.",
                cause="older ones cannot tell what a build did (--progress rawjson).",
                remedy="Update the plugin: https://docs.docker.com/go/buildx/",
            )
        )
    return numbers[0] if numbers else ""


def inspect_builder(env: Mapping[str, str], name: str) -> Preflight:
    """Read `docker buildx inspect`; raises MachineError when there is no such builder."""
    done = _ask(env, "inspect", *([name] if name else []))
    fields = dict(re.findall(r"^(\w[\w ]*?):[ \t]+(\S.*?)[ \t]*$", done.stdout, re.MULTILINE)[::-1])
    if "Driver" not in fields:
        engine_info(env)  # which tells it better when the engine is what is missing
        said = fields.get("Error") or last_line(done.stderr)
        raise MachineError(
            Notice(
                problem=f'builder "{name or "(current)"}" cannot be used: {said}',
                cause="a typing error, or the step that creates it did not run." if name else "",
                remedy='"docker buildx ls" lists the builders there are.',
            )
        )
    return Preflight(
        builder=fields.get("Name", name),
        driver=fields["Driver"],
        buildkit_version=fields.get("BuildKit version", ""),
        platforms=tuple(re.split(r"[,\s*]+", fields.get("Platforms", "").strip(" *"))),
    )


def is_empty(env: Mapping[str, str], builder: str) -> bool:
    """Say whether the builder holds no cache at all; a doubt counts as no."""
    done = _ask(env, "du", *(["--builder", builder] if builder else []))
    found = re.search(r"^Total:\s+(\S+)", done.stdout, re.MULTILINE)
    return done.returncode == 0 and bool(found and found[1] in ("0B", "0"))


def _exports(found: Preflight) -> frozenset[str]:
    """Give what a builder can export: BuildKit's matrix of drivers and cache back-ends."""
    if found.driver != "docker":
        return frozenset({"inline", "registry", "local", "gha", "s3", "azblob"})
    if found.containerd_store:
        return frozenset({"inline", "registry", "local", "gha"})
    return frozenset({"inline"})


def _lacks(found: Preflight, exports: frozenset[str], platforms: int) -> str:
    missing = sorted(exports - found.exports)
    if missing:
        return f"export a cache of type {' and '.join(missing)}"
    if platforms > 1 and found.driver == "docker" and not found.containerd_store:
        return "build for several platforms at once"
    return ""


def _cannot(found: Preflight, lacks: str) -> Notice:
    store = "" if found.containerd_store else " without the containerd image store"
    return Notice(
        problem=f'builder "{found.builder}" ({found.driver} driver{store}) cannot {lacks}.',
        cause="the docker driver does it with the containerd image store alone, and never to s3 or azblob.",
        remedy='Run docker/setup-buildx-action first (or "docker buildx create --use"), or turn the '
        "containerd image store on: https://docs.docker.com/go/build-cache-backends/",
    )


def _own_builder(env: Mapping[str, str], found: Preflight, lacks: str, *, host_network: bool) -> Preflight:
    options = ["--driver-opt", "network=host"] if host_network else []
    asked = _ask(env, "inspect", OWN_BUILDER)
    there = asked.returncode == 0
    if there and host_network and 'network="host"' not in asked.stdout:
        # An earlier run's, which had no need of this machine's loopback.
        _ask(env, "rm", "--force", OWN_BUILDER)
        there = False
    if not there:
        create = ["create", "--name", OWN_BUILDER, "--driver", "docker-container", *options]
        _ask(env, *create)
    booted = _ask(env, "inspect", "--bootstrap", OWN_BUILDER, timeout_s=_BOOT_TIMEOUT_S)
    if booted.returncode:
        if not there:
            _ask(env, "rm", "--force", OWN_BUILDER)
        notice = _cannot(found, lacks)
        tried = f"A builder of our own did not start: {last_line(booted.stderr)}"
        return replace(found, warnings=(replace(notice, problem=f"{notice.problem} {tried}"),))
    own = inspect_builder(env, OWN_BUILDER)
    warning = Notice(
        problem=f'builder "{found.builder}" ({found.driver} driver) cannot {lacks}, '
        f'so builder "{OWN_BUILDER}" (docker-container driver) is used.',
        remedy='To choose yourself, run docker/setup-buildx-action first, or set the input "builder".',
    )
    return replace(
        own,
        engine_version=found.engine_version,
        buildx_version=found.buildx_version,
        program=found.program,
        exports=_exports(own),
        warnings=(warning,),
    )


def _ask(
    env: Mapping[str, str], *arguments: str, timeout_s: int = _ASK_TIMEOUT_S
) -> "subprocess.CompletedProcess[str]":
    return ask([*BUILDX, *arguments], env, timeout_s)
