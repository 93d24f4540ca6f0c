"""Run one sub-command; `build` and `doctor` have modules of their own."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from openfaas_build import buildx, render, workflow
from openfaas_build.app.build import build
from openfaas_build.app.doctor import examine
from openfaas_build.app.project import lay_out, plan_project, read_project
from openfaas_build.app.session import Session
from openfaas_build.app.stack_files import is_glob, matching_files
from openfaas_build.app.tell import exit_code, show, tell
from openfaas_build.errors import EXIT_INTERRUPTED, EXIT_OK, BuildError
from openfaas_build.inputs import Request
from openfaas_build.plan import BuildPlan, unknowns
from openfaas_build.processes import Processes
from openfaas_build.report import CacheReport, from_document, merge


def perform(
    request: Request | BuildError, environment: Mapping[str, str], root: Path, processes: Processes
) -> int:
    """Do what was asked for in the project `root`, and tell every error to whoever is there."""
    env, credentials = workflow.take_credentials(environment)
    # Standard output is for what a sub-command makes; the runner reads both.
    console = workflow.open_console(env, sys.stderr)
    # On GitHub it is masked already, elsewhere (act) it is not.
    console.mask(credentials.get("ACTIONS_RUNTIME_TOKEN", ""))
    try:
        if isinstance(request, BuildError):
            raise request
        session = Session(
            inputs=request.inputs,
            root=root,
            # Our inputs are nobody else's: not git's, not buildx's.
            env={name: value for name, value in env.items() if not name.startswith("INPUT_")},
            credentials=credentials,
            event=workflow.read_event(env),
            console=console,
            processes=processes,
        )
        return _dispatch(request, session)
    except BuildError as error:
        show(console, error.warnings)
        show(console, error.notices, "error")
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _dispatch(request: Request, session: Session) -> int:
    match request.command:
        case "build":
            return build(session)
        case "plan":
            return _plan(session, request.format)
        case "shrinkwrap":
            return _shrinkwrap(session)
        case "doctor":
            return examine(session)
        case "report":
            return _merge(session, request.files)


def _plan(session: Session, form: str) -> int:
    plan = plan_project(session, read_project(session, layout=False))
    show(session.console, plan.warnings)
    if form == "text":
        _print_commands(session, plan)
        return EXIT_OK
    builder = session.inputs.builder
    commands = {
        function.name: (buildx.build_argv(plan, function, builder), buildx.export_argv(function, builder))
        for function in plan.to_build
    }
    document = render.plan_document(plan, commands, unknowns(plan))
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # The same JSON, in which the runner sees no command; it takes `##[` anywhere in a line for one.
    sys.stdout.write(text.replace("##[", "\\u0023#[") + "\n")
    names = [function.name for function in plan.to_build]
    matrix = json.dumps(render.plan_matrix(plan))
    session.console.set_outputs({"matrix": matrix, "functions": json.dumps(names)})
    return EXIT_OK


def _print_commands(session: Session, plan: BuildPlan) -> None:
    """Print one docker command for each function, after what only a build can know."""
    notes = "".join(f"# {text}\n" for text in unknowns(plan))
    texts = [f"# {function.name}\n{buildx.equivalent(plan, function)}\n" for function in plan.to_build]
    text = "\n".join([notes, *texts] if notes else texts)
    if session.event.on_github:
        session.console.foreign(text.splitlines())
    else:
        sys.stdout.write(text)


def _shrinkwrap(session: Session) -> int:
    project = read_project(session, layout=True)
    plan = plan_project(session, project)
    show(session.console, plan.warnings)
    lay_out(project, plan)
    for function in plan.to_build:
        session.console.say(f"{function.name} shrink-wrapped to {function.context}")
    return EXIT_OK


def _merge(session: Session, files: Sequence[str]) -> int:
    root = session.root
    names = [path for name in files for path in (matching_files(root, name) if is_glob(name) else [name])]
    if not names:
        raise BuildError.of(
            problem=f"report: there is no file {' '.join(files)}."
            if files
            else "report: no files are named.",
            cause="no shard wrote its report, or it was not downloaded." if files else "",
            remedy="Name the report.json files.",
        )
    report = merge([_read_report(root, name) for name in names])
    tell(session, report, None)
    return exit_code(report)


def _read_report(root: Path, name: str) -> CacheReport:
    try:
        return from_document(json.loads((root / name).read_bytes()), name)
    except (OSError, ValueError) as error:
        raise BuildError.of(
            problem=f"this report cannot be read: {error}.",
            cause="the shard that should have written it did not end.",
            remedy="Look at that shard's log.",
            file=name,
        ) from None
