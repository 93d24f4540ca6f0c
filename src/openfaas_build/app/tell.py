"""Tell how a run ended: report.json, job summary, table, annotations, outputs, exit code."""

import json
from collections.abc import Sequence
from pathlib import Path

from openfaas_build import buildx, render, workflow
from openfaas_build.app.session import Session
from openfaas_build.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, BuildError, Notice
from openfaas_build.plan import BuildPlan
from openfaas_build.report import CacheReport, to_document


def show(console: workflow.Console, notices: Sequence[Notice], level: render.Level = "warning") -> None:
    """Show notices at once: errors, and the warnings of sub-commands that write no report."""
    for notice in notices:
        console.annotate(workflow.Annotation.of(notice, level))


def tell(session: Session, report: CacheReport, plan: BuildPlan | None) -> None:
    """Write report.json, the summary and the outputs; show the table and the annotations."""
    inputs, root, console = session.inputs, session.root, session.console
    folder = root / buildx.RUN_FOLDER
    report_path = root / inputs.report_file if inputs.report_file else folder / "report.json"
    _write(report_path, json.dumps(to_document(report), indent=2, ensure_ascii=False) + "\n")
    markdown = render.summary_markdown(report)
    if inputs.summary == "auto":
        _write(folder / "summary.md", markdown)
        console.write_summary(markdown)
    elif inputs.summary != "off":
        _write(root / inputs.summary, markdown)
    console.say(render.table_text(report, width=console.width, colour=console.colour))
    if session.event.on_github:
        for annotation in render.annotations(report):
            console.annotate(annotation)
    matrix = render.plan_matrix(plan) if plan else {}
    console.set_outputs(render.outputs(report, report_path=str(report_path), matrix=matrix))


def exit_code(report: CacheReport) -> int:
    """Return the exit code that a report stands for."""
    if report.interrupted:
        return EXIT_INTERRUPTED
    return EXIT_FAILED if report.totals.failed else EXIT_OK


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise BuildError.of(
            problem=f"cannot be written: {error.strerror}.",
            remedy="Name another file, or make its folder writable.",
            file=str(path),
        ) from None
