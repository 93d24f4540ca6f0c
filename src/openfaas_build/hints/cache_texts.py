"""Hold the error texts of caches: configuration first, then the GitHub Actions cache."""

from openfaas_build.hints.table import ALL, BACKENDS, CACHE, GHA, REGISTRY, rule

_LIMITS = (
    "https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching"
    "#usage-limits-and-eviction-policy"
)
_STATUS = "https://www.githubstatus.com/"

# Found before the build starts, whatever ignore-error says.
CONFIGURATION = (
    rule(
        "docker-driver-cannot-export",
        r"[Cc]ache export (?:is not supported|feature is currently not supported) for (?:the )?docker driver",
        ALL,
        "The builder cannot export a cache.",
        "It uses the docker driver with the classic image store.",
        "Put docker/setup-buildx-action before this step (on a laptop: docker buildx create --use), or "
        "turn on the engine's containerd image store.",
        BACKENDS,
    ),
    rule(
        "cache-type-needs-container-driver",
        r'unknown cache (?:ex|im)porter: "?(?P<type>s3|azblob)\b',
        ALL,
        'The builder does not know the cache type "{type}".',
        "The docker driver has no s3 and no azblob cache.",
        "Use a docker-container builder: docker/setup-buildx-action, or docker buildx create --use.",
        BACKENDS,
    ),
    rule(
        "unknown-cache-type",
        r'unknown cache (?:ex|im)porter: "?(?P<type>[\w.-]{1,60})',
        ALL,
        'BuildKit does not know the cache type "{type}".',
        "A typing error, or a type that this BuildKit is too old for.",
        "Use one of registry, gha, local, inline, s3 and azblob.",
        BACKENDS,
    ),
    rule(
        "gha-token-malformed",
        r"token is malformed",
        ALL,
        "The token of the GitHub Actions cache cannot be read.",
        "ACTIONS_RUNTIME_TOKEN, or the attribute token, holds something else than GitHub's token.",
        "Do not set ACTIONS_RUNTIME_TOKEN yourself; this action hands the job's own token on.",
        GHA,
    ),
    rule(
        "gha-token-expired",
        r"cache token expired",
        ALL,
        "The token of the GitHub Actions cache has expired.",
        "The token of the job is older than it may be, for instance after a very long build.",
        "Run the job again; split a build that takes hours.",
        GHA,
    ),
    rule(
        "gha-token-without-access",
        r"invalid token without access controls",
        ALL,
        "The token of the GitHub Actions cache grants access to no cache.",
        "The job may not use the cache, for instance with cache-mode: none in the workflow.",
        "Look at the event and at cache-mode of the workflow, or use cache-mode max of this action.",
        GHA,
    ),
    rule(
        "gha-credentials-missing",
        r"(?:token|url) not set for github actions cache",
        ALL,
        "There are no credentials for the GitHub Actions cache.",
        "GitHub gives them to JavaScript actions only, not to run: steps; outside of GitHub there are none.",
        "Use this action in a job on GitHub; elsewhere choose cache-mode max or local.",
        GHA,
    ),
    rule(
        "reference-upper-case",
        r"repository name \((?P<name>[^)\s]{1,255})\) must be lowercase",
        ALL,
        'The repository name "{name}" has upper case letters.',
        "Image references are lower case; names of GitHub owners often are not.",
        "Write it in lower case.",
        "https://docs.docker.com/reference/cli/docker/image/tag/",
    ),
    rule(
        "duplicate-cache-exports",
        r"duplicate cache exports \[(?P<type>[^\]\n]{1,200})\]",
        ALL,
        "The same cache export is asked for twice ({type}).",
        "Two cache-to entries have the same type and the same place.",
        "Remove one of them, or give them different refs or scopes.",
        BACKENDS,
    ),
    rule(
        "cache-argument-missing",
        r"\w cache (?:ex|im)porter requires |invalid value ref\b|type required for>",
        ALL,
        "A cache entry lacks an argument.",
        "An attribute is missing or has no value, such as ref of a registry cache or dest of a local one.",
        "Complete the entry in cache-from or cache-to: type=registry,ref=…, type=local,dest=….",
        BACKENDS,
    ),
    rule(
        "cache-attributes-contradict",
        r"invalid configuration for remote cache",
        ALL,
        "The attributes of the cache export contradict each other.",
        "image-manifest=true needs oci-mediatypes=true.",
        "Remove oci-mediatypes=false from cache-to, or add image-manifest=false.",
        REGISTRY,
    ),
)

