"""Ask the template store which repository has a template."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from openfaas_build.errors import BuildError, Notice
from openfaas_build.templates.address import redact
from openfaas_build.templates.lookup import Wanted, printable

STORE_URL = "https://raw.githubusercontent.com/openfaas/store/master/templates.json"
_TIMEOUT_S = 15.0
_LIMIT_BYTES = 1 << 20
_REMEDY = (
    'Name the template\'s repository under "configuration.templates" or in the input "template-url",'
    " or commit the template to template/."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEntry:
    """One template of the store: its name, its `source` (an organisation) and its repository."""

    name: str
    source: str
    repository: str


def read_store(url: str, *, env: Mapping[str, str], timeout_s: float = _TIMEOUT_S) -> tuple[StoreEntry, ...]:
    """Fetch the store's list, in the order in which faas-cli looks for a name.

    That is: recommended ones first, then by the text of `official`, then by
    name. `env` gives the proxies; each wait for the network is at most
    `timeout_s`, the list at most 1 MiB. An https address is not left for http.

    Raises BuildError, without a place, for any other answer than 200 with a
    JSON list.

    Source: faas-cli 0.18.12, commands/template_store_list.go.
    """
    shown = redact(printable(url))
    try:
        if not url.lower().startswith(("https://", "http://")):
            raise ValueError("its address begins with neither https:// nor http://")
        with _opener(url, env).open(url, timeout=timeout_s) as answer:
            if answer.status != http.client.OK:
                raise ValueError(f"it answers {answer.status}")
            body = answer.read(_LIMIT_BYTES + 1)
        if len(body) > _LIMIT_BYTES:
            raise ValueError(f"its list is larger than {_LIMIT_BYTES >> 20} MiB")
        return _read_entries(body)
    except urllib.error.HTTPError as error:
        why = f"it answers {error.code}"
        error.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = redact(printable(str(error) or type(error).__name__))
    raise BuildError(
        Notice(problem=f'the template store "{shown}" cannot be used.', cause=f"{why}.", remedy=_REMEDY)
    )


def choose(entries: Iterable[StoreEntry], want: Wanted) -> StoreEntry | None:
    """Give the first entry that is called `name`, `name@ref` or `source/name` like `want`."""
    for entry in entries:
        if {want.lang, want.name} & {entry.name, f"{entry.source}/{entry.name}"}:
            return entry
    return None


def _read_entries(body: bytes) -> tuple[StoreEntry, ...]:
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise ValueError("it does not answer with a JSON list")
    found = []
    for row in rows:
        match row:
            case {"template": str(name), "repo": str(repository)}:
                order = (not row.get("recommended"), str(row.get("official", "")).lower(), name.lower())
                entry = StoreEntry(name=name, source=str(row.get("source", "")), repository=repository)
                found.append((order, entry))
    return tuple(entry for _, entry in sorted(found, key=lambda pair: pair[0]))


class _KeepHttps(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but from https to https only."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.lower().startswith("https://"):
            raise ValueError("it redirects from https to another protocol")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str, env: Mapping[str, str]) -> urllib.request.OpenerDirector:
    """Make an opener for http and https alone, with the proxies of `env`."""
    proxies = {}
    for scheme in ("http", "https", "no"):
        name = f"{scheme}_proxy"
        if value := env.get(name) or env.get(name.upper()):
            proxies[scheme] = value
    host = urllib.parse.urlsplit(url).hostname or ""
    if urllib.request.proxy_bypass_environment(host, proxies):  # type: ignore[attr-defined]
        proxies = {}
    proxies.pop("no", None)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _KeepHttps(),
    ):
        opener.add_handler(handler)
    return opener
