# ruff: noqa: E501
"""Every known error text, every answer of a registry in both shapes, every known registry.

GOLDEN holds the whole text of each hint. After a wanted change run this file
and paste what it prints.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from recorded import RECORDINGS, read

from openfaas_build.errors import Notice
from openfaas_build.hints import hint_for, registry_id
from openfaas_build.hints.answers import ANSWERS
from openfaas_build.hints.build_texts import BUILDS
from openfaas_build.hints.cache_texts import CACHES, CONFIGURATION
from openfaas_build.hints.hosts import HOSTS

UNKNOWN = "r.example.com:5000"
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
GHA = {"type": "gha", "scope": "fn"}
OLD, NEW = (0, 20), (0, 32, 2)
FAILED = "ERROR: failed to build: failed to solve: "


def registry(host: str = UNKNOWN, **more: str) -> dict[str, str]:
    return {"type": "registry", "ref": f"{host}/acme/fn:cache"} | more


def manifest(status: str, host: str = UNKNOWN, more: str = "") -> str:
    """Write a refused manifest as BuildKit before 0.30 does."""
    url = f"https://{host}/v2/acme/fn/manifests/cache"
    head = 'error writing manifest blob: failed commit on ref "sha256:d16ae6e0": unexpected status from PUT'
    return f"{head} request to {url}: {status}{more}"


def layer(status: str, host: str = UNKNOWN, more: str = "") -> str:
    """Write a refused layer as BuildKit before 0.30 does."""
    url = f"https://{host}/v2/acme/fn/blobs/uploads/"
    return f"error writing layer blob: unexpected status from POST request to {url}: {status}{more}"


def importing(text: str) -> str:
    return f"failed to configure registry cache importer: {text}"


def pulling(ref: str, text: str) -> str:
    return f"{FAILED}{ref}: failed to resolve source metadata for {ref}: {text}"


Case = tuple[str, dict[str, Any]]


def case(text: str, **arguments: Any) -> Case:
    return text, arguments


CASES: dict[str, Case] = {
    # --- configuration
    "docker driver": case(
        f"{FAILED[:26]} Cache export is not supported for the docker driver.\n"
        "Switch to a different driver, or turn on the containerd image store, and try again.\n"
        "Learn more at https://docs.docker.com/go/build-cache-backends/",
        action="build",
    ),
    "docker driver, old words": case(
        "cache export feature is currently not supported for docker driver. Please switch to a different driver",
        action="config",
    ),
    "unknown exporter s3": case('failed to solve: unknown cache exporter: "s3"', action="config"),
    "unknown importer azblob": case("unknown cache importer: azblob", action="import"),
    "unknown exporter": case(f'{FAILED}unknown cache exporter: "nosuch"', action="config"),
    "gha token malformed": case(
        f"{FAILED}failed to configure gha cache exporter: token is malformed: token contains an invalid number of "
        "segments",
        action="config",
    ),
    "gha token expired": case(
        "failed to configure gha cache exporter: cache token expired at 2026-11-24", attributes=GHA
    ),
    "gha token without access": case(
        "failed to configure gha cache importer: invalid token without access controls", action="import"
    ),
    "gha token missing": case(
        "failed to configure gha cache exporter: token not set for github actions cache", action="build"
    ),
    "gha url missing": case(
        "failed to configure gha cache exporter: url not set for github actions cache", action="build"
    ),
    "upper case": case(
        f"{FAILED}failed to configure registry cache exporter: invalid reference format: repository name (Acme/fn) must "
        "be lowercase",
        action="config",
    ),
    "duplicate": case(f"{FAILED}duplicate cache exports [registry]", action="config"),
    "no ref": case("ERROR: registry cache exporter requires ref", action="config"),
    "empty ref": case("ERROR: invalid value ref", action="config"),
    "no type": case('type required for> "ref=x"', action="config"),
    "contradiction": case(
        "invalid configuration for remote cache, OCI mediatypes are required for image-manifest cache format",
        action="config",
    ),
    # --- GitHub Actions cache
    "gha legacy": case("This legacy service is shutting down, effective April 15, 2025.", attributes=GHA),
    "gha 429": case("error writing layer blob: maximum timeout reached: resource_exhausted", attributes=GHA),
    "gha 429 since 0.28": case(
        "error writing layer blob: requested delay 60.00s exceeds maximum timeout 5s", attributes=GHA
    ),
    "gha v1 count": case("Request was blocked due to exceeding usage of resource 'Count'", attributes=GHA),
    "gha reserve": case("error writing layer blob: failed to reserve cache", attributes=GHA),
    "gha read-only": case("error writing layer blob: permission_denied", attributes=GHA),
    "gha read-only index": case("permission_denied"),
    "gha exists": case(
        "Cache already exists. Scope: refs/heads/main, Key: buildkit-blob-1-sha256:0", attributes=GHA
    ),
    "gha evicted": case("error writing layer blob: not_found", attributes=GHA),
    "gha 5xx": case("error writing layer blob: unavailable", attributes=GHA),
    "gha address expired": case(
        "failed to push ghcr.io/acme/fn:1: failed to copy: GET https://productionresultssa1.blob.core.windows.net/"
        "actions-cache/ab\nRESPONSE 403: 403 Server failed\nSignature not valid in the specified time frame",
        action="push",
    ),
    "gha unreachable": case(
        'error writing layer blob: Post "https://results-receiver.actions.githubusercontent.com/twirp/x": dial tcp '
        "1.2.3.4:443: i/o timeout",
        attributes=GHA,
    ),
    # --- caches in general
    "too large": case(
        importing("blob sha256:ab is too large (1582515 > 1048576)"), action="import", attributes=registry()
    ),
    "cache in place of image": case(
        pulling("docker.io/acme/fn:1", "unsupported media type application/vnd.buildkit.cacheconfig.v0"),
        action="build",
    ),
    "evicted blob": case(
        f"{FAILED}failed to compute cache key: blob sha256:0123456789ab not found", action="build"
    ),
    "no space": case(
        f'{FAILED}process "/bin/sh -c npm ci" did not complete: write /x: no space left on device',
        action="build",
    ),
    "no space on export": case(
        "error writing layer blob: write /x: no space left on device", attributes=registry()
    ),
    # --- answers, BuildKit before 0.30: status and path
    "400 manifest": case(manifest("400 Bad Request")),
    "400 manifest, old BuildKit": case(manifest("400 Bad Request"), buildkit=OLD),
    "400 manifest, new BuildKit": case(manifest("400 Bad Request"), buildkit=NEW),
    "400 manifest, asked for": case(
        manifest("400 Bad Request"), buildkit=NEW, attributes=registry(**{"image-manifest": "false"})
    ),
    "400 manifest, old form avoided": case(
        manifest("400 Bad Request"), buildkit=OLD, attributes=registry(**{"image-manifest": "true"})
    ),
    "400 layer": case(layer("400 Bad Request", more="\nblob upload invalid: blob upload invalid")),
    "400 name": case(manifest("400 Bad Request", more="\nname invalid: invalid repository name")),
    "404": case(manifest("404 Not Found")),
    "404, old BuildKit": case(manifest("404 Not Found"), buildkit=OLD),
    "404, new BuildKit": case(manifest("404 Not Found"), buildkit=NEW),
    "404, asked for": case(manifest("404 Not Found"), attributes=registry(**{"oci-mediatypes": "false"})),
    "405": case(manifest("405 Method Not Allowed")),
    "413": case(layer("413 Request Entity Too Large")),
    "403": case(layer("403 Forbidden", more="\ndenied: requested access to the resource is denied")),
    "429": case(manifest("429 Too Many Requests")),
    "503": case(manifest("503 Service Unavailable")),
    "immutable": case(
        manifest(
            "400 Bad Request",
            more="\ntag invalid: The image tag 'cache' already exists in the 'fn' repository and cannot be overwritten because the repository is immutable.",
        )
    ),
    "418": case(manifest("418 I'm a teapot")),
    # --- answers, BuildKit 0.30 and newer: the registry's words alone
    "manifest invalid": case(
        "error writing manifest blob: unknown: manifest invalid", buildkit=NEW, attributes=registry()
    ),
    "manifest invalid, nothing known": case("error writing manifest blob: unknown: manifest invalid"),
    "name unknown": case(
        "error writing layer blob: name unknown: repository name not known to registry",
        buildkit=NEW,
        attributes=registry(),
    ),
    "repository not known, in words alone": case(
        "error writing layer blob: unknown: repository name not known to registry",
        buildkit=NEW,
        attributes=registry(),
    ),
    "digest did not match, in words alone": case(
        "error writing layer blob: unknown: provided digest did not match uploaded content",
        attributes=registry(),
    ),
    "invalid name, in words alone": case(
        "error writing manifest blob: unknown: invalid repository name", attributes=registry()
    ),
    "unsupported": case(
        "error writing manifest blob: unsupported: The operation is unsupported.", attributes=registry()
    ),
    "denied": case(
        "error writing layer blob: denied: requested access to the resource is denied", attributes=registry()
    ),
    "toomanyrequests": case("error writing manifest blob: toomanyrequests: slow down", attributes=registry()),
    "digest invalid": case(
        "error writing layer blob: digest invalid: provided digest did not match", attributes=registry()
    ),
    "name invalid": case(
        "error writing manifest blob: name invalid: invalid repository name", attributes=registry()
    ),
    # --- import
    "import denied": case(
        importing(
            f"unexpected status from HEAD request to https://{UNKNOWN}/v2/acme/fn/manifests/cache: 403 Forbidden"
        ),
        action="import",
    ),
    "import denied by GHCR": case(
        importing("pulling from host ghcr.io failed with status code [manifests cache]: 403 Forbidden"),
        action="import",
        attributes=registry("ghcr.io"),
    ),
    "import 500": case(
        importing(
            f"unexpected status from HEAD request to https://{UNKNOWN}/v2/acme/fn/manifests/cache: 500 Internal Server Error"
        ),
        action="import",
    ),
    # --- push
    "push denied": case(
        "failed to push ghcr.io/acme/fn:1: denied: permission_denied: write_package", action="push"
    ),
    "push immutable": case(
        f"failed to push {ECR}/fn:1: tag invalid: The image tag '1' already exists in the 'fn' repository and cannot be overwritten because the repository is immutable.",
        action="push",
    ),
    "push 404": case(
        f"failed to push {UNKNOWN}/fn:1: name unknown: The repository with name 'fn' does not exist",
        action="push",
    ),
    "push 404 to ECR": case(
        f"failed to push {ECR}/fn:1: name unknown: The repository with name 'fn' does not exist",
        action="push",
    ),
    "push 404 to ECR, in words alone": case(
        f"failed to push {ECR}/fn:1: unknown: The repository with name 'fn' does not exist in the registry",
        action="push",
    ),
    "push 400": case(
        f"failed to push {UNKNOWN}/fn:1: unexpected status from PUT request to https://{UNKNOWN}/v2/fn/manifests/1: 400 Bad Request",
        action="push",
    ),
    # --- the way there
    "plain HTTP": case(
        f'{FAILED}failed to do request: Head "https://{UNKNOWN}/v2/acme/fn/manifests/cache": http: server gave HTTP response to HTTPS client',
        action="build",
    ),
    "certificate": case(
        f'failed to do request: Head "https://{UNKNOWN}/v2/acme/fn/manifests/cache": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        attributes=registry(),
    ),
    "no such host": case(
        'failed to do request: Head "https://r.exampel.com/v2/acme/fn/manifests/cache": dial tcp: lookup r.exampel.com: no such host'
    ),
    # --- builds
    "missing file": case(
        'failed to calculate checksum of ref x8qm387::yj3yasc: "/go.sum": not found', action="build"
    ),
    "exec format error": case("exec /bin/sh: exec format error", action="build"),
    "no platform": case(
        pulling("docker.io/library/golang:1", "no match for platform in manifest: not found"), action="build"
    ),
    "pull rate limit": case(
        pulling(
            "docker.io/library/golang:1",
            "unexpected status from HEAD request to https://registry-1.docker.io/v2/library/golang/manifests/1: 429 Too Many Requests\ntoomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
        ),
        action="build",
    ),
    "base image denied": case(
        pulling(
            "docker.io/acme/nope:1",
            "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        ),
        action="build",
    ),
    "base image not found": case(
        pulling("docker.io/library/golang:0", "docker.io/library/golang:0: not found"), action="build"
    ),
    "base image layer denied": case(
        f"{FAILED}unexpected status from GET request to https://ghcr.io/v2/acme/base/blobs/sha256:0: 403 Forbidden",
        action="build",
    ),
    "no DNS": case("Temporary failure resolving 'archive.example.org'", action="build"),
    "no network": case("connect: Network is unreachable", action="build"),
    "killed": case(
        'process "/bin/sh -c go build" did not complete successfully: exit code: 137', action="build"
    ),
    # --- nothing known
    "unknown export": case("something new", attributes=registry()),
    "unknown gha export": case("something new", attributes=GHA),
    "unknown local export": case("something new", attributes={"type": "local", "dest": ".buildcache/fn"}),
    "unknown s3 export": case("something new", attributes={"type": "s3", "bucket": "b"}),
    "unknown import": case("something new", action="import"),
    "unknown push": case("failed to push r.example.com/fn:1: something new", action="push"),
}

# What each known registry adds, for every answer that its entry names.
ANSWERED = {
    "manifest": case("error writing manifest blob: unknown: manifest invalid", buildkit=NEW),
    "index": case("error writing manifest blob: unknown: manifest invalid"),
    "manifest-asked": case("error writing manifest blob: unknown: manifest invalid"),
    "manifest-old": case("error writing manifest blob: unknown: manifest invalid", buildkit=OLD),
    "manifest-new": case("error writing manifest blob: unknown: manifest invalid", buildkit=NEW),
    "manifest-unknown": case("error writing manifest blob: unknown: manifest invalid"),
    "immutable": case("error writing manifest blob: unknown: the tag is immutable"),
    "immutable-push": case("tag invalid: the tag is immutable", action="push"),
    "missing": case("error writing manifest blob: name unknown: not there"),
    "denied": case("error writing layer blob: denied: no"),
    "denied-read": case("denied: no", action="import"),
    "rate-limit": case("error writing layer blob: toomanyrequests: no"),
    "name-invalid": case("error writing manifest blob: name invalid: no"),
    "*": case("error writing manifest blob: unsupported: no"),
}
HOST_OF = {
    "hub": "docker.io",
    "ghcr": "ghcr.io",
    "ghpkg": "docker.pkg.github.com",
    "ecr": ECR,
    "ecrpublic": "public.ecr.aws",
    "gcr": "eu.gcr.io",
    "gar": "europe-west1-docker.pkg.dev",
    "acr": "acme.azurecr.io",
    "gitlab": "registry.gitlab.com",
    "quay": "quay.io",
    "jfrog": "acme.jfrog.io",
}
for known in HOSTS:
    for answer in known.advice:
        text, arguments = ANSWERED[answer]
        asked = {"image-manifest": "false"} if answer == "manifest-asked" else {}
        CASES[f"{known.id}: {answer}"] = case(
            text, **arguments, attributes=registry(HOST_OF[known.id], **asked)
        )


def hint_of(name: str) -> Notice | None:
    text, arguments = CASES[name]
    return hint_for(text, **arguments)


def written(name: str) -> str:
    hint = hint_of(name)
    assert hint is not None, name
    return "\n".join((f"# {name}", hint.code, hint.problem, hint.cause, hint.remedy, hint.url))


GOLDEN = """
# docker driver
docker-driver-cannot-export
The builder cannot export a cache.
It uses the docker driver with the classic image store.
Put docker/setup-buildx-action before this step (on a laptop: docker buildx create --use), or turn on the engine's containerd image store.
https://docs.docker.com/go/build-cache-backends/

