"""Copy one template out of a cloned repository."""

import difflib
import os
import shutil
from pathlib import Path

from openfaas_build.errors import BuildError
from openfaas_build.templates.lookup import REQUIRED_FILES, Wanted, printable


def install(repository: Path, name: str, to: Path, *, want: Wanted, shown: str) -> None:
    """Copy `template/<name>`, which becomes `want`, of the clone `repository` to the new folder `to`.

    Symlinks stay symlinks where they point into the template, and become
    copies where they point elsewhere in the repository, as there they would
    point to nothing. Modes are reduced to 0755 and 0644. `shown` names the
    repository in messages.

    Raises BuildError when the repository has no such template, or one without
    template.yml or Dockerfile, and for a symlink that leaves the repository.
    """
    source = repository / "template" / name
    if not source.is_dir():
        raise _missing(repository, name, want, shown)
    copier = _Copier(repository.resolve(), source.resolve(), want, shown)
    copier.check(source.resolve(), f"template/{name}")
    copier.folder(source.resolve(), to, ())
    for file in REQUIRED_FILES:
        if not (to / file).is_file():
            raise BuildError(
                want.notice(
                    f'template "{printable(name)}" of "{shown}" has no {file}.',
                    "it is not a template, or one for another tool.",
                    "Name another template or another source.",
                )
            )


def _missing(repository: Path, name: str, want: Wanted, shown: str) -> BuildError:
    folder = repository / "template"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    problem = f'there is no template "{printable(name)}" in "{shown}".'
    if not names:
        return BuildError(
            want.notice(
                problem,
                "the repository has no folder template/, so it is no template repository.",
                "Correct the source of the template.",
            )
        )
    has = f"It has: {', '.join(map(printable, names))}."
    near = difflib.get_close_matches(name, names, n=1)
    if not near:
        return BuildError(want.notice(problem, "a typing error, or the wrong source.", has))
    lang = printable(near[0]) + ("@" + printable(want.ref) if want.ref else "")
    return BuildError(
        want.notice(problem, f'a typing error; "{lang}" is there.', f"{want.change(lang)} {has}")
    )


class _Copier:
    """Copies folders of a repository; `top` is the template's own, resolved."""

    def __init__(self, repository: Path, top: Path, want: Wanted, shown: str) -> None:
        self._repository = repository
        self._top = top
        self._want = want
        self._shown = shown

    def check(self, target: Path, link: str) -> None:
        """Raise BuildError when `target` is not in the work tree."""
        if (
            target.is_relative_to(self._repository)
            and ".git" not in target.relative_to(self._repository).parts
        ):
            return
        raise BuildError(
            self._want.notice(
                f'the symlink "{printable(link)}" of "{self._shown}" leaves the repository.',
                "a mistake of the template's author, or an attempt to read this machine's files.",
                "Tell the author, and use another source until it is mended.",
            )
        )

    def folder(self, source: Path, to: Path, trail: tuple[Path, ...]) -> None:
        """Copy a folder; `trail` are the folders on the way, to stop a symlink that leads back."""
        to.mkdir()
        to.chmod(0o755)
        for path in sorted(source.iterdir()):
            target = to / path.name
            if path.is_symlink():
                self._link(path, target, (*trail, source))
            elif path.is_dir():
                self.folder(path, target, (*trail, source))
            else:
                self._file(path, target)

    def _link(self, path: Path, to: Path, trail: tuple[Path, ...]) -> None:
        link = str(path.relative_to(self._repository))
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # the latter is a loop, before Python 3.13
            raise BuildError(
                self._want.notice(
                    f'the symlink "{printable(link)}" of "{self._shown}" points to nothing.',
                    "a mistake of the template's author.",
                    "Use another source until it is mended.",
                )
            ) from error
        self.check(real, link)
        if real.is_relative_to(self._top):
            to.symlink_to(os.path.relpath(real, path.parent.resolve()))
        elif not real.is_dir():
            self._file(real, to)
        elif any(place.is_relative_to(real) for place in trail):
            raise BuildError(
                self._want.notice(f'the symlink "{printable(link)}" of "{self._shown}" leads back to itself.')
            )
        else:
            self.folder(real, to, trail)

    @staticmethod
    def _file(source: Path, to: Path) -> None:
        shutil.copyfile(source, to)
        to.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
