"""Find functions that need no build, because an image of the same inputs is in their registry.

The key of a function's inputs is a tag beside its image. A match is a match
only when the base images in the image's provenance still resolve to the same
digests. Anything doubtful means build: no provenance, a material that is no
image, a tag that cannot be set, `no-cache`, `pull`.

The price: an image is as old as its base images. What a RUN step fetches from
elsewhere (`apt-get`, `pip`) is not asked for again, as with any cache.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from openfaas_build import context, references, registry
from openfaas_build.plan import BuildPlan, FunctionBuild, input_key

_AT_ONCE = 16


def find_reusable(
    plan: BuildPlan, root: Path, env: Mapping[str, str], platform: str
) -> tuple[BuildPlan, dict[str, str]]:
    """Give the plan with each function's key among its tags, and the digests of the images that are reused.

    Those images have all their function's tags by then. `platform` is the
    builder's own. The build contexts must have been laid out.
    """
    building = plan.to_build
    with ThreadPoolExecutor(_AT_ONCE, "reuse") as pool:
        digests = pool.map(lambda function: context.context_digest(root / function.context), building)
        keyed = {
            function.name: _with_key(plan, function, digest, platform)
            for function, digest in zip(building, digests, strict=True)
        }
        whole = replace(plan, functions=tuple(keyed.get(each.name, each) for each in plan.functions))
        if plan.no_cache or plan.pull:
            return whole, {}
        found = pool.map(lambda function: registry.read_image(env, function.tags[-1]), keyed.values())
        images = {
            name: image
            for name, image in zip(keyed, found, strict=True)
            if image and image.materials is not None
        }
        # A base image is asked for once, however many functions stand on it.
        bases = sorted(
            {base.reference for image in images.values() for base in image.materials or () if not base.pinned}
        )
        now = dict(zip(bases, pool.map(lambda base: registry.read_digest(env, base), bases), strict=True))
        current = [
            name
            for name, image in images.items()
            if all(base.pinned or now[base.reference] == base.digest for base in image.materials or ())
        ]
        tagged = pool.map(lambda name: _tag(env, keyed[name], images[name].digest), current)
        return whole, {name: images[name].digest for name, done in zip(current, tagged, strict=True) if done}


def _with_key(plan: BuildPlan, function: FunctionBuild, digest: str, platform: str) -> FunctionBuild:
    key = input_key(plan, function, context_digest=digest, platform=platform)
    return replace(function, tags=(*function.tags, f"{references.repository(function.image)}:{key}"))


def _tag(env: Mapping[str, str], function: FunctionBuild, digest: str) -> bool:
    image = f"{references.repository(function.image)}@{digest}"
    return registry.add_tags(env, image, function.tags[:-1])
