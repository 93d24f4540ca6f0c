"""Hold the error texts of builds that have nothing to do with caches: machine, network, base images."""

from openfaas_build.hints.table_entries import BUILDER, HUB_USAGE, LOG_IN, LOGIN, ErrorText

_DOCS = "https://docs.docker.com"
_PLATFORMS = f"{_DOCS}/build/building/multi-platform/"
_BUILDKITD = f"{_DOCS}/build/buildkit/toml-configuration/"

# Code of the hint -> error text, in the order in which they are looked for.
OF_ANY_ACTION = {
    "no-space-left": ErrorText(
        pattern=r"no space left on device",
        problem="The builder's disk is full.",
        cause="Layers, caches and other images fill it; runners of GitHub have little space to start with.",
        remedy="Free space first (docker buildx prune), lower the input parallel, or use a larger runner.",
        url=f"{_DOCS}/build/cache/garbage-collection/",
    ),
    "plain-http-registry": ErrorText(
        pattern=r"server gave HTTP response to HTTPS client",
        problem="{subject} failed: {registry} speaks plain HTTP.",
        cause="BuildKit expects HTTPS of every host but loopback.",
        remedy="Set http = true for the host in the builder's buildkitd.toml, or insecure-registries in the "
        "engine's daemon.json for the docker driver.",
        url=_BUILDKITD,
    ),
}

OF_REGISTRIES = {
    "registry-certificate": ErrorText(
        pattern=r"\bx509: |certificate signed by unknown authority|certificate has expired",
        problem="{subject} failed: the certificate of {registry} is not trusted.",
        cause="It is signed by an authority of your own, for another name, or has expired.",
        remedy="Name the authority's certificate for the host in the builder's buildkitd.toml.",
        url=_BUILDKITD,
    ),
    "registry-unreachable": ErrorText(
        pattern=r"no such host|server misbehaving|connection refused|connection reset|no route to host"
        r"|i/o timeout|network is unreachable|TLS handshake timeout|context deadline exceeded",
        problem="{subject} failed: {registry} cannot be reached.",
        cause="A typing error in the host's name, a network that this machine is not in, or passing trouble.",
        remedy="Check the name; localhost is the builder's own container for a docker-container builder, "
        "unless it has driver-opts: network=host.",
        url=BUILDER,
    ),
}

OF_BUILDS = {
    "file-not-in-context": ErrorText(
        pattern=r'failed to calculate checksum of ref [^\s"]{1,200}: "(?P<path>[^"\n]{1,300})": not found',
        problem='"{path}" is not in the build context.',
        cause="A typing error in the Dockerfile, a line in .dockerignore, or a file outside of the handler's "
        "folder.",
        remedy="Put the file into the handler's or template's folder, or name it in the input copy-extra.",
        url=f"{_DOCS}/build/concepts/context/",
    ),
    "exec-format-error": ErrorText(
        pattern=r"exec format error",
        problem="The machine cannot run programs of the platform that is built.",
        cause="No emulator is set up for another processor, or a script lacks its first line (#!/bin/sh).",
        remedy="Put docker/setup-qemu-action before this step, or cross-compile with FROM "
        "--platform=$BUILDPLATFORM.",
        url=_PLATFORMS,
    ),
    "base-image-lacks-platform": ErrorText(
        pattern=r"no match for platform in manifest",
        problem="A base image does not exist for a platform that is built.",
        cause="The image was published for other platforms only.",
        remedy="Look with docker buildx imagetools inspect IMAGE; choose another image or fewer platforms.",
        url=_PLATFORMS,
    ),
    "pull-rate-limit": ErrorText(
        pattern=r"\btoomanyrequests\b|unexpected status from [A-Z]{3,7} request to \S{1,4000}: 429\b",
        problem="{subject} failed: {registry} got too many requests.",
        cause="Docker Hub counts pulls by address, and runners share theirs; logged in, the limit is higher.",
        remedy=f"{LOG_IN}, or pull base images through a mirror.",
        url=HUB_USAGE,
    ),
    "base-image-denied": ErrorText(
        pattern=r"failed to resolve source metadata for (?P<ref>\S{1,300}): "
        r"[^\n]{0,500}?(?:denied|insufficient_scope|authorization failed|401 Un|403 Forb)",
        problem='The base image "{ref}" may not be pulled.',
        cause="It does not exist (registries often say so only to those who may know), or needs a log-in.",
        remedy="Check the name in FROM; for a private image log in before this step (docker/login-action).",
        url=LOGIN,
    ),
    "base-image-not-found": ErrorText(
        pattern=r"failed to resolve source metadata for (?P<ref>\S{1,300}): "
        r"[^\n]{0,500}?(?:not found|manifest unknown|name unknown)",
        problem='The base image "{ref}" does not exist.',
        cause="A typing error in FROM or in a build argument, or a tag that was removed.",
        remedy="Check the name with docker buildx imagetools inspect IMAGE.",
        url=f"{_DOCS}/reference/dockerfile/#from",
    ),
    "name-not-resolved": ErrorText(
        pattern=r"Temporary failure (?:in name resolution|resolving)|[Cc]ould not resolve host|bad address '"
        r"|Name or service not known|\bEAI_AGAIN\b|getaddrinfo ENOTFOUND|no such host|server misbehaving",
        problem="The name of a host could not be resolved.",
        cause="A typing error, a name that only your own network knows, or a builder without working DNS.",
        remedy="Run again; if it stays, set [dns] nameservers in the builder's buildkitd.toml.",
        url=_BUILDKITD,
    ),
    "network-unreachable": ErrorText(
        pattern=r"[Nn]etwork is unreachable|[Nn]o route to host|i/o timeout|TLS handshake timeout"
        r"|[Cc]onnection timed out",
        problem="The network could not be reached.",
        cause="The builder has no way out: a firewall, a proxy unknown to it, or --network=none on the step.",
        remedy="Pass HTTP_PROXY and HTTPS_PROXY as build-args, or let the runner's network through.",
        url=f"{_DOCS}/build/building/variables/#proxy-arguments",
    ),
    "step-killed": ErrorText(
        pattern=r"did not complete successfully: exit code: 137\b",
        problem="A step was killed.",
        cause="Mostly a lack of memory, when several functions are built at once.",
        remedy="Lower the input parallel, or use a runner with more memory.",
        url=BUILDER,
    ),
}
