"""Resolve the paths that users write: handlers and extra paths to copy.

All are relative to the project and stay inside it, symlinks resolved and
components compared; faas-cli 0.18.12 compares text, so that `../proj-other`
passes for a part of `../proj`. Files are looked at here, never opened.
"""

import difflib
import os
from dataclasses import dataclass
from pathlib import Path

from openfaas_build.errors import BuildError, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks for a path, for messages: `subject` such as `function "resize"`, and the line that says so."""

    subject: str
    file: str = ""
    line: int = 0

    def notice(self, problem: str, cause: str = "", remedy: str = "") -> Notice:
        """Make a Notice that begins with the subject."""
        return Notice(
            problem=f"{self.subject}: {problem}", cause=cause, remedy=remedy, file=self.file, line=self.line
        )

    def error(self, problem: str, cause: str = "", remedy: str = "") -> BuildError:
        """Make a BuildError of one such Notice."""
        return BuildError(self.notice(problem, cause, remedy))

    def change(self, text: str) -> str:
        """Say what the line should be."""
        return f'Change line {self.line} to "{text}".' if self.line else f'Write "{text}".'


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The resolved folders that a function's paths are held against.

    `context` is the function's own folder below `staging`; it is removed
    before its new contents are gathered.
    """

    root: str
    staging: str
    context: str


def printable(text: str) -> str:
    """Escape what a terminal or UTF-8 cannot show: a file name may hold any byte but `/` and NUL."""
    if text.isprintable():
        return text
    shown = text.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


def inside(path: str, folder: str) -> bool:
    """Tell whether `path` is `folder` or below it, by components; both must be resolved."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def resolve_handler(handler: str, project: Project, origin: Origin, *, suggest: bool = True) -> str | Notice:
    """Give the resolved folder of a function's handler, or what is wrong with it.

    `suggest` looks for a near match of one that does not exist, which reads
    folders. faas-cli takes absolute handlers and those outside the project;
    we do not: the one is right on one machine only, the other makes a build
    depend on what happens to lie around.
    """
    what = f'handler "{printable(handler)}"'
    if not handler:
        return origin.notice(
            "it has no handler.",
            '"handler" is missing, or a variable in it is not set in this job.',
            'Write the folder that holds the function\'s code, such as "handler: ./resize".',
        )
    path = _join(project.root, handler)
    if handler.startswith("/"):
        return origin.notice(
            f"{what} is an absolute path.",
            "it was written for one machine; the project may lie elsewhere on the next.",
            origin.change(f"handler: {_written(path, project.root)}")
            if inside(path, project.root)
            else "Move the handler into the project and give its path from there.",
        )
    real = _locate(path, what, project, origin, suggest=suggest, handler=True)
    if isinstance(real, str) and not Path(real).is_dir():
        return origin.notice(
            f"{what} is a file.",
            "a handler is the folder that holds the function's code, not one of its files.",
            origin.change(f"handler: {_written(str(Path(path).parent), project.root)}"),
        )
    return real


def resolve_extra(
    text: str, project: Project, origin: Origin, *, suggest: bool = True
) -> tuple[str, str] | Notice:
    """Give an extra path's resolved source and its place in the handler's folder, or what is wrong.

    The place is the path as written, as in faas-cli: an absolute one keeps
    all its parents. `..` in it is resolved first, so that nothing lands
    beside the folder it is meant for.
    """
    path = _join(project.root, text)
    what = f'path "{printable(text)}"'
    if os.path.realpath(path) == project.root:
        return origin.notice(
            f"{what} is the entire project.",
            "the copy would contain itself; faas-cli refuses it too.",
            "Name the files and folders that the functions need.",
        )
    if text.startswith("/"):
        # The project may be reached by another name than the one it resolves to.
        real = _locate(os.path.realpath(path), what, project, origin, suggest=suggest)
        below = path.lstrip("/")
    else:
        real = _locate(path, what, project, origin, suggest=suggest)
        below = os.path.relpath(path, project.root)
    return (real, below) if isinstance(real, str) else real


def _join(root: str, text: str) -> str:
    """Join as Go does: `..` is taken from the text and not from where a symlink leads."""
    # No file's name holds these, and Python would raise; escaped, they name a file that is not there.
    if any(char == "\0" or "\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in text):
        text = printable(text)
    return os.path.normpath(text if text.startswith("/") else f"{root}/{text}")


def _written(path: str, root: str) -> str:
    below = os.path.relpath(path, root)
    return printable(below if below == "." else f"./{below}")


def _locate(
    path: str, what: str, project: Project, origin: Origin, *, suggest: bool, handler: bool = False
) -> str | Notice:
    """Resolve `path`, or say what keeps it from being copied."""
    if not inside(path, project.root):
        return origin.notice(
            f"{what} is outside the project.",
            "paths are relative to the folder that the build runs in, not to the stack file.",
            f'Move it into the project; "{printable(path)}" is not in "{printable(project.root)}".',
        )
    try:
        real = os.path.realpath(path, strict=True)
    except (FileNotFoundError, NotADirectoryError):
        if Path(path).is_symlink():
            return origin.notice(
                f'{what} is a symlink to "{printable(str(Path(path).readlink()))}", which does not exist.',
                "its target was moved, removed or never checked out.",
                "Mend the symlink, or name the target itself.",
            )
        near = _near(project.root, path, folders_only=handler) if suggest else ""
        if not near:
            return origin.notice(
                f"{what} does not exist.",
                "a typing error, a path relative to the stack file, or files that are not checked out.",
                f'Create "{_written(path, project.root)}" or correct the path.',
            )
        return origin.notice(
            f"{what} does not exist.",
            f'a typing error; "{near}" is there.',
            origin.change(f"handler: {near}") if handler else f'Write "{near}" instead.',
        )
    except OSError as error:
        return origin.notice(f"{what} cannot be resolved: {error.strerror}.")
    if not inside(real, project.root):
        return origin.notice(
            f'{what} leads to "{printable(real)}", which is outside the project.',
            "it is a symlink or lies behind one.",
            "Move what it points to into the project.",
        )
    if real == project.staging or inside(real, project.context):
        return origin.notice(
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
                alike = [name for name in names if name.casefold() == part.casefold()]
                match = (alike or difflib.get_close_matches(part, names, n=1) or [""])[0]
        except OSError:
            return ""
        if not match:
            return ""
        here = f"{here}/{match}"
    return _written(here, root)
