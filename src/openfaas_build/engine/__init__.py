"""Look at the Docker engine and its builders. This room never heard of functions."""

from openfaas_build.engine.builders import (
    OWN_BUILDER,
    Preflight,
    buildx_program,
    buildx_version,
    inspect_builder,
    is_empty,
    preflight,
)
from openfaas_build.engine.sdk import engine_info, registry_digests

__all__ = [
    "OWN_BUILDER",
    "Preflight",
    "buildx_program",
    "buildx_version",
    "engine_info",
    "inspect_builder",
    "is_empty",
    "preflight",
    "registry_digests",
]
