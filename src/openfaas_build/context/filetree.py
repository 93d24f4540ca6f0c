"""Write a tree of files whose bytes, names and modes depend on its sources alone.

BuildKit keys a COPY on names, contents, modes and empty directories, and on
neither times nor owners (measured, Docker 28.5.2). So directories get 0755
and files 0644, or 0755 when their owner may run them: a checkout's umask must
not turn an unchanged handler into a miss. Symlinks become copies of their
targets, as in faas-cli 0.18.12, but never of anything outside the folders
that the caller allows.

Large files are shared with their source where the file system can: a reflink,
else a hard link. The price of the latter: who edits such a file of a finished
tree in place edits the source too. Nothing here writes to a source or changes
its mode, and a file that is in the way is unlinked, never written through.
"""

import errno
import fcntl
import os
import stat
from pathlib import Path

from openfaas_build.context.paths import Origin, inside, printable
from openfaas_build.errors import BuildError

LARGE_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)


class FileTree:
    """A new tree below the folder `target`, which must not exist; later copies replace earlier files.

    `root` is the project, which paths in messages are relative to; a folder
    met on the way that is `avoid` is left out. All paths are absolute and
    resolved. Faults are raised as BuildErrors that begin with the Origin.
    """

    def __init__(self, *, target: str, root: str, avoid: str) -> None:
        self._target = target
        self._root = root
        self._avoid = avoid
        self._folders: dict[str, str] = {}
        self._files: dict[str, tuple[str, int]] = {}
        self._linked: set[tuple[int, int]] = set()
        self._may_clone = True

    @property
    def files(self) -> int:
        """Count the files of the tree."""
        return len(self._files)

    @property
    def size_bytes(self) -> int:
        """Add up the apparent sizes of the files."""
        return sum(size for _, size in self._files.values())

    def make_folder(self, to: str, origin: Origin, shown: str = "") -> None:
        """Make the folder `to` and its parents up to the target; one that is there stays."""
        if to in self._folders:
            return
        if to in self._files:
            raise self._clash(to, origin, f'folder "{shown or self._below(to)}"', "file", self._files[to][0])
        if to != self._target:
            self.make_folder(to.rpartition("/")[0], origin, shown)
        Path(to).mkdir()
        Path(to).chmod(0o755)
        self._folders[to] = shown

    def copy(
        self,
        source: str,
        to: str,
        origin: Origin,
        *,
        within: tuple[str, ...],
        skip: frozenset[str] = frozenset(),
    ) -> None:
        """Copy the file or folder `source` to `to`, but for the entries of its top level named in `skip`.

        Symlinks are followed to targets inside the folders `within` only.
        Raises BuildError for a dangling, looping or leaving symlink, for
        sockets, pipes and devices, for a file over a folder or the reverse,
        and for what cannot be read or written.
        """
        pending: list[tuple[str, str, str, tuple[str, ...]]] = [(source, self._shown(source), to, ())]
        while pending:
            real, shown, to, trail = pending.pop()
            try:
                status = os.lstat(real)
                if stat.S_ISLNK(status.st_mode):
                    real, trail = _follow(real, shown, trail, origin, within)
                    status = os.lstat(real)
                if stat.S_ISREG(status.st_mode):
                    self._write_file(real, shown, to, status, origin)
                elif not stat.S_ISDIR(status.st_mode):
                    raise origin.error(
                        f'"{shown}" is {_kind(status.st_mode)}.',
                        "a program left it behind; a build context holds files and folders only.",
                        f'Remove "{shown}".',
                    )
                elif real != self._avoid:
                    self.make_folder(to, origin, shown)
                    with os.scandir(real) as entries:
                        names = sorted((entry.name for entry in entries), reverse=True)
                    pending += [
                        (f"{real}/{name}", f"{shown}/{printable(name)}", f"{to}/{name}", trail)
                        for name in names
                        if name not in skip
                    ]
                    skip = frozenset()
            except OSError as error:
                raise self._fault(shown, origin, error) from error

    def _write_file(self, real: str, shown: str, to: str, status: os.stat_result, origin: Origin) -> None:
        if to in self._folders:
            raise self._clash(to, origin, f'file "{shown}"', "folder", self._folders[to])
        self.make_folder(to.rpartition("/")[0], origin)
        if to in self._files:
            Path(to).unlink()
        mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        if status.st_size < LARGE_BYTES:
            _copy_small(real, to, mode)
        elif not self._clone(real, to, mode) and not self._link(real, to, mode, status):
            _copy_large(real, to, mode, status.st_size)
        self._files[to] = shown, status.st_size

    def _clone(self, real: str, to: str, mode: int) -> bool:
        """Share the blocks by a reflink; the first refusal holds for the whole tree."""
        if not self._may_clone:
            return False
        with Path(real).open("rb", buffering=0) as reader, Path(to).open("xb", buffering=0) as writer:
            try:
                fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
            except OSError:
                self._may_clone = False
            else:
                os.fchmod(writer.fileno(), mode)
        if not self._may_clone:
            Path(to).unlink()
        return self._may_clone

    def _link(self, real: str, to: str, mode: int, status: os.stat_result) -> bool:
        """Share the file by a hard link, if it is as it must be and ours."""
        inode = status.st_dev, status.st_ino
        # A link's mode and owner are the user's file's: what does not fit is copied, not changed. And two
        # names of one inode travel to BuildKit as a hard link, which a plain copy of the tree would not.
        if stat.S_IMODE(status.st_mode) != mode or status.st_uid != os.geteuid() or inode in self._linked:
            return False
        try:
            os.link(real, to)
        except OSError:
            return False
        self._linked.add(inode)
        return True

    def _clash(self, to: str, origin: Origin, new: str, kind: str, earlier: str) -> BuildError:
        by = f' from "{earlier}"' if earlier else ""
        return origin.error(
            f'{new} is in the way of a {kind}: the build context has "{self._below(to)}" already{by}.',
            "template, handler and copied paths are laid over one another and use one name for two things.",
            "Rename one of the two.",
        )

    def _fault(self, shown: str, origin: Origin, error: OSError) -> BuildError:
        if inside(str(error.filename), self._target) or not isinstance(error, PermissionError):
            return origin.error(f'cannot copy "{shown}" to the build context: {error.strerror}.')
        return origin.error(
            f'cannot read "{shown}": {error.strerror}.',
            "its mode or that of a folder above it keeps this user out.",
            f'Run "chmod -R u+rX {shown}", or remove it before the build.',
        )

    def _below(self, to: str) -> str:
        return printable(os.path.relpath(to, self._target))

    def _shown(self, path: str) -> str:
        return printable(os.path.relpath(path, self._root) if inside(path, self._root) else path)


