"""Say what a hint is, and what the tables of texts, answers and registries are made of.

Texts are templates for `str.format`: `{name}` is a group of the pattern, or
what is known of every error (`subject`, `registry`, `version`, …, see
`hint_for`). Patterns repeat nothing without a bound, so that no log can make
them slow.
"""

import re
from dataclasses import dataclass
from typing import Literal

Action = Literal["import", "export", "push", "build", "config"]

BACKENDS = "https://docs.docker.com/go/build-cache-backends/"
REGISTRY = "https://docs.docker.com/build/cache/backends/registry/"
GHA = "https://docs.docker.com/build/cache/backends/gha/"
BUILDER = "https://docs.docker.com/build/ci/github-actions/configure-builder/"
BUILDKITD = "https://docs.docker.com/build/buildkit/toml-configuration/"
LOGIN = "https://github.com/docker/login-action#usage"
HUB_USAGE = "https://docs.docker.com/docker-hub/usage/"

ATTRIBUTES = "image-manifest=true,oci-mediatypes=true"
NEW_FORM = f"Use BuildKit 0.21 or newer, or add {ATTRIBUTES} to cache-to; make the cache tag mutable."
TAKES_BOTH = "Leave attributes other than ref and mode out of cache-to, and run again later."

ALL: frozenset[Action] = frozenset({"import", "export", "push", "build", "config"})
CACHE: frozenset[Action] = frozenset({"import", "export"})
REGISTRIES: frozenset[Action] = frozenset({"import", "export", "push"})
BUILD: frozenset[Action] = frozenset({"build"})


@dataclass(frozen=True, slots=True)
class Rule:
    """An error text that says enough by itself."""

    code: str
    pattern: re.Pattern[str]
    actions: frozenset[Action]
    problem: str
    cause: str
    remedy: str
    url: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a registry's answer means: cause and remedy, with the page that tells more."""

    cause: str
    remedy: str
    url: str


@dataclass(frozen=True, slots=True)
class Host:
    """A registry; `advice` is by answer or by one of the words for several (see `hosts.host_advice`).

    An empty part of an advice leaves what the answer itself says in place.
    """

    id: str
    pattern: re.Pattern[str]
    advice: dict[str, Advice]


def rule(
    code: str, pattern: str, actions: frozenset[Action], problem: str, cause: str, remedy: str, url: str
) -> Rule:
    """Make a Rule; the pattern is searched for in the whole text."""
    return Rule(code, re.compile(pattern), actions, problem, cause, remedy, url)
