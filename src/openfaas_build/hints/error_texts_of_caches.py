"""Hold the error texts of caches: their configuration, the GitHub Actions cache, what is in a cache."""

from openfaas_build.hints.table_entries import REGISTRY, ErrorText

_GHA = "https://docs.docker.com/build/cache/backends/gha/"
_LIMITS = (
    "https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching"
    "#usage-limits-and-eviction-policy"
)
_ONLY_TRUSTED_EVENTS = (
    "Export from trusted events only, such as push (input cache-write); reading the cache works everywhere."
)

# Code of the hint -> error text, in the order in which they are looked for.
# Configuration is checked before the build starts, whatever ignore-error says.
OF_CONFIGURATION = {
    "docker-driver-cannot-export": ErrorText(
        pattern=r"[Cc]ache export (?:feature )?is (?:currently )?not supported for (?:the )?docker driver",
        problem="The builder cannot export a cache.",
        cause="It uses the docker driver with the classic image store.",
        remedy="Put docker/setup-buildx-action before this step (on a laptop: docker buildx create --use), "
        "or turn on the engine's containerd image store.",
    ),
    "cache-type-needs-container-driver": ErrorText(
        pattern=r'unknown cache (?:ex|im)porter: "?(?P<type>s3|azblob)\b',
        problem='The builder does not know the cache type "{type}".',
        cause="The docker driver has no s3 and no azblob cache.",
        remedy="Use a docker-container builder: docker/setup-buildx-action, or docker buildx create --use.",
    ),
    "unknown-cache-type": ErrorText(
        pattern=r'unknown cache (?:ex|im)porter: "?(?P<type>[\w.-]{1,60})',
        problem='BuildKit does not know the cache type "{type}".',
        cause="A typing error, or a type that this BuildKit is too old for.",
        remedy="Use one of registry, gha, local, inline, s3 and azblob.",
    ),
    "reference-upper-case": ErrorText(
        pattern=r"repository name \((?P<name>[^)\s]{1,255})\) must be lowercase",
        problem='The repository name "{name}" has upper case letters.',
        cause="Image references are lower case; names of GitHub owners often are not.",
        remedy="Write it in lower case.",
        url="https://docs.docker.com/reference/cli/docker/image/tag/",
    ),
    "duplicate-cache-exports": ErrorText(
        pattern=r"duplicate cache exports \[(?P<type>[^\]\n]{1,200})\]",
        problem="The same cache export is asked for twice ({type}).",
        cause="Two cache-to entries have the same type and the same place.",
        remedy="Remove one of them, or give them different refs or scopes.",
    ),
    "cache-argument-missing": ErrorText(
        pattern=r"\w cache (?:ex|im)porter requires |invalid value ref\b|type required for>",
        problem="A cache entry lacks an argument.",
        cause="An attribute is missing or empty, such as ref of a registry cache or dest of a local one.",
        remedy="Complete the entry in cache-from or cache-to: type=registry,ref=…, type=local,dest=….",
    ),
    "cache-attributes-contradict": ErrorText(
        pattern=r"invalid configuration for remote cache",
        problem="The attributes of the cache export contradict each other.",
        cause="image-manifest=true needs oci-mediatypes=true.",
        remedy="Remove oci-mediatypes=false from cache-to, or add image-manifest=false.",
        url=REGISTRY,
    ),
}

OF_GHA_CREDENTIALS = {
    "gha-token-malformed": ErrorText(
        pattern=r"token is malformed",
        problem="The token of the GitHub Actions cache cannot be read.",
        cause="ACTIONS_RUNTIME_TOKEN, or the attribute token, holds something else than GitHub's token.",
        remedy="Do not set ACTIONS_RUNTIME_TOKEN yourself; this action hands the job's own token on.",
        url=_GHA,
    ),
    "gha-token-expired": ErrorText(
        pattern=r"cache token expired",
        problem="The token of the GitHub Actions cache has expired.",
        cause="The token of the job is older than it may be, for instance after a very long build.",
        remedy="Run the job again; split a build that takes hours.",
        url=_GHA,
    ),
    "gha-token-without-access": ErrorText(
        pattern=r"invalid token without access controls",
        problem="The token of the GitHub Actions cache grants access to no cache.",
        cause="The job may not use the cache, for instance with cache-mode: none in the workflow.",
        remedy="Look at the event and at cache-mode of the workflow, or use cache-mode max of this action.",
        url=_GHA,
    ),
    "gha-credentials-missing": ErrorText(
        pattern=r"(?:token|url) not set for github actions cache",
        problem="There are no credentials for the GitHub Actions cache.",
        cause="GitHub gives them to JavaScript actions only, not to run: steps; elsewhere there are none.",
        remedy="Use this action in a job on GitHub; elsewhere choose cache-mode max or local.",
        url=_GHA,
    ),
}

