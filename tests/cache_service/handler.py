"""Speak the cache service's protocols: version 2 with its blobs, version 1, and the tests' own control.

Sources: tonistiigi/go-actions-cache (BuildKit's client), actions/toolkit packages/cache.
"""

import dataclasses
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cache_service.store import Grant, read_grant
from cache_service.wire import RefusalError, Request, Wire, stamps

if TYPE_CHECKING:
    from cache_service.service import CacheService

_TWIRP = "/twirp/github.actions.results.api.v1.CacheService/"
_V1 = "/_apis/artifactcache/"
_BLOBS = "/devstoreaccount1/actions-cache/"
_CONTROL = "/_control/"
_TWIRP_CODES = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    409: "already_exists",
    429: "resource_exhausted",
    500: "internal",
    503: "unavailable",
}
_AZURE_CODES = {
    403: "AuthenticationFailed",
    404: "BlobNotFound",
    416: "InvalidRange",
    429: "ServerBusy",
    500: "InternalError",
    503: "ServerBusy",
}


class Handler(Wire):
    service: "CacheService"

    def record(self, request: Request) -> None:
        if not request.path.startswith(_CONTROL):
            self.service.record(request)

    def serve_request(self) -> None:
        rooms = {_TWIRP: self._twirp, _V1: self._v1, _BLOBS: self._blob, _CONTROL: self._control}
        is_control = self.target.startswith(_CONTROL)
        fault = None if is_control else self.service.take_fault(self.command, self.path)
        if fault and not fault.status:
            self.close_connection = True
            self.end_request(0, 0)
            return
        headers = {"Retry-After": str(fault.retry_after)} if fault and fault.retry_after is not None else {}
        try:
            if fault:
                raise RefusalError(fault.status, "a fault that the test ordered")
            for prefix, room in rooms.items():
                if self.target.startswith(prefix):
                    room(self.target.removeprefix(prefix))
                    return
            raise RefusalError(404, f"no handler for path {self.target}", "bad_route")
        except RefusalError as error:
            self._refuse(error, headers)

    def _refuse(self, error: RefusalError, headers: Mapping[str, str]) -> None:
        if self.target.startswith(_BLOBS):
            code = error.code or _AZURE_CODES.get(error.status, "InvalidInput")
            body = f"<Error><Code>{code}</Code><Message>{escape(str(error))}</Message></Error>"
            named = {"Content-Type": "application/xml", "x-ms-error-code": code, **headers}
            self.answer(error.status, body.encode(), named)
        elif self.target.startswith(_V1):
            # Clients look for this one word; the others are ours.
            kind = "ArtifactCacheItemAlreadyExistsException" if error.status == 409 else "StandInException"
            self.answer_json(error.status, {"typeKey": kind, "message": str(error)}, headers)
        else:
            code = error.code or _TWIRP_CODES.get(error.status, "unknown")
            self.answer_json(error.status, {"code": code, "msg": str(error)}, headers)

    def _twirp(self, method: str) -> None:
        methods = {
            "CreateCacheEntry": self._create,
            "FinalizeCacheEntryUpload": self._finalize,
            "GetCacheEntryDownloadURL": self._look_up,
        }
        if self.command != "POST" or method not in methods:
            raise RefusalError(404, f"no handler for {self.command} {self.path}", "bad_route")
        grant = read_grant(self.headers.get("Authorization", ""))
        # Snake case and camel case are both right.
        asked = {name.replace("_", "").lower(): value for name, value in self.read_json().items()}
        methods[method](grant, _text(asked, "key"), _text(asked, "version"), asked)

    def _create(self, grant: Grant, key: str, version: str, _asked: Mapping[str, Any]) -> None:
        try:
            entry = self.service.store.reserve(grant, key, version)
        except RefusalError as error:
            if error.status != 403 or self.service.denial_status != 200:
                raise
            self.answer_json(200, {"ok": False, "signed_upload_url": "", "message": str(error)})
            return
        address = self.service.address(entry.number, "w")
        self.answer_json(200, {"ok": True, "signed_upload_url": address, "message": ""})

    def _finalize(self, grant: Grant, key: str, version: str, asked: Mapping[str, Any]) -> None:
        entry = self.service.store.unfinished(grant, key=key, version=version)
        self.service.store.finish(entry.number, _size(asked.get("sizebytes")))
        self.answer_json(200, {"ok": True, "entry_id": str(entry.number)})

    def _look_up(self, grant: Grant, key: str, version: str, asked: Mapping[str, Any]) -> None:
        found = self.service.store.find(grant, key, asked.get("restorekeys") or (), version)
        address, matched = (self.service.address(found.number, "r"), found.key) if found else ("", "")
        self.answer_json(200, {"ok": bool(found), "signed_download_url": address, "matched_key": matched})

    def _v1(self, name: str) -> None:
        grant, store = read_grant(self.headers.get("Authorization", "")), self.service.store
        number = re.fullmatch(r"caches/(\d+)", name)
        if (self.command, name) == ("GET", "cache"):
            keys = _text(self.query, "keys").split(",")
            found = store.find(grant, keys[0], keys, _text(self.query, "version"))
            if found:
                location = self.service.address(found.number, "r")
                self.answer_json(
                    200, {"cacheKey": found.key, "scope": found.scope, "archiveLocation": location}
                )
            else:
                self.answer(204)
        elif (self.command, name) == ("POST", "caches"):
            asked = self.read_json()
            entry = store.reserve(grant, _text(asked, "key"), _text(asked, "version"))
            self.answer_json(201, {"cacheId": entry.number})
        elif number and self.command == "PATCH":
            entry = store.unfinished(grant, number=int(number[1]))
            given = re.fullmatch(r"bytes (\d+)-(\d+)/\*", self.headers.get("Content-Range", ""))
            if not given:
                raise RefusalError(400, "Content-Range is not as in: bytes 0-99/*")
            store.put_range(entry.number, int(given[1]), int(given[2]) + 1, self.body)
            self.answer(204)
        elif number and self.command == "POST":
            entry = store.unfinished(grant, number=int(number[1]))
            store.finish(entry.number, _size(self.read_json().get("size")))
            self.answer(204)
        else:
            raise RefusalError(404, f"no handler for {self.command} {self.path}")

    def _blob(self, name: str) -> None:
        permission = "w" if self.command == "PUT" else "r"
        number = int(name) if name.isdecimal() else 0
        signature = self.service.sign(number, permission)
        if not hmac.compare_digest(self.query.get("sig", "").encode(), signature.encode()):
            raise RefusalError(403, "the signature does not fit the request")
        if self.command in ("GET", "HEAD"):
            self._download(number)
            return
        comp = self.query.get("comp", "")
        if comp == "block":
            self.service.store.put_block(number, self.query.get("blockid", ""), self.body)
        elif comp == "blocklist":
            self.service.store.put_block_list(number, _block_ids(b"".join(self.body)))
        elif not comp and self.headers.get("x-ms-blob-type") == "BlockBlob":
            self.service.store.put(number, self.body)
        else:
            raise RefusalError(400, "only block blobs are known here", "InvalidHeaderValue")
        self.answer(201, headers=stamps(number))

    def _download(self, number: int) -> None:
        file = self.service.store.data(number)
        size = file.stat().st_size
        start, end, status = 0, size, 200
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream", **stamps(number)}
        asked = self.headers.get("x-ms-range") or self.headers.get("Range") or ""
        if given := re.fullmatch(r"bytes=(\d+)-(\d*)", asked):
            start, status = int(given[1]), 206
            end = min(int(given[2]) + 1, size) if given[2] else size
            if start >= end:
                raise RefusalError(416, f"the blob has {size} bytes")
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        self.answer(status, headers=headers, size_bytes=end - start)
        if self.command != "HEAD" and start < end:
            with file.open("rb") as opened:
                self.connection.sendfile(opened, start, end - start)

    def _control(self, name: str) -> None:
        match (self.command, name):
            case ("GET", "requests"):
                self.answer_json(200, [dataclasses.asdict(request) for request in self.service.requests])
            case ("GET", "entries"):
                self.answer_json(200, [dataclasses.asdict(entry) for entry in self.service.entries])
            case ("POST", "reset"):
                self.service.reset()
                self.answer(204)
            case ("POST", "fail" | "token"):
                try:
                    made = getattr(self.service, name)(**self.read_json()) or ""
                except (AttributeError, TypeError) as error:
                    raise RefusalError(400, str(error)) from error
                self.answer(200, made.encode(), {"Content-Type": "text/plain"})
            case _:
                raise RefusalError(404, f"no control {self.command} {name}")


def _text(asked: Mapping[str, Any], name: str) -> str:
    found = asked.get(name)
    if not isinstance(found, str) or not found:
        raise RefusalError(400, f"{name} is missing")
    return found


def _size(found: object) -> int:
    # JSON's way to write an int64 is a string; BuildKit writes a number.
    if isinstance(found, int | str) and not isinstance(found, bool) and str(found).isdecimal():
        return int(found)
    raise RefusalError(400, f"{found!r} is no size")


def _block_ids(document: bytes) -> list[str]:
    try:
        return [item.text or "" for item in ElementTree.fromstring(document)]
    except ElementTree.ParseError as error:
        raise RefusalError(400, f"the block list is not XML: {error}", "InvalidXmlDocument") from error
