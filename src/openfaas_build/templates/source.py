"""Read the address of a template repository: a local path or a URL, with an optional `#ref`."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from openfaas_build.errors import Origin
from openfaas_build.untrusted import escaped, redacted

# As faas-cli's pattern, but strict about what git itself would read as an option or as a helper
# program ("ext::…"), and with file://, which faas-cli refuses and which reaches no further than a path.
_URL = re.compile(
    r"(?:(?:git|ssh|https?|file)://[^\s\-]\S*|[\w.][\w.\-]*@[\w.][\w.\-]*:[^\s:\-]\S*)", re.ASCII
)
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A repository for git, and a branch, tag or `sha-<hex>`; "" is the default branch."""

    repository: str
    ref: str = ""

    @property
    def sha(self) -> str:
        """The pinned commit, 7 to 40 hex digits in lower case, or ""."""
        return self.ref[4:].lower() if self.ref.startswith("sha-") else ""

    @property
    def shown(self) -> str:
        """The repository for messages, without a user's name or password."""
        return redacted(escaped(self.repository))


def read_source(text: str, root: Path, *, ref: str = "", local: bool = True) -> Source:
    """Read an address; `ref` holds where it names none, and `local` says whether a path will do.

    A path is relative to `root` and must exist. Raises BuildError, without a
    place, for anything that is neither path nor URL, and for a bad `#ref`.

    "https://h/t#v1" -> Source(repository="https://h/t", ref="v1")
    "../t"           -> Source(repository="/the/folder/t", ref="")
    """
    origin = Origin(subject=f'template source "{redacted(escaped(text))}"')
    address, mark, named = text.partition("#")
    if local and _exists(root, text):
        address, mark, named = text, "", ""
    if local and _exists(root, address):
        repository = str((root / address).resolve())
    elif _URL.fullmatch(address):
        repository = address
    else:
        raise origin.error(
            "it is neither a repository's address nor a path that exists.",
            "addresses begin with https://, http://, ssh://, git:// or git@host:,"
            " and paths are relative to the folder that the build runs in.",
            'Write an address such as "https://github.com/openfaas/golang-http-template".',
        )
    ref, why = named or ref, ""
    if mark and not named:
        ref, why = "", "nothing follows the #."
    elif ref.startswith("sha-") and not _SHA.fullmatch(ref[4:]):
        why = 'after "sha-" come 7 to 40 hex digits of a commit.'
    elif ref.startswith("-"):
        why = "a branch or tag does not begin with a dash."
    if why:
        problem = f'"{escaped(ref)}" is no branch, tag or commit.'
        raise origin.error(problem, why, 'Write "#v1" for a branch or tag, "#sha-1a2b3c4" for a commit.')
    return Source(repository=repository, ref=ref)


def _exists(root: Path, text: str) -> bool:
    # Not Path.exists, which raises for a name that is too long.
    return bool(text) and os.path.exists(root / text)  # noqa: PTH110