# docker driver, old words
docker-driver-cannot-export
The builder cannot export a cache.
It uses the docker driver with the classic image store.
Put docker/setup-buildx-action before this step (on a laptop: docker buildx create --use), or turn on the engine's containerd image store.
https://docs.docker.com/go/build-cache-backends/

# unknown exporter s3
cache-type-needs-container-driver
The builder does not know the cache type "s3".
The docker driver has no s3 and no azblob cache.
Use a docker-container builder: docker/setup-buildx-action, or docker buildx create --use.
https://docs.docker.com/go/build-cache-backends/

# unknown importer azblob
cache-type-needs-container-driver
The builder does not know the cache type "azblob".
The docker driver has no s3 and no azblob cache.
Use a docker-container builder: docker/setup-buildx-action, or docker buildx create --use.
https://docs.docker.com/go/build-cache-backends/

# unknown exporter
unknown-cache-type
BuildKit does not know the cache type "nosuch".
A typing error, or a type that this BuildKit is too old for.
Use one of registry, gha, local, inline, s3 and azblob.
https://docs.docker.com/go/build-cache-backends/

# gha token malformed
gha-token-malformed
The token of the GitHub Actions cache cannot be read.
ACTIONS_RUNTIME_TOKEN, or the attribute token, holds something else than GitHub's token.
Do not set ACTIONS_RUNTIME_TOKEN yourself; this action hands the job's own token on.
https://docs.docker.com/build/cache/backends/gha/

