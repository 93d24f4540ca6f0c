"""What every sub-command has at hand."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openfaas_build import workflow
from openfaas_build.inputs import Inputs
from openfaas_build.processes import Processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One call of one sub-command in the project `root`.

    `env` holds no credentials of the cache service. `processes` starts
    every command but git, `clock` gives seconds since any moment, `now` since 1970.
    """

    inputs: Inputs
    root: Path
    env: Mapping[str, str]
    credentials: Mapping[str, str]
    event: workflow.Event
    console: workflow.Console
    processes: Processes
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
