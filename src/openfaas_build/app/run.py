"""What every sub-command has at hand, and how a run is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openfaas_build import buildx, context, render, workflow
from openfaas_build.app.gather import Project, gather
from openfaas_build.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, BuildError, Faults, Notice
from openfaas_build.inputs import Inputs
from openfaas_build.plan import BuildPlan
from openfaas_build.report import CacheReport, to_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What every sub-command has at hand: `env` holds no credentials of the cache service."""

    inputs: Inputs
    root: Path
    env: Mapping[str, str]
    credentials: Mapping[str, str]
    event: workflow.Event
    console: workflow.Console

    def gather(self, *, layout: bool) -> Project:
        """Read the project, and say which templates were fetched for it."""
        project = gather(self.inputs, self.root, self.env, self.event, layout=layout)
        for template in project.fetched:
            self.console.say(f"Template {template.lang} fetched from {template.source} ({template.sha}).")
        return project


def lay_out(project: Project) -> None:
    """Lay out the build contexts of everything that is built; raise BuildError with every fault."""
    faults = Faults()
    for function in project.plan.to_build:
        with faults.catch():
            context.write_context(project.contexts[function.name])
    faults.raise_all()


def warn(console: workflow.Console, warnings: Sequence[Notice]) -> None:
    """Show warnings at once, for sub-commands that write no report."""
    for warning in warnings:
        console.annotate(workflow.Annotation.of(warning, "warning"))


def tell(run: Run, report: CacheReport, plan: BuildPlan | None) -> None:
    """Write report.json, the summary and the outputs; show the table and the annotations."""
    folder = run.root / buildx.RUN_FOLDER
    report_path = run.root / run.inputs.report_file if run.inputs.report_file else folder / "report.json"
    write(report_path, json.dumps(to_document(report), indent=2, ensure_ascii=False) + "\n")
    markdown = render.summary_markdown(report)
    if run.inputs.summary == "auto":
        write(folder / "summary.md", markdown)
        run.console.write_summary(markdown)
    elif run.inputs.summary != "off":
        write(run.root / run.inputs.summary, markdown)
    run.console.say(render.table_text(report, width=run.console.width, colour=run.console.colour))
    if run.event.on_github:
        for annotation in render.annotations(report):
            run.console.annotate(annotation)
    matrix = render.plan_matrix(plan) if plan else {}
    run.console.set_outputs(render.outputs(report, report_path=str(report_path), matrix=matrix))


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise BuildError(
            Notice(
                problem=f"cannot be written: {error.strerror}.",
                remedy="Name another file, or make its folder writable.",
                file=str(path),
            )
        ) from None


def exit_code(report: CacheReport) -> int:
    """Give the exit code that a report stands for."""
    if report.interrupted:
        return EXIT_INTERRUPTED
    return EXIT_FAILED if report.totals.failed else EXIT_OK
