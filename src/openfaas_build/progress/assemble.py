"""Make a SolveRecord of merged vertices: steps by name, base images apart, caches, bytes."""

import re
from collections.abc import Iterator, Mapping, Sequence

from openfaas_build.progress.order import depths
from openfaas_build.progress.vertex import RANK, STEP, Vertex
from openfaas_build.solve import (
    CacheExport,
    CacheImport,
    ExportOutcome,
    ImportOutcome,
    SolveRecord,
    Step,
    StepStatus,
)

_CONTEXT = re.compile(r"\[(?:[^\]]* )?internal\] load build context$")
_IMPORT = "importing cache manifest from "
_EXPORTS = {
    "exporting cache to registry": "registry",
    "exporting cache to client directory": "local",
    "exporting to GitHub Actions Cache": "gha",
    "exporting cache to Amazon S3": "s3",
    "exporting cache to Azure Blob Storage": "azblob",
    "exporting content cache": "content",
}
_INFERRED = "inferred cache manifest type: "
_WRITING = "writing layer "
_SKIPPED = "skipping cache export for empty result"
MARK = re.compile(rf"{_INFERRED}|{_WRITING}|{_SKIPPED}|found \d+ layers in cache")

_Key = tuple[str, str, str, int]


def steps_and_caches(
    vertices: Sequence[Vertex], targets: tuple[str, ...], *, warnings: tuple[str, ...], tail: tuple[str, ...]
) -> SolveRecord:
    """Make the record of `vertices`, which stand in the order of the stream.

    Bytes are those of whole vertices: BuildKit hangs the downloads of all
    ancestors on the one vertex that needed them.
    """
    steps: dict[_Key, dict[str, list[Vertex]]] = {}
    matches: dict[_Key, re.Match[str]] = {}
    sources: dict[str, None] = {}
    imports, exports = [], []
    pulled = source_pulled = context = 0
    for vertex in vertices:
        kinds = set()
        for target, name in _names(vertex, targets):
            match = STEP.match(name)
            if match and match["text"].startswith("FROM "):
                sources[name] = None
                kinds.add("source")
            elif match:
                key = (target, match["platform"] or "", match["stage"] or "", int(match["n"]))
                matches.setdefault(key, match)
                unit = steps.setdefault(key, {}).setdefault(vertex.unit, [])
                unit += [vertex] if vertex not in unit else []
                kinds.add("step")
            elif name.startswith(_IMPORT):
                imports.append(_import(target, name.removeprefix(_IMPORT), vertex))
            elif name in _EXPORTS:
                exports.append(_export(target, _EXPORTS[name], vertex))
            elif _CONTEXT.match(name):
                kinds.add("context")
        downloaded = sum(vertex.downloads.values())
        source_pulled += downloaded if "source" in kinds else 0
        pulled += downloaded if kinds == {"step"} and vertex.cached else 0
        context += vertex.context if "context" in kinds else 0
    keys = _in_order(steps, depths(vertices))
    return SolveRecord(
        steps=tuple(
            _step(key, matches[key], list(steps[key].values()), order) for order, key in enumerate(keys)
        ),
        sources=tuple(sources),
        imports=tuple(imports),
        exports=tuple(exports),
        bytes_pulled=pulled,
        source_bytes_pulled=source_pulled,
        context_bytes=context,
        warnings=warnings,
        tail=tail,
        vertices=len(vertices),
        vertices_cached=sum(vertex.cached for vertex in vertices),
    )


def _in_order(steps: Mapping[_Key, Mapping[str, list[Vertex]]], depth: Mapping[str, int]) -> list[_Key]:
    """Sort steps as they stand in the Dockerfile: a stage after those that it needs."""
    deepest = {
        key: max(depth[vertex.digest] for unit in units.values() for vertex in unit)
        for key, units in steps.items()
    }
    stages: dict[tuple[str, str, str], int] = {}
    for key, found in deepest.items():
        stages[key[:3]] = max(found, stages.get(key[:3], 0))
    return sorted(steps, key=lambda key: (key[0], stages[key[:3]], key))


def _names(vertex: Vertex, targets: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Give (target, name as without bake) for each name; a group's members bear the group's name."""
    for full in vertex.names:
        target, name = targets[0] if len(targets) == 1 else "", full
        head, mark, rest = full.partition(" ")
        word = head.removeprefix("[").removesuffix("]")
        if len(targets) > 1 and mark and full.startswith("[") and word in targets:
            target, name = word, rest if head.endswith("]") else f"[{rest}"
        yield target, vertex.group_name if STEP.match(vertex.group_name) else name


def _step(key: _Key, match: re.Match[str], units: list[list[Vertex]], order: int) -> Step:
    """Make a step of its units, each one vertex or the members of one progress group."""
    # BuildKit cancels a step that equals one of another build, and goes on with it under the other's digest.
    ended = [unit for unit in units if _unit_status(unit) not in ("cancelled", "not_run")]
    deciding = min(ended or units, key=lambda unit: RANK.index(_unit_status(unit)))
    status = _unit_status(deciding)
    worst = min(deciding, key=lambda vertex: RANK.index(vertex.status))
    vertices = [vertex for unit in units for vertex in unit]
    target, platform, stage, index = key
    return Step(
        target=target,
        platform=platform,
        stage=stage,
        index=index,
        of=int(match["of"]),
        instruction=match["text"],
        status=status,
        duration_s=sum(vertex.duration_s for vertex in vertices if not vertex.cached),
        error=worst.error,
        log=worst.log.text() if status in ("failed", "cancelled") else "",
        digests=frozenset(vertex.digest for vertex in vertices),
        order=order,
    )


def _unit_status(unit: list[Vertex]) -> StepStatus:
    """Give the state of a unit, which is a hit only when all its members are."""
    states = {vertex.status for vertex in unit}
    return min(states - {"hit"} or states, key=RANK.index)


def _import(target: str, source: str, vertex: Vertex) -> CacheImport:
    manifest = next((mark.removeprefix(_INFERRED) for mark in vertex.marks if mark.startswith(_INFERRED)), "")
    outcome: ImportOutcome = "read" if vertex.marks else "unknown"
    if vertex.error:
        outcome = "not-found" if vertex.error.endswith(": not found") else "failed"
    return CacheImport(target=target, source=source, outcome=outcome, manifest=manifest, error=vertex.error)


def _export(target: str, kind: str, vertex: Vertex) -> CacheExport:
    outcome: ExportOutcome = "skipped" if _SKIPPED in vertex.marks else "ok"
    if vertex.error or not vertex.is_over:
        outcome = "failed" if vertex.status == "failed" else "cancelled"
    return CacheExport(
        target=target,
        kind=kind,
        outcome=outcome,
        error=vertex.error,
        layers_named=sum(mark.startswith(_WRITING) for mark in vertex.marks),
        duration_s=vertex.duration_s,
    )
