"""Ask a registry on loopback what it has, as a third party would."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


def digest(reference: str) -> str:
    """Give the digest of the manifest that `HOST/NAME:TAG` stands for; empty when there is none."""
    status, headers, _ = _get(reference, "manifests")
    if status == 404:
        return ""
    assert status == 200, f"{reference}: the registry answers {status}"
    return headers["Docker-Content-Digest"]


def manifest(reference: str) -> dict[str, Any]:
    status, _, body = _get(reference, "manifests")
    assert status == 200, f"{reference}: the registry answers {status}"
    return json.loads(body)


def documents(reference: str) -> Iterator[bytes]:
    """Give every manifest and every JSON blob (configuration, attestation) of an image."""
    status, _, body = _get(reference, "manifests")
    assert status == 200, f"{reference}: the registry answers {status}"
    yield body
    found = json.loads(body)
    repository = _split(reference)[0]
    for part in found.get("manifests", ()):
        yield from documents(f"{repository}@{part['digest']}")
    for part in (found.get("config"), *found.get("layers", ())):
        if part and "json" in part["mediaType"]:
            yield _get(f"{repository}@{part['digest']}", "blobs")[2]


def config(reference: str) -> dict[str, Any]:
    """Give the configuration of a one-platform image, whether or not attestations come along."""
    found = _of_platform(reference)
    return json.loads(_get(f"{_split(reference)[0]}@{found['config']['digest']}", "blobs")[2])


def layers(reference: str) -> list[str]:
    """Give the digests of the layers of a one-platform image, or of a cache."""
    return [layer["digest"] for layer in _of_platform(reference)["layers"]]


def _of_platform(reference: str) -> dict[str, Any]:
    found = manifest(reference)
    if "manifests" in found:
        (real,) = (part for part in found["manifests"] if part["platform"]["os"] != "unknown")
        found = manifest(f"{_split(reference)[0]}@{real['digest']}")
    return found


def _split(reference: str) -> tuple[str, str]:
    name, at, found = reference.partition("@")
    if at:
        return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name, found
    repository, _, tag = reference.rpartition(":")
    return repository, tag


def _get(reference: str, kind: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    repository, name = _split(reference)
    host, _, path = repository.partition("/")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request("GET", f"/v2/{path}/{kind}/{name}", headers={"Accept": _ACCEPT})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
