"""Find a template in the project, and say who wants it."""

import os
from dataclasses import dataclass
from pathlib import Path

from openfaas_build.errors import BuildError, Notice
from openfaas_build.stack import StackFile

_LONGEST_NAME_BYTES = 255
REQUIRED_FILES = ("template.yml", "Dockerfile")


def printable(text: str) -> str:
    """Escape what a terminal or UTF-8 cannot show, and what GitHub's runner would take for a command."""
    if not text.isprintable():
        text = text.encode("utf-8", "backslashreplace").decode()
        text = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
    return text.replace("##[", "#[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A template by its `lang`, and the first function that wants it, for messages."""

    lang: str
    subject: str
    file: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """Give the template's name in its repository: `py` of `py@v1`."""
        return self.lang.partition("@")[0]

    @property
    def ref(self) -> str:
        """Give the branch, tag or `sha-…` of `name@ref`; "" when there is none."""
        return self.lang.partition("@")[2]

    def notice(self, problem: str, cause: str = "", remedy: str = "", *, line: int = 0) -> Notice:
        """Make a Notice that begins with the function; `line` is another place than its `lang`."""
        return Notice(
            problem=f"{self.subject}: {problem}",
            cause=cause,
            remedy=remedy,
            file=self.file,
            line=line or self.line,
        )

    def change(self, lang: str) -> str:
        """Say what the line should be."""
        return f'Change line {self.line} to "lang: {lang}".' if self.line else f'Write "lang: {lang}".'


def wanted(lang: str, stack: StackFile | None) -> Wanted:
    """Find the first function of `stack` that wants `lang`."""
    for function in stack.functions if stack else ():
        if function.lang == lang and not function.skip_build:
            subject = f'function "{printable(function.name)}"'
            return Wanted(
                lang=lang, subject=subject, file=stack.path if stack else "", line=function.line("lang")
            )
    return Wanted(lang=lang, subject=f'lang "{printable(lang)}"', file=stack.path if stack else "")


def find_template(root: Path, lang: str, stack: StackFile | None = None) -> Path | None:
    """Give `root/template/<lang>`, or None when it is not there.

    The name is taken exactly; a symlink to a folder of the project is fine.
    `stack` serves the messages.

    Raises BuildError for a name that is no folder name, a dangling symlink,
    one that leads out of the project, a file in a folder's place, and a
    template without template.yml or Dockerfile.
    """
    want = wanted(lang, stack)
    path = root / "template" / lang
    text = printable(lang)
    if not _is_name(lang) or not _is_name(want.name):
        raise BuildError(
            want.notice(
                f'"{text}" is no name of a template.',
                "a template is a folder below template/ and is named by its path from there.",
                'Write a name such as "lang: node22".',
            )
        )
    for place in (root / "template", path):
        if place.is_symlink() and not place.exists():
            raise BuildError(
                want.notice(
                    f'"{printable(str(place.relative_to(root)))}" is a symlink to'
                    f' "{printable(os.readlink(place))}", which does not exist.',  # noqa: PTH115 - text as it is
                    "its target was moved, removed or never checked out.",
                    "Mend the symlink, or remove it to have the template fetched.",
                )
            )
        if place.exists() and not place.is_dir():
            raise BuildError(
                want.notice(
                    f'"{printable(str(place.relative_to(root)))}" is a file.',
                    "templates are folders below template/.",
                    "Rename or remove the file.",
                )
            )
    if not path.exists():
        return None
    if not path.resolve().is_relative_to(root.resolve()):
        raise BuildError(
            want.notice(
                f'template "{text}" leads to "{printable(str(path.resolve()))}",'
                " which is outside the project.",
                "it is a symlink or lies behind one.",
                "Copy the template into the project.",
            )
        )
    for name in REQUIRED_FILES:
        if not (path / name).is_file():
            raise BuildError(
                want.notice(
                    f'template "{text}" has no {name}.',
                    f'"template/{text}" is not a template, or not all of one.',
                    f'Add the file, or remove "template/{text}" to have the template fetched.',
                )
            )
    return path


def _is_name(text: str) -> bool:
    parts = text.split("/")
    return (
        text.isprintable()
        and "\\" not in text
        and all(part not in {"", ".", ".."} and len(part.encode()) <= _LONGEST_NAME_BYTES for part in parts)
    )