# gha token expired
gha-token-expired
The token of the GitHub Actions cache has expired.
The token of the job is older than it may be, for instance after a very long build.
Run the job again; split a build that takes hours.
https://docs.docker.com/build/cache/backends/gha/

# gha token without access
gha-token-without-access
The token of the GitHub Actions cache grants access to no cache.
The job may not use the cache, for instance with cache-mode: none in the workflow.
Look at the event and at cache-mode of the workflow, or use cache-mode max of this action.
https://docs.docker.com/build/cache/backends/gha/

# gha token missing
gha-credentials-missing
There are no credentials for the GitHub Actions cache.
GitHub gives them to JavaScript actions only, not to run: steps; outside of GitHub there are none.
Use this action in a job on GitHub; elsewhere choose cache-mode max or local.
https://docs.docker.com/build/cache/backends/gha/

# gha url missing
gha-credentials-missing
There are no credentials for the GitHub Actions cache.
GitHub gives them to JavaScript actions only, not to run: steps; outside of GitHub there are none.
Use this action in a job on GitHub; elsewhere choose cache-mode max or local.
https://docs.docker.com/build/cache/backends/gha/

# upper case
reference-upper-case
The repository name "Acme/fn" has upper case letters.
Image references are lower case; names of GitHub owners often are not.
Write it in lower case.
https://docs.docker.com/reference/cli/docker/image/tag/

# duplicate
duplicate-cache-exports
The same cache export is asked for twice (registry).
Two cache-to entries have the same type and the same place.
Remove one of them, or give them different refs or scopes.
https://docs.docker.com/go/build-cache-backends/

# no ref
cache-argument-missing
A cache entry lacks an argument.
An attribute is missing or has no value, such as ref of a registry cache or dest of a local one.
Complete the entry in cache-from or cache-to: type=registry,ref=…, type=local,dest=….
https://docs.docker.com/go/build-cache-backends/

# empty ref
cache-argument-missing
A cache entry lacks an argument.
An attribute is missing or has no value, such as ref of a registry cache or dest of a local one.
Complete the entry in cache-from or cache-to: type=registry,ref=…, type=local,dest=….
https://docs.docker.com/go/build-cache-backends/

# no type
cache-argument-missing
A cache entry lacks an argument.
An attribute is missing or has no value, such as ref of a registry cache or dest of a local one.
Complete the entry in cache-from or cache-to: type=registry,ref=…, type=local,dest=….
https://docs.docker.com/go/build-cache-backends/

# contradiction
cache-attributes-contradict
The attributes of the cache export contradict each other.
image-manifest=true needs oci-mediatypes=true.
Remove oci-mediatypes=false from cache-to, or add image-manifest=false.
https://docs.docker.com/build/cache/backends/registry/

# gha legacy
gha-legacy-service
Cache export to scope fn failed: the builder speaks to GitHub's cache service of before 2025, which is gone.
BuildKit before 0.20 or buildx before 0.21.
Use buildx 0.21 and BuildKit 0.20 or newer, with the docker driver Engine 28 or newer.
https://docs.docker.com/build/cache/backends/gha/

# gha 429
gha-rate-limit
Cache export to scope fn failed: the GitHub Actions cache asked BuildKit to slow down until time was up.
More uploads than the service takes: 200 a minute for a repository, and mode=max has many layers.
Let fewer jobs write at a time, add timeout=2m to fail sooner, or use a registry cache (cache-mode max).
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha 429 since 0.28
gha-rate-limit
Cache export to scope fn failed: the GitHub Actions cache asked BuildKit to slow down until time was up.
More uploads than the service takes: 200 a minute for a repository, and mode=max has many layers.
Let fewer jobs write at a time, add timeout=2m to fail sooner, or use a registry cache (cache-mode max).
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha v1 count
gha-rate-limit
Cache export to scope fn failed: the GitHub Actions cache asked BuildKit to slow down until time was up.
More uploads than the service takes: 200 a minute for a repository, and mode=max has many layers.
Let fewer jobs write at a time, add timeout=2m to fail sooner, or use a registry cache (cache-mode max).
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha reserve
gha-cannot-reserve
Cache export to scope fn failed: the GitHub Actions cache did not accept a new entry.
The job's token may only read: pull requests from forks, pull_request_target, issue_comment, or cache-mode: read in the workflow. More rarely another job is writing the same entry, or the repository is over its 10 GB.
Export from trusted events only, such as push (input cache-write); reading the cache works everywhere.
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha read-only
gha-read-only
Cache export to scope fn failed: the token of the GitHub Actions cache may only read.
Pull requests from forks, pull_request_target, issue_comment and cache-mode: read in the workflow give no right to write.
Export from trusted events only, such as push (input cache-write); reading the cache works everywhere.
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha read-only index
gha-read-only
Cache export failed: the token of the GitHub Actions cache may only read.
Pull requests from forks, pull_request_target, issue_comment and cache-mode: read in the workflow give no right to write.
Export from trusted events only, such as push (input cache-write); reading the cache works everywhere.
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha exists
gha-entry-exists
Cache export to scope fn failed: the entry exists in the GitHub Actions cache already.
Two jobs write the same layer at the same time, or an older BuildKit with the service of before 2025.
Give each job a scope of its own; use BuildKit 0.20 or newer.
https://docs.docker.com/build/cache/backends/gha/

# gha evicted
gha-entry-gone
Cache export to scope fn failed: an entry of the GitHub Actions cache is gone.
The repository is over its 10 GB, so GitHub evicts entries while others are written.
Let only the default branch write, use mode=min for large functions, or a registry cache (cache-mode max).
https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching#usage-limits-and-eviction-policy

# gha 5xx
gha-unavailable
Cache export to scope fn failed: the GitHub Actions cache is not available.
Trouble at GitHub (a 5xx answer, which BuildKit does not try again).
Run the job again later; see GitHub's status page.
https://www.githubstatus.com/

# gha address expired
layer-address-expired
A layer could not be read from the GitHub Actions cache.
Its download address is valid for ten minutes, and BuildKit before 0.24 does not ask for a new one.
Use BuildKit 0.24 or newer, or a registry cache (cache-mode max).
https://docs.docker.com/build/cache/backends/gha/

# gha unreachable
registry-unreachable
Cache export to scope fn failed: results-receiver.actions.githubusercontent.com cannot be reached.
A typing error in the host's name, a network that this machine is not in, or passing trouble.
Check the name; localhost is the builder's own container for a docker-container builder, unless it has driver-opts: network=host.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# too large
cache-config-too-large
Cache import from r.example.com:5000/acme/fn:cache failed: the cache's description has 1582515 bytes, BuildKit reads 1048576 at most.
mode=max with very many layers; exporting goes on to work, but no build can use the result.
Use mode=min for this function, or split it.
https://docs.docker.com/build/cache/backends/registry/

# cache in place of image
cache-in-place-of-image
A cache stands where an image should be.
The cache was exported to the image's own tag.
Use another tag for the cache, such as the default {repository}:buildcache, and push the image again.
https://docs.docker.com/build/cache/backends/registry/

