"""Find the hint for an error: known texts first, then the registry's answer, then how to find out more."""

import re
from collections.abc import Mapping

from openfaas_build.errors import Notice
from openfaas_build.hints.advice_on_answers import OF_ANY_REGISTRY
from openfaas_build.hints.error_texts_of_builds import OF_ANY_ACTION, OF_BUILDS, OF_REGISTRIES
from openfaas_build.hints.error_texts_of_caches import (
    OF_CACHE_CONTENTS,
    OF_CONFIGURATION,
    OF_GHA_CREDENTIALS,
    OF_GHA_SERVICE,
)
from openfaas_build.hints.failed_action import FailedAction, read_failed_action
from openfaas_build.hints.known_registries import ADVICE, registry_id
from openfaas_build.hints.registry_answers import REQUEST, read_answer, read_status
from openfaas_build.hints.table_entries import BUILDER, REGISTRY, Action, Advice, Answer, ErrorText, When
from openfaas_build.untrusted import one_line

TEXT_LIMIT = 64 * 1024

_CANCELED = re.compile(r"context canceled\s*\Z")
_COLD = re.compile(
    r": not found\s*\Z|\b404 Not Found\b|\b(?:manifest|name) unknown\b|\blocal cache import at "
)
_UNKNOWN_CODES: dict[Action, str] = {
    "import": "cache-import-failed",
    "export": "cache-export-failed",
    "push": "image-push-failed",
}
_FIND_OUT_MORE = Advice(
    cause="Not known: the message beside this hint is all that BuildKit says.",
    remedy="Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of "
    "docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.",
    url=BUILDER,
)


def hint_for(
    text: str,
    *,
    action: Action = "export",
    host: str = "",
    buildkit: tuple[int, ...] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Notice | None:
    """Return the hint for the error `text` of BuildKit or buildx, or None.

    `action` is what failed; the text of a failed build may be a step's output
    and then buildx's last lines. `attributes` are those of the cache entry
    (`type`, `ref`, …), `buildkit` is the builder's version, None when it is
    not known; `host` is the registry, by default that of the text's URL or of
    `ref`.

    None for a cache that is not there yet (cold), for what was cancelled
    because something else failed, and for an unknown error of a build. An
    unknown import, export or push gets a hint how to find out more.
    """
    failed = read_failed_action(text[-TEXT_LIMIT:], action, host, buildkit, attributes or {})
    if _CANCELED.search(failed.text):
        return None
    return _hint_of_text(failed) or _hint_of_answer(failed) or _hint_of_unknown(failed)


def _hint_of_text(failed: FailedAction) -> Notice | None:
    for code, known in _texts_for(failed).items():
        if match := re.search(known.pattern, failed.text):
            return _notice(failed, code, known.problem, known, **match.groupdict())
    return None


def _texts_for(failed: FailedAction) -> dict[str, ErrorText]:
    """List the error texts that the action can end with, in the order in which they are looked for."""
    gha = OF_GHA_CREDENTIALS if failed.may_be_of("gha") else {}
    if gha and failed.action in ("import", "export"):
        gha = gha | OF_GHA_SERVICE
    others = OF_BUILDS if failed.action == "build" else OF_REGISTRIES
    return OF_CONFIGURATION | gha | OF_CACHE_CONTENTS | OF_ANY_ACTION | others


def _hint_of_answer(failed: FailedAction) -> Notice | None:
    if not failed.may_be_of("registry"):
        return None
    if failed.action == "build" and not REQUEST.search(failed.text):
        return None  # "denied:" in a step's output is its own matter
    answer, words = read_answer(failed.text)
    if answer is Answer.MANIFEST_REFUSED and failed.action == "push":
        answer = Answer.IMAGE_REFUSED
    advice = _advice_on(answer, failed) if answer else None
    if not answer or not advice:
        return None
    problem = '{subject} failed: {registry} answered "{words}".'
    return _notice(failed, answer.value, problem, advice, words=words)


def _advice_on(answer: Answer, failed: FailedAction) -> Advice | None:
    """Fill what is known of the registry's answer with what holds for any registry."""
    registry, form = registry_id(failed.host), failed.cache_form
    if registry and answer is Answer.REPOSITORY_MISSING:
        form = "new"  # only Harbor and Gitea call a form "not found", and they have no known hosts

    def covers(when: When) -> bool:
        return answer is when.answer and failed.action in when.actions and form in when.forms

    general = next((advice for when, advice in OF_ANY_REGISTRY.items() if covers(when)), None)
    if not general:
        return None
    of_registry = (advice for (of, when), advice in ADVICE.items() if of == registry and covers(when))
    known = next(of_registry, general)
    return Advice(
        cause=known.cause or general.cause,
        remedy=known.remedy or general.remedy,
        url=known.url or general.url or REGISTRY,
    )


def _hint_of_unknown(failed: FailedAction) -> Notice | None:
    code = _UNKNOWN_CODES.get(failed.action)
    if not code or (failed.action == "import" and _COLD.search(failed.text)):
        return None
    _, words = read_status(failed.text)
    answered = ': {registry} answered "{words}"' if words else ""
    return _notice(failed, code, f"{{subject}} failed{answered}.", _FIND_OUT_MORE, words=words)


def _notice(failed: FailedAction, code: str, problem: str, entry: Advice | ErrorText, **words: str) -> Notice:
    """Fill the texts of an entry with what is known of the failure, and with `words`."""
    known = {name: one_line(word) for name, word in (failed.words() | words).items()}
    problem, cause, remedy = (text.format(**known) for text in (problem, entry.cause, entry.remedy))
    return Notice(code=code, problem=problem, cause=cause, remedy=remedy, url=entry.url)
