"""The values of a plan: what must be known, and what was decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from openfaas_build.cache import CacheSpec
from openfaas_build.errors import Notice
from openfaas_build.inputs import Inputs, Secret
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
    reason why it is not built; `reused` is the digest of an image that was
    built from the same inputs before, so that no build is needed. `flags` are
    passed to buildx as they stand, `export_flags` (`--cache-to`) to the cache
    export alone. `fresh` says that steps run though a cache has them, again
    in each solve.
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
    reused: str = ""

    @property
    def needs_build(self) -> bool:
        """Say whether it is neither skipped nor reused."""
        return not self.skip and not self.reused


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """What will be done; `shards` are the parts of the matrix, as names of functions.

    `inputs` are those that hold for every function (`push`, `pull`, `no_cache`, `provenance`, `sbom`).
    """

    stack_file: str
    functions: tuple[FunctionBuild, ...]
    shards: tuple[tuple[str, ...], ...] = ()
    warnings: tuple[Notice, ...] = ()
    inputs: Inputs = field(default_factory=Inputs)

    @property
    def to_build(self) -> tuple[FunctionBuild, ...]:
        """The functions that are neither skipped nor reused."""
        return tuple(each for each in self.functions if each.needs_build)

    def with_functions(self, change: Callable[[FunctionBuild], FunctionBuild]) -> "BuildPlan":
        """Change each function that is built."""
        changed = (change(each) if each.needs_build else each for each in self.functions)
        return replace(self, functions=tuple(changed))

    def with_warnings(self, *warnings: Notice) -> "BuildPlan":
        """Add warnings."""
        return replace(self, warnings=(*self.warnings, *warnings))
