"""Find the hint for an error: known texts, then the registry's answer, then the registry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from openfaas_build import references
from openfaas_build.errors import Notice
from openfaas_build.hints.answers import ANSWERS
from openfaas_build.hints.build_texts import BUILDS
from openfaas_build.hints.cache_texts import CACHES, CONFIGURATION
from openfaas_build.hints.hosts import host_advice, registry_id
from openfaas_build.hints.reading import REQUEST, read_answer, read_status
from openfaas_build.hints.table import BUILDER, Action

TEXT_LIMIT = 64 * 1024

_URL = re.compile(r"https?://[^\s\"'<>]{1,4000}")
_ASKED = re.compile(r"(?:request to |\b(?:Get|Head|Post|Put|Patch) \"?)(?P<url>https?://[^\s\"'<>]{1,4000})")
_PULLING = re.compile(r"pulling from host (?P<host>[\w.:-]{1,255}) failed")
_PUSHED = re.compile(r"failed to push (?P<ref>[^\s\"]{1,500}): ")
_CANCELED = re.compile(r"context canceled\s*\Z")
_COLD = re.compile(
    r": not found\s*\Z|\b404 Not Found\b|\b(?:manifest|name) unknown\b|\blocal cache import at "
)

# An import or a pull can get other answers too, but what we know of those is about uploads.
_ANSWERS_TO_READING = ("denied", "rate-limit", "server-error")

_SUBJECTS = {
    "import": ("Cache import", "from"),
    "export": ("Cache export", "to"),
    "push": ("Image push", "to"),
    "build": ("Image pull", "from"),
    "config": ("Cache configuration", "for"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    """An error and all that is known around it."""

    text: str
    action: Action
    host: str
    ref: str
    version: tuple[int, ...]
    attributes: Mapping[str, str]

    @property
    def subject(self) -> str:
        noun, preposition = _SUBJECTS[self.action]
        found = self.attributes
        scope = f"scope {found['scope']}" if found.get("scope") else ""
        kind = found.get("type", "registry")
        folder = found.get("dest") or found.get("src") or ""
        place = {"gha": scope, "local": folder, "registry": self.ref or self.host}.get(kind, kind)
        return f"{noun} {preposition} {place}" if place else noun

    def fill(self, *templates: str, **more: str) -> list[str]:
        """Fill templates of problem, cause and remedy."""
        kind = self.attributes.get("type", "registry")
        known = {
            "subject": self.subject,
            "registry": self.host or ("the registry" if kind == "registry" else f"the {kind} cache"),
            "version": ".".join(map(str, self.version)),
        }
        return [template.format(**(known | more)) for template in templates]


def hint_for(
    text: str,
    *,
    action: Action = "export",
    host: str = "",
    buildkit: tuple[int, ...] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Notice | None:
    """Give the hint for the error `text` of BuildKit or buildx, or None.

    `action` is what failed; the text of a failed build may be a step's output
    and then buildx's last lines. `attributes` are those of the cache entry
    (`type`, `ref`, …), `buildkit` is the builder's version, None when it is
    not known; `host` is the registry, by default that of the text's URL or of
    `ref`.

    None for a cache that is not there yet (cold), for what was cancelled
    because something else failed, and for an unknown error of a build. An
    unknown import, export or push gets a hint how to find out more.
    """
    error = _error(text[-TEXT_LIMIT:], action, host, buildkit, attributes or {})
    if _CANCELED.search(error.text):
        return None
    return _known_text(error) or _known_answer(error) or _unknown(error)


def _error(
    text: str,
    action: Action,
    host: str,
    buildkit: tuple[int, ...] | None,
    attributes: Mapping[str, str],
) -> _Error:
    if action == "build":
        action = _action_of_build(text)
    registries = [(where, ref) for where, ref in (_split(match[0]) for match in _URL.finditer(text)) if ref]
    ref = attributes.get("ref", "")
    if not ref and action == "push" and (match := _PUSHED.search(text)):
        ref = match["ref"]
    if not host and registries:
        host = registries[0][0]
    if not host and (match := _PULLING.search(text)):
        host = match["host"]
    if not host and ref:
        host = references.host(ref)
    if not host and (match := _ASKED.search(text)):
        host = _split(match["url"])[0]
    return _Error(
        text=text,
        action=action,
        host=host.lower(),
        ref=ref or (registries[0][1] if registries else ""),
        version=buildkit if buildkit and any(buildkit) else (),
        attributes=attributes,
    )


def _action_of_build(text: str) -> Action:
    """Say what a failed build failed at, by buildx's last word; what a step printed before does not count."""
    verdict = text[max(text.rfind("ERROR: "), 0) :]
    if re.search(r"error writing \w{1,20} blob: |cache exporter: ", verdict):
        return "export"
    if "cache importer: " in verdict:
        return "import"
    return "push" if "failed to push " in verdict else "build"


