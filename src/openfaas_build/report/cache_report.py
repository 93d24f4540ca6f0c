"""The values of a report; report.json (schema 1) has their fields, and flat lists made of them."""

from dataclasses import dataclass, field
from typing import Literal

from openfaas_build.errors import Notice
from openfaas_build.plan import FunctionBuild
from openfaas_build.solve import ExportOutcome, ImportOutcome, SolveRecord, Step, StepStatus

Status = Literal["built", "reused", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResult:
    """What happened to one planned function: what a report is made of.

    `record` is None when the build never started, and `reason` says why.
    `export` is None when no cache export was started. `builder_was_empty`:
    the builder held nothing when this run began.
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
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """One cache import; `cold`: nothing was there yet. `hint` explains a failure."""

    source: str
    outcome: ImportOutcome
    detail: str = ""
    hint: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """The cache export; `not_needed`: the destination holds all of it already. `hint` explains a failure."""

    destination: str
    outcome: ExportOutcome
    detail: str = ""
    duration_s: float = 0.0
    hint: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMiss:
    """The first step that ran, why as far as it can be known, and how many ran after it."""

    step: str
    instruction: str
    reason: str
    ran_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a function failed, and the hint that explains it.

    `message` is the one line that says why, `log` the failed step's output
    and BuildKit's last words. `step` and `instruction` are empty when no step
    failed. `by_cache`: the image was built, and `strict-cache` does not let a
    cache fail.
    """

    message: str
    log: str
    step: str = ""
    instruction: str = ""
    hint: Notice | None = None
    by_cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """What is told of one function; `suggestions` say what would make it faster."""

    name: str
    image: str
    digest: str
    status: Status
    duration_s: float
    steps: tuple[Step, ...] = ()
    imports: tuple[ImportReport, ...] = ()
    export: ExportReport | None = None
    bytes_pulled: int = 0
    first_miss: FirstMiss | None = None
    failure: Failure | None = None
    suggestions: tuple[Notice, ...] = ()
    detail: str = ""

    @property
    def counts(self) -> dict[StepStatus, int]:
        """The number of steps by status."""
        found: dict[StepStatus, int] = {"hit": 0, "shared": 0, "run": 0, "failed": 0, "not_run": 0}
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
