"""Read what BuildKit says while it builds: rawjson lines in, a log and a SolveRecord out. Pure.

BuildKit sends each vertex (a step, a base image, a cache import) again and again, and a later event may
correct an earlier one. So all events of a vertex are merged:

- It is a hit when any event says `cached`: the last event of a hit whose layer is downloaded late does not.
- A completed event without an error takes an earlier error back.
- Steps are counted by name, not by digest: a step that another build was running already has two digests.

A line that is no SolveStatus, wrong types included, is plain text of buildx and goes to `tail`.

The price: nothing in the stream tells a step of another build, for which ours waits, from our own. It counts
under the name that the other build gave it.

Source: SolveStatus, moby/buildkit client/graph.go.
"""

from openfaas_build.progress.reader import Reader
