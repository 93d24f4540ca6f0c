#!/usr/bin/env python3
"""A plain-HTTP proxy on loopback that counts requests and answers chosen ones with an error, for tests only.

    fault_proxy.py 127.0.0.1:5055 PUT:/manifests/:400:MANIFEST_INVALID

Each rule is METHODS:PATH PART:STATUS:CODE. METHODS may name several, as in GET,HEAD; CODE is what a
registry puts into the body of its error. Requests that no rule matches go unchanged to the server
behind. `FaultProxy` is the same for a test that runs it in a thread.
"""

import contextlib
import http.client
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HOP_BY_HOP = {"connection", "content-length", "transfer-encoding"}
MESSAGES = {
    "BLOB_UPLOAD_INVALID": "blob upload invalid",
    "DENIED": "requested access to the resource is denied",
    "MANIFEST_INVALID": "manifest invalid",
    "NAME_UNKNOWN": "repository name not known to registry",
    "TOOMANYREQUESTS": "too many requests",
    "UNAUTHORIZED": "authentication required",
}


@dataclass(frozen=True)
class Rule:
    """Answer requests of `methods` whose path has `part` in it with `status`.

    Without a `code` the body is what a web server in front of a registry says. `hold` is called
    first, so that a test can keep a request waiting.
    """

    methods: tuple[str, ...]
    part: str
    status: int
    code: str = ""
    hold: Callable[[], object] | None = None

    @classmethod
    def read(cls, text: str) -> "Rule":
        methods, part, status, code = text.split(":")
        return cls(tuple(methods.split(",")), part, int(status), code)

    def matches(self, method: str, path: str) -> bool:
        return method in self.methods and self.part in path

    def answer(self) -> tuple[list[tuple[str, str]], bytes]:
        if not self.code:
            return [("Content-Type", "text/html")], b"<html><body>no</body></html>"
        error = {"code": self.code, "message": MESSAGES.get(self.code, self.code), "detail": {}}
        headers = [("Content-Type", "application/json")]
        if self.status == 401:
            headers.append(("WWW-Authenticate", 'Basic realm="test"'))
        return headers, json.dumps({"errors": [error]}).encode()


class FaultProxy:
    """The proxy on a free port of its own; as a context manager it serves from a thread."""

    def __init__(self, upstream: str, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.requests: list[tuple[str, str]] = []
        handler = type("Bound", (_Handler,), {"proxy": self, "upstream": upstream})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def writes(self, part: str) -> list[tuple[str, str]]:
        """Give the requests so far that change something below paths with `part` in them."""
        return [
            (method, path)
            for method, path in self.requests
            if method in ("PUT", "POST", "PATCH", "DELETE") and part in path
        ]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def __enter__(self) -> "FaultProxy":
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultProxy
    upstream = ""

    def handle(self) -> None:
        # A client that tries TLS first falls back to plain HTTP only if its ClientHello gets an HTTP answer.
        if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
            self.connection.recv(65536)
            self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return
        # A client that is ended leaves its requests behind.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def forward(self) -> None:
        body = self._read_body()
        self.proxy.requests.append((self.command, self.path))
        for rule in self.proxy.rules:
            if rule.matches(self.command, self.path):
                if rule.hold:
                    rule.hold()
                self._answer(rule.status, *rule.answer())
                return
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP_BY_HOP}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        self._answer(response.status, response.getheaders(), response.read())
        connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = forward  # noqa: N815  # the names that http.server wants

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP or (
                name.lower() == "content-length" and self.command == "HEAD"
            ):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


if __name__ == "__main__":
    served = FaultProxy(sys.argv[1], map(Rule.read, sys.argv[2:]))
    print(served.address, flush=True)
    served.serve()
