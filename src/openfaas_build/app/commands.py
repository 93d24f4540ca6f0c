"""Run one sub-command; `build` and `doctor` have modules of their own."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from openfaas_build import buildx, render, workflow
from openfaas_build.app.build import build
from openfaas_build.app.doctor import examine
from openfaas_build.app.matching import is_glob, matching_files
from openfaas_build.app.run import Run, exit_code, lay_out, tell, warn
from openfaas_build.errors import EXIT_INTERRUPTED, EXIT_OK, BuildError, Notice
from openfaas_build.inputs import Request
from openfaas_build.report import from_document, merge


def perform(request: Request | BuildError, environment: Mapping[str, str], root: Path) -> int:
    """Do what was asked for in the project `root`, and tell every error to whoever is there."""
    env, credentials = workflow.take_credentials(environment)
    # Standard output is for what a sub-command makes; the runner reads both.
    console = workflow.open_console(env, stream=sys.stderr)
    # On GitHub it is masked already, elsewhere (act) it is not.
    console.mask(credentials.get("ACTIONS_RUNTIME_TOKEN", ""))
    try:
        if isinstance(request, BuildError):
            raise request
        run = Run(
            inputs=request.inputs,
            root=root,
            # Our inputs are nobody else's: not git's, not buildx's.
            env={name: value for name, value in env.items() if not name.startswith("INPUT_")},
            credentials=credentials,
            event=workflow.event_facts(env),
            console=console,
        )
        return _dispatch(request, run)
    except BuildError as error:
        warn(console, error.warnings)
        for notice in error.notices:
            console.annotate(workflow.Annotation.of(notice, "error"))
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _dispatch(request: Request, run: Run) -> int:
    match request.command:
        case "plan":
            return _plan(run, request.format)
        case "shrinkwrap":
            return _shrinkwrap(run)
        case "report":
            return _merge(run, request.files)
        case "doctor":
            return examine(run)
        case _:
            return build(run)


def _plan(run: Run, form: str) -> int:
    plan = run.gather(layout=False).plan
    warn(run.console, plan.warnings)
    if form == "text":
        texts = [f"# {function.name}\n{buildx.equivalent(plan, function)}\n" for function in plan.to_build]
        text = "\n".join(texts)
        if run.event.on_github:
            run.console.foreign(text.splitlines())
        else:
            sys.stdout.write(text)
        return EXIT_OK
    commands = {
        function.name: (
            buildx.build_argv(plan, function, run.inputs.builder),
            buildx.export_argv(function, run.inputs.builder),
        )
        for function in plan.to_build
    }
    document = json.dumps(render.plan_document(plan, commands), indent=2, ensure_ascii=False)
    # The same JSON, in which the runner sees no command; it takes `##[` anywhere in a line for one.
    sys.stdout.write(document.replace("##[", "\\u0023#[") + "\n")
    matrix = render.plan_matrix(plan)
    names = [function.name for function in plan.to_build]
    run.console.set_outputs({"matrix": json.dumps(matrix), "functions": json.dumps(names)})
    return EXIT_OK


def _shrinkwrap(run: Run) -> int:
    project = run.gather(layout=True)
    warn(run.console, project.plan.warnings)
    lay_out(project)
    for function in project.plan.to_build:
        run.console.say(f"{function.name} shrink-wrapped to {function.context}")
    return EXIT_OK


def _merge(run: Run, files: Sequence[str]) -> int:
    paths = [path for name in files for path in (matching_files(run.root, name) if is_glob(name) else [name])]
    if not paths:
        raise BuildError(
            Notice(
                problem=f"report: there is no file {' '.join(files)}."
                if files
                else "report: no files are named.",
                cause="no shard wrote its report, or it was not downloaded." if files else "",
                remedy="Name the report.json files.",
            )
        )
    reports = []
    for name in paths:
        try:
            document = json.loads((run.root / name).read_bytes())
        except (OSError, ValueError) as error:
            raise BuildError(
                Notice(
                    problem=f"this report cannot be read: {error}.",
                    cause="the shard that should have written it did not end.",
                    remedy="Look at that shard's log.",
                    file=name,
                )
            ) from None
        reports.append(from_document(document, name))
    report = merge(reports)
    tell(run, report, None)
    return exit_code(report)
