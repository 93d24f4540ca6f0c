"""Hold what a function's build context is made from against the project, before anything is written."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from openfaas_build.context.paths import Origin, Project, inside, printable, resolve_extra, resolve_handler
from openfaas_build.errors import Notice
from openfaas_build.stack import DOCKERFILE, Function

# Near matches are for typing errors, not for a checkout that is missing as a whole.
_MOST_SUGGESTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRequest:
    """What is needed to lay out one function's build context.

    `staging` is the folder that contexts are written to (faas-cli: `build`
    in `root`). `template` is the function's template folder; it is not used
    for `lang: dockerfile`. `copy_extra` are the input's paths, `copy` those
    of the stack file, which stand at `copy_line` of `stack_file`.
    """

    root: Path
    staging: Path
    function: Function
    template: Path | None = None
    handler_folder: str = ""
    copy_extra: tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    stack_file: str = ""
    copy_line: int = 0

    def origin(self, field: str) -> Origin:
        """Give the function and the line of its `field`."""
        subject = f'function "{printable(self.function.name)}"'
        return Origin(subject=subject, file=self.stack_file, line=self.function.line(field))

    @property
    def is_plain(self) -> bool:
        """Tell whether the handler is the whole context (`lang: dockerfile`)."""
        return self.function.lang.lower() == DOCKERFILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A request's resolved sources: the handler, its place, and (source, place below that, who asks)."""

    handler: str
    folder: str
    extras: tuple[tuple[str, str, Origin], ...]


def check_paths(requests: Iterable[ContextRequest]) -> tuple[Notice, ...]:
    """Find everything wrong with the paths of `requests`, each fault once, without writing anything.

    What only shows while files are copied (a symlink that leaves the project,
    a file that cannot be read) is left for `write_context`.
    """
    found: dict[Notice, None] = {}
    for request in requests:
        found.update(dict.fromkeys(examine(request, suggest=len(found) < _MOST_SUGGESTIONS)[1]))
    return tuple(found)


def examine(request: ContextRequest, *, suggest: bool) -> tuple[Sources, list[Notice]]:
    """Resolve the sources of `request`, which are good if no fault comes with them."""
    notices = [*_own_faults(request)]
    root, staging = os.path.realpath(request.root), os.path.realpath(request.staging)
    project = Project(root=root, staging=staging, context=f"{staging}/{request.function.name}")
    handler = resolve_handler(request.function.handler, project, request.origin("handler"), suggest=suggest)
    if isinstance(handler, Notice):
        notices.append(handler)
        handler = ""
    extras: dict[tuple[str, str], Origin] = {}
    # Repeats are told by their text alone, as in faas-cli; the input's paths come first.
    for text in dict.fromkeys((*request.copy_extra, *request.copy)):
        origin = Origin(subject='input "copy-extra"')
        if text not in request.copy_extra:
            origin = Origin(subject='"copy"', file=request.stack_file, line=request.copy_line)
        extra = resolve_extra(text, project, origin, suggest=suggest)
        if isinstance(extra, Notice):
            notices.append(extra)
        else:
            # From here on a fault is this function's: another may not get as far.
            extras.setdefault(extra, replace(origin, subject=request.origin("").subject))
    folder = "." if request.is_plain else _handler_folder(request)
    resolved = tuple((source, below, origin) for (source, below), origin in extras.items())
    return Sources(handler=handler, folder=folder, extras=resolved), notices


def _handler_folder(request: ContextRequest) -> str:
    return os.path.normpath(f"./{request.handler_folder or 'function'}")


def _own_faults(request: ContextRequest) -> Iterable[Notice]:
    """Name what is wrong with the request but for its handler and extra paths."""
    name = request.function.name
    if name in {"", ".", ".."} or any(char in "/\\:" or not char.isprintable() for char in name):
        yield request.origin("").notice(
            "its name is no name for a folder.",
            "a build context is the folder of its function's name; this one would lie elsewhere.",
            "Use lower-case letters, digits and dashes.",
        )
    try:
        mode = request.staging.lstat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFDIR
    shown = printable(str(request.staging))
    if inside(os.path.realpath(request.root), os.path.realpath(request.staging)):
        yield Notice(
            problem=f'"{shown}" cannot hold build contexts: it contains the project.',
            cause="what bears a function's name in it is removed before a build.",
            remedy='Choose a folder inside the project, such as "build".',
        )
    if not stat.S_ISDIR(mode):
        yield Notice(
            problem=f'"{shown}" is {"a symlink" if stat.S_ISLNK(mode) else "not a folder"},'
            " but build contexts are written to the folder of this name.",
            cause="faas-cli and this tool both keep their build contexts there.",
            remedy=f'Rename or remove "{shown}".',
        )
    if request.is_plain:
        return
    lang = printable(request.function.lang)
    if request.template is None:
        yield request.origin("lang").notice(f'template "{lang}" is not there.')
    if _handler_folder(request).split("/")[0] == ".." or not request.handler_folder.isprintable():
        yield request.origin("lang").notice(
            f'template "{lang}" has the handler_folder "{printable(request.handler_folder)}",'
            " which is outside the build context.",
            "the function's code must lie inside the context to get into the image.",
            f'Correct "handler_folder" in "template/{lang}/template.yml".',
        )
