"""The values that inputs become."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One build secret: `source` is a file, or the name of an environment variable."""

    id: str
    kind: Literal["src", "env"]
    source: str

    def spec(self) -> str:
        """Give the value of buildx's `--secret`, which names the secret but does not hold it."""
        return f"id={self.id},{self.kind}={self.source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What was asked for; one attribute for each of INPUTS."""

    stack_file: str = ""
    functions: tuple[str, ...] = ()
    cache_mode: str = "stack"
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    cache_ref: str = "{repository}:buildcache"
    cache_write: str = "auto"
    strict_cache: bool = False
    reuse: bool = False
    push: bool = False
    load: str = "auto"
    platforms: tuple[str, ...] = ()
    tag: str = "latest"
    extra_tags: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()
    build_options: tuple[str, ...] = ()
    copy_extra: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...] = ()
    builder_flags: tuple[str, ...] = ()
    builder: str = ""
    parallel: int = 4
    fail_fast: bool = False
    no_cache: bool = False
    pull: bool = False
    provenance: str = ""
    sbom: str = ""
    envsubst: bool = True
    template_url: str = ""
    template_store_url: str = ""
    shards: int = 1
    shard: int = 0
    report_file: str = ""
    summary: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call: the sub-command, its inputs, and for `plan` and `report` what only they take."""

    command: str
    inputs: Inputs
    format: str = "json"
    files: tuple[str, ...] = ()
