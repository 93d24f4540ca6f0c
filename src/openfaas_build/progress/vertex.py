"""Hold all that the stream has said of one vertex."""

from dataclasses import dataclass, field

from openfaas_build.progress.output import Output
from openfaas_build.progress.step_name import StepName, step_name
from openfaas_build.solve import StepStatus


@dataclass(slots=True, kw_only=True, eq=False)
class Vertex:
    """All events of one digest, merged.

    `group` and `group_name` are those of its progress group: the vertices of one `COPY --link` are shown as
    one step. `spans` maps each start to its length in seconds, None while it lasts. `downloads` maps
    a layer's digest to its bytes. `found_cache` and `nothing_to_export` are what a cache import and a cache
    export say of themselves.
    """

    digest: str
    name: str = ""
    inputs: tuple[str, ...] = ()
    group: str = ""
    group_name: str = ""
    cached: bool = False
    error: str = ""
    spans: dict[str, float | None] = field(default_factory=dict)
    downloads: dict[str, int] = field(default_factory=dict)
    found_cache: bool = False
    nothing_to_export: bool = False
    output: Output = field(default_factory=Output)

    @property
    def unit(self) -> str:
        """Name what counts as one: the progress group, else the vertex itself."""
        return self.group or self.digest

    @property
    def title(self) -> str:
        """Return the name for the log."""
        return self.group_name or self.name or f"[{self.digest[:19]}]"

    @property
    def label(self) -> str:
        """Return what stands in front of its log lines: `[build 2/6]`, or the whole title."""
        return self.title[: self.title.index("]") + 1] if step_name(self.title) else self.title

    @property
    def step(self) -> StepName | None:
        """Read its group's name or its own as that of a numbered instruction."""
        return step_name(self.group_name) or step_name(self.name)

    @property
    def is_over(self) -> bool:
        """Say whether it was started and nothing of it still runs."""
        return bool(self.spans) and None not in self.spans.values()

    @property
    def duration_s(self) -> float:
        """Add up its times."""
        return sum(span or 0.0 for span in self.spans.values())

    @property
    def status(self) -> StepStatus:
        """Return its state as a step; one that the end of the stream cut off is cancelled."""
        if self.error:
            return "cancelled" if "context canceled" in self.error else "failed"
        if self.cached:
            return "hit"
        if not self.spans:
            return "not_run"
        return "run" if self.is_over else "cancelled"
