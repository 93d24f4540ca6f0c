"""Put steps into the order of the Dockerfile, which the stream does not keep."""

from collections.abc import Iterable, Mapping

from openfaas_build.progress.vertex import Vertex


def depths(vertices: Iterable[Vertex]) -> dict[str, int]:
    """Give for each digest how many vertices lie below it, on the longest way down.

    So what a step needs has always the smaller number. A circle, which
    BuildKit never makes, is cut where it closes.
    """
    inputs = {vertex.digest: vertex.inputs for vertex in vertices}
    found: dict[str, int] = {}
    for start in inputs:
        open_ones: dict[str, None] = {}
        pending = [start]
        while pending:
            digest = pending[-1]
            below = [
                other for other in inputs.get(digest, ()) if other not in found and other not in open_ones
            ]
            if digest in found or not below:
                pending.pop()
                open_ones.pop(digest, None)
                found.setdefault(digest, _depth(inputs.get(digest, ()), found))
            else:
                open_ones[digest] = None
                pending += below
    return found


def _depth(inputs: Iterable[str], found: Mapping[str, int]) -> int:
    return max((found.get(digest, 0) + 1 for digest in inputs), default=0)
