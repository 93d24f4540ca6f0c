"""Name the inputs of a build: whatever could change the image changes the name."""

import hashlib
import json

from openfaas_build.plan.model import BuildPlan, FunctionBuild

# Goes up whenever what is built from the same inputs may differ.
KEY_VERSION = 1


def input_key(plan: BuildPlan, function: FunctionBuild, *, context_digest: str, platform: str) -> str:
    """Give the tag that an image of these inputs gets, `fn-` and 40 hex digits.

    `context_digest` covers the context's bytes, names and modes, the template
    and the `.dockerignore` among them; `platform` is the builder's, for a
    function that names none. Of secrets the ids count, not the values. The
    base images do not count: their digests are in the image's provenance and
    are checked against it.
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
        "provenance": plan.provenance,
        "sbom": plan.sbom,
    }
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return f"fn-{hashlib.sha256(text.encode()).hexdigest()[:40]}"
