"""Write a build context: in a folder beside its place, then by a rename."""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from openfaas_build.context.filetree import FileTree
from openfaas_build.context.paths import printable
from openfaas_build.context.request import ContextRequest, Sources, examine
from openfaas_build.errors import raise_all

# Left out at the top level of a handler, as in faas-cli, so that "handler: ." works.
_HANDLER_SKIP = frozenset({"build", "template"})
_TEMPLATE_SKIP = frozenset({"meta.json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A build context that was laid out; `size_bytes` is what BuildKit sees, shared blocks included."""

    name: str
    path: Path
    files: int
    size_bytes: int


def write_context(request: ContextRequest) -> Context:
    """Lay out `staging/<function name>` in place of what is there.

    The tree grows beside its place and is renamed into it, so an error leaves
    no half of a context: then there is none, not even the one before.

    Raises BuildError, with the function and the line of the stack file, for
    every fault that `check_paths` finds and for all that `FileTree.copy` names.

    Source: faas-cli 0.18.12, by way of CreateBuildContext in go-sdk v0.2.22.
    """
    sources, notices = examine(request, suggest=True)
    raise_all(notices)
    path = request.staging / request.function.name
    # A name holds no colon, so this is no other function's context.
    part = request.staging / f"{request.function.name}:part"
    shown = printable(str(path))
    try:
        request.staging.mkdir(parents=True, exist_ok=True)
        _remove(path)
        _remove(part)
    except OSError as error:
        raise request.origin("").error(
            f'cannot clear "{shown}": {error.strerror}.',
            "another user made files in it, perhaps a container that ran as root.",
            f'Remove "{shown}" and try again.',
        ) from error
    try:
        tree = _grow(request, sources, part)
        part.rename(path)
    except OSError as error:
        raise request.origin("").error(f'cannot write "{shown}": {error.strerror}.') from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Context(name=path.name, path=path, files=tree.files, size_bytes=tree.size_bytes)


def _grow(request: ContextRequest, sources: Sources, part: Path) -> FileTree:
    root, target = os.path.realpath(request.root), os.path.realpath(part)
    tree = FileTree(target=target, root=root, avoid=os.path.realpath(request.staging))
    tree.make_folder(target, request.origin(""))
    if request.template and not request.is_plain:
        template = os.path.realpath(request.template)
        tree.copy(template, target, request.origin("lang"), within=(root, template), skip=_TEMPLATE_SKIP)
    folder = os.path.normpath(f"{target}/{sources.folder}")
    tree.make_folder(folder, request.origin("lang"))
    tree.copy(sources.handler, folder, request.origin("handler"), within=(root,), skip=_HANDLER_SKIP)
    for source, below, origin in sources.extras:
        tree.copy(source, f"{folder}/{below}", origin, within=(root,))
    return tree


def _remove(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    # rmtree follows no symlink below `path`, and refuses one at `path`.
    if stat.S_ISDIR(mode):
        shutil.rmtree(path)
    else:
        path.unlink()
