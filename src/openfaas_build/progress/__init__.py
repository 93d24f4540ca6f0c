"""Read what BuildKit says while it builds: rawjson lines in, a log and a SolveRecord out.

The stream is a list of corrections: a vertex comes again and again, and no
single event tells the truth about it. A hit whose layer is downloaded late
loses its `cached`, so `cached` is the OR over all events; a completed event
without an error takes an earlier error back; two builds that share a running
step name it twice, so names are counted, not digests. A line that is no
SolveStatus, wrong types included, is plain text of buildx and goes to `tail`.

The price: a step of another build that ours waits for counts under that
build's name, as nothing in the stream tells the two apart. Pure.

Source: SolveStatus, moby/buildkit client/graph.go.
"""

from openfaas_build.progress.reader import Reader, read
from openfaas_build.progress.vertex import LOG_LIMIT

__all__ = ["LOG_LIMIT", "Reader", "read"]
