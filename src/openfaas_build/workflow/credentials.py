"""Read what the token of GitHub's cache service allows.

The token is a JWT that BuildKit reads too: `ac` is a text that holds JSON,
`[{"Scope": "refs/heads/main", "Permission": 3}, …]`, Permission a bit mask of
1 (read) and 2 (write); `exp` and `nbf` are numbers. Nobody checks its
signature here: the service does. Since 2026-09 ACTIONS_CACHE_MODE may say less
than the token, and BuildKit knows nothing of it.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_READ, _WRITE = 1, 2
_MODES = {"read": _READ, "write": _READ | _WRITE, "write-only": _WRITE, "none": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheAccess:
    """What may be done with the cache service; `reason` says why not more."""

    read: bool = False
    write: bool = False
    reason: str = ""
    service_v2: bool = False


def cache_access(credentials: Mapping[str, str], now_s: float) -> CacheAccess:
    """Say what the credentials allow at the time `now_s` (seconds since 1970)."""
    token = credentials.get("ACTIONS_RUNTIME_TOKEN", "")
    if not token or not (credentials.get("ACTIONS_RESULTS_URL") or credentials.get("ACTIONS_CACHE_URL")):
        return CacheAccess(reason="its credentials are missing")
    try:
        claims = _claims(token)
        permission = 0
        for entry in json.loads(claims["ac"]):
            permission |= int(entry["Permission"])
        begins, ends = float(claims["nbf"]), float(claims["exp"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return CacheAccess(reason="its token cannot be read")
    if not begins <= now_s < ends:
        return CacheAccess(reason="its token has expired" if now_s >= ends else "its token is not valid yet")
    mode = credentials.get("ACTIONS_CACHE_MODE", "").lower()
    allowed = permission & _MODES.get(mode, _READ | _WRITE)
    reason = ""
    if not allowed & _WRITE:
        reason = "its token is read-only" if not permission & _WRITE else f"the job's cache-mode is {mode}"
    return CacheAccess(
        read=bool(allowed & _READ),
        write=bool(allowed & _WRITE),
        reason=reason,
        # As Go's ParseBool, which buildx asks.
        service_v2=credentials.get("ACTIONS_CACHE_SERVICE_V2", "") in ("1", "t", "T", "true", "True", "TRUE"),
    )


def _claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
