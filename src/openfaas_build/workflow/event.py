"""Read GitHub's variables: what started the run, and the credentials of the cache."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CREDENTIALS = (
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_RESULTS_URL",
    "ACTIONS_CACHE_URL",
    "ACTIONS_CACHE_SERVICE_V2",
    "ACTIONS_CACHE_MODE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What started the run; a branch is empty where there is none, as for a tag.

    `fork`: the pull request comes from another repository, or nothing tells.
    """

    branch: str = ""
    base_branch: str = ""
    pull_request: bool = False
    fork: bool = False
    on_github: bool = False


def on_github(env: Mapping[str, str]) -> bool:
    """Say whether this is a step of a job on GitHub (or on something that plays it)."""
    return env.get("GITHUB_ACTIONS") == "true"


def take_credentials(env: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Part the credentials of the cache from an environment: (what is left, those that have a value).

    Only buildx gets them. The caller's own `os.environ` still has them: it
    must go on with what is left.
    """
    left = {name: value for name, value in env.items() if name not in CREDENTIALS}
    return left, {name: env[name] for name in CREDENTIALS if env.get(name)}


def read_event(env: Mapping[str, str]) -> Event:
    """Read what started the run from GitHub's variables; an empty Event elsewhere."""
    if not on_github(env):
        return Event()
    ref = env.get("GITHUB_REF", "")
    name = env.get("GITHUB_EVENT_NAME", "")
    if name.startswith("pull_request") or env.get("GITHUB_HEAD_REF") or ref.startswith("refs/pull/"):
        return Event(
            branch=env.get("GITHUB_HEAD_REF", ""),
            base_branch=env.get("GITHUB_BASE_REF", ""),
            pull_request=True,
            fork=_is_fork(env),
            on_github=True,
        )
    is_branch = env.get("GITHUB_REF_TYPE") == "branch" or ref.startswith("refs/heads/")
    branch = env.get("GITHUB_REF_NAME") or ref.removeprefix("refs/heads/")
    return Event(branch=branch if is_branch else "", on_github=True)


def _is_fork(env: Mapping[str, str]) -> bool:
    try:
        event = json.loads(Path(env.get("GITHUB_EVENT_PATH", "")).read_bytes())
        pull_request = event["pull_request"]
        return bool(pull_request["head"]["repo"]["full_name"] != pull_request["base"]["repo"]["full_name"])
    except (OSError, ValueError, LookupError, TypeError):
        return True
