"""Look at the secret files that a stack file names."""

import os
from collections.abc import Iterator
from pathlib import Path

from openfaas_build.context.paths import inside, printable
from openfaas_build.errors import Notice
from openfaas_build.stack import Function


def check_secrets(root: Path, function: Function) -> Iterator[Notice]:
    """Name the faults of a function's `build_secrets`, without opening a file.

    Other than with faas-cli 0.18.12 they lie in the project: a stack file of
    a pull request must not reach the keys of the machine that builds it. The
    input `secrets`, which is the workflow's, may name any file.
    """
    top = os.path.realpath(root)
    for name, path in sorted(function.build_secrets.items()):
        what = f'function "{function.name}": build secret "{name}": file "{printable(path)}"'
        line = function.line("build_secrets")
        real = os.path.realpath(Path(top, path)) if path and "\0" not in path else ""
        if real and not inside(real, top):
            yield Notice(
                problem=f"{what} is outside the project.",
                cause="an absolute path, one with `..`, or a symlink.",
                remedy=f'Name it in the input "secrets" instead: id={name},src={printable(path)}',
                file=function.file,
                line=line,
            )
        elif not Path(real or top).is_file():
            yield Notice(
                problem=f"{what} does not exist.",
                cause="the step that writes it did not run; `~` and variables are not expanded here.",
                remedy="Write the file before the build; paths are relative to the folder that it runs in.",
                file=function.file,
                line=line,
            )
