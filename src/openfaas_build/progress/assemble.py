"""Make a SolveRecord of merged vertices: steps by name, cache imports and exports, bytes."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from openfaas_build.progress.step_name import StepName
from openfaas_build.progress.vertex import Vertex
from openfaas_build.solve import (
    CacheExport,
    CacheImport,
    ExportKind,
    ExportOutcome,
    ImportOutcome,
    SolveRecord,
    Step,
    StepStatus,
)

IMPORT = "importing cache manifest from "
_EXPORTS: dict[str, ExportKind] = {
    "exporting cache to registry": "registry",
    "exporting cache to client directory": "local",
    "exporting to GitHub Actions Cache": "gha",
    "exporting cache to Amazon S3": "s3",
    "exporting cache to Azure Blob Storage": "azblob",
    "exporting content cache": "content",
}
# The first status of these that a vertex of a progress group has is the group's: it is a hit when all are.
_OF_A_GROUP: tuple[StepStatus, ...] = ("failed", "cancelled", "run", "not_run", "hit")
# The same for the vertices and groups of one step. BuildKit cancels a step that another build is running
# already, and goes on with it under the other's digest.
_OF_A_STEP: tuple[StepStatus, ...] = ("failed", "hit", "run", "cancelled", "not_run")

_Key = tuple[str, str, int]


def assemble(vertices: Sequence[Vertex], *, warnings: Sequence[str], tail: Sequence[str]) -> SolveRecord:
    """Make the record of `vertices`, which stand in the order of the stream.

    Bytes are those of whole vertices, as BuildKit assigns the downloads of all layers below a step to the one
    vertex that needed them.
    """
    names: dict[_Key, StepName] = {}
    steps: dict[_Key, list[Vertex]] = {}
    imports, exports = [], []
    pulled = 0
    for vertex in vertices:
        name = vertex.step
        if name and not name.is_base_image:
            key = (name.platform, name.stage, name.index)
            names.setdefault(key, name)
            steps.setdefault(key, []).append(vertex)
            pulled += sum(vertex.downloads.values()) if vertex.cached else 0
        elif vertex.name.startswith(IMPORT):
            imports.append(_import(vertex))
        elif vertex.name in _EXPORTS:
            exports.append(_export(vertex))
    keys = _in_order(steps, _depths(vertices))
    return SolveRecord(
        steps=tuple(_step(names[key], steps[key]) for key in keys),
        imports=tuple(imports),
        exports=tuple(exports),
        bytes_pulled=pulled,
        warnings=tuple(warnings),
        tail=tuple(tail),
    )


def _depths(vertices: Sequence[Vertex]) -> dict[str, int]:
    """Count for each digest the vertices below it, on the longest way down: what a step needs has fewer."""
    inputs = {vertex.digest: vertex.inputs for vertex in vertices}
    depths: dict[str, int] = {}
    try:
        for digest in TopologicalSorter(inputs).static_order():
            depths[digest] = max((depths[below] + 1 for below in inputs.get(digest, ())), default=0)
    except CycleError:  # BuildKit never makes one
        return dict.fromkeys(inputs, 0)
    return depths


def _in_order(steps: Mapping[_Key, Sequence[Vertex]], depths: Mapping[str, int]) -> list[_Key]:
    """Sort steps as they stand in the Dockerfile: a stage comes after those that it needs."""
    stages: dict[tuple[str, str], int] = {}
    for (platform, stage, _), vertices in steps.items():
        deepest = max(depths[vertex.digest] for vertex in vertices)
        stages[platform, stage] = max(deepest, stages.get((platform, stage), 0))
    return sorted(steps, key=lambda key: (stages[key[:2]], key))


def _step(name: StepName, vertices: Sequence[Vertex]) -> Step:
    """Make a step of its vertices, some of which may be members of one progress group."""
    units: dict[str, list[Vertex]] = {}
    for vertex in vertices:
        units.setdefault(vertex.unit, []).append(vertex)
    of_units = [min(unit, key=lambda each: _OF_A_GROUP.index(each.status)) for unit in units.values()]
    deciding = min(of_units, key=lambda each: _OF_A_STEP.index(each.status))
    return Step(
        platform=name.platform,
        stage=name.stage,
        index=name.index,
        of=name.of,
        instruction=name.instruction,
        status=deciding.status,
        duration_s=sum(vertex.duration_s for vertex in vertices if not vertex.cached),
        error=deciding.error,
        log=deciding.output.text() if deciding.status in ("failed", "cancelled") else "",
        digests=frozenset(vertex.digest for vertex in vertices),
    )


def _import(vertex: Vertex) -> CacheImport:
    outcome: ImportOutcome = "ok" if vertex.found_cache else "unknown"
    if vertex.error:
        outcome = "cold" if vertex.error.endswith(": not found") else "failed"
    return CacheImport(source=vertex.name.removeprefix(IMPORT), outcome=outcome, error=vertex.error)


def _export(vertex: Vertex) -> CacheExport:
    outcome: ExportOutcome = "skipped" if vertex.nothing_to_export else "ok"
    # Of an export that the end of the stream cut off, nobody knows that it ended well.
    if vertex.error or not vertex.is_over:
        outcome = "failed"
    return CacheExport(kind=_EXPORTS[vertex.name], outcome=outcome, error=vertex.error)
