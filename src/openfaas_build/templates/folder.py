"""Handle the folder of one template: find it in the project, or copy it out of a cloned repository."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from openfaas_build.errors import BuildError, Origin
from openfaas_build.filetree import FileTree, resolve
from openfaas_build.templates.source import Source
from openfaas_build.untrusted import escaped, listed, nearest

_LONGEST_NAME_BYTES = 255
_MOST_NAMES = 30
_REQUIRED_FILES = ("template.yml", "Dockerfile")
_TELL_THE_AUTHOR = "Tell the template's author, and use another source until it is mended."


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A template to fetch: the folder `template/<name>` of `source` becomes `template/<lang>` here.

    `origin` wants it. `line` of the stack file names the source; 0: no line does.
    """

    lang: str
    name: str
    source: Source
    origin: Origin
    line: int = 0


def find_template(root: Path, lang: str, origin: Origin) -> Path | None:
    """Return `root/template/<lang>`, or None when it is not there; `origin` wants it.

    The name is taken exactly; a symlink to a folder of the project is fine.

    Raises BuildError for a name that is no folder name, a dangling symlink,
    one that leads out of the project, a file in a folder's place, and a
    template without template.yml or Dockerfile.
    """
    path = root / "template" / lang
    text = escaped(lang)
    if not _is_name(lang) or not _is_name(lang.partition("@")[0]):
        raise origin.error(
            f'"{text}" is no name of a template.',
            "a template is a folder below template/ and is named by its path from there.",
            'Write a name such as "lang: node22".',
        )
    for place in (root / "template", path):
        what = f'"{escaped(str(place.relative_to(root)))}"'
        try:
            real = resolve(str(place), os.path.realpath(root), what, origin)
        except OSError:
            return None
        if not Path(real).is_dir():
            raise origin.error(
                f"{what} is a file.", "templates are folders below template/.", "Rename or remove the file."
            )
    for name in _REQUIRED_FILES:
        if not (path / name).is_file():
            raise origin.error(
                f'template "{text}" has no {name}.',
                f'"template/{text}" is not a template, or not all of one.',
                f'Add the file, or remove "template/{text}" to have the template fetched.',
            )
    return path


def install(job: Job, repository: Path, to: Path) -> None:
    """Copy the template of `job` from `repository`, a clone of its source, to the new folder `to`.

    The clone's `.git` is removed first, so that no symlink leads to the
    password that its configuration may hold. Symlinks become copies of their
    targets, as they do in a build context. Modes become 0755 and 0644.

    Raises BuildError when the repository has no such template, or one without
    template.yml or Dockerfile, and for a symlink that leaves the repository.
    """
    if (repository / ".git").is_dir():
        shutil.rmtree(repository / ".git")
    folder = repository / "template"
    if not (folder / job.name).is_dir():
        raise _missing(job, sorted(path.name for path in folder.glob("*") if path.is_dir()))
    root, target = os.path.realpath(repository), os.path.realpath(to)
    of = f'template "{escaped(job.name)}" of "{job.source.shown}"'
    origin = replace(job.origin, subject=f"{job.origin.subject}: {of}")
    try:
        source = resolve(f"{root}/template/{job.name}", root, "its folder", origin, "repository")
        FileTree(target=target, root=root, realm="repository").copy(source, target, origin)
    except BuildError as error:
        # The remedies are for who owns the files, which here is not the reader.
        raise BuildError(
            *(replace(one, remedy=one.remedy and _TELL_THE_AUTHOR) for one in error.notices)
        ) from None
    for file in _REQUIRED_FILES:
        if not (to / file).is_file():
            raise job.origin.error(
                f"{of} has no {file}.",
                "it is not a template, or one for another tool.",
                "Name another template or another source.",
            )


def typing_error(lang: str, name: str, names: Iterable[str], origin: Origin) -> tuple[str, str] | None:
    """Return the cause and the remedy when one of `names` is spelt like `name`, which `lang` names."""
    near = nearest(name, names)
    if not near:
        return None
    _, mark, ref = lang.partition("@")
    meant = escaped(near + mark + ref)
    return f'a typing error; "{meant}" is there.', origin.change(f"lang: {meant}")


def _missing(job: Job, names: list[str]) -> BuildError:
    problem = f'there is no template "{escaped(job.name)}" in "{job.source.shown}"'
    if not names:
        return job.origin.error(
            f"{problem}.",
            "the repository has no folder template/, so it is no template repository.",
            "Correct the source of the template.",
        )
    cause, remedy = typing_error(job.lang, job.name, names, job.origin) or (
        "a typing error, or the wrong source.",
        "Correct the name or the source of the template.",
    )
    return job.origin.error(f"{problem}, which has {listed(names, _MOST_NAMES)}.", cause, remedy)


def _is_name(text: str) -> bool:
    parts = text.split("/")
    return (
        text.isprintable()
        and "\\" not in text
        and all(part not in {"", ".", ".."} and len(part.encode()) <= _LONGEST_NAME_BYTES for part in parts)
    )
