"""Ask the template store which repository has a template."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from openfaas_build.errors import BuildError
from openfaas_build.untrusted import escaped, one_line, redacted

STORE_URL = "https://raw.githubusercontent.com/openfaas/store/master/templates.json"
_TIMEOUT_S = 15.0
_LIMIT_BYTES = 1 << 20
_MOST_REDIRECTS = 10
_REMEDY = (
    'Name the template\'s repository under "configuration.templates" or in the input "template-url",'
    " or commit the template to template/."
)


class StoreEntry(NamedTuple):
    """A template of the store: its name in its repository, and that repository's address."""

    name: str
    repository: str


def read_store(url: str, *, env: Mapping[str, str], timeout_s: float = _TIMEOUT_S) -> dict[str, StoreEntry]:
    """Fetch the store's list: what a template is called there, `name` or `source/name` -> the template.

    Where two have one name, the one counts that faas-cli would find first:
    recommended ones, then by the text of `official`, then by name. `env`
    names the proxies and the certificates to trust; each wait for the network
    is at most `timeout_s`, the list at most 1 MiB. An https address is not
    left for http.

    Raises BuildError, without a place, for any other answer than 200 with a
    JSON list.

    Source: faas-cli 0.18.12, commands/template_store_list.go.
    """
    try:
        if not url.lower().startswith(("https://", "http://")):
            raise ValueError("its address begins with neither https:// nor http://")
        return _read_entries(_download(url, env, timeout_s))
    except (OSError, ValueError) as error:
        # The first of a chain is the system's word; those after it repeat the address.
        cause: BaseException = error
        while isinstance(cause, OSError) and cause.__context__:
            cause = cause.__context__
        why = one_line(str(cause) or type(cause).__name__)
    problem = f'the template store "{redacted(escaped(url))}" cannot be used.'
    raise BuildError.of(problem=problem, cause=f"{why.rstrip('.')}.", remedy=_REMEDY)


def _download(url: str, env: Mapping[str, str], timeout_s: float) -> bytes:
    """Return the body of a 200; raises OSError (of which requests' own errors are) or ValueError."""
    import requests  # it takes as long to import as all of ours, and most runs need no store

    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept-Encoding"] = "identity"
        session.max_redirects = _MOST_REDIRECTS
        session.proxies = _proxies(url, env)
        session.verify = _certificates(env)
        if url.lower().startswith("https://"):
            del session.adapters["http://"]  # so that no redirect can lead there
        try:
            answer = session.get(url, timeout=timeout_s, stream=True)
        except requests.exceptions.InvalidSchema as error:
            raise ValueError(f"a redirect or proxy needs a protocol that is not allowed: {error}") from error
        with answer:
            if answer.status_code != requests.codes.ok:
                raise ValueError(f"it answers {answer.status_code}")
            body = b""
            for part in answer.iter_content(1 << 16):
                body += part
                if len(body) > _LIMIT_BYTES:
                    raise ValueError(f"its list is larger than {_LIMIT_BYTES >> 20} MiB")
    return body


def _proxies(url: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy of each scheme, and none where `no_proxy` has the host of `url`."""
    from urllib.parse import urlsplit
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    names = ("http", "https", "no")
    found = {name: env.get(f"{name}_proxy") or env.get(f"{name.upper()}_PROXY", "") for name in names}
    return {} if proxy_bypass_environment(urlsplit(url).hostname or "", found) else found


def _certificates(env: Mapping[str, str]) -> str | bool:
    """Find the certificates to trust: those that `env` names, else the system's, else requests' own."""
    import ssl

    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        if env.get(name):
            return env[name]
    system = ssl.get_default_verify_paths()
    return system.cafile or system.capath or True


def _read_entries(body: bytes) -> dict[str, StoreEntry]:
    """Read the list: `[{"template": "x", "source": "o", "repo": "r"}]` -> the keys "x" and "o/x"."""
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
                found.append((order, f"{row.get('source', '')}/{name}", StoreEntry(name, repository)))
    entries: dict[str, StoreEntry] = {}
    for _, whole, entry in sorted(found, key=lambda each: each[0]):
        entries.setdefault(entry.name, entry)
        entries.setdefault(whole, entry)
    return entries
