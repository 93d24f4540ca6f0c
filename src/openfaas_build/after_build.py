"""Decide what follows a solve: whether to build once more without cache imports, and whether to export.

(FunctionBuild, SolveRecord) -> a decision, or what became of each cache
import, which the decision stands on. BuildKit names a registry import by its
reference and any other by a number, so those are matched by kind and order.
The rules are those of BuildKit's stream as recorded with 0.25 and 0.32. Pure.
"""

import re
from typing import NamedTuple

from openfaas_build import references
from openfaas_build.cache import CacheEntry
from openfaas_build.plan import FunctionBuild
from openfaas_build.solve import CacheImport, ImportOutcome, SolveRecord

# What BuildKit says when a layer that an imported cache names cannot be read: it was evicted from the
# cache (a failed build before BuildKit 0.26), or its address at GitHub's store has run out (before 0.24).
_LAYER_GONE = re.compile(
    r"failed to compute cache key: (?:[^\n]{0,200} )?blob sha256:[0-9a-f]{6,64}:? not found"
    r"|Signature not valid in the specified time frame|\.blob\.core\.windows\.net/actions-cache/"
)


class ImportResult(NamedTuple):
    """What became of one wanted cache import; `detail` says why it was not `ok`."""

    entry: CacheEntry
    outcome: ImportOutcome
    detail: str = ""


def failed_on_cached_layer(build: FunctionBuild, record: SolveRecord) -> bool:
    """Say whether a failed build failed only because of its cache, so that it can do without."""
    return bool(build.cache.imports) and bool(_LAYER_GONE.search(record.failure_text))


def needs_export(build: FunctionBuild, record: SolveRecord, *, builder_was_empty: bool) -> bool:
    """Say whether the cache must be exported.

    Not when no step ran and each destination itself supplied the cache: its
    import answered, or for gha, whose import says nothing, everything was hit
    on a builder that was empty.
    """
    if build.export_flags:
        return True
    if not build.cache.exports:
        return False
    if any(step.status in ("run", "failed") for step in record.steps):
        return True
    supplied = {
        result.entry.place
        for result in import_results(build, record)
        if result.outcome == "ok" and (builder_was_empty or result.entry.kind != "gha")
    }
    return not all(entry.place in supplied for entry in build.cache.exports)


def import_results(build: FunctionBuild, record: SolveRecord) -> tuple[ImportResult, ...]:
    """Say for each wanted import whether it was read, cold or failed.

    A `type=gha` import looks the same whether an index was found or not, so
    its hits decide. No trace at all means that buildx dropped it (gha without
    credentials) or that a local folder is not there yet.
    """
    seen = list(record.imports)
    hits = any(step.status == "hit" for step in record.steps)
    results = []
    for entry in build.cache.imports:
        found = next((item for item in seen if _is_import_of(item, entry)), None)
        if found:
            seen.remove(found)
            results.append(_result(entry, found, hits=hits))
        elif entry.kind == "local":
            results.append(ImportResult(entry, "cold", "the folder is not there yet"))
        elif record.steps:
            results.append(ImportResult(entry, "failed", "buildx dropped it without a word"))
    return tuple(results)


def _is_import_of(found: CacheImport, entry: CacheEntry) -> bool:
    if entry.kind == "registry":
        return ("registry", references.canonical(found.source)) == entry.place
    return found.source.startswith(f"{entry.kind}:")


def _result(entry: CacheEntry, found: CacheImport, *, hits: bool) -> ImportResult:
    match found.outcome:
        case "ok":
            return ImportResult(entry, "ok")
        case "cold":
            return ImportResult(entry, "cold", "nothing there yet")
        case "failed":
            return ImportResult(entry, "failed", found.error)
        case "unknown":
            return ImportResult(entry, "ok" if hits else "cold")
