"""Compute digests: of a whole build context, and the tag of faas-cli's `digest` mode."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from openfaas_build.errors import Origin
from openfaas_build.filetree import inside
from openfaas_build.untrusted import escaped


def handler_digest(root: Path, handler: str) -> str:
    """Compute faas-cli's `digest` tag: 32 hex digits of the contents of the handler's files.

    It is the MD5 of the joined hex MD5s of all regular files, ordered by path
    as bytes. Names, modes and symlinks do not count, so two handlers can
    share one: it names an image, and decides nothing.

    Raises BuildError when the handler or a file of it cannot be read.

    Source: faas-cli 0.18.12, schema/image.go, reproduced independently.
    """
    top = os.path.realpath(root / handler)
    origin = Origin(subject=f'handler "{escaped(handler)}"')
    if not inside(top, os.path.realpath(root)):
        raise origin.error("it is outside the project.")
    whole = hashlib.md5(usedforsecurity=False)
    try:
        files = (entry.path for entry in _entries(top) if entry.is_file(follow_symlinks=False))
        for path in sorted(files):
            one = hashlib.md5(usedforsecurity=False)
            _feed(one, path)
            whole.update(one.hexdigest().encode())
    except OSError as error:
        raise origin.error(
            f'cannot read "{escaped(os.fsdecode(error.filename or top))}": {error.strerror}.',
            'the tag mode "digest" reads every file of the handler.',
            "Make the file readable, or choose another tag mode.",
        ) from error
    return whole.hexdigest()


def context_digest(path: Path) -> str:
    """Compute the SHA-256 (64 hex digits) of everything in a build context that BuildKit can see.

    Names, kinds, modes and contents, in the order of the names as bytes; times
    and owners do not count, as they do not for BuildKit. Raises OSError.
    """
    whole = hashlib.sha256()
    for entry in sorted(entry.path for entry in _entries(str(path))):
        status = os.lstat(entry)
        kind, content = stat.S_IFMT(status.st_mode), b""
        if kind == stat.S_IFREG:
            one = hashlib.sha256()
            _feed(one, entry)
            content = one.digest()
        elif kind == stat.S_IFLNK:
            content = os.fsencode(Path(os.fsdecode(entry)).readlink())
        name = entry[len(os.fsencode(path)) :]
        # Lengths in front, so that no two trees give the same bytes.
        whole.update(b"%d %d %d %d:" % (kind, stat.S_IMODE(status.st_mode), len(name), len(content)))
        whole.update(name + content)
    return whole.hexdigest()


def _entries(top: str) -> Iterator[os.DirEntry[bytes]]:
    """Walk everything below `top`; paths are bytes, which have one order on every machine."""
    pending = [os.fsencode(top)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)


def _feed(one: "hashlib._Hash", path: bytes) -> None:
    with Path(os.fsdecode(path)).open("rb") as file:
        while data := file.read(1 << 20):
            one.update(data)
