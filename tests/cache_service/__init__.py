"""A stand-in for GitHub's cache service on loopback, for tests only.

    with CacheService() as service:
        token = service.token({"refs/pull/1/merge": 3, "refs/heads/main": 1})
        service.fail(path="CreateCacheEntry", status=429, times=2, retry_after=1)
        subprocess.run(["docker", "buildx", "build", …], env={**os.environ, **service.env(token)})
        print(service.requests, service.entries)

It speaks both versions of the protocol, as far as BuildKit and @actions/cache use them. What the
real service answers to requests that they never send is not known here, so it is not copied.

From a shell, or for another process, `python -m cache_service --port-file FILE` (see `__main__`).
"""

from cache_service.service import CacheService
from cache_service.store import Entry
from cache_service.wire import Request

__all__ = ["CacheService", "Entry", "Request"]
