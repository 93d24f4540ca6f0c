"""Labs: a second engine beside the one of the run, and the image that builders in containers start from."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parents[3] / "lab"
BUILDER_IMAGE = "moby/buildkit:buildx-stable-1"
_CANNOT_DO_IT = 3
# Making the image takes minutes, once.
_IMAGE_LIMIT_S = 1800


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


@contextmanager
def classic_lab() -> Iterator[Lab]:
    """Start a lab whose engine has the classic image store, and end it again."""
    # The kernel allows a socket's path 107 characters.
    folder = tempfile.mkdtemp(prefix="classic-", dir="/tmp")
    env = {**os.environ, "LAB_DIR": folder, "LAB_STORE": "classic"}
    downloads = _folder_of_this_lab() / "downloads"
    if downloads.is_dir():
        env["LAB_DOWNLOADS_FROM"] = str(downloads)
    try:
        shell = 'lines=$("$1/up") || exit; eval "$lines"; env -0'
        up = subprocess.run(
            ["bash", "-c", shell, "bash", str(LAB)], env=env, capture_output=True, text=True, timeout=600
        )
        if up.returncode == _CANNOT_DO_IT:
            pytest.skip(f"this machine cannot have a second engine: {up.stderr.strip()}")
        assert up.returncode == 0, up.stderr
        yield Lab(dict(pair.split("=", 1) for pair in up.stdout.split("\0") if pair))
    finally:
        subprocess.run([LAB / "down"], env=env, check=True, capture_output=True, timeout=300)
        shutil.rmtree(folder, ignore_errors=True)


def give_builder_image(env: Mapping[str, str] | None = None) -> None:
    """See to it that a lab's engine (this run's, unless told) has the image; skip where it cannot be had."""
    found = env or {**os.environ, "LAB_DIR": str(_folder_of_this_lab())}
    done = subprocess.run(
        [LAB / "buildkit"], env=found, capture_output=True, text=True, timeout=_IMAGE_LIMIT_S
    )
    if done.returncode == _CANNOT_DO_IT:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr


def _folder_of_this_lab() -> Path:
    # A private engine's configuration lies beside its data.
    return Path(os.environ.get("DOCKER_CONFIG", "/nonexistent")).parent.parent
