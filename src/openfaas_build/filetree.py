"""Write a tree of files whose bytes, names and modes depend on its sources alone.

Build contexts and fetched templates are such trees. BuildKit keys a COPY on
names, contents, modes and empty directories, and on neither times nor owners
(measured, Docker 28.5.2). So directories get 0755 and files 0644, or 0755
when their owner may run them: a checkout's umask must not turn an unchanged
handler into a miss. Symlinks become copies of their targets, as in faas-cli
0.18.12, but never of anything outside the folder that they must stay in.

Large files are shared with their source by a hard link where that can be. The
price: who edits such a file of a finished tree in place edits the source too.
Nothing here writes to a source or changes its mode, and a file that is in the
way is unlinked, never written through.
"""

import errno
import os
import stat
from pathlib import Path

from openfaas_build.errors import BuildError, Origin
from openfaas_build.untrusted import escaped

LARGE_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 20
_KINDS = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}


def inside(path: str, folder: str) -> bool:
    """Tell whether `path` is `folder` or below it, by components; both must be resolved."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def resolve(path: str, root: str, what: str, origin: Origin, realm: str = "project") -> str:
    """Resolve `path`, which messages call `what`, in the resolved folder `root`, which they call `realm`.

    Raises BuildError for a symlink that leads to nothing, to itself or out of
    `root`; FileNotFoundError or NotADirectoryError when `path` is no symlink
    and there is nothing.
    """
    is_link = Path(path).is_symlink()
    leads = f'{what} leads to "{escaped(str(Path(path).readlink()) if is_link else os.path.realpath(path))}"'
    try:
        real = os.path.realpath(path, strict=True)
    except (FileNotFoundError, NotADirectoryError):
        if not is_link:
            raise
        cause = "its target was moved, removed or never checked out."
        raise origin.error(f"{leads}, which does not exist.", cause, "Mend or remove the symlink.") from None
    except OSError as error:
        raise origin.error(f"{what} cannot be resolved: {error.strerror}.") from error
    if not inside(real, root):
        raise origin.error(
            f"{leads}, which is outside the {realm}.",
            "it is a symlink or lies behind one, and a file of the machine must not get into an image.",
            f"Copy what it points to into the {realm}, or remove the symlink.",
        )
    return real


class FileTree:
    """A new tree below the folder `target`, which must not exist; later copies replace earlier files.

    Symlinks must stay in `root`, which messages call `realm` and which the
    paths in them are relative to. A folder met on the way that is `avoid` is
    left out. All paths are absolute and resolved. Faults are raised as
    BuildErrors that begin with the Origin.
    """

    def __init__(self, *, target: str, root: str, realm: str = "project", avoid: str = "") -> None:
        self._target = target
        self._root = root
        self._realm = realm
        self._avoid = avoid
        # What the tree holds, and the source of each for messages.
        self._folders: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._linked: set[tuple[int, int]] = set()

    def make_folder(self, to: str, origin: Origin, shown: str = "") -> None:
        """Make the folder `to` and its parents up to the target; one that is there stays."""
        if to in self._folders:
            return
        if to in self._files:
            raise self._clash(to, origin, f'folder "{shown or self._below(to)}"', "file", self._files[to])
        if to != self._target:
            self.make_folder(to.rpartition("/")[0], origin, shown)
        Path(to).mkdir()
        Path(to).chmod(0o755)
        self._folders[to] = shown

    def copy(self, source: str, to: str, origin: Origin, *, skip: frozenset[str] = frozenset()) -> None:
        """Copy the file or folder `source` to `to`, but for the entries of its top level named in `skip`.

        Raises BuildError for a dangling, looping or leaving symlink, for
        sockets, pipes and devices, for a file over a folder or the reverse,
        and for what cannot be read or written.
        """
        shown = escaped(os.path.relpath(source, self._root) if inside(source, self._root) else source)
        pending: list[tuple[str, str, str, tuple[str, ...]]] = [(source, shown, to, ())]
        while pending:
            real, shown, to, trail = pending.pop()
            try:
                status = os.lstat(real)
                if stat.S_ISLNK(status.st_mode):
                    trail = (*trail, str(Path(real).parent))
                    real = resolve(real, self._root, f'symlink "{shown}"', origin, self._realm)
                    # The walk left each folder of the trail by a symlink: it would come back for ever.
                    if any(inside(place, real) for place in trail):
                        raise origin.error(
                            f'symlink "{shown}" leads back to itself.',
                            "in a build context each symlink becomes a copy of its target;"
                            " this copy would have no end.",
                            f'Remove "{shown}", or point it to a folder that does not contain it.',
                        )
                    status = os.lstat(real)
                if stat.S_ISREG(status.st_mode):
                    self._write_file(real, shown, to, status, origin)
                elif not stat.S_ISDIR(status.st_mode):
                    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a device")
                    raise origin.error(
                        f'"{shown}" is {kind}.',
                        "a program left it behind; a build context holds files and folders only.",
                        f'Remove "{shown}".',
                    )
                elif real != self._avoid:
                    self.make_folder(to, origin, shown)
                    pending += [
                        (f"{real}/{name}", f"{shown}/{escaped(name)}", f"{to}/{name}", trail)
                        for name in sorted(os.listdir(real), reverse=True)  # noqa: PTH208 - names alone
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
        if status.st_size < LARGE_BYTES or not self._link(real, to, mode, status):
            _copy(real, to, mode, status.st_size)
        self._files[to] = shown

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
            return origin.error(f'cannot copy "{shown}": {error.strerror}.')
        return origin.error(
            f'cannot read "{shown}": {error.strerror}.',
            "its mode or that of a folder above it keeps this user out.",
            f'Run "chmod -R u+rX {shown}", or remove it before the build.',
        )

    def _below(self, to: str) -> str:
        return escaped(os.path.relpath(to, self._target))


def _copy(real: str, to: str, mode: int, size: int) -> None:
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