# evicted blob
cached-layer-gone
A layer that the cache names does not exist any more.
It was evicted from the cache; BuildKit before 0.26 fails the build for that.
Build once without cache-from (input no-cache), and use BuildKit 0.26 or newer.
https://docs.docker.com/go/build-cache-backends/

# no space
no-space-left
The builder's disk is full.
Layers, caches and other images fill it; runners of GitHub have little space to start with.
Free space before the build (docker buildx prune), lower the input parallel, or use a larger runner.
https://docs.docker.com/build/cache/garbage-collection/

# no space on export
no-space-left
The builder's disk is full.
Layers, caches and other images fill it; runners of GitHub have little space to start with.
Free space before the build (docker buildx prune), lower the input parallel, or use a larger runner.
https://docs.docker.com/build/cache/garbage-collection/

# 400 manifest
registry-refused-cache-manifest
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request".
BuildKit before 0.21 writes the cache as an image index, which many registries refuse (Nexus, Gitea and Pulp, if this is one). Else the tag may be immutable, or the manifest too large.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable.
https://docs.docker.com/build/cache/backends/registry/

# 400 manifest, old BuildKit
registry-refused-cache-manifest
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request".
BuildKit 0.20 writes the cache as an image index, which many registries refuse (Nexus, Gitea and Pulp, if this is one).
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to.
https://docs.docker.com/build/cache/backends/registry/

# 400 manifest, new BuildKit
registry-refused-cache-manifest
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request".
Whether r.example.com:5000 takes BuildKit caches is not known; most registries take this form, an image manifest. The tag may be immutable, or the manifest too large.
Make the cache tag mutable, or choose another one (input cache-ref); try mode=min for a function with very many layers.
https://docs.docker.com/build/cache/backends/registry/

# 400 manifest, asked for
registry-refused-cache-manifest
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request".
image-manifest=false or oci-mediatypes=false makes BuildKit write the cache as an image index, which many registries refuse.
Remove them from cache-to, or write image-manifest=true,oci-mediatypes=true.
https://docs.docker.com/build/cache/backends/registry/

# 400 manifest, old form avoided
registry-refused-cache-manifest
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request".
Whether r.example.com:5000 takes BuildKit caches is not known; most registries take this form, an image manifest. The tag may be immutable, or the manifest too large.
Make the cache tag mutable, or choose another one (input cache-ref); try mode=min for a function with very many layers.
https://docs.docker.com/build/cache/backends/registry/

# 400 layer
registry-refused-layer
Cache export to r.example.com:5000/acme/fn failed: r.example.com:5000 answered "400 Bad Request: blob upload invalid".
The upload was lost or changed on its way: a proxy between, or several registries behind one name without common storage. Nexus 3.90 was reported to answer so.
Run again; if it stays, look at the registry's log.
https://docs.docker.com/build/cache/backends/registry/

