"""Hold what a function's build context is made from against the project, before anything is written."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from openfaas_build.context.paths import Bounds, resolve_extra, resolve_handler
from openfaas_build.errors import Faults, Notice, Origin
from openfaas_build.filetree import inside
from openfaas_build.stack import DOCKERFILE, Function
from openfaas_build.untrusted import escaped

# Near matches are for typing errors, not for a checkout that is missing as a whole.
_MOST_SUGGESTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRequest:
    """What is needed to lay out one function's build context.

    `staging` is the folder that contexts are written to (faas-cli: `build`
    in `root`). `template` is the function's template folder; it is not used
    for `lang: dockerfile`. `copy_extra` are the input's paths, `copy` those
    of the stack file, which stand at its line `copy_line`.
    """

    root: Path
    staging: Path
    function: Function
    template: Path | None = None
    handler_folder: str = ""
    copy_extra: tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    copy_line: int = 0

    def origin(self, field: str) -> Origin:
        """Name the function and the line of its `field`, for messages."""
        subject = f'function "{escaped(self.function.name)}"'
        return Origin(subject=subject, file=self.function.file, line=self.function.line(field))

    @property
    def target(self) -> Path:
        """The folder of the finished context."""
        return self.staging / self.function.name

    @property
    def folder(self) -> str:
        """The handler's place in the context, such as "function"; "." for the context itself."""
        return "." if self.is_plain else os.path.normpath(f"./{self.handler_folder or 'function'}")

    @property
    def is_plain(self) -> bool:
        """Tell whether the handler is the whole context (`lang: dockerfile`)."""
        return self.function.lang.lower() == DOCKERFILE


def check_paths(requests: Iterable[ContextRequest]) -> tuple[Notice, ...]:
    """Find everything wrong with the paths of `requests`, each fault once, without writing anything.

    What only shows while files are copied (a symlink that leaves the project,
    a file that cannot be read) is left for `write_context`.
    """
    faults = Faults()
    for request in requests:
        faults.add(examine(request, suggest=len(faults.found) < _MOST_SUGGESTIONS)[1].found)
    return faults.found


def check_secrets(root: Path, function: Function) -> Iterator[Notice]:
    """Name the faults of a function's `build_secrets`, without opening a file.

    Other than with faas-cli 0.18.12 they lie in the project: a stack file of
    a pull request must not reach the keys of the machine that builds it. The
    input `secrets`, which is the workflow's, may name any file.
    """
    top = os.path.realpath(root)
    for name, path in sorted(function.build_secrets.items()):
        subject = f'function "{function.name}": build secret "{name}"'
        origin = Origin(subject=subject, file=function.file, line=function.line("build_secrets"))
        real = os.path.realpath(Path(top, path)) if path and "\0" not in path else ""
        if real and not inside(real, top):
            yield origin.notice(
                f'file "{escaped(path)}" is outside the project.',
                "an absolute path, one with `..`, or a symlink.",
                f'Name it in the input "secrets" instead: id={name},src={escaped(path)}',
            )
        elif not Path(real or top).is_file():
            yield origin.notice(
                f'file "{escaped(path)}" does not exist.',
                "the step that writes it did not run; `~` and variables are not expanded here.",
                "Write the file before the build; paths are relative to the folder that it runs in.",
            )


def examine(request: ContextRequest, *, suggest: bool) -> tuple[Mapping[tuple[str, str], Origin], Faults]:
    """Resolve what is copied to the handler's folder: (source, place below the folder) -> who asks for it.

    The handler comes first; its place is ".". All are good if no fault comes with them.
    """
    faults = Faults(_own_faults(request))
    root, staging = os.path.realpath(request.root), os.path.realpath(request.staging)
    context = f"{staging}/{request.function.name}"
    bounds = Bounds(root=root, staging=staging, context=context, suggest=suggest)
    sources: dict[tuple[str, str], Origin] = {}
    with faults.catch():
        origin = request.origin("handler")
        sources[resolve_handler(request.function.handler, bounds, origin), "."] = origin
    # Repeats are told by their text alone, as in faas-cli; the input's paths come first.
    for text in dict.fromkeys((*request.copy_extra, *request.copy)):
        origin = Origin(subject='input "copy-extra"')
        if text not in request.copy_extra:
            origin = Origin(subject='"copy"', file=request.function.file, line=request.copy_line)
        with faults.catch():
            extra = resolve_extra(text, bounds, origin)
            # What is wrong with the path itself is the same for all functions and was told without one.
            # What goes wrong while it is copied may depend on the function, so that is told with its name.
            sources.setdefault(extra, replace(origin, subject=request.origin("").subject))
    return sources, faults


def _own_faults(request: ContextRequest) -> Iterator[Notice]:
    """Name what is wrong with the request but for its handler and extra paths."""
    name = request.function.name
    if name in {"", ".", ".."} or any(char in "/\\:" or not char.isprintable() for char in name):
        yield request.origin("").notice(
            "its name is no name for a folder.",
            "a build context is the folder of its function's name; this one would lie elsewhere.",
            "Use lower-case letters, digits and dashes.",
        )
    root, staging = os.path.realpath(request.root), os.path.realpath(request.staging)
    plain = request.staging.is_dir() or not request.staging.exists()
    if not plain or request.staging.is_symlink() or staging == root or not inside(staging, root):
        shown = escaped(str(request.staging))
        yield Notice(
            problem=f'"{shown}" cannot hold build contexts: it must be a folder in the project, no symlink.',
            cause="faas-cli and this tool write their build contexts there, and remove what has their names.",
            remedy=f'Rename or remove "{shown}".',
        )
    if request.is_plain:
        return
    lang, origin = escaped(request.function.lang), request.origin("lang")
    if request.template is None:
        yield origin.notice(f'template "{lang}" is not there.')
    if request.folder.split("/")[0] == ".." or not request.handler_folder.isprintable():
        yield origin.notice(
            f'template "{lang}" has the handler_folder "{escaped(request.handler_folder)}",'
            " which is outside the build context.",
            "the function's code must lie inside the context to get into the image.",
            f'Correct "handler_folder" in "template/{lang}/template.yml".',
        )
