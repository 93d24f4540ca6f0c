"""Talk to GitHub's runner, or to a person at a terminal.

This is the one place that prints, that knows GitHub's variables, and that
imports actions_toolkit.
"""

import secrets
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from openfaas_build.render import Annotation
from openfaas_build.workflow.console import Console
from openfaas_build.workflow.credentials import CacheAccess, cache_access
from openfaas_build.workflow.event import CREDENTIALS, Event, on_github, read_event, take_credentials
from openfaas_build.workflow.runner import GitHub
from openfaas_build.workflow.terminal import Terminal


def open_console(
    env: Mapping[str, str],
    *,
    stream: TextIO | None = None,
    make_token: Callable[[], str] = secrets.token_hex,
) -> Console:
    """Open the console that suits the environment.

    `stream` takes everything, so that nothing overtakes a mask: by default
    standard output for the runner and standard error for a person. Where
    standard output is for a document, give standard error; the runner reads
    both. `make_token` gives a new text of at least 16 random letters and
    digits at each call.
    """
    if on_github(env):
        return GitHub(env, stream or sys.stdout, make_token)
    return Terminal(env, stream or sys.stderr)
