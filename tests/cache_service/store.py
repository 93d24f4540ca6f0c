"""Keep cache entries as GitHub does: named by key, version and scope, immutable once finished.

Blobs lie in files: a layer of a build can be larger than what a test should hold in memory. Both
versions of the protocol write into the same store, so an entry of one is found by the other.

The newest entry is the one that was reserved last. A look-up walks all entries, which is fine for
the hundreds that a test makes.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cache_service.wire import RefusalError

READ, WRITE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token allows: the scopes to read, in the order to search them, and the one to write."""

    readable: tuple[str, ...]
    writable: str | None


def make_token(scopes: Mapping[str, int], expires_in_s: float, claims: Mapping[str, object]) -> str:
    """Give an unsigned token; `claims` replace those made here, None leaves one out."""
    now = time.time()
    access = [{"Scope": scope, "Permission": permission} for scope, permission in scopes.items()]
    made = {"ac": json.dumps(access), "nbf": int(now) - 60, "exp": int(now + expires_in_s), **claims}
    kept = {name: value for name, value in made.items() if value is not None}
    parts = (json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(kept), "unsigned")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def read_grant(authorization: str) -> Grant:
    """Read the header `Authorization: Bearer …`, without a look at the signature, as BuildKit does."""
    kind, _, token = authorization.partition(" ")
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        access = json.loads(claims["ac"])
        is_valid_now = claims["nbf"] <= time.time() < claims["exp"]
        readable = tuple(item["Scope"] for item in access if item["Permission"] & READ)
        writable = next((item["Scope"] for item in access if item["Permission"] & WRITE), None)
    except (LookupError, TypeError, ValueError) as error:
        raise RefusalError(401, f"token cannot be read: {error}") from error
    if kind.lower() != "bearer" or not is_valid_now:
        raise RefusalError(401, "token is expired, not valid yet, or not a bearer token")
    return Grant(readable=readable, writable=writable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A cache entry; `size_bytes` is -1 until it is finished."""

    number: int
    key: str
    version: str
    scope: str
    size_bytes: int = -1


@dataclass(slots=True)
class _Upload:
    entry: Entry
    # What version 1 has written, as start and end (exclusive).
    ranges: set[tuple[int, int]] = field(default_factory=set)


class Store:
    """The entries, and their blobs below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._uploads: dict[int, _Upload] = {}
        self._finished: dict[int, Entry] = {}
        self._last = 0

    def entries(self) -> list[Entry]:
        """Give the finished entries, oldest first."""
        with self._lock:
            return [entry for _, entry in sorted(self._finished.items())]

    def clear(self) -> None:
        """Forget all entries; numbers are never used again."""
        with self._lock:
            numbers = [*self._uploads, *self._finished]
            self._uploads.clear()
            self._finished.clear()
        for number in numbers:
            for file in self._folder.glob(f"{number}.*"):
                file.unlink(missing_ok=True)

    def reserve(self, grant: Grant, key: str, version: str) -> Entry:
        if grant.writable is None:
            raise RefusalError(403, "cache write denied: token has no writable scopes")
        with self._lock:
            others = (*self._finished.values(), *(upload.entry for upload in self._uploads.values()))
            if any((o.key, o.version, o.scope) == (key, version, grant.writable) for o in others):
                raise RefusalError(409, "cache entry with the same key, version, and scope already exists")
            self._last += 1
            entry = Entry(number=self._last, key=key, version=version, scope=grant.writable)
            self._uploads[entry.number] = _Upload(entry)
            return entry

    def find(self, grant: Grant, key: str, restore_keys: Sequence[str], version: str) -> Entry | None:
        """Look for `key`, then for what begins with a restore key, newest first; scope by scope."""
        newest_first = [entry for entry in reversed(self.entries()) if entry.version == version]
        for scope in grant.readable:
            candidates = [entry for entry in newest_first if entry.scope == scope]
            exact = [entry for entry in candidates if entry.key == key]
            by_prefix = [
                e for prefix in restore_keys for e in candidates if prefix and e.key.startswith(prefix)
            ]
            if found := [*exact, *by_prefix]:
                return found[0]
        return None

    def unfinished(self, grant: Grant, *, number: int = 0, key: str = "", version: str = "") -> Entry:
        """Give an entry under way, by its number or by key and version, if the token may write it."""
        with self._lock:
            for upload in self._uploads.values():
                entry = upload.entry
                is_meant = entry.number == number or (entry.key, entry.version) == (key, version)
                if is_meant and entry.scope == grant.writable:
                    return entry
        raise RefusalError(404, "no such cache entry is under way")

    def finish(self, number: int, size_bytes: int) -> None:
        with self._lock:
            upload = self._upload(number)
            data = self._data(number)
            end = 0
            for start, after in sorted(upload.ranges):
                end = max(end, after) if start <= end else end
            actual = data.stat().st_size if data.exists() else 0
            if size_bytes != actual or (upload.ranges and end < actual):
                raise RefusalError(400, f"{size_bytes} bytes are to be finished, {actual} were uploaded")
            data.touch()
            del self._uploads[number]
            self._finished[number] = replace(upload.entry, size_bytes=actual)

    def data(self, number: int) -> Path:
        """Give the file of a finished entry."""
        with self._lock:
            if number not in self._finished:
                raise RefusalError(404, "the blob does not exist", "BlobNotFound")
        return self._data(number)

    def put(self, number: int, pieces: Iterable[bytes]) -> None:
        self._receive(number, pieces, self._data(number))

    def put_block(self, number: int, block_id: str, pieces: Iterable[bytes]) -> None:
        self._receive(number, pieces, self._block(number, block_id))

    def put_block_list(self, number: int, block_ids: Iterable[str]) -> None:
        blocks = [self._block(number, block_id) for block_id in block_ids]
        if not all(block.exists() for block in blocks):
            raise RefusalError(400, "the block list names an unknown block", "InvalidBlockList")
        self._receive(number, _read(blocks), self._data(number))
        for block in self._folder.glob(f"{number}.block.*"):
            block.unlink(missing_ok=True)

    def put_range(self, number: int, start: int, end: int, pieces: Iterable[bytes]) -> None:
        """Write the bytes from `start` up to `end` (exclusive); pieces of one blob come side by side."""
        with self._lock:
            self._upload(number)
            self._data(number).touch()
        with self._data(number).open("r+b") as file:
            file.seek(start)
            for piece in pieces:
                if file.tell() + len(piece) > end:
                    raise RefusalError(400, "more bytes than the range has")
                file.write(piece)
            if file.tell() != end:
                raise RefusalError(400, "fewer bytes than the range has")
        with self._lock:
            self._upload(number).ranges.add((start, end))

    def _receive(self, number: int, pieces: Iterable[bytes], target: Path) -> None:
        with self._lock:
            self._upload(number)
        # An upload that breaks off must not leave half a block under its name.
        incoming = self._folder / f"{number}.{uuid.uuid4().hex}"
        try:
            with incoming.open("wb") as file:
                file.writelines(pieces)
            with self._lock:
                self._upload(number)
                incoming.replace(target)
        finally:
            incoming.unlink(missing_ok=True)

    def _upload(self, number: int) -> _Upload:
        if number in self._finished:
            raise RefusalError(409, "the entry is finished and cannot change", "BlobImmutableDueToPolicy")
        if number not in self._uploads:
            raise RefusalError(404, "no such cache entry is under way", "BlobNotFound")
        return self._uploads[number]

    def _data(self, number: int) -> Path:
        return self._folder / f"{number}.data"

    def _block(self, number: int, block_id: str) -> Path:
        try:
            name = base64.b64decode(block_id, validate=True)
            if not 0 < len(name) <= 64:
                raise ValueError(block_id)
        except ValueError as error:
            message = f"block id {block_id!r} is not base64 of 1 to 64 bytes"
            raise RefusalError(400, message, "InvalidQueryParameterValue") from error
        return self._folder / f"{number}.block.{name.hex()}"


def _read(files: Iterable[Path]) -> Iterator[bytes]:
    for file in files:
        yield file.read_bytes()
