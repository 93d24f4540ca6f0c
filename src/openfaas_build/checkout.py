"""Ask git about the project's checkout, for the tag modes and for `{branch}`.

Commands and texts as in faas-cli 0.18.12 (`versioncontrol/`), but a problem of
git is an error and never part of a tag.
"""

from collections.abc import Mapping
from pathlib import Path

from openfaas_build.errors import BuildError
from openfaas_build.git import GitError, run_git
from openfaas_build.untrusted import one_line

_TIMEOUT_S = 30
# The user may say where the repository is.
_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
# What git says, its cause, the remedy.
_HINTS = (
    (
        "dubious ownership",
        "the checkout belongs to another user, as in a container job, so git does not trust it.",
        'Run "git config --global --add safe.directory {root}" before this step.',
    ),
    (
        "not a git repository",
        "there is no git checkout here.",
        'Check the repository out first (actions/checkout), or set the input "tag" to "latest".',
    ),
    ("no answer in", "", ""),
    (
        "",
        "the checkout has no commit yet, or not enough of its history.",
        'Commit first, or fetch more history ("fetch-depth: 0" of actions/checkout).',
    ),
)


def short_sha(root: Path, env: Mapping[str, str]) -> str:
    """Return the commit's abbreviated name; raises BuildError outside a checkout."""
    return _git(root, env, "rev-parse", "--short", "HEAD")


def describe(root: Path, env: Mapping[str, str]) -> str:
    """Return `git describe --tags --always`; raises BuildError outside a checkout."""
    return _git(root, env, "describe", "--tags", "--always")


def branch(root: Path, env: Mapping[str, str]) -> str:
    """Return the branch's name; empty when no branch is checked out."""
    name = _git(root, env, "rev-parse", "--symbolic-full-name", "--abbrev-ref", "HEAD")
    return "" if name == "HEAD" else name


def _git(root: Path, env: Mapping[str, str], *arguments: str) -> str:
    try:
        return run_git(root, env, *arguments, timeout_s=_TIMEOUT_S, also=_PLACES)
    except FileNotFoundError:
        remedy = 'Install git, or set the input "tag" to "latest".'
        raise BuildError.of(problem="git is not installed.", remedy=remedy) from None
    except GitError as error:
        said = str(error).strip() or "git failed"
    cause, remedy = next((cause, remedy) for words, cause, remedy in _HINTS if words in said.lower())
    problem = f"the image cannot be tagged from git: {one_line(said.splitlines()[0])}"
    raise BuildError.of(problem=problem, cause=cause, remedy=remedy.format(root=root))
