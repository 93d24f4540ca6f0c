"""What every sub-command has at hand, and the first steps that they share."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openfaas_build import context, workflow
from openfaas_build.app.read_project import Project, plan_project, read_project
from openfaas_build.errors import Faults
from openfaas_build.inputs import Inputs
from openfaas_build.plan import BuildPlan
from openfaas_build.processes import Processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One call of one sub-command in the project `root`.

    `env` holds no credentials of the cache service. `processes` starts
    every command but git, `clock` gives seconds since any moment, `now` since 1970.
    """

    inputs: Inputs
    root: Path
    env: Mapping[str, str]
    credentials: Mapping[str, str]
    event: workflow.Event
    console: workflow.Console
    processes: Processes
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time

    def read_project(self, *, layout: bool) -> Project:
        """Read the project, and say which templates were fetched for it."""
        project = read_project(self.inputs, self.root, self.env, self.event, layout=layout)
        for template in project.fetched:
            self.console.say(f"Template {template.lang} fetched from {template.source} ({template.sha}).")
        return project

    def plan(self, project: Project) -> BuildPlan:
        """Plan the build of a project; raises BuildError with all faults."""
        return plan_project(self.inputs, project)


def lay_out(project: Project, plan: BuildPlan) -> None:
    """Lay out the build contexts of everything that is built; raise BuildError with every fault."""
    faults = Faults()
    for function in plan.to_build:
        with faults.catch():
            context.write_context(project.contexts[function.name])
    faults.raise_all()