def _split(url: str) -> tuple[str, str]:
    """Give host and image reference of a registry's URL; the reference is empty for other URLs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    host = parts.netloc.rpartition("@")[2].rstrip(":")
    if not parts.path.startswith("/v2/"):
        return host, ""
    path = parts.path.removeprefix("/v2/").rstrip(":")
    name, mark, tag = path.partition("/manifests/")
    if not mark:
        return host, f"{host}/{path.partition('/blobs/')[0]}"
    return host, f"{host}/{name}{'@' if ':' in tag else ':'}{tag}"


def _known_text(error: _Error) -> Notice | None:
    kind = error.attributes.get("type", "gha")
    for rule in (*CONFIGURATION, *CACHES, *BUILDS):
        if error.action not in rule.actions or (rule.code.startswith("gha-") and kind != "gha"):
            continue
        if match := rule.pattern.search(error.text):
            groups = {key: value or "" for key, value in match.groupdict().items()}
            problem, cause, remedy = error.fill(rule.problem, rule.cause, rule.remedy, **groups)
            return Notice(code=rule.code, problem=problem, cause=cause, remedy=remedy, url=rule.url)
    return None


def _known_answer(error: _Error) -> Notice | None:
    if error.action == "config" or error.attributes.get("type", "registry") != "registry":
        return None
    answer, words = read_answer(error.text)
    if error.action in ("import", "build") and answer not in _ANSWERS_TO_READING:
        return None
    if error.action == "build" and not REQUEST.search(error.text):
        return None  # "denied:" in a step's output is its own matter
    if answer in ("manifest", "missing"):
        answer += "-push" if error.action == "push" else f"-{_form(error, answer)}"
    elif answer == "immutable" and error.action == "push":
        answer += "-push"
    elif answer == "denied" and error.action in ("import", "build"):
        answer += "-read"
    if answer not in ANSWERS:
        return None
    code, advice = ANSWERS[answer]
    known = host_advice(error.host, answer)
    cause, remedy, url = (
        (known.cause or advice.cause, known.remedy or advice.remedy, known.url)
        if known
        else (advice.cause, advice.remedy, advice.url)
    )
    problem, cause, remedy = error.fill(
        "{subject} failed: {registry} answered {words}.", cause, remedy, words=words
    )
    return Notice(code=code, problem=problem, cause=cause, remedy=remedy, url=url)


def _form(error: _Error, answer: str) -> str:
    """Say in which form BuildKit wrote the cache, as the keys of ANSWERS do."""
    if answer == "missing" and registry_id(error.host):
        return "new"  # only Harbor and Gitea call a form "not found", and they have no known hosts
    manifest, oci = (error.attributes.get(key, "").lower() for key in ("image-manifest", "oci-mediatypes"))
    if {manifest, oci} & {"false", "f", "0"}:
        return "asked"
    if manifest:
        return "new"
    if error.version:
        return "new" if error.version >= (0, 21) else "old"
    return "unknown"


def _unknown(error: _Error) -> Notice | None:
    if error.action in ("build", "config") or (error.action == "import" and _COLD.search(error.text)):
        return None
    _, words = read_status(error.text)
    answered = ": {registry} answered {words}" if words else ""
    problem, remedy = error.fill(
        "{subject} failed" + answered + ".",
        "Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of "
        "docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.",
        words=f'"{words}"',
    )
    return Notice(
        code={"import": "cache-import-failed", "export": "cache-export-failed"}.get(
            error.action, "image-push-failed"
        ),
        problem=problem,
        cause="Not known: the message beside this hint is all that BuildKit says.",
        remedy=remedy,
        url=BUILDER,
    )
