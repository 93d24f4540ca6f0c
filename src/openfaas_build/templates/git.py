"""Clone a template repository, and let it do nothing but lie there.

git runs without a shell, a terminal, hooks or submodules, and speaks only the
protocols of templates. Its environment is an allowlist: what git, ssh and
proxies need, and none of the tokens and inputs of the job. Filters that the
user configured, such as git-lfs, stay on; a repository cannot bring its own.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from openfaas_build.errors import BuildError, MachineError, Notice
from openfaas_build.templates.address import Source, redact
from openfaas_build.templates.lookup import printable

_OPTIONS = (
    ("core.hooksPath", "/dev/null"),
    ("core.autocrlf", "false"),
    ("advice.detachedHead", "false"),
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_PASSED = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
        *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"),
        *("GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT"),
        *("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_NO_VERIFY"),
    )
)
_SET = {
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "LC_ALL": "C",
}
_TOLD_LINES = 4
_CLONE = ("--quiet", "--no-recurse-submodules")
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
        ("dubious ownership",),
        "the repository belongs to another user, as in a container job.",
        "Run \"git config --global --add safe.directory '*'\" before this step.",
    ),
)


class _GitError(Exception):
    """git ended with an error; the text is what it wrote to standard error."""


def child_env(env: Mapping[str, str]) -> dict[str, str]:
    """Pass on what git, ssh and proxies need of `env`, and nothing else."""
    passed = {
        name: value
        for name, value in env.items()
        if name in _PASSED or name.lower() in _PROXIES or name.startswith("GIT_CONFIG_")
    }
    return passed | _SET


def clone(source: Source, folder: Path, *, env: Mapping[str, str], timeout_s: float) -> str:
    """Check `source` out in the new folder `folder`, and give the full name of the commit.

    `folder`'s parent must exist. Each git command gets `timeout_s` seconds.

    Raises BuildError, without a place, when git fails or the ref is none;
    MachineError when there is no git.
    """
    git = _Git(child_env(env), folder.parent, timeout_s)
    try:
        if source.sha:
            return _clone_commit(git, source, folder)
        branch: tuple[str, ...] = ()
        if source.ref:
            _check_ref(git, source)
            branch = (f"--branch={source.ref}",)
        git.run("clone", *_CLONE, "--depth=1", *branch, "--", source.repository, str(folder))
        return git.run("-C", str(folder), "rev-parse", "HEAD")
    except _GitError as error:
        at = f' at "{printable(source.ref)}"' if source.ref else ""
        raise _told(f'git cannot clone "{source.shown}"{at}.', str(error)) from None
    except subprocess.TimeoutExpired:
        raise BuildError(
            Notice(
                problem=f'git did not finish with "{source.shown}" in {timeout_s:g} s.',
                cause="the host does not answer, or the repository is very large.",
                remedy="Try again, or commit the template to template/.",
            )
        ) from None


def _clone_commit(git: "_Git", source: Source, folder: Path) -> str:
    """Fetch one commit alone where the name is whole and the server lets us, else everything."""
    try:
        if len(source.sha) < 40:
            raise _GitError("a server takes whole names only")
        git.run("init", "--quiet", str(folder))
        git.run("-C", str(folder), "fetch", "--quiet", "--depth=1", "--", source.repository, source.sha)
    except _GitError:
        shutil.rmtree(folder, ignore_errors=True)
        git.run("clone", *_CLONE, "--no-checkout", "--", source.repository, str(folder))
    found = git.run("-C", str(folder), "rev-parse", "--verify", f"{source.sha}^{{commit}}")
    if not found.startswith(source.sha):
        # A tag may be named like a commit, and git would prefer it.
        raise _GitError(f"bad object {source.sha}")
    git.run("-C", str(folder), "checkout", "--quiet", "--detach", found)
    return found


def _check_ref(git: "_Git", source: Source) -> None:
    try:
        git.run("check-ref-format", "--allow-onelevel", source.ref)
    except _GitError:
        raise BuildError(
            Notice(
                problem=f'"{printable(source.ref)}" is no name of a branch or tag.',
                cause='git allows no blanks, no ".." and none of ~ ^ : ? * [ \\ in one.',
                remedy='Correct what follows "#" or "@".',
            )
        ) from None


def _told(problem: str, said: str) -> BuildError:
    """Make an error of git's last lines, on one line and without what a runner or a thief could use."""
    lines = [redact(printable(line.strip())) for line in said.splitlines() if line.strip()]
    says = f"git says: {' / '.join(lines[-_TOLD_LINES:])}"
    for words, cause, remedy in _HINTS:
        if any(word.lower() in said.lower() for word in words):
            return BuildError(Notice(problem=problem, cause=f"{cause[:-1]}; {says}", remedy=remedy))
    return BuildError(Notice(problem=problem, cause=says, remedy="Check the address and what it names."))


class _Git:
    """Runs git commands in one folder, environment and time limit."""

    def __init__(self, env: dict[str, str], folder: Path, timeout_s: float) -> None:
        self._env = env
        self._folder = folder
        self._timeout_s = timeout_s

    def run(self, *arguments: str) -> str:
        """Run one command and give its output, stripped."""
        options = [word for name, value in _OPTIONS for word in ("-c", f"{name}={value}")]
        try:
            process = subprocess.Popen(
                ["git", *options, *arguments],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                # Without a terminal ssh cannot ask, and a timeout ends git's own children too.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise MachineError(
                Notice(
                    problem="git is not installed, and a template has to be fetched with it.",
                    cause="the job's container does not bring git.",
                    remedy="Install git, or commit the templates to template/.",
                )
            ) from None
        try:
            output, said = process.communicate(timeout=self._timeout_s)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        if process.returncode:
            raise _GitError(said)
        return output.strip()