# 400 name
registry-name-invalid
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request: name invalid".
The registry has rules for names, such as lower case or a number of path parts.
Choose another name (image in the stack file, or input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# 404
registry-repository-missing
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "404 Not Found".
The repository does not exist; or this is Harbor or Gitea, which answer so to a cache that is written as an image index (BuildKit before 0.21).
Create the repository; use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to.
https://docs.docker.com/build/cache/backends/registry/

# 404, old BuildKit
registry-repository-missing
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "404 Not Found".
Harbor and Gitea answer so to a cache that is written as an image index, as BuildKit 0.20 does; others when the repository does not exist.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; create the repository.
https://docs.docker.com/build/cache/backends/registry/

# 404, new BuildKit
registry-repository-missing
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "404 Not Found".
The repository does not exist and the registry does not create it by itself.
Create the repository, or choose another one for the cache (input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# 404, asked for
registry-repository-missing
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "404 Not Found".
Harbor and Gitea answer so to a cache that is written as an image index, as image-manifest=false or oci-mediatypes=false ask for; others when the repository does not exist.
Remove them from cache-to, or write image-manifest=true,oci-mediatypes=true; create the repository.
https://docs.docker.com/build/cache/backends/registry/

# 405
registry-no-artifacts
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "405 Method Not Allowed".
Registries without support for OCI artifacts answer so.
Keep the cache elsewhere: cache-mode gha or inline.
https://docs.docker.com/build/cache/backends/registry/

# 413
registry-body-limit
Cache export to r.example.com:5000/acme/fn failed: r.example.com:5000 answered "413 Request Entity Too Large".
A proxy in front of the registry limits the size of an upload.
Raise the proxy's limit (nginx: client_max_body_size 0), or use mode=min.
https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size

# 403
registry-denied
Cache export to r.example.com:5000/acme/fn failed: r.example.com:5000 answered "403 Forbidden: denied".
Not logged in, no right to do this, or a pull request from a fork, which gets no secrets.
Log in before this step (docker/login-action) as someone who has the right; on forks read only.
https://github.com/docker/login-action#usage

# 429
registry-rate-limit
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "429 Too Many Requests".
The registry counts requests by address or by account.
Wait and run again, log in before this step (docker/login-action), or use another registry.
https://github.com/docker/login-action#usage

# 503
registry-server-error
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "503 Service Unavailable".
Trouble at the registry; BuildKit has tried again for up to eight seconds.
Run again later.
https://docs.docker.com/build/cache/backends/registry/

# immutable
registry-tag-immutable
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "400 Bad Request: repository is immutable".
The tag exists, and its repository does not allow to overwrite tags.
Make the cache tag mutable, on Amazon ECR with IMMUTABLE_WITH_EXCLUSION for it; or keep the cache in another repository (input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# 418
cache-export-failed
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "418".
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# manifest invalid
registry-refused-cache-manifest
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "manifest invalid".
Whether r.example.com:5000 takes BuildKit caches is not known; most registries take this form, an image manifest. The tag may be immutable, or the manifest too large.
Make the cache tag mutable, or choose another one (input cache-ref); try mode=min for a function with very many layers.
https://docs.docker.com/build/cache/backends/registry/

# manifest invalid, nothing known
registry-refused-cache-manifest
Cache export failed: the registry answered "manifest invalid".
BuildKit before 0.21 writes the cache as an image index, which many registries refuse (Nexus, Gitea and Pulp, if this is one). Else the tag may be immutable, or the manifest too large.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable.
https://docs.docker.com/build/cache/backends/registry/

# name unknown
registry-repository-missing
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "name unknown".
The repository does not exist and the registry does not create it by itself.
Create the repository, or choose another one for the cache (input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# repository not known, in words alone
registry-repository-missing
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "repository name not known to registry".
The repository does not exist and the registry does not create it by itself.
Create the repository, or choose another one for the cache (input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# digest did not match, in words alone
registry-refused-layer
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "provided digest did not match".
The upload was lost or changed on its way: a proxy between, or several registries behind one name without common storage. Nexus 3.90 was reported to answer so.
Run again; if it stays, look at the registry's log.
https://docs.docker.com/build/cache/backends/registry/

# invalid name, in words alone
registry-name-invalid
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "invalid repository name".
The registry has rules for names, such as lower case or a number of path parts.
Choose another name (image in the stack file, or input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# unsupported
registry-no-artifacts
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "unsupported".
Registries without support for OCI artifacts answer so.
Keep the cache elsewhere: cache-mode gha or inline.
https://docs.docker.com/build/cache/backends/registry/

# denied
registry-denied
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "denied".
Not logged in, no right to do this, or a pull request from a fork, which gets no secrets.
Log in before this step (docker/login-action) as someone who has the right; on forks read only.
https://github.com/docker/login-action#usage

# toomanyrequests
registry-rate-limit
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "toomanyrequests".
The registry counts requests by address or by account.
Wait and run again, log in before this step (docker/login-action), or use another registry.
https://github.com/docker/login-action#usage

# digest invalid
registry-refused-layer
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "digest invalid".
The upload was lost or changed on its way: a proxy between, or several registries behind one name without common storage. Nexus 3.90 was reported to answer so.
Run again; if it stays, look at the registry's log.
https://docs.docker.com/build/cache/backends/registry/

# name invalid
registry-name-invalid
Cache export to r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "name invalid".
The registry has rules for names, such as lower case or a number of path parts.
Choose another name (image in the stack file, or input cache-ref).
https://docs.docker.com/build/cache/backends/registry/

# import denied
registry-denied
Cache import from r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "403 Forbidden".
Not logged in, or no right to read this repository.
Log in before this step (docker/login-action) as someone who may read it.
https://github.com/docker/login-action#usage

# import denied by GHCR
registry-denied
Cache import from ghcr.io/acme/fn:cache failed: ghcr.io answered "403 Forbidden".
The package is private, and the job's token may not read it or was not used to log in.
Give the job permissions: packages: read, log in to ghcr.io before this step, and give this repository the role Read in the package's settings.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# import 500
registry-server-error
Cache import from r.example.com:5000/acme/fn:cache failed: r.example.com:5000 answered "500 Internal Server Error".
Trouble at the registry; BuildKit has tried again for up to eight seconds.
Run again later.
https://docs.docker.com/build/cache/backends/registry/

# push denied
registry-denied
Image push to ghcr.io/acme/fn:1 failed: ghcr.io answered "denied".
The job's token may not write packages, the package is not linked to this repository, or this is a pull request from a fork.
Give the job permissions: packages: write, log in to ghcr.io before this step, and give this repository the role Write in the package's settings; on forks read only.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# push immutable
registry-tag-immutable
Image push to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn:1 failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "repository is immutable".
The tag exists, and its repository does not allow to overwrite tags.
Use a new tag for each build, such as input tag: sha.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html

# push 404
registry-repository-missing
Image push to r.example.com:5000/fn:1 failed: r.example.com:5000 answered "name unknown".
The repository does not exist and the registry does not create it by itself.
Create the repository, or correct image in the stack file.
https://docs.docker.com/reference/cli/docker/image/push/

# push 404 to ECR
registry-repository-missing
Image push to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn:1 failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "name unknown".
The repository does not exist; Amazon ECR creates none by itself.
Create it (aws ecr create-repository), or a repository creation template for it.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-create.html

# push 404 to ECR, in words alone
registry-repository-missing
Image push to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn:1 failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "repository with name 'fn' does not exist".
The repository does not exist; Amazon ECR creates none by itself.
Create it (aws ecr create-repository), or a repository creation template for it.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-create.html

# push 400
registry-refused-image
Image push to r.example.com:5000/fn:1 failed: r.example.com:5000 answered "400 Bad Request".
The tag may be immutable, or the registry does not take this form of image, such as one with attestations.
Use a new tag for each build (input tag), or build with provenance: false and sbom: false.
https://docs.docker.com/build/metadata/attestations/

# plain HTTP
plain-http-registry
Image pull from r.example.com:5000/acme/fn:cache failed: r.example.com:5000 speaks plain HTTP.
BuildKit expects HTTPS of every host but loopback.
Set http = true for the host in the builder's buildkitd.toml, or insecure-registries in the engine's daemon.json for the docker driver.
https://docs.docker.com/build/buildkit/toml-configuration/

# certificate
registry-certificate
Cache export to r.example.com:5000/acme/fn:cache failed: the certificate of r.example.com:5000 is not trusted.
It is signed by an authority of your own, for another name, or has expired.
Name the authority's certificate for the host in the builder's buildkitd.toml.
https://docs.docker.com/build/buildkit/toml-configuration/

# no such host
registry-unreachable
Cache export to r.exampel.com/acme/fn:cache failed: r.exampel.com cannot be reached.
A typing error in the host's name, a network that this machine is not in, or passing trouble.
Check the name; localhost is the builder's own container for a docker-container builder, unless it has driver-opts: network=host.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# missing file
file-not-in-context
"/go.sum" is not in the build context.
A typing error in the Dockerfile, a line in .dockerignore, or a file outside of the handler's folder.
Put the file into the handler's or the template's folder, or name it in the input copy-extra.
https://docs.docker.com/build/concepts/context/

# exec format error
exec-format-error
The machine cannot run programs of the platform that is built.
Its processor is another one, and no emulator is set up; or a script lacks its first line (#!/bin/sh).
Put docker/setup-qemu-action before this step, or cross-compile with FROM --platform=$BUILDPLATFORM.
https://docs.docker.com/build/building/multi-platform/

# no platform
base-image-lacks-platform
A base image does not exist for a platform that is built.
The image was published for other platforms only.
Look with docker buildx imagetools inspect IMAGE; choose another base image or fewer platforms.
https://docs.docker.com/build/building/multi-platform/

# pull rate limit
pull-rate-limit
Image pull from registry-1.docker.io/library/golang:1 failed: registry-1.docker.io got too many requests.
Docker Hub counts pulls by address, and runners share theirs; logged in, the limit is higher.
Log in before this step (docker/login-action), or pull base images through a mirror.
https://docs.docker.com/docker-hub/usage/

# base image denied
base-image-denied
The base image "docker.io/acme/nope:1" may not be pulled.
It does not exist (registries often say so only to those who may know), or needs a log-in.
Check the name in FROM; for a private image log in before this step (docker/login-action).
https://github.com/docker/login-action#usage

# base image not found
base-image-not-found
The base image "docker.io/library/golang:0" does not exist.
A typing error in FROM or in a build argument, or a tag that was removed.
Check the name with docker buildx imagetools inspect IMAGE.
https://docs.docker.com/reference/dockerfile/#from

# base image layer denied
registry-denied
Image pull from ghcr.io/acme/base failed: ghcr.io answered "403 Forbidden".
The package is private, and the job's token may not read it or was not used to log in.
Give the job permissions: packages: read, log in to ghcr.io before this step, and give this repository the role Read in the package's settings.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# no DNS
name-not-resolved
The name of a host could not be resolved.
A typing error, a name that only your own network knows, or a builder without working DNS.
Run again; if it stays, set [dns] nameservers in the builder's buildkitd.toml.
https://docs.docker.com/build/buildkit/toml-configuration/

# no network
network-unreachable
The network could not be reached.
The builder has no way out: a firewall, a proxy that it does not know, or --network=none on the step.
Pass HTTP_PROXY and HTTPS_PROXY as build-args, or let the runner's network through.
https://docs.docker.com/build/building/variables/#proxy-arguments

# killed
step-killed
A step was killed.
Mostly a lack of memory, when several functions are built at once.
Lower the input parallel, or use a runner with more memory.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# unknown export
cache-export-failed
Cache export to r.example.com:5000/acme/fn:cache failed.
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# unknown gha export
cache-export-failed
Cache export to scope fn failed.
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# unknown local export
cache-export-failed
Cache export to .buildcache/fn failed.
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# unknown s3 export
cache-export-failed
Cache export to s3 failed.
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# unknown import
cache-import-failed
Cache import failed.
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# unknown push
image-push-failed
Image push to r.example.com/fn:1 failed.
Not known: the message beside this hint is all that BuildKit says.
Turn on BuildKit's debug log and run again, it tells more: buildkitd-flags: --debug of docker/setup-buildx-action, or docker buildx create --buildkitd-flags --debug.
https://docs.docker.com/build/ci/github-actions/configure-builder/

# hub: manifest
registry-refused-cache-manifest
Cache export to docker.io/acme/fn:cache failed: docker.io answered "manifest invalid".
Docker Hub takes BuildKit caches in every form, so this is passing trouble or an odd attribute.
Leave attributes other than ref and mode out of cache-to, and run again later.
https://docs.docker.com/build/cache/backends/registry/

# hub: denied
registry-denied
Cache export to docker.io/acme/fn:cache failed: docker.io answered "denied".
Not logged in to Docker Hub, a token that may only read, or a repository of someone else.
Log in before this step (docker/login-action) with an access token that may write.
https://docs.docker.com/security/access-tokens/

# hub: rate-limit
registry-rate-limit
Cache export to docker.io/acme/fn:cache failed: docker.io answered "toomanyrequests".
The registry counts requests by address or by account.
Wait and run again, log in before this step (docker/login-action), or use another registry.
https://docs.docker.com/docker-hub/usage/

# ghcr: manifest
registry-refused-cache-manifest
Cache export to ghcr.io/acme/fn:cache failed: ghcr.io answered "manifest invalid".
GHCR takes BuildKit caches in every form, so this is passing trouble or an odd attribute.
Leave attributes other than ref and mode out of cache-to, and run again later.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# ghcr: denied
registry-denied
Cache export to ghcr.io/acme/fn:cache failed: ghcr.io answered "denied".
The job's token may not write packages, the package is not linked to this repository, or this is a pull request from a fork.
Give the job permissions: packages: write, log in to ghcr.io before this step, and give this repository the role Write in the package's settings; on forks read only.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# ghcr: denied-read
registry-denied
Cache import from ghcr.io/acme/fn:cache failed: ghcr.io answered "denied".
The package is private, and the job's token may not read it or was not used to log in.
Give the job permissions: packages: read, log in to ghcr.io before this step, and give this repository the role Read in the package's settings.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# ghcr: name-invalid
registry-name-invalid
Cache export to ghcr.io/acme/fn:cache failed: ghcr.io answered "name invalid".
GHCR takes lower case only.
Write the owner in lower case.
https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry

# ghpkg: *
registry-no-artifacts
Cache export to docker.pkg.github.com/acme/fn:cache failed: docker.pkg.github.com answered "unsupported".
docker.pkg.github.com is GitHub's old registry, which takes no BuildKit caches.
Move images and cache to ghcr.io.
https://docs.github.com/packages/working-with-a-github-packages-registry/migrating-to-the-container-registry-from-the-docker-registry

# gitlab: manifest
registry-refused-cache-manifest
Cache export to registry.gitlab.com/acme/fn:cache failed: registry.gitlab.com answered "manifest invalid".
GitLab takes BuildKit caches, so this is passing trouble or an odd attribute.
Leave attributes other than ref and mode out of cache-to, and run again later.
https://docs.gitlab.com/user/packages/container_registry/

# gitlab: denied
registry-denied
Cache export to registry.gitlab.com/acme/fn:cache failed: registry.gitlab.com answered "denied".
Not logged in to GitLab's registry, or a token without the scope write_registry.
Log in before this step (docker/login-action) with a deploy token that has write_registry.
https://docs.gitlab.com/user/packages/container_registry/

# quay: index
registry-refused-cache-manifest
Cache export to quay.io/acme/fn:cache failed: quay.io answered "manifest invalid".
Quay refused caches that are written as an image index (BuildKit before 0.21); whether it still does is not known.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable.
https://docs.docker.com/build/cache/backends/registry/

# quay: denied
registry-denied
Cache export to quay.io/acme/fn:cache failed: quay.io answered "denied".
Not logged in to Quay, or an account that may not write; Quay also answered 401 to a cache that is written as an image index (BuildKit before 0.21).
Log in before this step (docker/login-action) as a robot account with Write; use BuildKit 0.21 or newer.
https://docs.quay.io/glossary/robot-accounts.html

# jfrog: manifest-new
registry-refused-cache-manifest
Cache export to acme.jfrog.io/acme/fn:cache failed: acme.jfrog.io answered "manifest invalid".
Artifactory takes a cache in this form; the tag may be immutable, or a rule of the repository stands against it.
Make the cache tag mutable, or choose another one (input cache-ref); try mode=min for a function with very many layers.
https://jfrog.com/help/

# jfrog: index
registry-refused-cache-manifest
Cache export to acme.jfrog.io/acme/fn:cache failed: acme.jfrog.io answered "manifest invalid".
Artifactory refused caches that are written as an image index (BuildKit before 0.21); as an image manifest it takes them.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable.
https://jfrog.com/help/

# ecr: manifest-asked
registry-refused-cache-manifest
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "manifest invalid".
image-manifest=false or oci-mediatypes=false makes BuildKit write the cache as an image index, which Amazon ECR refuses.
Remove them from cache-to, or write image-manifest=true,oci-mediatypes=true.
https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/

# ecr: manifest-old
registry-refused-cache-manifest
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "manifest invalid".
BuildKit 0.20 writes the cache as an image index, which Amazon ECR refuses.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable (ECR: IMMUTABLE_WITH_EXCLUSION).
https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/

# ecr: manifest-new
registry-refused-cache-manifest
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "manifest invalid".
Amazon ECR takes a cache in this form; mostly it answers so because the cache tag is immutable.
Make the cache tag mutable (IMMUTABLE_WITH_EXCLUSION), or keep the cache in another repository.
https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/

# ecr: manifest-unknown
registry-refused-cache-manifest
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "manifest invalid".
Amazon ECR refuses a cache that is written as an image index (BuildKit before 0.21), and every cache whose tag is immutable.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable (ECR: IMMUTABLE_WITH_EXCLUSION).
https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/

# ecr: immutable
registry-tag-immutable
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "tag is immutable".
The tag exists, and its repository does not allow to overwrite tags.
Make the cache tag mutable, on Amazon ECR with IMMUTABLE_WITH_EXCLUSION for it; or keep the cache in another repository (input cache-ref).
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html

# ecr: immutable-push
registry-tag-immutable
Image push to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "tag is immutable".
The tag exists, and its repository does not allow to overwrite tags.
Use a new tag for each build, such as input tag: sha.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html

# ecr: missing
registry-repository-missing
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "name unknown".
The repository does not exist; Amazon ECR creates none by itself.
Create it (aws ecr create-repository), or a repository creation template for it.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-create.html

# ecr: denied
registry-denied
Cache export to 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/fn:cache failed: 123456789012.dkr.ecr.eu-west-1.amazonaws.com answered "denied".
Not logged in to Amazon ECR, a log-in older than twelve hours, or a role without ecr:PutImage and ecr:InitiateLayerUpload.
Put aws-actions/amazon-ecr-login before this step, and complete the role's policy.
https://github.com/aws-actions/amazon-ecr-login#permissions

# ecrpublic: index
registry-refused-cache-manifest
Cache export to public.ecr.aws/acme/fn:cache failed: public.ecr.aws answered "manifest invalid".
Whether Amazon ECR Public takes BuildKit caches is not known; ECR itself takes them as an image manifest only.
Use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to; make the cache tag mutable; else use cache-mode gha or inline.
https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/

# gcr: manifest
registry-refused-cache-manifest
Cache export to eu.gcr.io/acme/fn:cache failed: eu.gcr.io answered "manifest invalid".
Google Container Registry refused caches that are written as an image index; Artifact Registry has replaced it.
Move to Artifact Registry; or use BuildKit 0.21 or newer, or add image-manifest=true,oci-mediatypes=true to cache-to.
https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr

# gar: manifest
registry-refused-cache-manifest
Cache export to europe-west1-docker.pkg.dev/acme/fn:cache failed: europe-west1-docker.pkg.dev answered "manifest invalid".
Artifact Registry takes BuildKit caches without further attributes, but not with oci-mediatypes=false.
Remove oci-mediatypes and image-manifest from cache-to.
https://cloud.google.com/artifact-registry/docs/docker

# gar: missing
registry-repository-missing
Cache export to europe-west1-docker.pkg.dev/acme/fn:cache failed: europe-west1-docker.pkg.dev answered "name unknown".
The repository does not exist; Artifact Registry creates none by itself.
Create it (gcloud artifacts repositories create).
https://cloud.google.com/artifact-registry/docs/repositories/create-repos

# gar: denied
registry-denied
Cache export to europe-west1-docker.pkg.dev/acme/fn:cache failed: europe-west1-docker.pkg.dev answered "denied".
Not logged in to Artifact Registry, or an account without roles/artifactregistry.writer.
Log in before this step (google-github-actions/auth, docker/login-action), and grant the role.
https://cloud.google.com/artifact-registry/docs/docker/authentication

# acr: manifest
registry-refused-cache-manifest
Cache export to acme.azurecr.io/acme/fn:cache failed: acme.azurecr.io answered "manifest invalid".
Azure takes BuildKit caches in every form; single answers like this were passing trouble.
Leave attributes other than ref and mode out of cache-to, and run again later.
https://learn.microsoft.com/azure/container-registry/

# acr: denied
registry-denied
Cache export to acme.azurecr.io/acme/fn:cache failed: acme.azurecr.io answered "denied".
Not logged in to Azure Container Registry, or an identity without the role AcrPush.
Log in before this step (azure/login, docker/login-action), and grant AcrPush.
https://learn.microsoft.com/azure/container-registry/container-registry-authentication
"""
TEXTS = {
    part.partition("\n")[0]: f"# {part.strip()}" for part in GOLDEN.strip().removeprefix("# ").split("\n# ")
}


@pytest.mark.parametrize("name", CASES)
def test_the_whole_text_of_a_hint(name: str) -> None:
    assert written(name) == TEXTS[name]


def test_every_text_answer_and_registry_is_tested() -> None:
    assert set(TEXTS) == set(CASES)
    codes = {text.split("\n")[1] for text in TEXTS.values()}
    known = {rule.code for rule in (*CONFIGURATION, *CACHES, *BUILDS)} | {
        code for code, _ in ANSWERS.values()
    }
    assert codes == known | {"cache-export-failed", "cache-import-failed", "image-push-failed"}
    assert {host.id for host in HOSTS} == set(HOST_OF)
    texts = "\n".join(TEXTS.values())
    for _, advice in ANSWERS.values():
        for part in (advice.cause, advice.remedy, advice.url):
            assert part.replace("{version}", "0.20").replace("{registry}", UNKNOWN) in texts


@pytest.mark.parametrize("name", CASES)
def test_a_hint_is_complete_and_plain(name: str) -> None:
    hint = hint_of(name)
    assert hint is not None
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", hint.code)
    assert hint.url.startswith("https://")
    for part in (hint.problem, hint.cause, hint.remedy):
        assert part.isprintable()
        assert re.search(r"[.)]$", part)
        assert not re.search(r"[{}]", part.replace("{repository}:buildcache", ""))


# --- §8.1: the same answer, told by BuildKit before and since 0.30 ---

ROWS = [
    ("400 Bad Request", "unknown: manifest invalid", "registry-refused-cache-manifest"),
    ("404 Not Found", "name unknown: repository name not known to registry", "registry-repository-missing"),
    ("404 Not Found", "unknown: artifact acme/fn:cache not found", "registry-repository-missing"),
    ("405 Method Not Allowed", "unsupported: The operation is unsupported.", "registry-no-artifacts"),
    ("415 Unsupported Media Type", "unsupported: The operation is unsupported.", "registry-no-artifacts"),
    (
        "413 Request Entity Too Large",
        "unknown: <title>413 Request Entity Too Large</title>",
        "registry-body-limit",
    ),
    ("401 Unauthorized", "unauthorized: authentication required", "registry-denied"),
    ("403 Forbidden", "denied: requested access to the resource is denied", "registry-denied"),
    ("403 Forbidden", "denied: installation not allowed to Create organization package", "registry-denied"),
    ("403 Forbidden", "denied: permission_denied: write_package", "registry-denied"),
    (
        "403 Forbidden",
        "push access denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed",
        "registry-denied",
    ),
    ("429 Too Many Requests", "toomanyrequests: too many requests", "registry-rate-limit"),
    ("500 Internal Server Error", "unknown: 500 Internal Server Error", "registry-server-error"),
    ("502 Bad Gateway", "unknown: <h1>502 Bad Gateway</h1>", "registry-server-error"),
    ("503 Service Unavailable", "unavailable: 503 Service Unavailable", "registry-server-error"),
]


@pytest.mark.parametrize(("status", "words", "code"), ROWS)
@pytest.mark.parametrize("host", [UNKNOWN, *(HOST_OF[name] for name in HOST_OF if name != "ghpkg")])
def test_both_shapes_of_an_answer(status: str, words: str, code: str, host: str) -> None:
    before = hint_for(manifest(status, host))
    between = hint_for(manifest(status, host, more=f"\n{words}"))
    since = hint_for(f"error writing manifest blob: {words}", attributes=registry(host))
    for hint in (before, between, since):
        assert hint is not None
        assert hint.code == code
        assert f"{host} answered" in hint.problem
        assert f"{host}/acme/fn:cache" in hint.problem
    if before and since:
        assert (before.cause, before.remedy) == (since.cause, since.remedy)


@pytest.mark.parametrize(
    "word",
    [
        "blob unknown",
        "blob upload invalid",
        "blob upload unknown",
        "digest invalid",
        "manifest blob unknown",
        "size invalid",
        "BLOB_UPLOAD_INVALID",
    ],
)
def test_codes_about_layers(word: str) -> None:
    hint = hint_for(f"error writing layer blob: {word}: more", attributes=registry())
    assert hint is not None
    assert hint.code == "registry-refused-layer"


def code_of(text: str, **arguments: Any) -> str | None:
    hint = hint_for(text, **arguments)
    return hint and hint.code


# --- precedence ---


def test_status_goes_before_the_host() -> None:
    for host in HOST_OF.values():
        if host != "docker.pkg.github.com":
            assert code_of(layer("413 Payload Too Large", host)) == "registry-body-limit"
    assert code_of(manifest("503 Service Unavailable", "docker.pkg.github.com")) == "registry-server-error"


def test_the_more_exact_text_goes_before_the_status() -> None:
    immutable = "\ntag invalid: The image tag 'a' already exists and the tag is immutable"
    assert code_of(manifest("400 Bad Request", more=immutable)) == "registry-tag-immutable"
    assert code_of(f"error writing manifest blob: unknown:{immutable}") == "registry-tag-immutable"


def test_the_host_is_the_given_one_then_the_url_then_the_ref() -> None:
    text = manifest("418 ?", "url.example.com")
    for arguments, host in (
        ({"host": "Given.example.com"}, "given.example.com"),
        ({"attributes": registry("ref.example.com")}, "url.example.com"),
        ({}, "url.example.com"),
    ):
        hint = hint_for(text, **arguments)
        assert hint is not None
        assert f"failed: {host} answered" in hint.problem
    hint = hint_for(
        "error writing layer blob: denied: no", attributes={"type": "registry", "ref": "acme/fn:cache"}
    )
    assert hint is not None
    assert "docker.io answered" in hint.problem
    hint = hint_for(
        "unexpected status from GET request to https://auth.docker.io/token?scope=x: 401 Unauthorized"
    )
    assert hint is not None
    assert "auth.docker.io answered" in hint.problem


def test_an_import_that_needs_a_log_in() -> None:
    text = importing(
        "pull access denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed"
    )
    assert code_of(text, action="import", attributes=registry("docker.io")) == "registry-denied"


def test_a_page_in_the_text_is_no_host() -> None:
    hint = hint_for("toomanyrequests: see https://www.docker.com/increase-rate-limit", action="build")
    assert hint is not None
    assert hint.problem == "Image pull failed: the registry got too many requests."


def test_secrets_of_an_address_are_not_told() -> None:
    text = "unexpected status from PUT request to https://me:passw0rd@r.example.com/v2/a/blobs/uploads/1?_state=s3cr3t: 403 Forbidden"
    hint = hint_for(text)
    assert hint is not None
    assert "s3cr3t" not in repr(hint)
    assert "passw0rd" not in repr(hint)


def test_a_digest_in_the_path() -> None:
    hint = hint_for(
        "unexpected status from PUT request to https://r.example.com/v2/a/b/manifests/sha256:12: 500 Internal Server Error"
    )
    assert hint is not None
    assert "to r.example.com/a/b@sha256:12 failed" in hint.problem


@pytest.mark.parametrize(
    "value",
    ["image-manifest=false", "image-manifest=0", "oci-mediatypes=False", "oci-mediatypes=f"],
)
def test_an_old_form_that_was_asked_for(value: str) -> None:
    key, _, text = value.partition("=")
    hint = hint_for(manifest("400 Bad Request"), buildkit=NEW, attributes=registry(**{key: text}))
    assert hint is not None
    assert hint.cause.startswith("image-manifest=false or oci-mediatypes=false makes")


def test_an_unreadable_version_is_unknown() -> None:
    text = manifest("400 Bad Request")
    assert hint_for(text, buildkit=(0, 0, 0)) == hint_for(text, buildkit=None) == hint_for(text, buildkit=())


def test_a_registry_that_is_not_known_is_never_called_unable() -> None:
    for host in ("registry.digitalocean.com", "fra.ocir.io", "rg.fr-par.scw.cloud", UNKNOWN):
        for status, words, _ in ROWS:
            for text in (manifest(status, host), f"error writing manifest blob: {words}"):
                hint = hint_for(text, attributes=registry(host), buildkit=NEW)
                assert hint is not None
                assert not re.search(
                    r"unsupported|not supported|cannot", hint.cause + hint.remedy, re.IGNORECASE
                )
    hint = hint_for(manifest("400 Bad Request"), buildkit=NEW)
    assert hint is not None
    assert "not known" in hint.cause


# --- no hint ---


@pytest.mark.parametrize(
    "text",
    [
        importing("r.example.com/fn:cache: not found"),
        importing("r.example.com/fn:cache: not found\n"),
        importing(
            "unexpected status from HEAD request to https://r.example.com/v2/a/manifests/b: 404 Not Found"
        ),
        importing("manifest unknown: manifest unknown"),
        importing("name unknown: repository name not known to registry"),
        "WARNING: local cache import at cache not found due to err: could not read cache/index.json: open "
        "cache/index.json: no such file or directory",
    ],
)
def test_a_cold_cache_is_no_trouble(text: str) -> None:
    assert hint_for(text, action="import") is None


@pytest.mark.parametrize("action", ["import", "export", "push", "build", "config"])
def test_what_was_cancelled_has_its_cause_elsewhere(action: Any) -> None:
    text = 'error writing layer blob: failed to copy: failed to do request: Put "http://r/v2/a/blobs/uploads/b": context canceled'
    assert hint_for(text, action=action) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        'process "/bin/sh -c go build" did not complete successfully: exit code: 1',
        f"{FAILED}dockerfile parse error on line 3: unknown instruction: COPYY (did you mean COPY?)",
        "handler.go:7: undefined: foo",
        "open /etc/shadow: permission denied",
        "denied: a word in a step's output",
        "error: not_found",
        "404 Not Found",
        "npm ERR! 429 Too Many Requests - GET https://npm.example.org/x",
        "the service is unavailable",
    ],
)
def test_an_unknown_error_of_a_build_has_no_hint(text: str) -> None:
    assert hint_for(text, action="build") is None
    assert hint_for(text, action="config") is None


def test_gha_words_are_not_read_into_other_caches() -> None:
    assert code_of("permission_denied", attributes=registry()) == "cache-export-failed"
    assert code_of("error writing layer blob: denied: no", attributes=GHA) == "cache-export-failed"
    spurious = "ERROR: (*service).Write failed: rpc error: code = Unavailable desc = ref layer-sha256:0 locked: unavailable"
    assert code_of(spurious, attributes={"type": "local", "dest": "c"}) == "cache-export-failed"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{FAILED}error writing layer blob: permission_denied", "gha-read-only"),
        (f"{FAILED}{manifest('400 Bad Request')}", "registry-refused-cache-manifest"),
        (f"{FAILED}{importing('new')}", "cache-import-failed"),
        (f"{FAILED}failed to push ghcr.io/a/b:1: unauthorized: no", "registry-denied"),
        (f"{FAILED}failed to push ghcr.io/a/b:1: new", "image-push-failed"),
    ],
)
def test_a_build_error_that_is_another_one(text: str, code: str) -> None:
    assert code_of(text, action="build") == code


def test_what_a_step_printed_is_not_what_buildx_says() -> None:
    log = "ERROR: failed to push some refs\nerror writing layer blob: no\n"
    last = f'{FAILED}process "/bin/sh -c make" did not complete successfully: exit code: 2'
    assert code_of(f"{log}\n{last}", action="build") is None
    log = "Temporary failure resolving 'archive.example.org'\nE: Unable to locate package curl\n"
    assert code_of(f"{log}\n{last}", action="build") == "name-not-resolved"


# --- registries by name ---


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, name) for name, host in HOST_OF.items()),
        ("index.docker.io", "hub"),
        ("registry-1.docker.io:443", "hub"),
        ("GHCR.IO", "ghcr"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "ecr"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr"),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "ecr"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "ecr"),
        ("ecr-public.aws.com", "ecrpublic"),
        ("gcr.io", "gcr"),
        ("us-docker.pkg.dev", "gar"),
        ("acme.azurecr.cn", "acr"),
        ("evil-ghcr.io", ""),
        ("ghcr.io.evil.com", ""),
        ("12345678901.dkr.ecr.eu-west-1.amazonaws.com", ""),
        ("gitlab.example.com", ""),
        ("localhost:5000", ""),
        ("[::1]:5000", ""),
        ("", ""),
    ],
)
def test_registries_by_name(host: str, expected: str) -> None:
    assert registry_id(host) == expected


# --- recordings ---

ERRORS = {
    "error writing manifest blob: unknown: manifest invalid": "registry-refused-cache-manifest",
    "error writing layer blob: denied": "registry-denied",
    "error writing layer blob: maximum timeout": "gha-rate-limit",
    "error writing layer blob: failed to reserve": "gha-cannot-reserve",
    "error writing layer blob: permission_denied": "gha-read-only",
    "permission_denied": "gha-read-only",
    "failed to configure registry cache importer: unexpected status": "registry-denied",
    "error writing manifest blob: failed commit": "registry-refused-cache-manifest",
    "error writing layer blob: unexpected status": "registry-denied",
}
LAST_LINES = {
    "config-duplicate": "duplicate-cache-exports",
    "config-unknown-type": "unknown-cache-type",
    "config-upper-case": "reference-upper-case",
    "export-400-fatal": "registry-refused-cache-manifest",
    "export-denied-fatal": "registry-denied",
    "failed-missing-file": "file-not-in-context",
    "gha-bad-token": "gha-token-malformed",
    "gha-read-only-fatal": "gha-read-only",
    "classic-store-registry": "docker-driver-cannot-export",
}


@pytest.mark.parametrize(
    "path", sorted(RECORDINGS.glob("*/*.jsonl")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_recorded_errors(path: Path) -> None:
    record = read(path.read_text().splitlines())
    for entry in record.imports:
        expected = next((code for text, code in ERRORS.items() if entry.error.startswith(text)), None)
        if entry.error:
            assert code_of(entry.error, action="import") == expected
            assert (expected is None) == (entry.outcome == "cold")
    for export in record.exports:
        expected = next((code for text, code in ERRORS.items() if export.error.startswith(text)), None)
        if export.error:
            assert expected
            assert code_of(export.error, attributes={"type": export.kind}) == expected
    codes = json.loads((RECORDINGS / "exit-codes.json").read_text())
    if codes.get(f"{path.parent.name}/{path.stem}"):
        assert code_of("\n".join(record.tail), action="build") == LAST_LINES.get(path.stem)


# --- hostile input ---


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5_000_000,
        "unexpected status from PUT request to https://" * 20_000,
        "unexpected status from PUT request to https://" + "x:" * 1_000_000,
        "https://" * 100_000,
        "https://[" * 50_000,
        "failed to resolve source metadata for x: " * 20_000,
        "error writing layer blob: " * 20_000,
        "failed to compute cache key: blob sha256:" * 20_000,
        'failed to calculate checksum of ref a: "' * 20_000,
        "repository name (" * 50_000,
        "failed to push " * 50_000,
        " \t\n:" * 200_000,
        "\x00\x1b[31m\ud800" * 50_000,
        "{subject} {0} {} %s" * 1000,
    ],
    ids=range(14),
)
@pytest.mark.parametrize("action", ["import", "export", "push", "build"])
def test_long_and_odd_texts_do_no_harm(text: str, action: Any) -> None:
    """A pattern that backtracks without a bound would not come back from these."""
    found = hint_for(text, action=action)
    assert found is None or len(found.problem) < 4096


def test_braces_of_a_text_stay_as_they_are() -> None:
    hint = hint_for('unknown cache exporter: "a.b"', action="config")
    assert hint is not None
    assert '"a.b"' in hint.problem
    hint = hint_for("new", attributes={"type": "registry", "ref": "r.example.com/{0}{subject}"})
    assert hint is not None
    assert "r.example.com/{0}{subject}" in hint.problem


if __name__ == "__main__":
    print("\n\n".join(written(name) for name in CASES))
