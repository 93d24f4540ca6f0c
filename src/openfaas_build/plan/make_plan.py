"""Put the plan together, function by function."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from openfaas_build import cache, references
from openfaas_build.cache import CacheSpec
from openfaas_build.errors import Faults, Notice, Origin
from openfaas_build.inputs import Inputs, Secret
from openfaas_build.plan import arguments, clashes
from openfaas_build.plan.build_plan import STAGING, BuildPlan, Facts, FunctionBuild
from openfaas_build.plan.image_tags import image_tags
from openfaas_build.plan.selection import automatic_shards, make_shards
from openfaas_build.stack import Function, StackFile


def make_plan(inputs: Inputs, stack: StackFile, functions: Sequence[Function], facts: Facts) -> BuildPlan:
    """Plan the build of `functions`, which were selected from `stack`.

    Raises BuildError with every fault of every function, `facts.faults` among
    them.
    """
    faults = Faults(facts.faults)
    wanted = [function for function in functions if not function.skip_build]
    shards = make_shards(wanted, inputs.shards or automatic_shards(len(wanted)))
    if inputs.shards and inputs.shard > inputs.shards:
        faults.add([Notice(problem=f'input "shard": there is no part {inputs.shard} of {inputs.shards}.')])
    if inputs.shard:
        chosen = set(shards[inputs.shard - 1]) if inputs.shard <= len(shards) else set()
        functions = [function for function in functions if function.name in chosen]
    builds = [_plan_function(inputs, function, facts, faults) for function in functions]
    faults.add(clashes.caches_onto_images(stack.path, builds))
    faults.raise_all()
    warnings = [*stack.warnings, *clashes.shared_places(builds)]
    if all(build.skip for build in builds):
        warnings.append(Notice(problem="there is nothing to build here.", file=stack.path))
    return BuildPlan(
        stack_file=stack.path,
        functions=tuple(builds),
        shards=shards,
        warnings=tuple(warnings),
        inputs=inputs,
    )


def _plan_function(inputs: Inputs, function: Function, facts: Facts, faults: Faults) -> FunctionBuild:
    """Decide one function; what is wrong with it goes to `faults`."""
    build = FunctionBuild(
        name=function.name,
        lang=function.lang,
        handler=function.handler,
        context=f"{STAGING}/{function.name}",
        skip="skip_build" if function.skip_build else "",
    )
    if build.skip:
        return build

    def at(key: str) -> Callable[[Notice], Notice]:
        subject = f'function "{function.name}"'
        return Origin(subject=subject, file=function.file, line=function.line(key)).place

    platforms = inputs.platforms or tuple(filter(None, (p.strip() for p in function.platforms.split(","))))
    build = replace(
        build,
        platforms=platforms,
        labels=dict(sorted(inputs.labels)),
        secrets=_secrets(inputs, function),
        # faas-cli only turns BuildKit on for `mount_ssh`; the mount itself needs this.
        ssh=facts.ssh_agent and function.lang in facts.templates and facts.templates[function.lang].mount_ssh,
        load=inputs.load == "true" or (inputs.load == "auto" and not inputs.push and len(platforms) <= 1),
    )
    # An image that is missing altogether was told by `stack`.
    if function.image:
        with faults.catch(at("image")):
            names = image_tags(inputs, function, facts)
            build = replace(build, image=names[0], tags=names)
            with faults.catch(at("build_cache")):
                build = replace(build, cache=_cache(inputs, function, facts, build))
    with faults.catch(at("build_options")):
        build = replace(build, build_args=arguments.build_args(inputs, function, facts))
    flags = inputs.builder_flags + function.builder_flags
    faults.add(map(at("builder_flags"), arguments.refused_flags(flags)))
    build_flags, export_flags = arguments.split_flags(flags)
    fresh = inputs.no_cache or arguments.ask_for_fresh(build_flags)
    return replace(build, flags=build_flags, export_flags=export_flags, fresh=fresh)


def _secrets(inputs: Inputs, function: Function) -> tuple[Secret, ...]:
    secrets = {
        name: Secret(id=name, kind="src", source=path) for name, path in function.build_secrets.items()
    }
    secrets |= {secret.id: secret for secret in inputs.secrets}
    return tuple(secrets[name] for name in sorted(secrets))


def _cache(inputs: Inputs, function: Function, facts: Facts, build: FunctionBuild) -> CacheSpec:
    names = {
        "image": build.image,
        "repository": references.repository(build.image),
        "function": cache.scope_word(function.name),
        "platform": "-".join(build.platforms).replace("/", "-") or "default",
        "branch": references.tag_word(facts.branch),
        "base_branch": references.tag_word(facts.base_branch),
    }
    own = function.build_cache
    if inputs.cache_mode == "off":
        spec = CacheSpec()
    elif inputs.cache_from or inputs.cache_to:
        spec = cache.cache_for_lists(inputs.cache_from, inputs.cache_to, names)
    elif own and not own.mode:
        spec = cache.cache_for_lists(own.imports, own.exports, names)
    else:
        word = own.mode if own and own.mode else inputs.cache_mode
        spec = cache.cache_for_word(word, inputs.cache_ref, names, references.base_reference(function.image))
    kept = tuple(entry for entry in spec.exports if _may_export(inputs, facts, entry.kind))
    inline = spec.inline and _may_export(inputs, facts, "inline")
    if (kept, inline) == (spec.exports, spec.inline):
        return spec
    never = inputs.cache_write == "never"
    reason = (
        "cache-write is never" if never else f"a pull request{' from a fork' * facts.fork} exports no cache"
    )
    return replace(spec, exports=kept, inline=inline, withheld=reason)


def _may_export(inputs: Inputs, facts: Facts, kind: str) -> bool:
    """Say whether a cache may be written; GitHub's own keeps a pull request's entries apart."""
    if inputs.cache_write == "auto":
        return not (facts.fork if kind == "gha" else facts.pull_request)
    return inputs.cache_write == "always"
