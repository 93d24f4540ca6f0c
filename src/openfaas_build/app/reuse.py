"""Find functions that need no build, because an image of the same inputs is in their registry.

The key of a function's inputs is a tag beside its image. A match is a match
only when the base images in the image's provenance still resolve to the same
digests. Anything doubtful means build: no provenance, a material that is no
image, a tag that cannot be set, a builder flag that reads more than its own
words, `no-cache`, `pull`.

The price: an image is as old as its base images. What a RUN step fetches from
elsewhere (`apt-get`, `pip`) is not asked for again, as with any cache.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

from openfaas_build import context, engine, references
from openfaas_build.app.session import Session
from openfaas_build.errors import Notice
from openfaas_build.plan import DOUBTFUL_ENVIRONMENT, BuildPlan, FunctionBuild, flag_beyond_key, input_key
from openfaas_build.registry import Imagetools

_AT_ONCE = 16
_NOTHING_TO_REUSE = Notice(
    problem="`reuse` does nothing here: the images are not pushed.",
    remedy='Set the input "push"; what is reused lies in a registry.',
)
# Reference -> the digest that it has now, empty when it is not there.
Resolve = Callable[[str], str]


def reuse_images(session: Session, plan: BuildPlan, builder: engine.Builder) -> BuildPlan:
    """Mark the functions whose images can be reused, and give each function its key as a further tag.

    Reused images have all their function's tags by then. `builder` need not
    run, and the build contexts must have been laid out.
    """
    if not (session.inputs.reuse and plan.to_build):
        return plan
    if not plan.inputs.push:
        return plan.with_warnings(_NOTHING_TO_REUSE)
    imagetools = Imagetools(processes=session.processes, env=session.env, program=builder.program)
    with (
        ThreadPoolExecutor(_AT_ONCE, "reuse") as pool,
        engine.registry_digests(session.processes, session.env) as ask_engine,
    ):

        def resolve(reference: str) -> str:
            digest = ask_engine(reference)
            return imagetools.read_digest(reference) if digest is None else digest

        plan, keyed = _with_keys(session, plan, builder, pool)
        doubtful = any(session.env.get(name) for name in DOUBTFUL_ENVIRONMENT)
        fresh = plan.inputs.no_cache or plan.inputs.pull or doubtful
        digests = {} if fresh else _find_unchanged(keyed, resolve, imagetools, pool)
    session.console.say(f"{len(digests)} of {len(plan.to_build)} functions are unchanged and need no build.")
    return plan.with_functions(lambda each: replace(each, reused=digests.get(each.name, "")))


def _with_keys(
    session: Session, plan: BuildPlan, builder: engine.Builder, pool: Executor
) -> tuple[BuildPlan, list[FunctionBuild]]:
    """Add each function's key to its tags; return also those functions that have one."""
    beyond = {function.name: flag_beyond_key(function) for function in plan.to_build}
    covered = [function for function in plan.to_build if not beyond[function.name]]
    platform = next(iter(builder.platforms), "")

    def with_key(function: FunctionBuild) -> FunctionBuild:
        digest = context.context_digest(session.root / function.context)
        key = input_key(plan, function, context_digest=digest, platform=platform, environment=session.env)
        return replace(function, tags=(*function.tags, f"{references.repository(function.image)}:{key}"))

    keyed = {function.name: function for function in pool.map(with_key, covered)}
    plan = plan.with_functions(lambda each: keyed.get(each.name, each))
    always = 'function "{}" is always built: `reuse` cannot know what builder flag "{}" adds.'
    warnings = [Notice(problem=always.format(name, flag)) for name, flag in beyond.items() if flag]
    return plan.with_warnings(*warnings), list(keyed.values())


def _find_unchanged(
    functions: Sequence[FunctionBuild], resolve: Resolve, imagetools: Imagetools, pool: Executor
) -> dict[str, str]:
    """Return the digests of the images that are still current, by function, after tagging them."""
    there = _resolve_all(pool, resolve, (tag for function in functions for tag in function.tags))
    known = [function for function in functions if there[function.tags[-1]]]
    images = pool.map(lambda function: imagetools.read_image(function.tags[-1]), known)
    found = [
        (function, image.digest, [base for base in image.materials if not base.pinned])
        for function, image in zip(known, images, strict=True)
        if image and image.materials is not None
    ]
    now = _resolve_all(pool, resolve, (base.reference for _, _, bases in found for base in bases))
    current = [
        (function, digest)
        for function, digest, bases in found
        if all(now[base.reference] == base.digest for base in bases)
    ]

    def tag(function: FunctionBuild, digest: str) -> bool:
        image = f"{references.repository(function.image)}@{digest}"
        missing = [tag for tag in function.tags if there[tag] != digest]
        return not missing or imagetools.add_tags(image, missing)

    tagged = pool.map(lambda each: tag(*each), current)
    return {function.name: digest for (function, digest), done in zip(current, tagged, strict=True) if done}


def _resolve_all(pool: Executor, resolve: Resolve, wanted: Iterable[str]) -> dict[str, str]:
    """Resolve each reference once, however many functions stand on it."""
    distinct = sorted(set(wanted))
    return dict(zip(distinct, pool.map(resolve, distinct), strict=True))
