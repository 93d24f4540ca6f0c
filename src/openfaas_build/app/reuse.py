"""Find functions that need no build, because an image of the same inputs is in their registry.

The key of a function's inputs is a tag beside its image. A match is a match
only when the base images in the image's provenance still resolve to the same
digests. Anything doubtful means build: no provenance, a material that is no
image, a tag that cannot be set, a builder flag that reads more than its own
words, `no-cache`, `pull`.

The price: an image is as old as its base images. What a RUN step fetches from
elsewhere (`apt-get`, `pip`) is not asked for again, as with any cache.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from openfaas_build import context, engine, references, registry
from openfaas_build.errors import Notice
from openfaas_build.plan import DOUBTFUL_ENVIRONMENT, BuildPlan, FunctionBuild, flag_beyond_key, input_key

_AT_ONCE = 16


def find_reusable(
    plan: BuildPlan, root: Path, env: Mapping[str, str], builder: engine.Builder
) -> tuple[BuildPlan, dict[str, str]]:
    """Give the plan with each function's key among its tags, and the digests of the images that are reused.

    Those images have all their function's tags by then. `builder` need not run,
    and the build contexts must have been laid out.
    """
    with ThreadPoolExecutor(_AT_ONCE, "reuse") as pool, engine.registry_digests(env) as ask_engine:
        beyond = {function.name: flag_beyond_key(function) for function in plan.to_build}
        covered = [function for function in plan.to_build if not beyond[function.name]]
        digests = pool.map(lambda function: context.context_digest(root / function.context), covered)
        platform = next(iter(builder.platforms), "")
        keyed = {
            function.name: _with_key(plan, function, digest, platform, env)
            for function, digest in zip(covered, digests, strict=True)
        }
        whole = replace(
            plan,
            functions=tuple(keyed.get(each.name, each) for each in plan.functions),
            warnings=(*plan.warnings, *(_always_built(name, flag) for name, flag in beyond.items() if flag)),
        )
        if plan.no_cache or plan.pull or any(env.get(name) for name in DOUBTFUL_ENVIRONMENT):
            return whole, {}

        def resolve(reference: str) -> str:
            digest = ask_engine(reference)
            return registry.read_digest(env, builder.program, reference) if digest is None else digest

        there = _resolve_all(pool, resolve, (tag for each in keyed.values() for tag in each.tags))
        names = [name for name, function in keyed.items() if there[function.tags[-1]]]
        found = pool.map(lambda name: registry.read_image(env, builder.program, keyed[name].tags[-1]), names)
        images = {name: image for name, image in zip(names, found, strict=True) if image}
        moving = {
            name: [base for base in image.materials if not base.pinned]
            for name, image in images.items()
            if image.materials is not None
        }
        now = _resolve_all(pool, resolve, (base.reference for bases in moving.values() for base in bases))
        current = [
            name
            for name, bases in moving.items()
            if all(now[base.reference] == base.digest for base in bases)
        ]

        def tag(name: str) -> bool:
            image = f"{references.repository(keyed[name].image)}@{images[name].digest}"
            missing = [tag for tag in keyed[name].tags if there[tag] != images[name].digest]
            return not missing or registry.add_tags(env, builder.program, image, missing)

        tagged = pool.map(tag, current)
        return whole, {name: images[name].digest for name, done in zip(current, tagged, strict=True) if done}


def _with_key(
    plan: BuildPlan, function: FunctionBuild, digest: str, platform: str, env: Mapping[str, str]
) -> FunctionBuild:
    key = input_key(plan, function, context_digest=digest, platform=platform, environment=env)
    return replace(function, tags=(*function.tags, f"{references.repository(function.image)}:{key}"))


def _always_built(name: str, flag: str) -> Notice:
    return Notice(
        problem=f'function "{name}" is always built: `reuse` cannot know what builder flag "{flag}" adds.'
    )


def _resolve_all(pool: Executor, resolve: Callable[[str], str], wanted: Iterable[str]) -> dict[str, str]:
    """Resolve each reference once, however many functions stand on it."""
    distinct = sorted(set(wanted))
    return dict(zip(distinct, pool.map(resolve, distinct), strict=True))
