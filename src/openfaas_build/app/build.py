"""The sub-command `build`: prepare the builder, build everything, tell what happened."""

from collections.abc import Sequence

from openfaas_build import buildx, context, engine
from openfaas_build.app.build_log import BuildLog
from openfaas_build.app.choose_builder import choose_builder
from openfaas_build.app.execute import Executor
from openfaas_build.app.project import Project, lay_out, plan_project, read_project
from openfaas_build.app.reuse import reuse_images
from openfaas_build.app.session import Session
from openfaas_build.app.tell import exit_code, tell
from openfaas_build.dockerfile import Dockerfile
from openfaas_build.plan import BuildPlan
from openfaas_build.processes import stopped_by_signals
from openfaas_build.report import FunctionResult, make_report

_NO_BUILDER = engine.Builder(name="", driver="")


def build(session: Session) -> int:
    """Build the project; the exit code says whether every function was built."""
    began = session.clock()
    inputs = session.inputs
    # Docker and buildx answer while the project is read.
    with engine.Machine(session.processes, session.env, inputs.builder, usage=not inputs.reuse) as machine:
        project = read_project(session, layout=True)
        plan = plan_project(session, project)
        builder = machine.builder if plan.to_build else _NO_BUILDER
        lay_out(project, plan)
        plan = reuse_images(session, plan, builder)
        if plan.to_build:
            plan, builder = choose_builder(session, machine, plan)
    results = _execute(session, plan, builder)
    report = make_report(
        results,
        duration_s=session.clock() - began,
        strict_cache=inputs.strict_cache,
        warnings=plan.warnings,
        interrupted=session.processes.stopped,
        buildkit=builder.buildkit,
        dockerfiles=_dockerfiles(project, plan, results),
    )
    tell(session, report, plan)
    return exit_code(report)


def _execute(session: Session, plan: BuildPlan, builder: engine.Builder) -> Sequence[FunctionResult]:
    folder = session.root / buildx.RUN_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    executor = Executor(
        plan=plan,
        root=session.root,
        env={**session.env, **session.credentials, **buildx.ENVIRONMENT},
        builder=builder,
        parallel=session.inputs.parallel,
        fail_fast=session.inputs.fail_fast,
        log=BuildLog(session.console, folder, len(plan.to_build)),
        processes=session.processes,
        clock=session.clock,
    )
    with stopped_by_signals(session.processes):
        return executor.run()


def _dockerfiles(
    project: Project, plan: BuildPlan, results: Sequence[FunctionResult]
) -> dict[str, Dockerfile]:
    """Read the Dockerfiles of the functions for which layers were fetched."""
    if plan.inputs.sbom not in ("", "false"):
        return {}  # the scanner reads every layer
    names = [result.build.name for result in results if result.record and result.record.bytes_pulled]
    found = {name: context.find_dockerfile(project.contexts[name]) for name in names}
    return {name: dockerfile for name, dockerfile in found.items() if dockerfile}
