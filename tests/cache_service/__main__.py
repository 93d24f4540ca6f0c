"""Serve until SIGTERM or SIGINT: `python -m cache_service --port-file FILE`.

FILE holds the port as soon as the service answers, and is gone when it has ended. Everything else
goes through the service itself, with JSON for bodies, where `with CacheService()` has methods:

    POST /_control/token     {"scopes": {"refs/heads/main": 3}, "expires_in_s": 3600} -> the token as text
    POST /_control/fail      {"path": "CreateCacheEntry", "status": 429, "times": 2, "retry_after": 1}
    POST /_control/reset
    GET  /_control/requests, GET /_control/entries
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from cache_service.service import CacheService


def main() -> None:
    parser = argparse.ArgumentParser(prog="cache_service")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--denial-status", type=int, choices=(403, 200), default=403)
    chosen = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    port_file: Path = chosen.port_file
    with CacheService(denial_status=chosen.denial_status) as service:
        try:
            # Renamed into place: who finds the file finds the whole port in it.
            unfinished = port_file.with_name(f"{port_file.name}.new")
            unfinished.write_text(f"{service.port}\n")
            unfinished.replace(port_file)
            threading.Event().wait()
        finally:
            port_file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
