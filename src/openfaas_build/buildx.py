"""Turn a planned function into docker commands, and read what buildx writes back.

Two commands a function: the build, which imports the cache and pushes, and
the cache export, a second solve that finds every step in the builder. So an
export can neither delay nor break a push. Pure.
"""

import json
import shlex
from collections.abc import Iterable, Mapping

from openfaas_build.cache import CacheEntry
from openfaas_build.plan import STAGING, BuildPlan, FunctionBuild
from openfaas_build.processes import BUILDX

# Of the metadata file only digests are read; to fetch the provenance for it takes 0.1 to 0.4 s a build.
ENVIRONMENT = {"BUILDX_METADATA_PROVENANCE": "disabled"}
RUN_FOLDER = f"{STAGING}/.openfaas-build"
_INLINE = "BUILDKIT_INLINE_CACHE"
_PACKAGES = "ADDITIONAL_PACKAGE"
# A flag as its words: `("--pull",)`, `("--tag", "u/f:1")`.
_Flag = tuple[str, ...]


def metadata_file(function: FunctionBuild) -> str:
    """Name the metadata file of a function's build."""
    return f"{RUN_FOLDER}/{function.name}.metadata.json"


def build_argv(
    plan: BuildPlan, function: FunctionBuild, builder: str = "", driver: str = ""
) -> tuple[str, ...]:
    """Make the command that builds a function and, where asked, pushes or loads it.

    Where steps run though a cache has them it exports the cache too: a second
    solve would run them again. `driver` is the builder's, empty where it is
    not known yet.
    """
    # Of a cache that is exported on the way, an error must not break the push.
    exports = [entry.with_attribute("ignore-error", "true") for entry in function.cache.exports]
    return _argv(
        builder,
        [
            ("--metadata-file", metadata_file(function)),
            *_caches(function.cache.imports, exports if function.fresh else ()),
            *_inputs(function, _build_args(function)),
            *_options(plan, function),
            *((flag,) for flag in function.flags),
            *((flag,) for flag in function.export_flags if function.fresh),
            *_each("--tag", function.tags),
            *_output(plan, function, driver),
        ],
        function.context,
    )


def export_argv(function: FunctionBuild, builder: str = "") -> tuple[str, ...] | None:
    """Make the command that exports the cache; None when there is nothing to export.

    It imports the cache again: steps that were hit are known to BuildKit only
    within the solve that imported them.
    """
    if function.fresh or not (function.cache.exports or function.export_flags):
        return None
    return _argv(
        builder,
        [
            *_caches(function.cache.imports, function.cache.exports),
            *_inputs(function, function.build_args),
            ("--provenance=false",),
            *((flag,) for flag in (*function.flags, *function.export_flags)),
            ("--output", "type=cacheonly"),
        ],
        function.context,
    )


def equivalent(plan: BuildPlan, function: FunctionBuild) -> str:
    """Write the one docker command that does the same, as proposal 940 shows it.

    It is run in the function's build context. ADDITIONAL_PACKAGE is left out
    where it is empty, as the proposal does.
    """
    args = {key: value for key, value in _build_args(function).items() if value or key != _PACKAGES}
    flags = [
        *_caches(function.cache.imports, function.cache.exports),
        *((flag,) for flag in (*function.flags, *function.export_flags)),
        *_inputs(function, args),
        *_options(plan, function),
        *_each("-t", function.tags),
        *[("--push",)] * plan.inputs.push,
    ]
    return " \\\n  ".join(["DOCKER_BUILDKIT=1 docker build", *map(shlex.join, flags), "."])


def read_digest(text: str) -> str:
    """Read the image's digest from a metadata file (buildx 0.13 or later); empty when it has none.

    >>> read_digest('{"containerimage.digest": "sha256:ab"}')
    'sha256:ab'
    """
    try:
        return str(json.loads(text).get("containerimage.digest") or "")
    except (ValueError, AttributeError):
        return ""


def _argv(builder: str, flags: Iterable[_Flag], context: str) -> tuple[str, ...]:
    start = (*BUILDX, "build", "--progress", "rawjson", *(("--builder", builder) if builder else ()))
    return (*start, *(word for flag in flags for word in flag), context)


def _output(plan: BuildPlan, function: FunctionBuild, driver: str) -> list[_Flag]:
    if function.load and plan.inputs.push and driver == "docker":
        # It keeps what it pushes; two exporters would write one name and get in each other's way.
        return [("--output", "type=image,push=true")]
    if function.load and plan.inputs.push:
        # The metadata has the digest of the last one, and what is loaded has another: no attestations.
        return [("--output", "type=docker"), ("--output", "type=image,push=true")]
    if function.load:
        return [("--load",)]
    if plan.inputs.push:
        # As `--push`, but the docker driver need not fetch and unpack the image only to keep it.
        return [("--output", "type=image,push=true,store=false")]
    return [("--output", "type=cacheonly")]


def _caches(imports: Iterable[CacheEntry], exports: Iterable[CacheEntry]) -> list[_Flag]:
    found = _each("--cache-from", (entry.text for entry in imports))
    return [*found, *_each("--cache-to", (entry.text for entry in exports))]


def _inputs(function: FunctionBuild, build_args: Mapping[str, str]) -> list[_Flag]:
    """Make the flags that decide the steps' cache keys, so that both commands agree on them."""
    return [
        *_assignments("--build-arg", build_args),
        *([("--platform", ",".join(function.platforms))] if function.platforms else []),
        *_each("--secret", (secret.spec() for secret in function.secrets)),
        *[("--ssh=default",)] * function.ssh,
    ]


def _options(plan: BuildPlan, function: FunctionBuild) -> list[_Flag]:
    """Make the flags that decide what the image is besides its steps, and whether they run anew."""
    return [
        *[("--no-cache",)] * plan.inputs.no_cache,
        *[("--pull",)] * plan.inputs.pull,
        *_assignments("--label", function.labels),
        *([(f"--provenance={plan.inputs.provenance}",)] if plan.inputs.provenance else []),
        *([(f"--sbom={plan.inputs.sbom}",)] if plan.inputs.sbom else []),
    ]


def _build_args(function: FunctionBuild) -> dict[str, str]:
    return ({_INLINE: "1"} if function.cache.inline else {}) | dict(function.build_args)


def _assignments(flag: str, pairs: Mapping[str, str]) -> list[_Flag]:
    return _each(flag, (f"{key}={value}" for key, value in pairs.items()))


def _each(flag: str, values: Iterable[str]) -> list[_Flag]:
    return [(flag, value) for value in values]
