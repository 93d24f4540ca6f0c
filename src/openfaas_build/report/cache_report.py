"""The values of a report; their fields are those of report.json, schema 1."""

from dataclasses import dataclass, field
from typing import Literal

from openfaas_build.errors import Notice
from openfaas_build.plan import FunctionBuild
from openfaas_build.solve import ExportOutcome, ImportOutcome, SolveRecord, StepStatus

Status = Literal["built", "reused", "failed", "skipped"]
LINK_HINT = "copy-without-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRun:
    """What happened to one planned function: the report's raw material.

    `record` is None when the build never started, and `reason` says why.
    `export` is None when no cache export was started. `builder_was_empty`:
    nothing was in the builder when this run began. `reused`: it was not
    built, `digest` is that of the image that was there.
    """

    build: FunctionBuild
    record: SolveRecord | None = None
    exit_code: int = 0
    digest: str = ""
    duration_s: float = 0.0
    export: SolveRecord | None = None
    export_exit_code: int = 0
    export_duration_s: float = 0.0
    builder_was_empty: bool = False
    reused: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep:
    """One Dockerfile step; `shared`: another function of this run ran it."""

    stage: str
    index: int
    of: int
    platform: str = ""
    instruction: str
    status: StepStatus
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """One cache import; `cold`: nothing was there yet."""

    source: str
    outcome: ImportOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """The cache export; `not_needed`: the destination holds all of it already."""

    destination: str
    outcome: ExportOutcome
    detail: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMiss:
    """The first step that ran, why as far as it can be known, and how many ran after it."""

    step: str
    instruction: str
    reason: str
    ran_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """What is told of one function; `hints` explain what failed, or say what would be faster."""

    name: str
    image: str
    digest: str
    status: Status
    duration_s: float
    steps: tuple[ReportStep, ...] = ()
    imports: tuple[ImportReport, ...] = ()
    export: ExportReport | None = None
    bytes_pulled: int = 0
    first_miss: FirstMiss | None = None
    hints: tuple[Notice, ...] = ()
    error: str | None = None
    detail: str = ""

    @property
    def suggestions(self) -> tuple[Notice, ...]:
        """Give the hints that say what would be faster."""
        return tuple(hint for hint in self.hints if hint.code == LINK_HINT)

    @property
    def explanations(self) -> tuple[Notice, ...]:
        """Give the hints that explain what failed."""
        return tuple(hint for hint in self.hints if hint.code != LINK_HINT)

    @property
    def counts(self) -> dict[str, int]:
        """Count the steps by status."""
        found = dict.fromkeys(("hit", "shared", "run", "failed", "not_run"), 0)
        for step in self.steps:
            found[step.status] += 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over all functions; `duration_s` is that of the whole run, by the clock."""

    functions: int
    built: int
    reused: int
    failed: int
    skipped: int
    steps_total: int
    steps_hit: int
    steps_shared: int
    hit_rate: float | None
    bytes_pulled: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheReport:
    """What the whole run did, and what the cache gave."""

    totals: Totals
    functions: tuple[FunctionReport, ...]
    warnings: tuple[Notice, ...] = field(default_factory=tuple)
    interrupted: bool = False
