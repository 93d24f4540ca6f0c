"""Ask docker and buildx, all at once, what this machine has, and choose a builder to rely on."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from openfaas_build.engine.builders import Builder
from openfaas_build.errors import MachineError, Notice
from openfaas_build.processes import BUILDX, Processes, Question, last_line

OWN_BUILDER = "openfaas-build"
MIN_BUILDX = (0, 13)
_DRIVERS_WITHOUT_ENGINE = ("remote", "kubernetes", "cloud")
_INFO = ("docker", "info", "--format", "{{json .}}")
_ASK_TIMEOUT_S = 60
_BOOT_TIMEOUT_S = 300


class Machine(AbstractContextManager["Machine"]):
    """What docker and buildx say of this machine; `builder` is the named one, empty for the current one.

    They are asked when it is made, which takes 0.1 to 0.3 s: who reads a
    property waits for what is left of that. With `usage` they are asked there
    and then how much the builder holds, and else when that is read. A property
    raises MachineError, with a remedy, when what it tells of is not there. At
    the end of the context the questions are dropped whose answer nobody wanted.
    """

    def __init__(
        self, processes: Processes, env: Mapping[str, str], builder: str, *, usage: bool = False
    ) -> None:
        self._processes = processes
        self._env = env
        self._named = builder
        self._inspect = (*BUILDX, "inspect", *([builder] if builder else []))
        self._usage = (*BUILDX, "du", *(["--builder", builder] if builder else []))
        self._asked: dict[tuple[str, ...], Question] = {}
        with suppress(MachineError):
            for question in (_INFO, self._inspect, *([self._usage] if usage else [])):
                self._ask(question)

    def __exit__(self, *_: object) -> None:
        for question in self._asked.values():
            question.drop()

    @property
    def engine(self) -> dict[str, Any]:
        """What the engine says of itself (`docker info`)."""
        info = self._info
        if info.get("ServerVersion"):
            return info
        said = (info.get("ServerErrors") or [last_line(self._ask(_INFO).answer.stderr)])[0]
        raise MachineError.of(
            problem=f"no Docker engine answers: {said}",
            cause="it is not running, DOCKER_HOST names another one, or this user may not use it.",
            remedy='Start Docker, or set DOCKER_HOST; "docker version" shows whether it answers.',
        )

    @property
    def program(self) -> tuple[str, ...]:
        """The words that start buildx.

        That is the plugin's own program, which does the same and spares each
        call the 0.07 s in which `docker` looks for its plugins; else `docker buildx`.
        """
        path = str(self._plugin.get("Path", ""))
        return (path,) if path and os.access(path, os.X_OK) else BUILDX

    @property
    def buildx_version(self) -> str:
        """The version of buildx, which is not too old."""
        said = self._plugin.get("Version", "")
        if not said:
            done = self._ask((*BUILDX, "version")).answer
            said = "" if done.returncode else done.stdout
        numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
        if not said:
            raise MachineError.of(
                problem="docker buildx is not there, and building with a cache needs it.",
                cause="the docker command was installed without its buildx plugin.",
                remedy="Install the plugin (https://docs.docker.com/go/buildx/), on GitHub with "
                'docker/setup-buildx-action. Then "docker buildx version" answers.',
            )
        if numbers and (int(numbers[1]), int(numbers[2])) < MIN_BUILDX:
            raise MachineError.of(
                problem=f"docker buildx {numbers[0]} is too old, {'.'.join(map(str, MIN_BUILDX))} is needed.",
                cause="older ones cannot tell what a build did (--progress rawjson).",
                remedy="Update the plugin: https://docs.docker.com/go/buildx/",
            )
        return numbers[0] if numbers else ""

    @cached_property
    def builder(self) -> Builder:
        """The named builder, else the current one, with what is known of the engine below it."""
        buildx = self.buildx_version  # first, as without it nothing else is to be had
        done = self._ask(self._inspect).answer
        fields = dict(re.findall(r"^(\w[\w ]*?):[ \t]+(\S.*?)[ \t]*$", done.stdout, re.MULTILINE)[::-1])
        driver = fields.get("Driver", "")
        # Asked first: without an engine, its error says more than the builder's.
        info = {} if driver in _DRIVERS_WITHOUT_ENGINE else self.engine
        if not driver:
            said = fields.get("Error") or last_line(done.stderr)
            raise MachineError.of(
                problem=f'builder "{self._named or "(current)"}" cannot be used: {said}',
                cause="a typing error, or the step that creates it did not run." if self._named else "",
                remedy='"docker buildx ls" lists the builders there are.',
            )
        return Builder(
            name=fields.get("Name", self._named),
            driver=driver,
            buildkit_version=fields.get("BuildKit version", ""),
            platforms=tuple(re.split(r"[,\s*]+", fields.get("Platforms", "").strip(" *"))),
            engine_version=str(info.get("ServerVersion", "")),
            containerd_store=any(
                entry[-1] == "io.containerd.snapshotter.v1" for entry in info.get("DriverStatus") or []
            ),
            buildx_version=buildx,
            program=self.program,
        )

    @property
    def is_empty(self) -> bool:
        """Whether the builder holds no cache at all; a doubt counts as no."""
        done = self._ask(self._usage).answer
        found = re.search(r"^Total:\s+(\S+)", done.stdout, re.MULTILINE)
        return done.returncode == 0 and bool(found and found[1] in ("0B", "0"))

    def choose_builder(self, *, exports: frozenset[str], platforms: int, host_network: bool) -> Builder:
        """Choose a builder that can export the `exports` and build for `platforms` at once.

        The named one, else the current one if it can, else our own, which is
        created with the docker-container driver; where that does not start, the
        current one with a warning, since a cache must not break a build. Raises
        MachineError when the named one cannot do it.
        """
        found = replace(self.builder, was_empty=self.is_empty)
        lacks = found.lacks(exports, platforms)
        if lacks and self._named:
            raise MachineError(_cannot(found, lacks))
        return self._own_builder(found, lacks, host_network=host_network) if lacks else found

    def _own_builder(self, found: Builder, lacks: str, *, host_network: bool) -> Builder:
        """Start our own builder; return `found`, with a warning, where it does not start."""

        def buildx(*arguments: str, timeout_s: int = _ASK_TIMEOUT_S) -> "subprocess.CompletedProcess[str]":
            return self._processes.ask([*BUILDX, *arguments], self._env, timeout_s)

        asked = buildx("inspect", OWN_BUILDER)
        there = asked.returncode == 0
        if there and host_network and 'network="host"' not in asked.stdout:
            # An earlier run's, which had no need of this machine's loopback.
            buildx("rm", "--force", OWN_BUILDER)
            there = False
        if not there:
            options = ["--driver-opt", "network=host"] if host_network else []
            buildx("create", "--name", OWN_BUILDER, "--driver", "docker-container", *options)
        booted = buildx("inspect", "--bootstrap", OWN_BUILDER, timeout_s=_BOOT_TIMEOUT_S)
        if booted.returncode:
            if not there:
                buildx("rm", "--force", OWN_BUILDER)
            notice = _cannot(found, lacks)
            tried = f"A builder of our own did not start: {last_line(booted.stderr)}"
            return replace(found, warnings=(replace(notice, problem=f"{notice.problem} {tried}"),))
        with Machine(self._processes, self._env, OWN_BUILDER, usage=True) as machine:
            own = machine.builder
            warning = Notice(
                problem=f'builder "{found.name}" ({found.driver} driver) cannot {lacks}, '
                f'so builder "{OWN_BUILDER}" (docker-container driver) is used.',
                remedy="To choose yourself, run docker/setup-buildx-action first, "
                'or set the input "builder".',
            )
            return replace(own, was_empty=machine.is_empty, warnings=(warning,))

    @cached_property
    def _info(self) -> dict[str, Any]:
        """What docker answers; empty when it is nothing that we know."""
        try:
            found = json.loads(self._ask(_INFO).answer.stdout)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def _plugin(self) -> dict[str, Any]:
        """What `docker` says of its plugin; empty when it names none, or several."""
        try:
            plugins = self._info["ClientInfo"]["Plugins"]
            found: list[dict[str, Any]] = [plugin for plugin in plugins if plugin["Name"] == "buildx"]
        except (LookupError, TypeError):
            return {}
        return found[0] if len(found) == 1 else {}

    def _ask(self, argv: tuple[str, ...]) -> Question:
        """Ask, if it was not asked before."""
        if not shutil.which("docker", path=self._env.get("PATH")):
            raise MachineError.of(
                problem="the docker command is not there.",
                remedy="Install Docker with its buildx plugin: https://docs.docker.com/engine/install/",
            )
        if argv not in self._asked:
            self._asked[argv] = self._processes.start(argv, self._env, _ASK_TIMEOUT_S)
        return self._asked[argv]


def _cannot(found: Builder, lacks: str) -> Notice:
    store = "" if found.containerd_store else " without the containerd image store"
    return Notice(
        problem=f'builder "{found.name}" ({found.driver} driver{store}) cannot {lacks}.',
        cause="the docker driver does it with the containerd image store alone, and never to s3 or azblob.",
        remedy='Run docker/setup-buildx-action first (or "docker buildx create --use"), or turn the '
        "containerd image store on: https://docs.docker.com/go/build-cache-backends/",
    )
