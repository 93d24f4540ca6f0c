"""Talk to GitHub's runner, or to a person at a terminal.

This is the one place that prints, that knows GitHub's variables, and that
imports actions_toolkit.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import TextIO, TypeAlias

from openfaas_build.render import Annotation
from openfaas_build.workflow.credentials import CacheAccess, cache_access
from openfaas_build.workflow.event import CREDENTIALS, Event, on_github, read_event, take_credentials
from openfaas_build.workflow.runner import GitHub
from openfaas_build.workflow.terminal import Terminal

# Where a run is told: one call's lines stay together, whatever thread calls. `width` (characters)
# and `colour` say what suits tables printed with `say`.
Console: TypeAlias = GitHub | Terminal


def open_console(
    env: Mapping[str, str], stream: TextIO, make_token: Callable[[], str] = secrets.token_hex
) -> Console:
    """Open the console that suits the environment.

    `stream` takes everything, so that nothing overtakes a mask. `make_token`
    makes a new text of at least 16 random letters and digits at each call.
    """
    return GitHub(env, stream, make_token) if on_github(env) else Terminal(env, stream)
