"""Read the command line, then do what it asks for."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from openfaas_build.errors import EXIT_MACHINE, BuildError, Notice
from openfaas_build.inputs import Request, parse


def main(argv: Sequence[str], environment: Mapping[str, str], root: Path) -> int:
    """Run the sub-command that `argv` names in the project `root`; return its exit code."""
    # Ended from outside, we end our children and tidy up. A job in the background starts with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    request: Request | BuildError
    try:
        request = parse(argv, environment)
    except BuildError as error:
        request = error
    try:
        # Imported now, when `--help` has been answered: that needs none of the rooms.
        from openfaas_build.app.commands import perform
        from openfaas_build.processes import Processes

        return perform(request, environment, root, Processes())
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("openfaas_build"):
            raise
        notice = Notice(
            problem=f"the Python package {error.name} is not there.",
            cause="the dependencies were not installed for this Python.",
            remedy='Run "make setup", and then .venv/bin/python entrypoint.py; the action does it by itself.',
        )
        sys.stderr.write(f"error: {notice.text()}\n")
        return EXIT_MACHINE
