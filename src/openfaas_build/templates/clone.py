"""Clone a template repository, and let it do nothing but lie there: without its submodules."""

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from openfaas_build.errors import BuildError, MachineError
from openfaas_build.git import GitError, run_git
from openfaas_build.templates.source import Source
from openfaas_build.untrusted import clean, escaped, one_line

_TOLD_LINES = 4
_CLONE = ("clone", "--quiet", "--no-recurse-submodules")
# What git says, its cause, the remedy.
_HINTS = (
    (
        ("could not read Username", "Authentication failed", "Permission denied", "Repository not found"),
        "the repository is private or does not exist, and this job has no credentials for it.",
        "Check the address. For a private repository, check it out in a step before and give its path.",
    ),
    (
        ("Could not resolve host", "Connection refused", "unable to access", "Connection timed out"),
        "this machine does not reach the repository's host.",
        "Check the address and the proxy settings, or commit the template to template/.",
    ),
    (
        ("Remote branch", "Needed a single revision", "bad object"),
        "the repository has no such branch, tag or commit.",
        'Correct what follows "#" or "@".',
    ),
    (
        ("no answer in",),
        "the host does not answer, or the repository is very large.",
        "Try again, or commit the template to template/.",
    ),
    (
        ("dubious ownership",),
        "the repository belongs to another user, as in a container job.",
        "Run \"git config --global --add safe.directory '*'\" before this step.",
    ),
)


def clone(source: Source, folder: Path, *, env: Mapping[str, str], timeout_s: float) -> str:
    """Check `source` out in the new folder `folder`, and return the full name of the commit.

    `folder`'s parent must exist. Each git command gets `timeout_s` seconds.

    Raises BuildError, without a place, when git fails; MachineError when there is no git.
    """
    git = partial(run_git, folder.parent, env, timeout_s=timeout_s)
    try:
        if source.sha:
            return _clone_commit(git, source, folder)
        branch = [f"--branch={source.ref}"] if source.ref else []
        git(*_CLONE, "--depth=1", *branch, "--", source.repository, str(folder))
        return git("-C", str(folder), "rev-parse", "HEAD")
    except GitError as error:
        at = f' at "{escaped(source.ref)}"' if source.ref else ""
        raise _told(f'git cannot clone "{source.shown}"{at}.', str(error)) from None
    except FileNotFoundError:
        raise MachineError.of(
            problem="git is not installed, and a template has to be fetched with it.",
            cause="the job's container does not bring git.",
            remedy="Install git, or commit the templates to template/.",
        ) from None


def _clone_commit(git: Callable[..., str], source: Source, folder: Path) -> str:
    """Fetch one commit alone where the name is whole and the server lets us, else everything."""
    try:
        if len(source.sha) < 40:
            raise GitError("a server takes whole names only")
        git("init", "--quiet", str(folder))
        git("-C", str(folder), "fetch", "--quiet", "--depth=1", "--", source.repository, source.sha)
    except GitError:
        shutil.rmtree(folder, ignore_errors=True)
        git(*_CLONE, "--no-checkout", "--", source.repository, str(folder))
    found = git("-C", str(folder), "rev-parse", "--verify", f"{source.sha}^{{commit}}")
    if not found.startswith(source.sha):
        # A tag may be named like a commit, and git would prefer it.
        raise GitError(f"bad object {source.sha}")
    git("-C", str(folder), "checkout", "--quiet", "--detach", found)
    return found


def _told(problem: str, said: str) -> BuildError:
    """Tell git's last lines on one line, and what is known about them."""
    lines = [one_line(line) for line in clean(said).splitlines() if line.strip()]
    says = f"git says: {' / '.join(lines[-_TOLD_LINES:])}"
    for words, cause, remedy in _HINTS:
        if any(word.lower() in said.lower() for word in words):
            return BuildError.of(problem=problem, cause=f"{cause[:-1]}; {says}", remedy=remedy)
    return BuildError.of(problem=problem, cause=says, remedy="Check the address and what it names.")
