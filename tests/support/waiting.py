"""Wait for something to become true, never for ever."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, timeout_s: float = 60.0) -> Found:
    """Give the first result of `look` that counts as true; fail after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < end, f"waited {timeout_s:.0f} s in vain until {what}"
        time.sleep(0.1)
    return found
