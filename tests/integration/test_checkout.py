"""What git says of the project's checkout, with a real git."""

import os
import subprocess
from pathlib import Path

import pytest

from openfaas_build import checkout
from openfaas_build.errors import BuildError

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *author, *arguments], cwd=folder, env=ENV, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "proj"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=feature/x")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=x")
    return folder


def fault(root: Path, env: dict[str, str] = ENV) -> str:
    with pytest.raises(BuildError) as caught:
        checkout.short_sha(root, env)
    return str(caught.value)


def test_what_a_checkout_is_called(root: Path) -> None:
    sha = git(root, "rev-parse", "HEAD")
    assert sha.startswith(checkout.short_sha(root, ENV))
    assert sha.startswith(checkout.describe(root, ENV))
    git(root, "tag", "v1")
    assert (checkout.describe(root, ENV), checkout.branch(root, ENV)) == ("v1", "feature/x")
    git(root, "checkout", "--quiet", "--detach")
    assert checkout.branch(root, ENV) == ""


def test_the_repository_may_lie_elsewhere(root: Path, tmp_path: Path) -> None:
    sha = git(root, "rev-parse", "--short", "HEAD")
    assert checkout.short_sha(tmp_path, {**ENV, "GIT_DIR": str(root / ".git")}) == sha


def test_no_checkout(tmp_path: Path) -> None:
    assert fault(tmp_path) == (
        "the image cannot be tagged from git: fatal: not a git repository"
        " (or any of the parent directories): .git\n"
        "Likely cause: there is no git checkout here.\n"
        'Check the repository out first (actions/checkout), or set the input "tag" to "latest".'
    )


def test_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert "Likely cause: the checkout has no commit yet, or not enough of its history." in fault(tmp_path)


def test_no_git(root: Path) -> None:
    assert fault(root, {"PATH": "/nonexistent"}) == (
        'git is not installed.\nInstall git, or set the input "tag" to "latest".'
    )


def test_no_answer(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin/git"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nsleep 1000 &\nwait\n")
    script.chmod(0o755)
    monkeypatch.setattr(checkout, "_TIMEOUT_S", 1)
    text = fault(root, {**ENV, "PATH": f"{script.parent}:{ENV['PATH']}"})
    assert text == "the image cannot be tagged from git: no answer in 1 s"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a checkout to another user")
def test_a_checkout_of_another_user(root: Path, tmp_path: Path) -> None:
    os.chown(root, 65534, 65534)
    os.chown(root / ".git", 65534, 65534)
    assert f'Run "git config --global --add safe.directory {root}" before this step.' in fault(root)
    config = tmp_path / "gitconfig"
    config.write_text(f"[safe]\n\tdirectory = {root}\n")
    assert checkout.short_sha(root, {**ENV, "GIT_CONFIG_GLOBAL": str(config)})
    # As sudo has it: the checkout is of the user who called it.
    assert checkout.short_sha(root, {**ENV, "SUDO_UID": "65534"})
