"""Labs: one for each process, one with another image store, and the image that builders start from."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parents[2] / "lab"
BUILDER_IMAGE = "moby/buildkit:buildx-stable-1"
_CANNOT_DO_IT = 3
# Making the image takes minutes, once.
_IMAGE_LIMIT_S = 1800
# `LAB_COUNT=3 lab/with` names the other two here.
_OTHERS = [folder for folder in os.environ.get("LAB_OTHERS", "").split(":") if folder]
# A private engine's configuration lies beside its data. This is the lab whose downloads the others take.
_FIRST = Path(os.environ.get("DOCKER_CONFIG", "/nonexistent")).parent.parent


class Lab:
    """A second engine: the variables that name it, and its registry."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._all = env
        self.env = {name: env[name] for name in ("DOCKER_HOST", "DOCKER_CONFIG", "LAB_REGISTRY", "PATH")}
        self.registry = env["LAB_REGISTRY"]

    def docker(self, *arguments: str, data: bytes = b"") -> str:
        env = {**os.environ, **self.env}
        done = subprocess.run(["docker", *arguments], env=env, input=data, capture_output=True, timeout=120)
        assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr.decode()}"
        return done.stdout.decode()

    def give_builder_image(self) -> None:
        give_builder_image(self._all)


def one_for_each(processes: int) -> bool:
    """Say whether each of so many processes can have a lab of its own."""
    return len(_OTHERS) + 1 >= processes


def take_lab(worker: str) -> None:
    """Make the lab of pytest-xdist's process `gw0`, `gw1`, … the one that the environment names.

    The first, and every process that there is no lab for, keeps the one that is named already.
    """
    number = int(worker[2:]) if worker.startswith("gw") else 0
    if 0 < number <= len(_OTHERS):
        env = _up({**os.environ, "LAB_DIR": _OTHERS[number - 1]})
        os.environ.update({name: env[name] for name in env if name.startswith(("DOCKER_", "LAB_"))})
        os.environ["PATH"] = env["PATH"]


@contextmanager
def classic_lab() -> Iterator[Lab]:
    """Start a lab whose engine has the classic image store, and end it again."""
    # The kernel allows a socket's path 107 characters.
    folder = tempfile.mkdtemp(prefix="classic-", dir="/tmp")
    env = {**os.environ, "LAB_DIR": folder, "LAB_STORE": "classic"}
    if (_FIRST / "downloads").is_dir():
        env["LAB_DOWNLOADS_FROM"] = str(_FIRST / "downloads")
    try:
        yield Lab(_up(env))
    finally:
        subprocess.run([LAB / "down"], env=env, check=True, capture_output=True, timeout=300)
        shutil.rmtree(folder, ignore_errors=True)


def give_builder_image(env: Mapping[str, str] | None = None) -> None:
    """Give the image to a lab's engine, this process's unless told; skip where it cannot be had."""
    # The first lab makes it where nobody has it yet, for one caller at a time; the others take it from there.
    _give_image({**os.environ, "LAB_DIR": str(_FIRST)})
    found = {**os.environ, **(env or {})}
    if found.get("LAB_DIR", str(_FIRST)) != str(_FIRST):
        _give_image({**found, "LAB_DOWNLOADS_FROM": str(_FIRST / "downloads")})


def _give_image(env: Mapping[str, str]) -> None:
    done = subprocess.run([LAB / "buildkit"], env=env, capture_output=True, text=True, timeout=_IMAGE_LIMIT_S)
    if done.returncode == _CANNOT_DO_IT:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr


def _up(env: Mapping[str, str]) -> dict[str, str]:
    """Start a lab, unless it is up, and return the environment in it."""
    shell = 'lines=$("$1/up") || exit; eval "$lines"; env -0'
    done = subprocess.run(
        ["bash", "-c", shell, "bash", str(LAB)], env=env, capture_output=True, text=True, timeout=600
    )
    if done.returncode == _CANNOT_DO_IT:
        pytest.skip(f"this machine cannot have a second engine: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
