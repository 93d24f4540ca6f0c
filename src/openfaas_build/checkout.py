"""Ask git about the project's checkout, for the tag modes and for `{branch}`.

Commands and texts as in faas-cli 0.18.12 (`versioncontrol/`), but a problem of
git is an error and never part of a tag.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from openfaas_build.errors import BuildError, Notice

_TIMEOUT_S = 30


def short_sha(root: Path, env: Mapping[str, str]) -> str:
    """Give the commit's abbreviated name; raises BuildError outside a checkout."""
    return _git(root, env, "rev-parse", "--short", "HEAD")


def describe(root: Path, env: Mapping[str, str]) -> str:
    """Give `git describe --tags --always`; raises BuildError outside a checkout."""
    return _git(root, env, "describe", "--tags", "--always")


def branch(root: Path, env: Mapping[str, str]) -> str:
    """Give the branch's name; empty when no branch is checked out."""
    name = _git(root, env, "rev-parse", "--symbolic-full-name", "--abbrev-ref", "HEAD")
    return "" if name == "HEAD" else name


def _git(root: Path, env: Mapping[str, str], *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=dict(env) | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise BuildError(
            Notice(problem="git is not installed.", remedy='Install git, or set the input "tag" to "latest".')
        ) from None
    except subprocess.TimeoutExpired:
        raise BuildError(Notice(problem=f"git {arguments[0]} did not answer in {_TIMEOUT_S} s.")) from None
    if done.returncode == 0:
        return done.stdout.strip()
    said = done.stderr.strip()
    if "dubious ownership" in said:
        cause = "the checkout belongs to another user, as in a container job, so git does not trust it."
        remedy = f'Run "git config --global --add safe.directory {root}" before this step.'
    elif "not a git repository" in said.lower():
        cause = "there is no git checkout here."
        remedy = 'Check the repository out first (actions/checkout), or set the input "tag" to "latest".'
    else:
        cause = "the checkout has no commit yet, or not enough of its history."
        remedy = 'Commit first, or fetch more history ("fetch-depth: 0" of actions/checkout).'
    problem = f"the image cannot be tagged from git: {said.splitlines()[0] if said else 'git failed'}"
    raise BuildError(Notice(problem=problem, cause=cause, remedy=remedy))
