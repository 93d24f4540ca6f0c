"""What a builder is, and what it can do."""

import re
from dataclasses import dataclass

from openfaas_build.cache import BACKENDS
from openfaas_build.errors import Notice
from openfaas_build.processes import BUILDX


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """What can build here. Versions are empty where nothing tells them.

    `program` are the words that start buildx, `was_empty` says that the
    builder held no cache when it was asked.
    """

    name: str
    driver: str
    buildkit_version: str = ""
    platforms: tuple[str, ...] = ()
    engine_version: str = ""
    containerd_store: bool = False
    buildx_version: str = ""
    program: tuple[str, ...] = BUILDX
    was_empty: bool = False
    warnings: tuple[Notice, ...] = ()

    @property
    def buildkit(self) -> tuple[int, ...] | None:
        """BuildKit's version as numbers; None where nothing tells it (Debian's engine says v0.0.0)."""
        found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", self.buildkit_version)
        numbers = tuple(map(int, found.groups())) if found else ()
        return numbers if any(numbers) else None

    @property
    def exports(self) -> frozenset[str]:
        """The kinds of cache that it can export: BuildKit's matrix of drivers and cache back-ends."""
        if self.driver != "docker":
            return frozenset(BACKENDS)
        if self.containerd_store:
            return frozenset(BACKENDS) - {"s3", "azblob"}
        return frozenset({"inline"})

    def lacks(self, exports: frozenset[str], platforms: int) -> str:
        """Say what it cannot do of what is wanted; empty when it can do all of it."""
        missing = sorted(exports - self.exports)
        if missing:
            return f"export a cache of type {' and '.join(missing)}"
        if platforms > 1 and self.driver == "docker" and not self.containerd_store:
            return "build for several platforms at once"
        return ""
