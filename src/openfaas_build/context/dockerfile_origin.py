"""Find the file that a laid-out Dockerfile comes from, so that messages can name the user's own."""

import os

from openfaas_build.context.paths import printable
from openfaas_build.context.request import ContextRequest
from openfaas_build.dockerfile import Dockerfile, read_dockerfile

_NAME = "Dockerfile"


def find_dockerfile(request: ContextRequest) -> Dockerfile | None:
    """Read the Dockerfile of a laid-out build context; None when it cannot be read.

    Its path is that of the template's or the handler's file, whichever got
    there, relative to the project.
    """
    laid_out = request.staging / request.function.name / _NAME
    folders = (request.template, request.root / request.function.handler)
    try:
        content = laid_out.read_bytes()
    except OSError:
        return None
    path = laid_out
    for folder in folders:
        try:
            if folder and (folder / _NAME).read_bytes() == content:
                path = folder / _NAME
                break
        except OSError:
            continue
    shown = printable(os.path.relpath(path, request.root))
    return read_dockerfile(content.decode("utf-8", "replace"), shown)
