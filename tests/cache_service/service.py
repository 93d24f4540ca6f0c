"""Run the service: its address, tokens for it, faults to order, what it was asked and what it has."""

import contextlib
import hashlib
import hmac
import secrets
import socket
import socketserver
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cache_service.handler import Handler
from cache_service.store import READ, WRITE, Entry, Store, make_token
from cache_service.wire import Request

_END_S = 30


@dataclass(slots=True, kw_only=True)
class Fault:
    """An order to answer requests with an error; `times_left` None is for ever."""

    path: str
    method: str
    status: int
    retry_after: int | None
    times_left: int | None


class CacheService:
    """The service, on a free port of 127.0.0.1, while it is a context manager.

    `denial_status` is how version 2 says that a token may write nowhere: 403, or 200 with `ok: false`.
    It can be changed at any time.
    """

    def __init__(self, *, denial_status: int = 403) -> None:
        self.denial_status = denial_status
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._faults: list[Fault] = []
        self._secret = secrets.token_bytes()

    def __enter__(self) -> "CacheService":
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="cache-service-", ignore_cleanup_errors=True)
            )
            self.store = Store(Path(folder))
            server = stack.enter_context(_Server(type("Bound", (Handler,), {"service": self})))
            self.port: int = server.server_port
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            )
            thread.start()
            stack.callback(server.end_connections)
            stack.callback(thread.join, _END_S)
            stack.callback(server.shutdown)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Give the address, with the slash at its end that version 2 of the protocol relies on."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def requests(self) -> list[Request]:
        """Give the requests so far, in the order of their answers; those to `/_control/` do not count."""
        with self._lock:
            return list(self._requests)

    @property
    def entries(self) -> list[Entry]:
        """Give the finished entries, oldest first."""
        return self.store.entries()

    def token(
        self, scopes: Mapping[str, int] | None = None, *, expires_in_s: float = 3600, **claims: object
    ) -> str:
        """Make a token for scopes with their permissions: 1 reads, 2 writes, 3 does both.

        Without `scopes` it is that of a push to the branch main. `claims` replace the token's own:
        `ac="nonsense"`, or `nbf=None` to leave one out.
        """
        if scopes is None:
            scopes = {"refs/heads/main": READ | WRITE}
        return make_token(scopes, expires_in_s, claims)

    def env(self, token: str, *, version: int = 2) -> dict[str, str]:
        """Give the variables with which buildx speaks that version of the protocol."""
        if version == 1:
            return {"ACTIONS_RUNTIME_TOKEN": token, "ACTIONS_CACHE_URL": self.url}
        return {
            "ACTIONS_RUNTIME_TOKEN": token,
            "ACTIONS_RESULTS_URL": self.url,
            "ACTIONS_CACHE_SERVICE_V2": "True",
        }

    def fail(
        self,
        *,
        path: str,
        status: int,
        times: int | None = 1,
        method: str = "",
        retry_after: int | None = None,
    ) -> None:
        """Answer the next requests whose path and query contain `path` with an error.

        `times` None is until `reset`; `method` is any unless given. Status 0 is no answer at all:
        the connection breaks. Of several orders that match, the oldest is served first.
        """
        order = Fault(path=path, method=method, status=status, retry_after=retry_after, times_left=times)
        with self._lock:
            self._faults.append(order)

    def reset(self) -> None:
        """Forget entries, requests and faults; tokens stay good."""
        self.store.clear()
        with self._lock:
            self._requests.clear()
            self._faults.clear()

    def take_fault(self, method: str, path: str) -> Fault | None:
        """Give the fault that this request is to meet, and count it."""
        with self._lock:
            for fault in self._faults:
                if fault.path in path and fault.method in ("", method) and fault.times_left != 0:
                    if fault.times_left is not None:
                        fault.times_left -= 1
                    return fault
        return None

    def record(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    def sign(self, number: int, permission: str) -> str:
        """Give the signature to read ("r") or write ("w") a blob."""
        return hmac.new(self._secret, f"{permission}{number}".encode(), hashlib.sha256).hexdigest()

    def address(self, number: int, permission: str) -> str:
        """Give an address of a blob that carries its own permission.

        The first part of the path is the account: Azure's JavaScript client expects one on loopback.
        """
        signature = self.sign(number, permission)
        return f"{self.url}devstoreaccount1/actions-cache/{number}?sp={permission}&sig={signature}"


class _Server(ThreadingHTTPServer):
    """A server that ends its connections: a client that keeps one would be served after the end."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._connections.discard(request)
                self._changed.notify_all()

    def end_connections(self) -> None:
        with self._changed:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._connections, timeout=_END_S)
