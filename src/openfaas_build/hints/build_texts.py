"""Hold the error texts of builds that have nothing to do with caches: machine, network, base images."""

from openfaas_build.hints.table import ALL, BUILD, BUILDER, BUILDKITD, HUB_USAGE, LOGIN, REGISTRIES, rule

_PLATFORMS = "https://docs.docker.com/build/building/multi-platform/"
_DOCS = "https://docs.docker.com"

BUILDS = (
    rule(
        "no-space-left",
        r"no space left on device",
        ALL,
        "The builder's disk is full.",
        "Layers, caches and other images fill it; runners of GitHub have little space to start with.",
        "Free space before the build (docker buildx prune), lower the input parallel, or use a larger "
        "runner.",
        f"{_DOCS}/build/cache/garbage-collection/",
    ),
    rule(
        "file-not-in-context",
        r'failed to calculate checksum of ref [^\s"]{1,200}: "(?P<path>[^"\n]{1,300})": not found',
        BUILD,
        '"{path}" is not in the build context.',
        "A typing error in the Dockerfile, a line in .dockerignore, or a file outside of the handler's "
        "folder.",
        "Put the file into the handler's or the template's folder, or name it in the input copy-extra.",
        f"{_DOCS}/build/concepts/context/",
    ),
    rule(
        "exec-format-error",
        r"exec format error",
        BUILD,
        "The machine cannot run programs of the platform that is built.",
        "Its processor is another one, and no emulator is set up; or a script lacks its first line "
        "(#!/bin/sh).",
        "Put docker/setup-qemu-action before this step, or cross-compile with FROM "
        "--platform=$BUILDPLATFORM.",
        _PLATFORMS,
    ),
    rule(
        "base-image-lacks-platform",
        r"no match for platform in manifest",
        BUILD,
        "A base image does not exist for a platform that is built.",
        "The image was published for other platforms only.",
        "Look with docker buildx imagetools inspect IMAGE; choose another base image or fewer platforms.",
        _PLATFORMS,
    ),
    rule(
        "pull-rate-limit",
        r"\btoomanyrequests\b|unexpected status from [A-Z]{3,7} request to \S{1,4000}: 429\b",
        BUILD,
        "{subject} failed: {registry} got too many requests.",
        "Docker Hub counts pulls by address, and runners share theirs; logged in, the limit is higher.",
        "Log in before this step (docker/login-action), or pull base images through a mirror.",
        HUB_USAGE,
    ),
    rule(
        "base-image-denied",
        r"failed to resolve source metadata for (?P<ref>\S{1,300}): "
        r"[^\n]{0,500}?(?:denied|insufficient_scope|authorization failed|401 Un|403 Forb)",
        BUILD,
        'The base image "{ref}" may not be pulled.',
        "It does not exist (registries often say so only to those who may know), or needs a log-in.",
        "Check the name in FROM; for a private image log in before this step (docker/login-action).",
        LOGIN,
    ),
    rule(
        "base-image-not-found",
        r"failed to resolve source metadata for (?P<ref>\S{1,300}): "
        r"[^\n]{0,500}?(?:not found|manifest unknown|name unknown)",
        BUILD,
        'The base image "{ref}" does not exist.',
        "A typing error in FROM or in a build argument, or a tag that was removed.",
        "Check the name with docker buildx imagetools inspect IMAGE.",
        f"{_DOCS}/reference/dockerfile/#from",
    ),
    rule(
        "plain-http-registry",
        r"server gave HTTP response to HTTPS client",
        ALL,
        "{subject} failed: {registry} speaks plain HTTP.",
        "BuildKit expects HTTPS of every host but loopback.",
        "Set http = true for the host in the builder's buildkitd.toml, or insecure-registries in the "
        "engine's daemon.json for the docker driver.",
        BUILDKITD,
    ),
    rule(
        "registry-certificate",
        r"\bx509: |certificate signed by unknown authority|certificate has expired",
        REGISTRIES,
        "{subject} failed: the certificate of {registry} is not trusted.",
        "It is signed by an authority of your own, for another name, or has expired.",
        "Name the authority's certificate for the host in the builder's buildkitd.toml.",
        BUILDKITD,
    ),
    rule(
        "registry-unreachable",
        r"no such host|server misbehaving|connection refused|connection reset|no route to host|i/o timeout"
        r"|network is unreachable|TLS handshake timeout|context deadline exceeded",
        REGISTRIES,
        "{subject} failed: {registry} cannot be reached.",
        "A typing error in the host's name, a network that this machine is not in, or passing trouble.",
        "Check the name; localhost is the builder's own container for a docker-container builder, "
        "unless it has driver-opts: network=host.",
        BUILDER,
    ),
    rule(
        "name-not-resolved",
        r"Temporary failure (?:in name resolution|resolving)|[Cc]ould not resolve host|bad address '"
        r"|Name or service not known|\bEAI_AGAIN\b|getaddrinfo ENOTFOUND|no such host|server misbehaving",
        BUILD,
        "The name of a host could not be resolved.",
        "A typing error, a name that only your own network knows, or a builder without working DNS.",
        "Run again; if it stays, set [dns] nameservers in the builder's buildkitd.toml.",
        BUILDKITD,
    ),
    rule(
        "network-unreachable",
        r"[Nn]etwork is unreachable|[Nn]o route to host|i/o timeout|TLS handshake timeout"
        r"|[Cc]onnection timed out",
        BUILD,
        "The network could not be reached.",
        "The builder has no way out: a firewall, a proxy that it does not know, or --network=none on "
        "the step.",
        "Pass HTTP_PROXY and HTTPS_PROXY as build-args, or let the runner's network through.",
        f"{_DOCS}/build/building/variables/#proxy-arguments",
    ),
    rule(
        "step-killed",
        r"did not complete successfully: exit code: 137\b",
        BUILD,
        "A step was killed.",
        "Mostly a lack of memory, when several functions are built at once.",
        "Lower the input parallel, or use a runner with more memory.",
        BUILDER,
    ),
)
