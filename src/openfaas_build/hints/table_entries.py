"""Define what the tables of this room hold: error texts, and advice on the answers of registries.

Texts are templates for `str.format`: `{name}` is a group of the entry's
pattern, or a word that is known of every failure (`FailedAction.words`).
Patterns repeat nothing without a bound, so that no log can make them slow.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Action = Literal["import", "export", "push", "build"]
ANY: tuple[Action, ...] = ("import", "export", "push", "build")
READING: tuple[Action, ...] = ("import", "build")
WRITING: tuple[Action, ...] = ("export", "push")

# How BuildKit wrote the cache: as an image index, because attributes `asked` for it or its version is
# `old` (before 0.21); as an image manifest (`new`); or it is `unknown` which.
CacheForm = Literal["asked", "old", "new", "unknown"]
ANY_FORM: tuple[CacheForm, ...] = ("asked", "old", "new", "unknown")
MAYBE_INDEX: tuple[CacheForm, ...] = ("asked", "old", "unknown")


class Answer(Enum):
    """What a registry answered; the value is the code of its hint in report.json and never changes."""

    MANIFEST_REFUSED = "registry-refused-cache-manifest"
    IMAGE_REFUSED = "registry-refused-image"
    REPOSITORY_MISSING = "registry-repository-missing"
    NO_ARTIFACTS = "registry-no-artifacts"
    TOO_LARGE = "registry-body-limit"
    DENIED = "registry-denied"
    RATE_LIMIT = "registry-rate-limit"
    SERVER_ERROR = "registry-server-error"
    LAYER_REFUSED = "registry-refused-layer"
    NAME_INVALID = "registry-name-invalid"
    TAG_IMMUTABLE = "registry-tag-immutable"


@dataclass(frozen=True, slots=True)
class When:
    """The case that an advice is for: this answer, to one of these actions, with one of these forms."""

    answer: Answer
    actions: tuple[Action, ...] = WRITING
    forms: tuple[CacheForm, ...] = ANY_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What an answer means. An empty part leaves what is said of any registry, in the end `REGISTRY`."""

    cause: str = ""
    remedy: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorText:
    """An error text that says enough by itself; `pattern` is searched for in the whole text."""

    pattern: str
    problem: str
    cause: str
    remedy: str
    url: str = "https://docs.docker.com/go/build-cache-backends/"


REGISTRY = "https://docs.docker.com/build/cache/backends/registry/"
BUILDER = "https://docs.docker.com/build/ci/github-actions/configure-builder/"
LOGIN = "https://github.com/docker/login-action#usage"
HUB_USAGE = "https://docs.docker.com/docker-hub/usage/"
LOG_IN = "Log in before this step (docker/login-action)"
