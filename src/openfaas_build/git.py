"""Run git with what it needs of the environment, and nothing that a repository could misuse.

git runs without a shell, a terminal or hooks, and speaks only the protocols
of templates. Its environment is an allowlist: what git, ssh and proxies need,
and none of the tokens and inputs of the job. The user's own configuration
holds: `safe.directory`, credentials, filters such as git-lfs; a repository
cannot bring filters of its own.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from openfaas_build.processes import Question

_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "advice.detachedHead=false")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_PASSED = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "SUDO_UID", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
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


class GitError(Exception):
    """git ended with an error; the text is what it wrote to standard error."""


def git_environment(env: Mapping[str, str], also: Collection[str] = ()) -> dict[str, str]:
    """Choose from `env` what git, ssh and proxies need, and the variables that `also` names."""
    passed = {
        name: value
        for name, value in env.items()
        if name in _PASSED or name in also or name.lower() in _PROXIES or name.startswith("GIT_CONFIG_")
    }
    return passed | _SET


def run_git(
    folder: Path, env: Mapping[str, str], *arguments: str, timeout_s: float, also: Collection[str] = ()
) -> str:
    """Run one git command in `folder`, and return its output without blanks around it.

    Of the environment `env` it gets what `git_environment` chooses. Raises
    GitError when git fails or has not ended after `timeout_s` seconds, and
    FileNotFoundError when there is no git.
    """
    argv = ["git", *_OPTIONS, *arguments]
    answer = Question(argv, git_environment(env, also), timeout_s, folder).answer
    if answer.returncode:
        raise GitError(answer.stderr)
    return answer.stdout.strip()
