"""The Docker engine of the tests: whose it is, how to empty its builder, how to clean up."""

import os
import re
import subprocess
import uuid
from pathlib import Path

import pytest

from support.waiting import until

_HELP = "These tests need a Docker engine and a registry: run `make integration`, which brings both."


class Engine:
    """The engine that the environment names.

    A private one is the lab's: pruning it harms nobody. In anybody else's the tests build with a
    builder of their own, which is replaced by a new one to be empty.
    """

    def __init__(self) -> None:
        self.registry = os.environ.get("LAB_REGISTRY", "")
        if not self.registry:
            pytest.fail(f"LAB_REGISTRY is not set. {_HELP}", pytrace=False)
        command = ["docker", "version", "--format", "{{.Server.Version}}"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
            said = answer.stderr.strip() if answer.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error)
        if said:
            pytest.fail(f"no Docker engine answers: {said} {_HELP}", pytrace=False)
        self.is_private = _is_private()
        self.builder = "" if self.is_private else f"openfaas-build-test-{uuid.uuid4().hex[:8]}"
        if self.builder:
            self._create()

    @property
    def env(self) -> dict[str, str]:
        """Give the variables that choose the builder."""
        return {"BUILDX_BUILDER": self.builder} if self.builder else {}

    def empty(self, *prefixes: str) -> None:
        """Leave no step in the builder; `prefixes` are those of the images that may still hold layers."""
        self.remove_images(*prefixes)
        if self.builder:
            docker("buildx", "rm", "--force", self.builder)
            self._create()
        until(lambda: self._prune() == "0B", "the builder is empty", 60)

    def remove_images(self, *prefixes: str) -> None:
        for prefix in prefixes:
            found = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
            names = [name for name in found.split() if f"/{prefix}/" in name]
            if names:
                docker("image", "rm", "--force", *names)

    def close(self) -> None:
        if self.builder:
            docker("buildx", "rm", "--force", self.builder)

    def _create(self) -> None:
        options = ("--driver", "docker-container", "--driver-opt", "network=host", "--bootstrap")
        docker("buildx", "create", "--name", self.builder, *options)

    def _prune(self) -> str:
        chosen = ("--builder", self.builder) if self.builder else ()
        docker("buildx", "prune", *chosen, "--all", "--force")
        found = re.search(r"^Total:\s+(\S+)", docker("buildx", "du", *chosen), re.MULTILINE)
        return found[1] if found else ""


def docker(*arguments: str) -> str:
    # buildx itself where it lies beside a lab's configuration: docker would start it twice for each call.
    buildx = Path(os.environ.get("DOCKER_CONFIG", "/nonexistent"), "cli-plugins/docker-buildx")
    direct = arguments[0] == "buildx" and buildx.exists()
    command = [str(buildx), *arguments[1:]] if direct else ["docker", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def _is_private() -> bool:
    said = os.environ.get("LAB_ENGINE")
    if said is not None:
        return said == "private"
    # The configuration of a lab's private engine lies beside its data.
    config = Path(os.environ.get("DOCKER_CONFIG", "/nonexistent"))
    return (config.parent / "daemon.json").exists()
