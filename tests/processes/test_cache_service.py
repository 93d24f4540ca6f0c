"""The stand-in for GitHub's cache service: its protocols rule by rule."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cache_service import CacheService, Entry
from support.waiting import until

MAIN, PULL = "refs/heads/main", "refs/pull/1/merge"
TWIRP = "twirp/github.actions.results.api.v1.CacheService/"
V1 = "_apis/artifactcache/"
# Whatever proxy the machine has, the service is on loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def service() -> Iterator[CacheService]:
    with CacheService() as running:
        yield running


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with OPENER.open(request, timeout=30) as found:
            return Answer(found.status, found.headers, found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


class Version2:
    """What @actions/cache and BuildKit do with version 2."""

    reserving = "CreateCacheEntry"

    def __init__(self, service: CacheService, token: str = "") -> None:
        self.url, self.token = service.url, token or service.token()

    def ask(self, method: str, **asked: object) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return call("POST", self.url + TWIRP + method, json.dumps(asked).encode(), headers)

    def reserve(self, key: str, version: str = "v") -> Answer:
        return self.ask("CreateCacheEntry", key=key, version=version)

    def upload(self, reserved: Answer, content: bytes) -> Answer:
        return call("PUT", reserved.json()["signed_upload_url"], content, {"x-ms-blob-type": "BlockBlob"})

    def finish(self, reserved: Answer, key: str, size: int, version: str = "v") -> Answer:
        return self.ask("FinalizeCacheEntryUpload", key=key, size_bytes=size, version=version)

    def address(self, *keys: str, version: str = "v") -> str:
        answer = self.ask("GetCacheEntryDownloadURL", key=keys[0], restore_keys=keys, version=version)
        assert answer.status == 200
        assert answer.json()["ok"] == bool(answer.json()["signed_download_url"])
        return answer.json()["signed_download_url"]

    def save(self, key: str, content: bytes, version: str = "v") -> None:
        reserved = self.reserve(key, version)
        assert reserved.status in (200, 201)
        assert self.upload(reserved, content).status in (201, 204)
        assert self.finish(reserved, key, len(content), version).status in (200, 204)

    def load(self, *keys: str, version: str = "v") -> bytes | None:
        address = self.address(*keys, version=version)
        return call("GET", address).body if address else None


class Version1(Version2):
    """The same with version 1."""

    reserving = V1 + "caches"

    def ask(self, method: str, **asked: object) -> Answer:
        verb, _, path = method.partition(" ")
        body = json.dumps(asked).encode() if asked else None
        return call(verb, self.url + V1 + path, body, {"Authorization": f"Bearer {self.token}"})

    def reserve(self, key: str, version: str = "v") -> Answer:
        return self.ask("POST caches", key=key, version=version)

    def upload(self, reserved: Answer, content: bytes, start: int = 0) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Range": f"bytes {start}-{start + len(content) - 1}/*",
        }
        return call("PATCH", f"{self.url}{V1}caches/{reserved.json()['cacheId']}", content, headers)

    def finish(self, reserved: Answer, key: str, size: int, version: str = "v") -> Answer:
        return self.ask(f"POST caches/{reserved.json()['cacheId']}", size=size)

    def address(self, *keys: str, version: str = "v") -> str:
        query = urllib.parse.urlencode({"keys": ",".join(keys), "version": version})
        answer = self.ask(f"GET cache?{query}")
        if answer.status == 204:
            return ""
        assert answer.status == 200
        return answer.json()["archiveLocation"]


@pytest.fixture(params=[Version2, Version1])
def protocol(request: pytest.FixtureRequest) -> type[Version2]:
    return request.param


@pytest.fixture
def client(service: CacheService, protocol: type[Version2]) -> Version2:
    return protocol(service)


# --- entries and look-ups, the same in both versions --------------------------------------------------------


def test_what_was_saved_is_found(service: CacheService, client: Version2) -> None:
    client.save("k", b"content")
    assert client.load("k") == b"content"
    assert service.entries == [Entry(number=1, key="k", version="v", scope=MAIN, size_bytes=7)]


@pytest.mark.parametrize(("writer", "reader"), [(Version1, Version2), (Version2, Version1)])
def test_an_entry_of_one_version_of_the_protocol_is_found_by_the_other(
    service: CacheService, writer: type[Version2], reader: type[Version2]
) -> None:
    writer(service).save("k", b"content")
    assert reader(service).load("k") == b"content"


def test_nothing_is_found_where_nothing_is(client: Version2) -> None:
    client.save("k", b"1")
    assert client.load("other") is None


def test_an_unfinished_entry_is_invisible(service: CacheService, client: Version2) -> None:
    reserved = client.reserve("k")
    client.upload(reserved, b"content")
    assert client.load("k") is None
    assert service.entries == []
    client.finish(reserved, "k", 7)
    assert client.load("k") == b"content"


def test_an_exact_key_goes_before_a_newer_prefix(client: Version2) -> None:
    client.save("k", b"exact")
    client.save("k-2", b"newer")
    assert client.load("k") == b"exact"


def test_of_several_with_the_prefix_the_newest_is_found(client: Version2) -> None:
    for number in (1, 10, 9):
        client.save(f"index#{number}", str(number).encode())
    assert client.load("index#") == b"9"


def test_restore_keys_are_tried_in_order(client: Version2) -> None:
    client.save("b-1", b"b")
    client.save("c-1", b"c")
    assert client.load("a", "b-", "c-") == b"b"


def test_another_version_of_the_key_is_another_entry(client: Version2) -> None:
    client.save("k", b"v", version="v")
    assert client.load("k", version="w") is None
    client.save("k", b"w", version="w")
    assert client.load("k", version="v") == b"v"
    assert client.load("k", version="w") == b"w"


@pytest.mark.parametrize("finished", [True, False])
def test_an_entry_cannot_be_made_twice(client: Version2, finished: bool) -> None:
    reserved = client.reserve("k")
    if finished:
        client.upload(reserved, b"content")
        client.finish(reserved, "k", 7)
    again = client.reserve("k")
    assert again.status == 409
    if isinstance(client, Version1):
        assert again.json()["typeKey"] == "ArtifactCacheItemAlreadyExistsException"
    else:
        assert again.json()["code"] == "already_exists"


def test_a_finished_entry_cannot_be_changed(client: Version2) -> None:
    reserved = client.reserve("k")
    client.upload(reserved, b"content")
    client.finish(reserved, "k", 7)
    assert client.upload(reserved, b"another").status in (404, 409)
    assert client.finish(reserved, "k", 7).status == 404
    assert client.load("k") == b"content"


@pytest.mark.parametrize("size", [0, 6, 8, -1, "x", None])
def test_a_size_that_is_not_what_was_uploaded_is_refused(client: Version2, size: Any) -> None:
    reserved = client.reserve("k")
    client.upload(reserved, b"content")
    assert client.finish(reserved, "k", size).status == 400
    assert client.load("k") is None


def test_a_size_may_be_text(client: Version2) -> None:
    reserved = client.reserve("k")
    client.upload(reserved, b"content")
    assert client.finish(reserved, "k", "7").status in (200, 204)  # type: ignore[arg-type]
    assert client.load("k") == b"content"


# --- scopes and permissions ---------------------------------------------------------------------------------


def test_a_scope_is_closed_to_a_token_without_it(service: CacheService, protocol: type[Version2]) -> None:
    protocol(service).save("k", b"main")
    assert protocol(service, service.token({PULL: 3})).load("k") is None


def test_scopes_are_searched_in_the_order_of_the_token(
    service: CacheService, protocol: type[Version2]
) -> None:
    protocol(service, service.token({PULL: 3})).save("k-1", b"pull")
    protocol(service).save("k-2", b"main")
    protocol(service).save("k", b"exact")
    assert protocol(service, service.token({PULL: 3, MAIN: 1})).load("k") == b"pull"
    assert protocol(service, service.token({MAIN: 1, PULL: 3})).load("k") == b"exact"


def test_the_first_scope_that_may_be_written_is_written(
    service: CacheService, protocol: type[Version2]
) -> None:
    protocol(service, service.token({MAIN: 1, PULL: 3, "refs/heads/x": 3})).save("k", b"1")
    assert [entry.scope for entry in service.entries] == [PULL]


def test_one_key_can_be_in_two_scopes(service: CacheService, protocol: type[Version2]) -> None:
    protocol(service, service.token({PULL: 3})).save("k", b"pull")
    protocol(service).save("k", b"main")
    assert protocol(service).load("k") == b"main"


def test_a_token_without_scopes_is_good_for_nothing(service: CacheService, protocol: type[Version2]) -> None:
    protocol(service).save("k", b"1")
    client = protocol(service, service.token({}))
    assert client.load("k") is None
    assert client.reserve("k").status == 403


def test_a_token_that_only_writes_finds_nothing(service: CacheService, protocol: type[Version2]) -> None:
    client = protocol(service, service.token({MAIN: 2}))
    client.save("k", b"1")
    assert client.load("k") is None
    assert protocol(service).load("k") == b"1"


def test_a_token_that_only_reads_cannot_reserve(service: CacheService, protocol: type[Version2]) -> None:
    protocol(service).save("k", b"1")
    client = protocol(service, service.token({MAIN: 1}))
    answer = client.reserve("new")
    assert answer.status == 403
    assert "cache write denied: token has no writable scopes" in answer.json().values()
    assert client.load("k") == b"1"


def test_a_token_that_only_reads_cannot_finish(service: CacheService, protocol: type[Version2]) -> None:
    reserved = protocol(service).reserve("k")
    protocol(service).upload(reserved, b"1")
    assert protocol(service, service.token({MAIN: 1})).finish(reserved, "k", 1).status == 404
    assert service.entries == []


def test_version_2_can_deny_with_ok_false(service: CacheService) -> None:
    client = Version2(service, service.token({MAIN: 1}))
    assert client.reserve("k").json()["code"] == "permission_denied"
    service.denial_status = 200
    assert client.reserve("k").status == 200
    assert client.reserve("k").json() == {
        "ok": False,
        "signed_upload_url": "",
        "message": "cache write denied: token has no writable scopes",
    }


@pytest.mark.parametrize(
    "claims",
    [
        {"expires_in_s": -1},
        {"exp": None},
        {"nbf": None},
        {"nbf": 99_999_999_999},
        {"exp": "tomorrow"},
        {"ac": None},
        {"ac": "nonsense"},
        {"ac": '{"Scope": "x"}'},
    ],
)
def test_a_token_must_be_valid(
    service: CacheService, protocol: type[Version2], claims: Mapping[str, Any]
) -> None:
    assert protocol(service, service.token(**claims)).reserve("k").status == 401


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é.é.é"])
def test_a_token_must_be_a_token(service: CacheService, protocol: type[Version2], token: str) -> None:
    assert protocol(service, urllib.parse.quote(token)).reserve("k").status == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}])
def test_every_request_needs_a_token(service: CacheService, headers: Mapping[str, str]) -> None:
    unauthenticated = call("POST", f"{service.url}{TWIRP}CreateCacheEntry", b"{}", headers)
    assert (unauthenticated.status, unauthenticated.json()["code"]) == (401, "unauthenticated")
    assert call("GET", f"{service.url}{V1}cache?keys=k&version=v", None, headers).status == 401


# --- version 2 and its blobs --------------------------------------------------------------------------------


def test_version_2_tells_what_it_made_and_found(service: CacheService) -> None:
    client = Version2(service)
    made = client.reserve("k-1")
    assert (made.json()["ok"], made.json()["message"]) == (True, "")
    client.upload(made, b"content")
    assert client.finish(made, "k-1", 7).json() == {"ok": True, "entry_id": "1"}
    found = client.ask("GetCacheEntryDownloadURL", key="k", restore_keys=["k"], version="v")
    assert (found.json()["ok"], found.json()["matched_key"]) == (True, "k-1")
    missing = client.ask("GetCacheEntryDownloadURL", key="x", restore_keys=[], version="v")
    assert missing.json() == {"ok": False, "signed_download_url": "", "matched_key": ""}


def test_version_2_takes_camel_case(service: CacheService) -> None:
    client = Version2(service)
    client.upload(client.reserve("k-1"), b"content")
    done = client.ask("FinalizeCacheEntryUpload", key="k-1", sizeBytes="7", version="v")
    assert done.json() == {"ok": True, "entry_id": "1"}
    found = client.ask("GetCacheEntryDownloadURL", key="x", restoreKeys=["k-"], version="v")
    assert found.json()["matched_key"] == "k-1"


@pytest.mark.parametrize(
    ("method", "body", "status", "code"),
    [
        ("DeleteCacheEntry", b"{}", 404, "bad_route"),
        ("CreateCacheEntry", b"{", 400, "malformed"),
        ("CreateCacheEntry", b"[]", 400, "malformed"),
        ("CreateCacheEntry", b'{"key": "k"}', 400, "invalid_argument"),
        ("CreateCacheEntry", b'{"key": "", "version": "v"}', 400, "invalid_argument"),
        ("FinalizeCacheEntryUpload", b'{"key": "k", "version": "v", "size_bytes": 1}', 404, "not_found"),
    ],
)
def test_version_2_says_what_is_wrong(
    service: CacheService, method: str, body: bytes, status: int, code: str
) -> None:
    answer = call("POST", service.url + TWIRP + method, body, {"Authorization": f"Bearer {service.token()}"})
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_version_2_is_asked_by_post_alone(service: CacheService) -> None:
    answer = call("GET", f"{service.url}{TWIRP}CreateCacheEntry")
    assert (answer.status, answer.json()["code"]) == (404, "bad_route")


def block(address: str, name: str, content: bytes) -> Answer:
    return call("PUT", f"{address}&comp=block&blockid={urllib.parse.quote(name, safe='')}", content)


def block_list(address: str, *names: str) -> Answer:
    items = "".join(f"<Latest>{name}</Latest>" for name in names)
    return call("PUT", f"{address}&comp=blocklist", f"<BlockList>{items}</BlockList>".encode())


def test_a_blob_is_put_together_from_blocks(service: CacheService) -> None:
    client = Version2(service)
    reserved = client.reserve("k")
    address = reserved.json()["signed_upload_url"]
    for name, content in (("MQ==", b"one,"), ("+/8=", b"two"), ("Mw==", b"left out"), ("MQ==", b"1,")):
        assert block(address, name, content).status == 201
    stored = block_list(address, "MQ==", "+/8=")
    assert stored.status == 201
    assert stored.headers["ETag"]
    assert stored.headers["Last-Modified"]
    assert client.finish(reserved, "k", 5).status == 200
    assert client.load("k") == b"1,two"


@pytest.mark.parametrize(
    ("put", "code"),
    [
        (lambda address: block(address, "!", b""), "InvalidQueryParameterValue"),
        (lambda address: block(address, "", b""), "InvalidQueryParameterValue"),
        (lambda address: block_list(address, "MQ=="), "InvalidBlockList"),
        (lambda address: call("PUT", f"{address}&comp=blocklist", b"<"), "InvalidXmlDocument"),
        (lambda address: call("PUT", address, b"", {"x-ms-blob-type": "PageBlob"}), "InvalidHeaderValue"),
        (lambda address: call("PUT", f"{address}&comp=page", b""), "InvalidHeaderValue"),
    ],
)
def test_a_wrong_upload_is_refused(service: CacheService, put: Callable[[str], Answer], code: str) -> None:
    answer = put(Version2(service).reserve("k").json()["signed_upload_url"])
    assert (answer.status, answer.headers["x-ms-error-code"]) == (400, code)
    assert f"<Code>{code}</Code>".encode() in answer.body


def test_a_body_may_come_in_chunks(service: CacheService) -> None:
    client = Version2(service)
    reserved = client.reserve("k")
    address = urllib.parse.urlsplit(reserved.json()["signed_upload_url"])
    with contextlib.closing(http.client.HTTPConnection(address.netloc, timeout=30)) as connection:
        for name in ("MQ==", "Mg=="):  # the second request shows that the first one was read to its end
            connection.request(
                "PUT",
                f"{address.path}?{address.query}&comp=block&blockid={name}",
                body=iter([b"a" * 70_000, b"b"]),
                encode_chunked=True,
                headers={"Transfer-Encoding": "chunked"},
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201
    block_list(reserved.json()["signed_upload_url"], "Mg==", "MQ==")
    client.finish(reserved, "k", 140_002)
    assert client.load("k") == (b"a" * 70_000 + b"b") * 2


def test_an_upload_that_breaks_off_leaves_nothing(service: CacheService) -> None:
    address = urllib.parse.urlsplit(Version2(service).reserve("k").json()["signed_upload_url"])
    line = f"PUT {address.path}?{address.query}&comp=block&blockid=MQ== HTTP/1.1"
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(f"{line}\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert block_list(urllib.parse.urlunsplit(address), "MQ==").status == 400


@pytest.fixture
def blob(service: CacheService) -> str:
    """The address of a blob of ten bytes."""
    client = Version2(service)
    client.save("k", b"0123456789")
    return client.address("k")


@pytest.mark.parametrize("name", ["Range", "x-ms-range"])
@pytest.mark.parametrize(
    ("asked", "content", "given"),
    [
        ("bytes=0-", b"0123456789", "bytes 0-9/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_a_part_of_a_blob(blob: str, name: str, asked: str, content: bytes, given: str) -> None:
    answer = call("GET", blob, None, {name: asked})
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (206, content, given)
    assert answer.headers["Content-Length"] == str(len(content))


def test_a_whole_blob(blob: str) -> None:
    answer = call("GET", blob)
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert (answer.headers["Content-Length"], answer.headers["Accept-Ranges"]) == ("10", "bytes")


def test_beyond_the_end_of_a_blob(blob: str) -> None:
    answer = call("GET", blob, None, {"Range": "bytes=10-"})
    assert (answer.status, answer.headers["x-ms-error-code"]) == (416, "InvalidRange")


def test_the_properties_of_a_blob(blob: str) -> None:
    answer = call("HEAD", blob)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "10")


@pytest.mark.parametrize(
    "forge", [lambda address: address[:-1], lambda address: address.partition("?")[0], lambda a: f"{a}0"]
)
def test_an_address_needs_its_signature(blob: str, forge: Callable[[str], str]) -> None:
    answer = call("GET", forge(blob))
    assert (answer.status, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert b"<Code>AuthenticationFailed</Code>" in answer.body


def test_an_address_is_for_reading_or_for_writing(service: CacheService, blob: str) -> None:
    assert call("PUT", blob, b"x", {"x-ms-blob-type": "BlockBlob"}).status == 403
    assert call("GET", Version2(service).reserve("new").json()["signed_upload_url"]).status == 403


def test_the_path_of_an_address_begins_with_an_account(service: CacheService, blob: str) -> None:
    assert blob.startswith(f"{service.url}devstoreaccount1/")


# --- version 1 ----------------------------------------------------------------------------------------------


def test_version_1_takes_pieces_in_any_order(service: CacheService) -> None:
    client = Version1(service)
    reserved = client.reserve("k")
    for start, piece in ((4, b"efg"), (0, b"ab"), (2, b"cd")):
        assert client.upload(reserved, piece, start).status == 204
    assert client.finish(reserved, "k", 7).status == 204
    assert client.load("k") == b"abcdefg"


def test_version_1_misses_a_piece(service: CacheService) -> None:
    client = Version1(service)
    reserved = client.reserve("k")
    client.upload(reserved, b"ab")
    client.upload(reserved, b"efg", 4)
    assert client.finish(reserved, "k", 7).status == 400


@pytest.mark.parametrize("given", ["", "bytes 0-1", "bytes 0-0/*", "bytes 0-5/*", "bytes 1-0/*"])
def test_version_1_wants_the_range_of_a_piece(service: CacheService, given: str) -> None:
    client = Version1(service)
    client.reserve("k")
    headers = {"Authorization": f"Bearer {client.token}", "Content-Range": given}
    assert call("PATCH", f"{service.url}{V1}caches/1", b"ab", headers).status == 400


def test_version_1_tells_what_it_found(service: CacheService) -> None:
    client = Version1(service)
    client.save("k-1", b"1")
    found = client.ask("GET cache?keys=x,k&version=v").json()
    assert (found["cacheKey"], found["scope"]) == ("k-1", MAIN)
    assert call("GET", found["archiveLocation"], None, {"Range": "bytes=0-0"}).status == 206


@pytest.mark.parametrize(
    "method", ["GET caches", "PATCH caches/1", "POST caches/7", "DELETE caches/1", "GET x"]
)
def test_version_1_knows_no_other_requests(service: CacheService, method: str) -> None:
    assert Version1(service).ask(method).status == 404


# --- faults, records, running it ----------------------------------------------------------------------------


def test_the_next_requests_fail_as_ordered(service: CacheService, client: Version2) -> None:
    service.fail(path=client.reserving, status=429, times=2, retry_after=1)
    first = client.reserve("k")
    assert (first.status, first.headers["Retry-After"]) == (429, "1")
    assert client.address("k") == ""  # another path
    assert client.reserve("k").status == 429
    assert client.reserve("k").status in (200, 201)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "unauthenticated"), (403, "permission_denied"), (429, "resource_exhausted"),
                         (500, "internal"), (503, "unavailable"), (418, "unknown")],
)  # fmt: skip
def test_a_fault_speaks_as_version_2_does(service: CacheService, status: int, code: str) -> None:
    service.fail(path="Create", status=status)
    assert Version2(service).reserve("k").json()["code"] == code


def test_a_fault_speaks_as_a_blob_does(service: CacheService, blob: str) -> None:
    service.fail(path="devstoreaccount1", status=503)
    assert call("GET", blob).headers["x-ms-error-code"] == "ServerBusy"
    assert call("GET", blob).status == 200


def test_a_fault_can_be_for_one_method_and_for_ever(service: CacheService, blob: str) -> None:
    service.fail(path="", status=500, method="GET", times=None)
    assert [call("GET", blob).status for _ in range(3)] == [500] * 3
    assert call("HEAD", blob).status == 200


def test_a_fault_can_be_a_broken_connection(service: CacheService, blob: str) -> None:
    service.fail(path="devstoreaccount1", status=0)
    with pytest.raises((http.client.HTTPException, OSError)):
        call("GET", blob)
    assert [request.status for request in service.requests][-1] == 0
    assert call("GET", blob).status == 200


def test_every_request_is_on_record(service: CacheService) -> None:
    client = Version2(service)
    client.save("k", b"0123456789")
    call("GET", client.address("k"), None, {"Range": "bytes=4-"})
    service.fail(path="/x", status=500)
    call("GET", f"{service.url}x")
    *_, uploaded, finished, found, loaded, failed = service.requests
    assert (uploaded.method, uploaded.status, uploaded.received_bytes) == ("PUT", 201, 10)
    assert (finished.method, finished.path, finished.status) == (
        "POST",
        f"/{TWIRP}FinalizeCacheEntryUpload",
        200,
    )
    assert found.path.endswith("GetCacheEntryDownloadURL")
    assert (loaded.method, loaded.status, loaded.sent_bytes) == ("GET", 206, 6)
    assert (failed.path, failed.status) == ("/x", 500)


def test_a_reset_forgets_everything_but_tokens(service: CacheService, client: Version2) -> None:
    client.save("k", b"1")
    client.reserve("under way")
    service.fail(path="", status=500)
    service.reset()
    assert (service.entries, service.requests) == ([], [])
    assert client.load("k") is None
    client.save("k", b"2")
    client.save("under way", b"3")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "x"), ("POST", f"{TWIRP}CreateCacheEntry"), ("GET", f"{V1}cache"), ("GET", "devstoreaccount1/x"),
     ("BREW", "x")],
)  # fmt: skip
def test_every_answer_has_an_id(service: CacheService, method: str, path: str) -> None:
    assert call(method, service.url + path).headers["x-ms-request-id"]


def test_a_client_that_begins_with_tls_is_answered_in_http(service: CacheService) -> None:
    hello = bytes.fromhex("16030100050100000100")  # no line end in it
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(hello)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_what_is_no_http_gets_a_status_line(service: CacheService) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_service_is_on_loopback_and_ends_with_all_that_it_wrote() -> None:
    with CacheService() as service:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", service.url)
        client = Version2(service)
        client.save("k", b"1")
        folder = service.store.data(1).parent
        assert folder.exists()
        kept = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        kept.request("GET", "/x")
        kept.getresponse().read()
    assert not folder.exists()
    with contextlib.closing(kept), pytest.raises((http.client.HTTPException, OSError)):
        kept.auto_open = 0
        kept.request("GET", "/x")
        kept.getresponse()
    with pytest.raises(urllib.error.URLError):
        call("GET", service.url)


def test_variables_for_both_versions(service: CacheService) -> None:
    assert service.env("t") == {
        "ACTIONS_RUNTIME_TOKEN": "t",
        "ACTIONS_RESULTS_URL": service.url,
        "ACTIONS_CACHE_SERVICE_V2": "True",
    }
    assert service.env("t", version=1) == {"ACTIONS_RUNTIME_TOKEN": "t", "ACTIONS_CACHE_URL": service.url}


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    tests = Path(__file__).resolve().parents[1]
    port_file, temporary = tmp_path / "port", tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "cache_service", "--port-file", str(port_file), "--denial-status", "200"]
    env = {**os.environ, "PYTHONPATH": str(tests), "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, env=env)
    try:
        until(lambda: port_file.exists() or process.poll() is not None, "the service answers", 30)
        url = f"http://127.0.0.1:{port_file.read_text().strip()}/"

        def control(method: str, name: str, **asked: object) -> Answer:
            return call(method, f"{url}_control/{name}", json.dumps(asked).encode() if asked else None)

        token = control("POST", "token", scopes={MAIN: 1}).body.decode()
        headers = {"Authorization": f"Bearer {token}"}
        asked = json.dumps({"key": "k", "version": "v"}).encode()
        denied = call("POST", f"{url}{TWIRP}CreateCacheEntry", asked, headers)
        assert (denied.status, denied.json()["ok"]) == (200, False)
        assert control("POST", "fail", path="Create", status=429, retry_after=3).status == 200
        refused = call("POST", f"{url}{TWIRP}CreateCacheEntry", asked, headers)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "3")
        assert control("POST", "fail", status=429).status == 400
        assert [request["status"] for request in control("GET", "requests").json()] == [200, 429]
        assert control("GET", "entries").json() == []
        assert control("POST", "reset").status == 204
        assert control("GET", "requests").json() == []
        assert control("GET", "x").status == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait(timeout=60)
    assert not port_file.exists()
    assert list(temporary.iterdir()) == []
