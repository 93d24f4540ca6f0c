"""Resolve the paths that users write: handlers and extra paths to copy.

All are relative to the project and stay inside it, symlinks resolved and
components compared; faas-cli 0.18.12 compares text, so that `../proj-other`
passes for a part of `../proj`. Files are looked at here, never opened.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from openfaas_build.errors import Origin
from openfaas_build.filetree import inside, resolve
from openfaas_build.untrusted import escaped, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The resolved folders that a function's paths are held against.

    `context` is the function's own folder below `staging`; it is removed
    before its new contents are gathered. `suggest` tells whether to look for
    a near match of a path that does not exist, which reads folders.
    """

    root: str
    staging: str
    context: str
    suggest: bool


def resolve_handler(handler: str, bounds: Bounds, origin: Origin) -> str:
    """Resolve the folder of a function's handler; raises BuildError when there is something wrong with it.

    faas-cli takes absolute handlers and those outside the project; we do not:
    the one is right on one machine only, the other makes a build depend on
    what happens to lie around.
    """
    what = f'handler "{escaped(handler)}"'
    if not handler:
        raise origin.error(
            "it has no handler.",
            '"handler" is missing, or a variable in it is not set in this job.',
            'Write the folder that holds the function\'s code, such as "handler: ./resize".',
        )
    path = _join(bounds.root, handler)
    if handler.startswith("/"):
        raise origin.error(
            f"{what} is an absolute path.",
            "it was written for one machine; the project may lie elsewhere on the next.",
            origin.change(f"handler: {_written(path, bounds.root)}")
            if inside(path, bounds.root)
            else "Move the handler into the project and give its path from there.",
        )
    real = _locate(path, what, bounds, origin, handler=True)
    if not Path(real).is_dir():
        raise origin.error(
            f"{what} is a file.",
            "a handler is the folder that holds the function's code, not one of its files.",
            origin.change(f"handler: {_written(str(Path(path).parent), bounds.root)}"),
        )
    return real


def resolve_extra(text: str, bounds: Bounds, origin: Origin) -> tuple[str, str]:
    """Resolve an extra path to its source and its place in the handler's folder.

    The place is the path as written, as in faas-cli: an absolute one keeps
    all its parents. `..` in it is resolved first, so that nothing lands
    beside the folder it is meant for. Raises BuildError when there is
    something wrong with it.
    """
    path = _join(bounds.root, text)
    what = f'path "{escaped(text)}"'
    real = os.path.realpath(path)
    if real == bounds.root:
        raise origin.error(
            f"{what} is the entire project.",
            "the copy would contain itself; faas-cli refuses it too.",
            "Name the files and folders that the functions need.",
        )
    if text.startswith("/"):
        # The project may be reached by another name than the one it resolves to.
        return _locate(real, what, bounds, origin), path.lstrip("/")
    return _locate(path, what, bounds, origin), os.path.relpath(path, bounds.root)


def _join(root: str, text: str) -> str:
    """Join as Go does: `..` is taken from the text and not from where a symlink leads."""
    # No file's name holds these, and Python would raise; escaped, they name a file that is not there.
    if any(char == "\0" or "\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in text):
        text = escaped(text)
    return os.path.normpath(text if text.startswith("/") else f"{root}/{text}")


def _written(path: str, root: str) -> str:
    below = os.path.relpath(path, root)
    return escaped(below if below == "." else f"./{below}")


def _locate(path: str, what: str, bounds: Bounds, origin: Origin, *, handler: bool = False) -> str:
    """Resolve `path`, or raise BuildError with what keeps it from being copied."""
    if not inside(path, bounds.root):
        raise origin.error(
            f"{what} is outside the project.",
            "paths are relative to the folder that the build runs in, not to the stack file.",
            f'Move it into the project; "{escaped(path)}" is not in "{escaped(bounds.root)}".',
        )
    try:
        real = resolve(path, bounds.root, what, origin)
    except OSError:
        cause = "a typing error, a path relative to the stack file, or files that are not checked out."
        remedy = f'Create "{_written(path, bounds.root)}" or correct the path.'
        if near := _near(bounds.root, path, folders_only=handler) if bounds.suggest else "":
            cause = f'a typing error; "{near}" is there.'
            remedy = origin.change(f"handler: {near}") if handler else f'Write "{near}" instead.'
        raise origin.error(f"{what} does not exist.", cause, remedy) from None
    if real == bounds.staging or inside(real, bounds.context):
        raise origin.error(
            f"{what} is where build contexts are written to.",
            "what is there is removed before a build, and the copy would contain itself.",
            "Keep the files in another folder.",
        )
    return real


def _near(root: str, path: str, *, folders_only: bool) -> str:
    """Find what is there and spelt like `path`, component by component; "" if there is nothing."""
    here = root
    for part in os.path.relpath(path, root).split("/"):
        match = part
        try:
            if not Path(here, part).exists():
                with os.scandir(here) as entries:
                    names = sorted(entry.name for entry in entries if entry.is_dir() or not folders_only)
                folded = {name.casefold(): name for name in names}
                match = folded.get(nearest(part.casefold(), folded), "")
        except OSError:
            return ""
        if not match:
            return ""
        here = f"{here}/{match}"
    return _written(here, root)
