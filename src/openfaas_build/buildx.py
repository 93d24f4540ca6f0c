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
    return (
        *_start(builder),
        *_pairs("--metadata-file", [metadata_file(function)]),
        *_cache_from(function),
        *(_cache_to(function, ignore_errors=True) if function.fresh else ()),
        *_inputs(function, inline=function.cache.inline),
        *["--no-cache"] * plan.no_cache,
        *["--pull"] * plan.pull,
        *_pairs("--label", _assignments(function.labels)),
        *(_attestations(plan)),
        *function.flags,
        *(function.export_flags if function.fresh else ()),
        *_pairs("--tag", function.tags),
        *_output(plan, function, driver),
        function.context,
    )


def export_argv(function: FunctionBuild, builder: str = "") -> tuple[str, ...] | None:
    """Make the command that exports the cache; None when there is nothing to export.

    It imports the cache again: steps that were hit are known to BuildKit only
    within the solve that imported them.
    """
    if function.fresh or not (function.cache.exports or function.export_flags):
        return None
    return (
        *_start(builder),
        *_cache_from(function),
        *_cache_to(function, ignore_errors=False),
        *_inputs(function, inline=False),
        "--provenance=false",
        *function.flags,
        *function.export_flags,
        "--output",
        "type=cacheonly",
        function.context,
    )


def equivalent(plan: BuildPlan, function: FunctionBuild) -> str:
    """Write the one docker command that does the same, as proposal 940 shows it.

    It is run in the function's build context. ADDITIONAL_PACKAGE is left out
    where it is empty, as the proposal does.
    """
    args = _build_args(function, inline=function.cache.inline)
    if not args.get("ADDITIONAL_PACKAGE"):
        args.pop("ADDITIONAL_PACKAGE", None)
    rest = [
        *(f"--cache-from {shlex.quote(value)}" for value in _texts(function.cache.imports)),
        *(f"--cache-to {shlex.quote(value)}" for value in _texts(function.cache.exports)),
        *(shlex.quote(flag) for flag in (*function.flags, *function.export_flags)),
        *(f"--build-arg {shlex.quote(value)}" for value in _assignments(args)),
        *(f"--label {shlex.quote(value)}" for value in _assignments(function.labels)),
        *([f"--platform {shlex.quote(','.join(function.platforms))}"] if function.platforms else []),
        *(f"--secret {shlex.quote(secret.spec())}" for secret in function.secrets),
        *["--ssh=default"] * function.ssh,
        *["--no-cache"] * plan.no_cache,
        *["--pull"] * plan.pull,
        *_attestations(plan),
        *(f"-t {shlex.quote(tag)}" for tag in function.tags),
        *["--push"] * plan.push,
        ".",
    ]
    return " \\\n  ".join(["DOCKER_BUILDKIT=1 docker build", *rest])


def read_digest(text: str) -> str:
    """Read the image's digest from a metadata file (buildx 0.13 or later); empty when it has none.

    >>> read_digest('{"containerimage.digest": "sha256:ab"}')
    'sha256:ab'
    """
    try:
        return str(json.loads(text).get("containerimage.digest") or "")
    except (ValueError, AttributeError):
        return ""


def _start(builder: str) -> list[str]:
    return [
        *BUILDX,
        "build",
        "--progress",
        "rawjson",
        *(["--builder", builder] if builder else []),
    ]


def _output(plan: BuildPlan, function: FunctionBuild, driver: str) -> list[str]:
    if function.load and plan.push and driver == "docker":
        # It keeps what it pushes; two exporters would write one name and get in each other's way.
        return ["--output", "type=image,push=true"]
    if function.load and plan.push:
        # The metadata has the digest of the last one, and what is loaded has another: no attestations.
        return ["--output", "type=docker", "--output", "type=image,push=true"]
    if function.load:
        return ["--load"]
    if plan.push:
        # As `--push`, but the docker driver need not fetch and unpack the image only to keep it.
        return ["--output", "type=image,push=true,store=false"]
    return ["--output", "type=cacheonly"]


def _inputs(function: FunctionBuild, *, inline: bool) -> list[str]:
    """Make the flags that decide the steps' cache keys, so that both commands agree on them."""
    return [
        *_pairs("--build-arg", _assignments(_build_args(function, inline=inline))),
        *(["--platform", ",".join(function.platforms)] if function.platforms else []),
        *_pairs("--secret", [secret.spec() for secret in function.secrets]),
        *["--ssh=default"] * function.ssh,
    ]


def _build_args(function: FunctionBuild, *, inline: bool) -> dict[str, str]:
    return ({_INLINE: "1"} if inline else {}) | dict(function.build_args)


def _cache_from(function: FunctionBuild) -> list[str]:
    return _pairs("--cache-from", _texts(function.cache.imports))


def _cache_to(function: FunctionBuild, *, ignore_errors: bool) -> list[str]:
    entries = function.cache.exports
    if ignore_errors:
        entries = tuple(entry.with_attribute("ignore-error", "true") for entry in entries)
    return _pairs("--cache-to", _texts(entries))


def _texts(entries: Iterable[CacheEntry]) -> list[str]:
    return [entry.text for entry in entries]


def _attestations(plan: BuildPlan) -> list[str]:
    return [
        *([f"--provenance={plan.provenance}"] if plan.provenance else []),
        *([f"--sbom={plan.sbom}"] if plan.sbom else []),
    ]


def _assignments(pairs: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in pairs.items()]


def _pairs(flag: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (flag, value)]
