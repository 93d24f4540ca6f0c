"""Read requests and write answers, whatever they are about; keep a record of both."""

import json
import socket
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_PIECE_BYTES = 1 << 16


class RefusalError(Exception):
    """A request that is turned down with an HTTP status; `code` is the protocol's own word for it."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request and how it was answered; `path` comes with its query, sizes are those of the bodies.

    Status 0 stands for a connection that was broken instead of an answer.
    """

    method: str
    path: str
    status: int
    received_bytes: int
    sent_bytes: int


class Wire(BaseHTTPRequestHandler):
    """One connection of a client; `serve_request` and `record` are for those who know what it wants."""

    protocol_version = "HTTP/1.1"
    # What is no HTTP gets a status line too.
    default_request_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def serve_request(self) -> None:
        raise NotImplementedError

    def record(self, request: Request) -> None:
        raise NotImplementedError

    def handle(self) -> None:
        try:
            # A client that tries TLS first falls back only if its ClientHello gets an HTTP answer. There
            # may be no line end in it, for which http.server would wait.
            if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                self.connection.recv(65536)
                self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            else:
                super().handle()
        except OSError:
            pass  # a client that is ended leaves its requests behind

    def begin(self) -> None:
        target = urlsplit(self.path)
        self.target, self.query = target.path, dict(parse_qsl(target.query, keep_blank_values=True))
        self.body = self._read_body()
        self._received_bytes = 0
        self.serve_request()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = begin  # noqa: N815  # the names that http.server wants

    def read_json(self) -> dict[str, Any]:
        try:
            found = json.loads(b"".join(self.body))
        except ValueError as error:
            raise RefusalError(400, f"the body is not JSON: {error}", "malformed") from error
        if not isinstance(found, dict):
            raise RefusalError(400, "the body is no JSON object", "malformed")
        return found

    def answer(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, size_bytes: int = 0
    ) -> None:
        """Answer with `body`, or with the headers for `size_bytes` that the caller sends itself."""
        for _ in self.body:
            pass  # what is left of a request would be taken for the next one
        size_bytes = size_bytes or len(body)
        self.end_request(status, 0 if self.command == "HEAD" else size_bytes)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(size_bytes))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_json(self, status: int, found: object, headers: Mapping[str, str] | None = None) -> None:
        self.answer(
            status, json.dumps(found).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def end_request(self, status: int, sent_bytes: int) -> None:
        """Put the request on record, before the answer: who has got it finds the request there."""
        self.record(
            Request(
                method=self.command,
                path=self.path,
                status=status,
                received_bytes=self._received_bytes,
                sent_bytes=sent_bytes,
            )
        )

    def end_headers(self) -> None:
        # BuildKit's client uses it without a check: a missing one panics inside the engine.
        self.send_header("x-ms-request-id", str(uuid.uuid4()))
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        pass

    def _read_body(self) -> Iterator[bytes]:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            yield from self._read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield from self._read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers

    def _read(self, size_bytes: int) -> Iterator[bytes]:
        while size_bytes > 0:
            piece = self.rfile.read(min(size_bytes, _PIECE_BYTES))
            if not piece:
                raise ConnectionError("the body ended early")
            size_bytes -= len(piece)
            self._received_bytes += len(piece)
            yield piece


def stamps(mark: object) -> dict[str, str]:
    """Give the headers by which a client knows a version of something again."""
    return {"ETag": f'"{mark}"', "Last-Modified": formatdate(usegmt=True)}
