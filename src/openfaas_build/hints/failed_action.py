"""Find out what an error text is about: what failed, at which registry, with which cache."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openfaas_build import references
from openfaas_build.hints.table_entries import Action, CacheForm

_SITE = r"https?://(?:[^\s/\"'<>]{1,300}@)?(?P<host>(?:\[[\da-fA-F:]{2,60}\]|[\w.-]{1,255})(?::\d{1,5})?)"
_NAME = r"(?P<name>[\w./-]{1,500}?)/(?:blobs/|manifests/(?P<tag>(?:\w{1,20}:)?[\w.-]{1,200}))"
_REGISTRY = re.compile(rf"{_SITE}/v2/(?:{_NAME})?")
_ASKED = re.compile(rf"(?:request to |\b(?:Get|Head|Post|Put|Patch) \"?){_SITE}")
_PULLING = re.compile(r"pulling from host (?P<host>[\w.:-]{1,255}) failed")
_PUSHED = re.compile(r"failed to push (?P<ref>[^\s\"]{1,500}): ")
_SUBJECTS: dict[Action, tuple[str, str]] = {
    "import": ("Cache import", "from"),
    "export": ("Cache export", "to"),
    "push": ("Image push", "to"),
    "build": ("Image pull", "from"),
}
_ATTRIBUTES = "image-manifest=true,oci-mediatypes=true"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAction:
    """What failed, and what its error text and the cache entry tell; empty is what is not known."""

    text: str
    action: Action
    host: str
    ref: str
    attributes: Mapping[str, str]
    version: tuple[int, ...]

    def may_be_of(self, kind: str) -> bool:
        """Say whether the cache has this type, or one that is not known."""
        return self.attributes.get("type", kind) == kind

    @property
    def cache_form(self) -> CacheForm:
        """Say in which form BuildKit wrote the cache."""
        manifest, oci = (self.attributes.get(key, "").lower() for key in ("image-manifest", "oci-mediatypes"))
        if {manifest, oci} & {"false", "f", "0"}:
            return "asked"
        if manifest or self.version >= (0, 21):
            return "new"
        return "old" if self.version else "unknown"

    def words(self) -> dict[str, str]:
        """Return the words that every text may name in braces."""
        new_form = f"Use BuildKit 0.21 or newer, or add {_ATTRIBUTES} to cache-to"
        match self.cache_form:
            case "asked":
                writes = "image-manifest=false or oci-mediatypes=false makes BuildKit write"
                new_form = f"Write {_ATTRIBUTES} in cache-to"
            case "unknown":
                writes = "BuildKit before 0.21 writes"
            case "old" | "new":
                writes = f"BuildKit {'.'.join(map(str, self.version))} writes"
        kind = self.attributes.get("type", "registry")
        return {
            "subject": self._subject(kind),
            "registry": self.host or ("the registry" if kind == "registry" else f"the {kind} cache"),
            "writes_index": f"{writes} the cache as an image index",
            "new_form": new_form,
        }

    def _subject(self, kind: str) -> str:
        found = self.attributes
        places = {
            "registry": self.ref or self.host,
            "gha": f"scope {found['scope']}" if found.get("scope") else "",
            "local": found.get("dest") or found.get("src") or "",
        }
        noun, preposition = _SUBJECTS[self.action]
        place = places.get(kind, kind)
        return f"{noun} {preposition} {place}" if place else noun


def read_failed_action(
    text: str, action: Action, host: str, buildkit: tuple[int, ...] | None, attributes: Mapping[str, str]
) -> FailedAction:
    """Read registry and image out of an error text, as far as `host` and `attributes` do not tell them."""
    if action == "build":
        action = _action_of_build(text)
    pushed = _PUSHED.search(text) if action == "push" else None
    ref = attributes.get("ref") or (pushed["ref"] if pushed else "")
    seen = _REGISTRY.search(text)
    if site := seen or _PULLING.search(text):
        host = host or site["host"]
    elif ref:
        host = host or references.host(ref)
    elif asked := _ASKED.search(text):
        host = host or asked["host"]
    return FailedAction(
        text=text,
        action=action,
        host=host.lower(),
        ref=ref or (_reference(seen) if seen and seen["name"] else ""),
        attributes=attributes,
        version=buildkit if buildkit and any(buildkit) else (),
    )


def _action_of_build(text: str) -> Action:
    """Say what a failed build failed at, by buildx's last word; what a step printed before does not count."""
    verdict = text[max(text.rfind("ERROR: "), 0) :]
    if re.search(r"error writing \w{1,20} blob: |cache exporter: ", verdict):
        return "export"
    if "cache importer: " in verdict:
        return "import"
    return "push" if "failed to push " in verdict else "build"


def _reference(seen: re.Match[str]) -> str:
    """Write the reference of an image's URL: `https://r/v2/a/b/manifests/1` -> `r/a/b:1`."""
    tag = seen["tag"] or ""
    return f"{seen['host']}/{seen['name']}{'@' if ':' in tag else ':' if tag else ''}{tag}"