# The service's words; its host and status are never told.
CACHES = (
    rule(
        "gha-legacy-service",
        r"legacy service is shutting down",
        CACHE,
        "{subject} failed: the builder speaks to GitHub's cache service of before 2025, which is gone.",
        "BuildKit before 0.20 or buildx before 0.21.",
        "Use buildx 0.21 and BuildKit 0.20 or newer, with the docker driver Engine 28 or newer.",
        GHA,
    ),
    rule(
        "gha-rate-limit",
        r"maximum timeout reached|resource_exhausted|requested delay \S{1,40} exceeds maximum timeout"
        r"|exceeding usage of resource 'Count'",
        CACHE,
        "{subject} failed: the GitHub Actions cache asked BuildKit to slow down until time was up.",
        "More uploads than the service takes: 200 a minute for a repository, and mode=max has many layers.",
        "Let fewer jobs write at a time, add timeout=2m to fail sooner, or use a registry cache "
        "(cache-mode max).",
        _LIMITS,
    ),
    rule(
        "gha-cannot-reserve",
        r"failed to reserve cache",
        CACHE,
        "{subject} failed: the GitHub Actions cache did not accept a new entry.",
        "The job's token may only read: pull requests from forks, pull_request_target, issue_comment, "
        "or cache-mode: read in the workflow. More rarely another job is writing the same entry, or "
        "the repository is over its 10 GB.",
        "Export from trusted events only, such as push (input cache-write); reading the cache works "
        "everywhere.",
        _LIMITS,
    ),
    rule(
        "gha-read-only",
        r"(?<!denied: )\bpermission_denied\b",
        CACHE,
        "{subject} failed: the token of the GitHub Actions cache may only read.",
        "Pull requests from forks, pull_request_target, issue_comment and cache-mode: read in the workflow "
        "give no right to write.",
        "Export from trusted events only, such as push (input cache-write); reading the cache works "
        "everywhere.",
        _LIMITS,
    ),
    rule(
        "gha-entry-exists",
        r"Cache already exists\. Scope",
        CACHE,
        "{subject} failed: the entry exists in the GitHub Actions cache already.",
        "Two jobs write the same layer at the same time, or an older BuildKit with the service of "
        "before 2025.",
        "Give each job a scope of its own; use BuildKit 0.20 or newer.",
        GHA,
    ),
    rule(
        "gha-entry-gone",
        r"\bnot_found\b",
        CACHE,
        "{subject} failed: an entry of the GitHub Actions cache is gone.",
        "The repository is over its 10 GB, so GitHub evicts entries while others are written.",
        "Let only the default branch write, use mode=min for large functions, or a registry cache "
        "(cache-mode max).",
        _LIMITS,
    ),
    rule(
        "gha-unavailable",
        r"error writing (?:layer|manifest|config) blob: unavailable\b|\Aunavailable\Z",
        CACHE,
        "{subject} failed: the GitHub Actions cache is not available.",
        "Trouble at GitHub (a 5xx answer, which BuildKit does not try again).",
        "Run the job again later; see GitHub's status page.",
        _STATUS,
    ),
    rule(
        "layer-address-expired",
        r"Signature not valid in the specified time frame|\.blob\.core\.windows\.net/actions-cache/",
        ALL,
        "A layer could not be read from the GitHub Actions cache.",
        "Its download address is valid for ten minutes, and BuildKit before 0.24 does not ask for a new one.",
        "Use BuildKit 0.24 or newer, or a registry cache (cache-mode max).",
        GHA,
    ),
    rule(
        "cache-config-too-large",
        r"is too large \((?P<size>\d{1,20}) > (?P<limit>\d{1,20})\)",
        frozenset({"import"}),
        "{subject} failed: the cache's description has {size} bytes, BuildKit reads {limit} at most.",
        "mode=max with very many layers; exporting goes on to work, but no build can use the result.",
        "Use mode=min for this function, or split it.",
        REGISTRY,
    ),
    rule(
        "cache-in-place-of-image",
        r"application/vnd\.buildkit\.cacheconfig",
        ALL,
        "A cache stands where an image should be.",
        "The cache was exported to the image's own tag.",
        "Use another tag for the cache, such as the default {{repository}}:buildcache, and push the "
        "image again.",
        REGISTRY,
    ),
    rule(
        "cached-layer-gone",
        r"failed to compute cache key: (?:[^\n]{0,200} )?blob sha256:[0-9a-f]{6,64}:? not found",
        ALL,
        "A layer that the cache names does not exist any more.",
        "It was evicted from the cache; BuildKit before 0.26 fails the build for that.",
        "Build once without cache-from (input no-cache), and use BuildKit 0.26 or newer.",
        BACKENDS,
    ),
)
