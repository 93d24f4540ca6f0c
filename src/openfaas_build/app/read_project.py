"""Read a project: stack files, templates, git, files; and plan it."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openfaas_build import checkout, context, templates
from openfaas_build.app.stack_files import join, read_stack_files
from openfaas_build.errors import BuildError, Faults, Notice
from openfaas_build.inputs import Inputs
from openfaas_build.plan import STAGING, BuildPlan, Facts, make_plan, select_functions
from openfaas_build.stack import DOCKERFILE, Function, StackFile, Template, read_template
from openfaas_build.workflow import Event


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
    fetched: tuple[templates.Fetched, ...] = ()


def read_project(
    inputs: Inputs, root: Path, env: Mapping[str, str], event: Event, *, layout: bool
) -> Project:
    """Read the project in `root`.

    `layout` says that contexts will be laid out, so that every template is
    fetched; without it only those whose build options are asked for. Raises
    BuildError when the stack files cannot be read at all.
    """
    stacks = read_stack_files(inputs, root, env)
    whole = join(stacks)
    faults = Faults(whole.faults)
    functions: tuple[Function, ...] = ()
    with faults.catch():
        functions = select_functions(whole.functions, inputs.functions)
    building = [function for function in functions if not function.skip_build]
    fetched: list[templates.Fetched] = []
    found: dict[str, Template] = {}
    requests: dict[str, context.ContextRequest] = {}
    for stack in stacks:
        own = [function for function in building if function.file == stack.path]
        with faults.catch():
            fetched += _fetch_templates(inputs, root, env, stack, own, layout=layout)
        found |= _read_templates(root, own, faults)
        requests |= {function.name: _request(inputs, root, stack, function, found) for function in own}
    faults.add(context.check_paths(request for request in requests.values() if request.function.handler))
    faults.add(_missing_secrets(inputs, env, root))
    faults.add(fault for function in building for fault in context.check_secrets(root, function))
    return Project(
        stack=whole,
        functions=functions,
        facts=_facts(inputs, building, root, env, event, found, faults),
        contexts=requests,
        fetched=tuple(fetched),
    )


def plan_project(inputs: Inputs, project: Project) -> BuildPlan:
    """Plan the build; raises BuildError with all faults of files and plan, and with the stack's warnings."""
    try:
        return make_plan(inputs, project.stack, project.functions, project.facts)
    except BuildError as error:
        raise BuildError(*error.notices, warnings=project.stack.warnings) from None


def _fetch_templates(
    inputs: Inputs,
    root: Path,
    env: Mapping[str, str],
    stack: StackFile,
    building: Sequence[Function],
    *,
    layout: bool,
) -> tuple[templates.Fetched, ...]:
    """Fetch the templates without which nothing can be done; `dockerfile` needs none."""
    needed = {
        function.lang
        for function in building
        if function.lang not in ("", DOCKERFILE)
        and (layout or inputs.build_options or function.build_options)
    }
    return templates.fetch_templates(
        root,
        stack,
        needed,
        env=env,
        template_url=inputs.template_url or env.get("OPENFAAS_TEMPLATE_URL", ""),
        store_url=inputs.template_store_url or env.get("OPENFAAS_TEMPLATE_STORE_URL", templates.STORE_URL),
    )


def _request(
    inputs: Inputs, root: Path, stack: StackFile, function: Function, found: Mapping[str, Template]
) -> context.ContextRequest:
    return context.ContextRequest(
        root=root,
        staging=root / STAGING,
        function=function,
        template=root / "template" / function.lang if function.lang != DOCKERFILE else None,
        handler_folder=found[function.lang].handler_folder if function.lang in found else "",
        copy_extra=inputs.copy_extra,
        copy=stack.copy,
        stack_file=stack.path,
        copy_line=stack.lines.get("copy", 0),
    )


def _read_templates(root: Path, building: Sequence[Function], faults: Faults) -> dict[str, Template]:
    found = {}
    for lang in sorted({function.lang for function in building} - {""}):
        path = f"template/{lang}/template.yml"
        # One that should have been fetched and was not has been told already.
        with faults.catch(), contextlib.suppress(OSError):
            found[lang] = read_template((root / path).read_bytes(), path, lang)
    return found


def _missing_secrets(inputs: Inputs, env: Mapping[str, str], root: Path) -> Iterator[Notice]:
    for secret in inputs.secrets:
        if secret.kind == "env" and not env.get(secret.source):
            yield Notice(
                problem=f'input "secrets": variable "{secret.source}" of secret "{secret.id}" is not set.',
                cause='a variable reaches this step through its "env:" alone.',
                remedy=f'Set "{secret.source}" in the step\'s "env:".',
            )
        if secret.kind == "src" and not (root / secret.source).is_file():
            yield Notice(
                problem=f'input "secrets": file "{secret.source}" of secret "{secret.id}" does not exist.',
                remedy=f"Write the file before this step; relative paths start at {root}.",
            )


def _facts(
    inputs: Inputs,
    building: Sequence[Function],
    root: Path,
    env: Mapping[str, str],
    event: Event,
    found: Mapping[str, Template],
    faults: Faults,
) -> Facts:
    sha = describe = branch = ""
    digests: dict[str, str] = {}
    with faults.catch():
        if inputs.tag in ("sha", "branch"):
            sha = checkout.short_sha(root, env)
        if inputs.tag == "describe":
            describe = checkout.describe(root, env)
        if inputs.tag == "branch" or any("{branch}" in value for value in _cache_values(inputs, building)):
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


def _cache_values(inputs: Inputs, building: Sequence[Function]) -> Iterator[str]:
    yield from (inputs.cache_ref, *inputs.cache_from, *inputs.cache_to)
    for function in building:
        if function.build_cache:
            yield from (*function.build_cache.imports, *function.build_cache.exports)
