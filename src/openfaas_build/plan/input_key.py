"""Name the inputs of a build: whatever could change the image changes the name."""

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise

from openfaas_build.plan.build_plan import BuildPlan, FunctionBuild

# Goes up whenever what is built from the same inputs may differ.
KEY_VERSION = 1
# What buildx (0.29) reads beside its command line: the commit, as a label, and a policy that may exchange
# base images, both of which may change when the variable does not; and the image's times.
DOUBTFUL_ENVIRONMENT = ("BUILDX_GIT_LABELS", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY")
_ENVIRONMENT = ("SOURCE_DATE_EPOCH", *DOUBTFUL_ENVIRONMENT)
# Flags of `docker buildx build` (0.29) whose words are all that they add to a build.
_SAID_IN_FULL = frozenset(
    (
        *("--add-host", "--allow", "--annotation", "--attest", "--build-arg", "--cache-from"),
        *("--cgroup-parent", "--label", "--network", "--platform", "--provenance", "--sbom"),
        *("--secret", "--shm-size", "--ssh", "--target", "--ulimit"),
    )
)


def input_key(
    plan: BuildPlan,
    function: FunctionBuild,
    *,
    context_digest: str,
    platform: str,
    environment: Mapping[str, str],
) -> str:
    """Make the tag that an image of these inputs gets, `fn-` and 40 hex digits.

    `context_digest` covers the context's bytes, names and modes, the template
    and the `.dockerignore` among them; `platform` is the builder's, for a
    function that names none; `environment` is buildx's. Of secrets the ids
    count, not the values. The base images do not count: their digests are in
    the image's provenance and are checked against it.
    """
    inputs = {
        "version": KEY_VERSION,
        "context": context_digest,
        "build_args": dict(function.build_args),
        "labels": dict(function.labels),
        "platforms": list(function.platforms) or [platform],
        "secrets": sorted(secret.id for secret in function.secrets),
        "flags": list(function.flags),
        "inline": function.cache.inline,
        "ssh": function.ssh,
        "provenance": plan.inputs.provenance,
        "sbom": plan.inputs.sbom,
        "environment": {name: environment[name] for name in _ENVIRONMENT if name in environment},
    }
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return f"fn-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def flag_beyond_key(function: FunctionBuild) -> str:
    """Find the first builder flag that the key does not cover; empty when there is none.

    Such a flag reads something else than its own words (`--build-context`, a
    `--build-arg` without a value), asks for a fresh build (`--no-cache-filter`,
    `--pull`), names one more tag, or is not known here.
    """
    words = (*function.flags, "")
    for word, following in pairwise(words):
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            continue  # the value of the flag before it
        argument = value if equals else following
        if name not in _SAID_IN_FULL or (name == "--build-arg" and "=" not in argument):
            return word
    return ""