def _follow(
    real: str, shown: str, trail: tuple[str, ...], origin: Origin, within: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Give the resolved target of the symlink `real`, and `trail` with the folder that holds it.

    `trail` is where the walk left a folder through a symlink. A target that
    contains one of these places leads back to the same symlink for ever.
    """
    text = printable(str(Path(real).readlink()))
    try:
        target = os.path.realpath(real, strict=True)
    except FileNotFoundError as error:
        raise origin.error(
            f'symlink "{shown}" points to "{text}", which does not exist.',
            "its target was moved, removed or never checked out.",
            f'Mend or remove "{shown}".',
        ) from error
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        target = ""
    trail = (*trail, str(Path(real).parent))
    if target and not any(inside(target, folder) for folder in within):
        raise origin.error(
            f'symlink "{shown}" points to "{text}", which is outside the project.',
            "in a build context each symlink becomes a copy of its target,"
            " and a file of the machine must not get into an image by accident.",
            f'Copy what it points to into the project, or remove "{shown}".',
        )
    if not target or any(inside(place, target) for place in trail):
        raise origin.error(
            f'symlink "{shown}" points to "{text}", which leads back to the symlink itself.',
            "in a build context each symlink becomes a copy of its target; this copy would have no end.",
            f'Remove "{shown}", or point it to a folder that does not contain it.',
        )
    return target, trail


def _kind(mode: int) -> str:
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a named pipe" if stat.S_ISFIFO(mode) else "a device"


def _copy_small(real: str, to: str, mode: int) -> None:
    with Path(real).open("rb", buffering=0) as reader, Path(to).open("xb") as writer:
        os.fchmod(writer.fileno(), mode)
        writer.write(reader.read())


def _copy_large(real: str, to: str, mode: int, size: int) -> None:
    """Copy the data and keep the holes: a sparse disk image must not fill the disk."""
    with Path(real).open("rb", buffering=0) as reader, Path(to).open("xb", buffering=0) as writer:
        source, target = reader.fileno(), writer.fileno()
        os.fchmod(target, mode)
        position = 0
        while position < size:
            try:
                position = os.lseek(source, position, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                break  # the rest is a hole
            end = os.lseek(source, position, os.SEEK_HOLE)
            while position < end and (data := os.pread(source, min(_CHUNK_BYTES, end - position), position)):
                position += os.pwrite(target, data, position)
        os.ftruncate(target, size)
