"""The values that one build leaves behind: what BuildKit did, as `progress` reads it.

All durations are seconds, all sizes bytes. The words for statuses and outcomes are those of report.json.
"""

from dataclasses import dataclass
from typing import Literal

# "shared" (another function of this run ran the step) is decided by `report`, as one build's stream does not
# tell it. "cancelled" is never in report.json: `report` makes it "failed" or "not_run".
StepStatus = Literal["hit", "shared", "run", "failed", "cancelled", "not_run"]
# "cold": nothing was there yet. "unknown": the stream does not tell (type=gha), and `report` decides.
ImportOutcome = Literal["ok", "cold", "failed", "unknown"]
# "skipped": nothing was written. "not_needed" is decided by `report`: no export was started.
ExportOutcome = Literal["ok", "failed", "skipped", "not_needed"]
ExportKind = Literal["registry", "local", "gha", "s3", "azblob", "content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered Dockerfile step of one stage and platform; `FROM` is not one.

    `log` is the end of its output, kept for failed and cancelled steps only. `digests` are those of all its
    vertices: a step that another build was running already has two. None of the three is in a report.
    """

    platform: str = ""
    stage: str = ""
    index: int
    of: int
    instruction: str
    status: StepStatus
    duration_s: float = 0.0
    error: str = ""
    log: str = ""
    digests: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Name the step as BuildKit does, without brackets: `linux/arm64 build 2/6`."""
        return " ".join(filter(None, (self.platform, self.stage, f"{self.index}/{self.of}")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheImport:
    """One cache import; `source` is a reference for a registry, `gha:…` or `local:…` for others."""

    source: str
    outcome: ImportOutcome
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheExport:
    """One cache export."""

    kind: ExportKind
    outcome: ExportOutcome
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveRecord:
    """What one `docker buildx build` did.

    `steps` stand in the order of the Dockerfile: what a step needs comes before it. `bytes_pulled` were
    downloaded for steps that were hits. `warnings` are BuildKit's lint warnings, `tail` the last plain lines
    of buildx, in order.
    """

    steps: tuple[Step, ...] = ()
    imports: tuple[CacheImport, ...] = ()
    exports: tuple[CacheExport, ...] = ()
    bytes_pulled: int = 0
    warnings: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()

    @property
    def failure_text(self) -> str:
        """What was said about a failure: the failed steps' own words first, buildx's last."""
        said = [text for step in self.steps if step.status == "failed" for text in (step.log, step.error)]
        return "\n".join((*said, *self.tail))
