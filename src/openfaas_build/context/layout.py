"""Write a build context: in a folder beside its place, then by a rename."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from openfaas_build.context.request import ContextRequest, examine
from openfaas_build.dockerfile import Dockerfile, read_dockerfile
from openfaas_build.errors import Origin
from openfaas_build.filetree import FileTree
from openfaas_build.untrusted import escaped

# Left out at the top level of a handler, as in faas-cli, so that "handler: ." works.
_HANDLER_SKIP = frozenset({"build", "template"})
_TEMPLATE_SKIP = frozenset({"meta.json"})


def write_context(request: ContextRequest) -> None:
    """Lay out `staging/<function name>` in place of what is there.

    The tree grows beside its place and is renamed into it, so an error leaves
    no half of a context: then there is none, not even the one before.

    Raises BuildError, with the function and the line of the stack file, for
    every fault that `check_paths` finds and for all that `FileTree.copy` names.

    Source: faas-cli 0.18.12, by way of CreateBuildContext in go-sdk v0.2.22.
    """
    sources, faults = examine(request, suggest=True)
    faults.raise_all()
    # A name holds no colon, so this is no other function's context.
    part = request.staging / f"{request.function.name}:part"
    try:
        request.staging.mkdir(parents=True, exist_ok=True)
        _remove(request.target)
        _remove(part)
        _grow(request, sources, part)
        part.rename(request.target)
    except OSError as error:
        shown = escaped(str(request.target))
        raise request.origin("").error(
            f'cannot write "{shown}": {error.strerror}.',
            "the disk is full, or another user made files there, perhaps a container that ran as root.",
            f'Remove "{shown}" and try again.',
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def find_dockerfile(request: ContextRequest) -> Dockerfile | None:
    """Read the Dockerfile of a laid-out build context; None when it cannot be read.

    Its path is that of the user's own file, relative to the project: the
    template's or the handler's, whichever has the same contents.
    """
    try:
        content = (request.target / "Dockerfile").read_bytes()
    except OSError:
        return None
    origin = request.target
    for folder in (request.template, request.root / request.function.handler):
        try:
            if folder and (folder / "Dockerfile").read_bytes() == content:
                origin = folder
                break
        except OSError:
            continue
    shown = escaped(os.path.relpath(origin / "Dockerfile", request.root))
    return read_dockerfile(content.decode("utf-8", "replace"), shown)


def _grow(request: ContextRequest, sources: Mapping[tuple[str, str], Origin], part: Path) -> None:
    root, target = os.path.realpath(request.root), os.path.realpath(part)
    tree = FileTree(target=target, root=root, avoid=os.path.realpath(request.staging))
    if request.template and not request.is_plain:
        template = os.path.realpath(request.template)
        tree.copy(template, target, request.origin("lang"), skip=_TEMPLATE_SKIP)
    folder = os.path.normpath(f"{target}/{request.folder}")
    tree.make_folder(folder, request.origin("lang"))
    for (source, below), origin in sources.items():
        skip = _HANDLER_SKIP if below == "." else frozenset()
        tree.copy(source, os.path.normpath(f"{folder}/{below}"), origin, skip=skip)


def _remove(path: Path) -> None:
    # rmtree follows no symlink below `path`, and refuses one at `path`.
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
