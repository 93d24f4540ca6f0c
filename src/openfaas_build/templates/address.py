"""Read the address of a template repository: a local path or a URL, with an optional `#ref`."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from openfaas_build.errors import BuildError, Notice
from openfaas_build.templates.lookup import printable

# As faas-cli's pattern, but strict about what git itself would read as an option or as a helper
# program ("ext::…"), and with file://, which faas-cli refuses and which reaches no further than a path.
_URL = re.compile(
    r"(?:(?:git|ssh|https?|file)://[^\s\-]\S*|[\w.][\w.\-]*@[\w.][\w.\-]*:[^\s:\-]\S*)", re.ASCII
)
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_USER = re.compile(r"://[^/@\s]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A repository for git, and a branch, tag or `sha-<hex>`; "" is the default branch."""

    repository: str
    ref: str = ""

    @property
    def sha(self) -> str:
        """Give the pinned commit, 7 to 40 hex digits in lower case, or ""."""
        return self.ref[4:].lower() if self.ref.startswith("sha-") else ""

    @property
    def shown(self) -> str:
        """Give the repository for messages, without a user's name or password."""
        return redact(printable(self.repository))


def redact(text: str) -> str:
    """Take user and password out of the URLs in `text`."""
    return _USER.sub("://", text)


def read_source(text: str, root: Path, *, ref: str = "", local: bool = True) -> Source:
    """Read `text`; `ref` holds where it names none.

    A local path, relative to `root`, must exist; `local` says whether one
    will do. Raises BuildError, without a place, for anything that is neither
    path nor URL, and for a bad `#ref`.
    """
    address, mark, named = text.partition("#")
    if local and _exists(root, text):
        address, mark, named = text, "", ""
    if local and _exists(root, address):
        repository = str((root / address).resolve())
    elif _URL.fullmatch(address):
        repository = address
    else:
        raise BuildError(
            Notice(
                problem=f'the template source "{redact(printable(text))}" is neither a repository\'s address'
                " nor a path that exists.",
                cause="addresses begin with https://, http://, ssh://, git:// or git@host:,"
                " and paths are relative to the folder that the build runs in.",
                remedy='Write an address such as "https://github.com/openfaas/golang-http-template".',
            )
        )
    if mark and not named:
        raise _bad_ref(text, "", "nothing follows the #.")
    ref = named or ref
    if ref.startswith("sha-") and not _SHA.fullmatch(ref[4:]):
        raise _bad_ref(text, ref, 'after "sha-" come 7 to 40 hex digits of a commit.')
    if ref.startswith("-"):
        raise _bad_ref(text, ref, "a branch or tag does not begin with a dash.")
    return Source(repository=repository, ref=ref)


def _exists(root: Path, text: str) -> bool:
    # Not Path.exists, which raises for a name that is too long.
    return bool(text) and os.path.exists(root / text)  # noqa: PTH110


def _bad_ref(text: str, ref: str, why: str) -> BuildError:
    return BuildError(
        Notice(
            problem=f'"{printable(ref)}" is no branch, tag or commit to take from the template source'
            f' "{redact(printable(text))}".',
            cause=why,
            remedy='Write "#v1" for a branch or tag, "#sha-1a2b3c4" for a commit.',
        )
    )
