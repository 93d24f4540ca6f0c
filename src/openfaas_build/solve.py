"""The values that one build leaves behind: what BuildKit did, as `progress` reads it.

All durations are seconds, all sizes bytes. Statuses and outcomes follow
BuildKit's own stream; what they mean for a user is `report`'s matter.
"""

from dataclasses import dataclass
from typing import Literal

StepStatus = Literal["hit", "run", "failed", "cancelled", "not_run"]
ImportOutcome = Literal["read", "not-found", "failed", "unknown"]
ExportOutcome = Literal["ok", "failed", "cancelled", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered Dockerfile step of one stage and platform; `FROM` is not one.

    `digests` are those of all its vertices: two builds that share a running
    step give it two. `order` is its place in the Dockerfile, counted from 0
    over all stages: what it needs comes before it.
    """

    target: str = ""
    platform: str = ""
    stage: str = ""
    index: int
    of: int
    instruction: str
    status: StepStatus
    duration_s: float = 0.0
    error: str = ""
    log: str = ""
    digests: frozenset[str]
    order: int = 0

    @property
    def name(self) -> str:
        """Name the step as BuildKit does, without brackets: `linux/arm64 build 2/6`."""
        return " ".join(filter(None, (self.platform, self.stage, f"{self.index}/{self.of}")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheImport:
    """One `importing cache manifest from SOURCE`; `manifest` is the media type that was read."""

    target: str = ""
    source: str
    outcome: ImportOutcome
    manifest: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheExport:
    """One cache export; `kind` is `registry`, `local`, `gha`, `s3`, `azblob` or `content`."""

    target: str = ""
    kind: str
    outcome: ExportOutcome
    error: str = ""
    layers_named: int = 0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveRecord:
    """What one `docker buildx build` (or bake) did.

    `sources` are the names of the base-image vertices, `warnings` BuildKit's
    lint warnings, `tail` the plain lines of buildx, in order.
    """

    steps: tuple[Step, ...] = ()
    sources: tuple[str, ...] = ()
    imports: tuple[CacheImport, ...] = ()
    exports: tuple[CacheExport, ...] = ()
    bytes_pulled: int = 0
    source_bytes_pulled: int = 0
    context_bytes: int = 0
    warnings: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    vertices: int = 0
    vertices_cached: int = 0

    @property
    def failure_text(self) -> str:
        """What was said about a failure: the failed steps' own words first, buildx's last."""
        said = [text for step in self.steps if step.status == "failed" for text in (step.log, step.error)]
        return "\n".join((*said, *self.tail))
