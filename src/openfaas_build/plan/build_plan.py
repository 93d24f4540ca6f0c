"""The values of a plan: what must be known, and what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openfaas_build.cache import CacheSpec
from openfaas_build.errors import Notice
from openfaas_build.inputs import Secret
from openfaas_build.stack import Template

STAGING = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the plan must know of the world.

    `templates` by lang, as far as they are needed; `digests` of handlers by
    function, for the tag mode `digest`; `branch` is that of the event or the
    checkout; `fork`: the pull request comes from one; `ssh_agent`: one can be
    reached; `faults` are those found in files, told together with our own.
    """

    templates: Mapping[str, Template] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    short_sha: str = ""
    describe: str = ""
    branch: str = ""
    base_branch: str = ""
    pull_request: bool = False
    fork: bool = False
    ssh_agent: bool = False
    faults: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionBuild:
    """One function, decided: everything that its docker commands are made of.

    `image` is the main reference and the first of `tags`. `skip` gives the
    reason why it is not built. `flags` are passed to buildx as they stand,
    `export_flags` (`--cache-to`) to the cache export alone. `fresh` says that
    steps run though a cache has them, again in each solve.
    """

    name: str
    lang: str
    handler: str
    context: str
    image: str = ""
    tags: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    cache: CacheSpec = field(default_factory=CacheSpec)
    flags: tuple[str, ...] = ()
    export_flags: tuple[str, ...] = ()
    load: bool = False
    ssh: bool = False
    fresh: bool = False
    skip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """What will be done; `shards` are the parts of the matrix, as names of functions."""

    stack_file: str
    functions: tuple[FunctionBuild, ...]
    shards: tuple[tuple[str, ...], ...] = ()
    warnings: tuple[Notice, ...] = ()
    push: bool = False
    pull: bool = False
    no_cache: bool = False
    provenance: str = ""
    sbom: str = ""

    @property
    def to_build(self) -> tuple[FunctionBuild, ...]:
        """Give the functions that are not skipped."""
        return tuple(function for function in self.functions if not function.skip)
