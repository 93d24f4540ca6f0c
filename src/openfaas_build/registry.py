"""Ask image registries what they hold, and give images new tags there.

All through `docker buildx imagetools`, which knows the user's logins and
credential helpers and needs no engine; an answer costs about 0.2 s, so what
the engine can tell (`engine.registry_digests`) is better asked there.
This room never heard of functions.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from openfaas_build.processes import BUILDX, Processes, last_line

_TIMEOUT_S = 60
_PACKAGE = "pkg:docker/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One base image as the provenance recorded it: `reference` as written, `digest` with its algorithm.

    `pinned`: the reference itself names the digest, so it cannot move.
    """

    reference: str
    digest: str
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteImage:
    """An image in a registry; `materials` is None without provenance, or when it names what is no image."""

    digest: str
    materials: tuple[Material, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagetools:
    """`docker buildx imagetools`; `program` are the words that start buildx."""

    processes: Processes
    env: Mapping[str, str]
    program: Sequence[str] = BUILDX

    def read_image(self, reference: str) -> RemoteImage | None:
        """Read an image with the base images it was built from; None when it is not there or not readable."""
        template = '{"manifest":{{json .Manifest}},"provenance":{{json .Provenance}}}'
        found = self._inspect(template, reference)
        try:
            materials = read_materials(found["provenance"])
            return RemoteImage(digest=found["manifest"]["digest"], materials=materials)
        except (LookupError, TypeError):
            return None

    def read_digest(self, reference: str) -> str:
        """Return the digest that a reference resolves to now; empty when nothing tells."""
        try:
            return str(self._inspect("{{json .Manifest}}", reference)["digest"])
        except (LookupError, TypeError):
            return ""

    def look_up(self, reference: str) -> str:
        """Ask for an image, with the user's logins; return the error, or nothing when it is there."""
        done = self._run("inspect", "--raw", reference)
        return last_line(done.stderr) if done.returncode else ""

    def add_tags(self, image: str, tags: Sequence[str]) -> bool:
        """Add tags to an image (`repository@digest`) in its registry; say whether that worked."""
        flags = [word for tag in tags for word in ("--tag", tag)]
        return self._run("create", *flags, image).returncode == 0

    def _inspect(self, template: str, reference: str) -> Any:  # noqa: ANN401  # a document of others
        """Return what the template says of an image, as JSON; None when nothing tells."""
        done = self._run("inspect", "--format", template, reference)
        try:
            return json.loads(done.stdout) if done.returncode == 0 else None
        except ValueError:
            return None

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.processes.ask([*self.program, "imagetools", *arguments], self.env, _TIMEOUT_S)


def read_materials(provenance: Any) -> tuple[Material, ...] | None:  # noqa: ANN401  # a document of others
    """Read the base images of a provenance, of one platform or of several; None for any doubt.

    Both shapes are known: SLSA 0.2 (`materials`) and 1.0
    (`buildDefinition.resolvedDependencies`), as BuildKit writes them.
    """
    if not isinstance(provenance, dict) or not provenance:
        return None
    statements = [provenance] if "SLSA" in provenance else list(provenance.values())
    found: dict[Material, None] = {}
    try:
        for statement in statements:
            predicate = statement["SLSA"]
            if "buildDefinition" in predicate:
                entries = predicate["buildDefinition"].get("resolvedDependencies") or []
            else:
                entries = predicate.get("materials") or []
            for entry in entries:
                found[_material(entry["uri"], entry["digest"]["sha256"])] = None
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    return tuple(found)


def _material(uri: str, digest: str) -> Material:
    """Read a package URL such as `pkg:docker/HOST/NAME@TAG?platform=…`; raises ValueError for others."""
    if not uri.startswith(_PACKAGE):
        raise ValueError(uri)
    name, _, query = uri.removeprefix(_PACKAGE).partition("?")
    path, at, tag = name.rpartition("@")
    reference = f"{unquote(path)}:{unquote(tag)}" if at else unquote(name)
    return Material(reference=reference, digest=f"sha256:{digest}", pinned="digest" in parse_qs(query))
