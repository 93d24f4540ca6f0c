"""A project: read its stack files, templates, secrets and paths, plan it, lay its build contexts out."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openfaas_build import checkout, context, templates
from openfaas_build.app.session import Session
from openfaas_build.app.stack_files import join, read_stack_files
from openfaas_build.errors import BuildError, Faults, Notice
from openfaas_build.plan import STAGING, BuildPlan, Facts, make_plan, select_functions
from openfaas_build.stack import DOCKERFILE, Function, StackFile, Template, read_template


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that was read.

    `stack` is all stack files as one, `functions` are those that were chosen.
    `facts` carry the faults that were found, which `plan_project` tells with
    its own. `contexts` has the request for each function's build context.
    """

    stack: StackFile
    functions: tuple[Function, ...]
    facts: Facts
    contexts: Mapping[str, context.ContextRequest]


def read_project(session: Session, *, layout: bool) -> Project:
    """Read the project, and say which templates were fetched for it.

    `layout` says that contexts will be laid out, so that every template is
    fetched; without it only those whose build options are asked for. Raises
    BuildError when the stack files cannot be read at all.
    """
    root = session.root
    stacks = read_stack_files(session.inputs, root, session.env)
    whole = join(stacks)
    faults = Faults(whole.faults)
    functions: tuple[Function, ...] = ()
    with faults.catch():
        functions = select_functions(whole.functions, session.inputs.functions)
    building = [function for function in functions if not function.skip_build]
    found: dict[str, Template] = {}
    requests: dict[str, context.ContextRequest] = {}
    for stack in stacks:
        own = [function for function in building if function.file == stack.path]
        with faults.catch():
            _fetch_templates(session, stack, own, layout=layout)
        found |= _read_templates(root, own, faults)
        requests |= {function.name: _request(session, stack, function, found) for function in own}
    faults.add(context.check_paths(request for request in requests.values() if request.function.handler))
    faults.add(_missing_secrets(session))
    faults.add(fault for function in building for fault in context.check_secrets(root, function))
    facts = _facts(session, building, found, faults)
    return Project(stack=whole, functions=functions, facts=facts, contexts=requests)


def plan_project(session: Session, project: Project) -> BuildPlan:
    """Plan the build; raises BuildError with all faults of files and plan, and with the stack's warnings."""
    try:
        return make_plan(session.inputs, project.stack, project.functions, project.facts)
    except BuildError as error:
        raise BuildError(*error.notices, warnings=project.stack.warnings) from None


def lay_out(project: Project, plan: BuildPlan) -> None:
    """Lay out the build contexts of everything that is built; raises BuildError with every fault."""
    faults = Faults()
    for function in plan.to_build:
        with faults.catch():
            context.write_context(project.contexts[function.name])
    faults.raise_all()


def _fetch_templates(
    session: Session, stack: StackFile, building: Sequence[Function], *, layout: bool
) -> None:
    """Fetch the templates without which nothing can be done; `dockerfile` needs none."""
    inputs, env = session.inputs, session.env
    needed = {
        function.lang
        for function in building
        if function.lang not in ("", DOCKERFILE)
        and (layout or inputs.build_options or function.build_options)
    }
    fetched = templates.fetch_templates(
        session.root,
        stack,
        needed,
        env=env,
        template_url=inputs.template_url or env.get("OPENFAAS_TEMPLATE_URL", ""),
        store_url=inputs.template_store_url or env.get("OPENFAAS_TEMPLATE_STORE_URL", templates.STORE_URL),
    )
    for each in fetched:
        session.console.say(f"Template {each.lang} fetched from {each.source} ({each.sha}).")


def _request(
    session: Session, stack: StackFile, function: Function, found: Mapping[str, Template]
) -> context.ContextRequest:
    return context.ContextRequest(
        root=session.root,
        staging=session.root / STAGING,
        function=function,
        template=session.root / "template" / function.lang if function.lang != DOCKERFILE else None,
        handler_folder=found[function.lang].handler_folder if function.lang in found else "",
        copy_extra=session.inputs.copy_extra,
        copy=stack.copy,
        copy_line=stack.lines.get("copy", 0),
    )


def _read_templates(root: Path, building: Sequence[Function], faults: Faults) -> dict[str, Template]:
    found = {}
    for lang in sorted({function.lang for function in building} - {""}):
        path = f"template/{lang}/template.yml"
        # One that should have been fetched and was not has been told already.
        with faults.catch(), contextlib.suppress(OSError):
            found[lang] = read_template((root / path).read_bytes(), path)
    return found


def _missing_secrets(session: Session) -> Iterator[Notice]:
    for secret in session.inputs.secrets:
        if secret.kind == "env" and not session.env.get(secret.source):
            yield Notice(
                problem=f'input "secrets": variable "{secret.source}" of secret "{secret.id}" is not set.',
                cause='a variable reaches this step through its "env:" alone.',
                remedy=f'Set "{secret.source}" in the step\'s "env:".',
            )
        if secret.kind == "src" and not (session.root / secret.source).is_file():
            yield Notice(
                problem=f'input "secrets": file "{secret.source}" of secret "{secret.id}" does not exist.',
                remedy=f"Write the file before this step; relative paths start at {session.root}.",
            )


def _facts(
    session: Session, building: Sequence[Function], found: Mapping[str, Template], faults: Faults
) -> Facts:
    inputs, root, env, event = session.inputs, session.root, session.env, session.event
    sha = describe = branch = ""
    digests: dict[str, str] = {}
    with faults.catch():
        if inputs.tag in ("sha", "branch"):
            sha = checkout.short_sha(root, env)
        if inputs.tag == "describe":
            describe = checkout.describe(root, env)
        if inputs.tag == "branch" or any("{branch}" in value for value in _cache_values(session, building)):
            branch = event.branch or checkout.branch(root, env) or "HEAD"
    for function in building if inputs.tag == "digest" else ():
        with faults.catch():
            digests[function.name] = context.handler_digest(root, function.handler)
    return Facts(
        templates=found,
        digests=digests,
        # Lower case only, as faas-cli has it.
        proxies={name: env[name] for name in ("http_proxy", "https_proxy") if env.get(name)},
        short_sha=sha,
        describe=describe,
        branch=branch,
        base_branch=event.base_branch,
        pull_request=event.pull_request,
        fork=event.fork,
        ssh_agent=bool(env.get("SSH_AUTH_SOCK")),
        faults=faults.found,
    )


def _cache_values(session: Session, building: Sequence[Function]) -> Iterator[str]:
    inputs = session.inputs
    yield from (inputs.cache_ref, *inputs.cache_from, *inputs.cache_to)
    for function in building:
        if function.build_cache:
            yield from (*function.build_cache.imports, *function.build_cache.exports)