# The service's words; its host and status are never told.
OF_GHA_SERVICE = {
    "gha-legacy-service": ErrorText(
        pattern=r"legacy service is shutting down",
        problem="{subject} failed: the builder asked GitHub's cache service of before 2025, which is gone.",
        cause="BuildKit before 0.20 or buildx before 0.21.",
        remedy="Use buildx 0.21 and BuildKit 0.20 or newer, with the docker driver Engine 28 or newer.",
        url=_GHA,
    ),
    "gha-rate-limit": ErrorText(
        pattern=r"maximum timeout reached|resource_exhausted|exceeding usage of resource 'Count'"
        r"|requested delay \S{1,40} exceeds maximum timeout",
        problem="{subject} failed: the GitHub Actions cache asked BuildKit to slow down until time was up.",
        cause="More uploads than the service takes, 200 a minute for a repository; mode=max has many layers.",
        remedy="Let fewer jobs write at a time, add timeout=2m to fail sooner, or use a registry cache "
        "(cache-mode max).",
        url=_LIMITS,
    ),
    "gha-cannot-reserve": ErrorText(
        pattern=r"failed to reserve cache",
        problem="{subject} failed: the GitHub Actions cache did not accept a new entry.",
        cause="The job's token may only read: pull requests from forks, pull_request_target, issue_comment, "
        "or cache-mode: read in the workflow. More rarely another job is writing the same entry, or the "
        "repository is over its 10 GB.",
        remedy=_ONLY_TRUSTED_EVENTS,
        url=_LIMITS,
    ),
    "gha-read-only": ErrorText(
        pattern=r"(?<!denied: )\bpermission_denied\b",
        problem="{subject} failed: the token of the GitHub Actions cache may only read.",
        cause="Pull requests from forks, pull_request_target, issue_comment and cache-mode: read in the "
        "workflow give no right to write.",
        remedy=_ONLY_TRUSTED_EVENTS,
        url=_LIMITS,
    ),
    "gha-entry-gone": ErrorText(
        pattern=r"\bnot_found\b",
        problem="{subject} failed: an entry of the GitHub Actions cache is gone.",
        cause="The repository is over its 10 GB, so GitHub evicts entries while others are written.",
        remedy="Let only the default branch write, use mode=min for large functions, or a registry cache "
        "(cache-mode max).",
        url=_LIMITS,
    ),
    "gha-unavailable": ErrorText(
        pattern=r"error writing (?:layer|manifest|config) blob: unavailable\b|\Aunavailable\Z",
        problem="{subject} failed: the GitHub Actions cache is not available.",
        cause="Trouble at GitHub (a 5xx answer, which BuildKit does not try again).",
        remedy="Run the job again later; see GitHub's status page.",
        url="https://www.githubstatus.com/",
    ),
}

OF_CACHE_CONTENTS = {
    "layer-address-expired": ErrorText(
        pattern=r"Signature not valid in the specified time frame|\.blob\.core\.windows\.net/actions-cache/",
        problem="A layer could not be read from the GitHub Actions cache.",
        cause="Its address is valid for ten minutes, and BuildKit before 0.24 does not ask for a new one.",
        remedy="Use BuildKit 0.24 or newer, or a registry cache (cache-mode max).",
        url=_GHA,
    ),
    "cache-config-too-large": ErrorText(
        pattern=r"blob \S{1,150} is too large \((?P<size>\d{1,20}) > (?P<limit>\d{1,20})\)",
        problem="{subject} failed: the cache's description has {size} bytes, BuildKit reads {limit} at most.",
        cause="mode=max with very many layers; exporting goes on to work, but no build can use the result.",
        remedy="Use mode=min for this function, or split it.",
        url=REGISTRY,
    ),
    "cache-in-place-of-image": ErrorText(
        pattern=r"application/vnd\.buildkit\.cacheconfig",
        problem="A cache stands where an image should be.",
        cause="The cache was exported to the image's own tag.",
        remedy="Use another cache tag (by default {{repository}}:buildcache), and push the image again.",
        url=REGISTRY,
    ),
    "cached-layer-gone": ErrorText(
        pattern=r"failed to compute cache key: (?:[^\n]{0,200} )?blob sha256:[0-9a-f]{6,64}:? not found",
        problem="A layer that the cache names does not exist any more.",
        cause="It was evicted from the cache; BuildKit before 0.26 fails the build for that.",
        remedy="Build once without cache-from (input no-cache), and use BuildKit 0.26 or newer.",
    ),
}
