"""Hold what a registry's answer means when nothing is known of the registry itself."""

from openfaas_build.hints.table import ATTRIBUTES, LOGIN, REGISTRY, Advice

_PUSH = "https://docs.docker.com/reference/cli/docker/image/push/"


# Answer -> (code, advice). `manifest` and `missing` are told apart by the form in which BuildKit wrote
# the cache: `asked` and `old` are the image index, `new` the image manifest.
ANSWERS = {
    "manifest-asked": (
        "registry-refused-cache-manifest",
        Advice(
            "image-manifest=false or oci-mediatypes=false makes BuildKit write the cache as an image "
            "index, which many registries refuse.",
            f"Remove them from cache-to, or write {ATTRIBUTES}.",
            REGISTRY,
        ),
    ),
    "manifest-old": (
        "registry-refused-cache-manifest",
        Advice(
            "BuildKit {version} writes the cache as an image index, which many registries refuse "
            "(Nexus, Gitea and Pulp, if this is one).",
            f"Use BuildKit 0.21 or newer, or add {ATTRIBUTES} to cache-to.",
            REGISTRY,
        ),
    ),
    "manifest-new": (
        "registry-refused-cache-manifest",
        Advice(
            "Whether {registry} takes BuildKit caches is not known; most registries take this form, an "
            "image manifest. The tag may be immutable, or the manifest too large.",
            "Make the cache tag mutable, or choose another one (input cache-ref); try mode=min for a "
            "function with very many layers.",
            REGISTRY,
        ),
    ),
    "manifest-unknown": (
        "registry-refused-cache-manifest",
        Advice(
            "BuildKit before 0.21 writes the cache as an image index, which many registries refuse "
            "(Nexus, Gitea and Pulp, if this is one). Else the tag may be immutable, or the manifest "
            "too large.",
            f"Use BuildKit 0.21 or newer, or add {ATTRIBUTES} to cache-to; make the cache tag mutable.",
            REGISTRY,
        ),
    ),
    "manifest-push": (
        "registry-refused-image",
        Advice(
            "The tag may be immutable, or the registry does not take this form of image, such as one with "
            "attestations.",
            "Use a new tag for each build (input tag), or build with provenance: false and sbom: false.",
            "https://docs.docker.com/build/metadata/attestations/",
        ),
    ),
    "missing-asked": (
        "registry-repository-missing",
        Advice(
            "Harbor and Gitea answer so to a cache that is written as an image index, as "
            "image-manifest=false or oci-mediatypes=false ask for; others when the repository does not "
            "exist.",
            f"Remove them from cache-to, or write {ATTRIBUTES}; create the repository.",
            REGISTRY,
        ),
    ),
    "missing-old": (
        "registry-repository-missing",
        Advice(
            "Harbor and Gitea answer so to a cache that is written as an image index, as BuildKit "
            "{version} does; others when the repository does not exist.",
            f"Use BuildKit 0.21 or newer, or add {ATTRIBUTES} to cache-to; create the repository.",
            REGISTRY,
        ),
    ),
    "missing-new": (
        "registry-repository-missing",
        Advice(
            "The repository does not exist and the registry does not create it by itself.",
            "Create the repository, or choose another one for the cache (input cache-ref).",
            REGISTRY,
        ),
    ),
    "missing-unknown": (
        "registry-repository-missing",
        Advice(
            "The repository does not exist; or this is Harbor or Gitea, which answer so to a cache that is "
            "written as an image index (BuildKit before 0.21).",
            f"Create the repository; use BuildKit 0.21 or newer, or add {ATTRIBUTES} to cache-to.",
            REGISTRY,
        ),
    ),
    "missing-push": (
        "registry-repository-missing",
        Advice(
            "The repository does not exist and the registry does not create it by itself.",
            "Create the repository, or correct image in the stack file.",
            _PUSH,
        ),
    ),
    "no-artifacts": (
        "registry-no-artifacts",
        Advice(
            "Registries without support for OCI artifacts answer so.",
            "Keep the cache elsewhere: cache-mode gha or inline.",
            REGISTRY,
        ),
    ),
    "too-large": (
        "registry-body-limit",
        Advice(
            "A proxy in front of the registry limits the size of an upload.",
            "Raise the proxy's limit (nginx: client_max_body_size 0), or use mode=min.",
            "https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
        ),
    ),
    "denied": (
        "registry-denied",
        Advice(
            "Not logged in, no right to do this, or a pull request from a fork, which gets no secrets.",
            "Log in before this step (docker/login-action) as someone who has the right; on forks read only.",
            LOGIN,
        ),
    ),
    "denied-read": (
        "registry-denied",
        Advice(
            "Not logged in, or no right to read this repository.",
            "Log in before this step (docker/login-action) as someone who may read it.",
            LOGIN,
        ),
    ),
    "rate-limit": (
        "registry-rate-limit",
        Advice(
            "The registry counts requests by address or by account.",
            "Wait and run again, log in before this step (docker/login-action), or use another registry.",
            LOGIN,
        ),
    ),
    "server-error": (
        "registry-server-error",
        Advice(
            "Trouble at the registry; BuildKit has tried again for up to eight seconds.",
            "Run again later.",
            REGISTRY,
        ),
    ),
    "blob-refused": (
        "registry-refused-layer",
        Advice(
            "The upload was lost or changed on its way: a proxy between, or several registries behind "
            "one name without common storage. Nexus 3.90 was reported to answer so.",
            "Run again; if it stays, look at the registry's log.",
            REGISTRY,
        ),
    ),
    "name-invalid": (
        "registry-name-invalid",
        Advice(
            "The registry has rules for names, such as lower case or a number of path parts.",
            "Choose another name (image in the stack file, or input cache-ref).",
            REGISTRY,
        ),
    ),
    "immutable": (
        "registry-tag-immutable",
        Advice(
            "The tag exists, and its repository does not allow to overwrite tags.",
            "Make the cache tag mutable, on Amazon ECR with IMMUTABLE_WITH_EXCLUSION for it; or keep "
            "the cache in another repository (input cache-ref).",
            REGISTRY,
        ),
    ),
    "immutable-push": (
        "registry-tag-immutable",
        Advice(
            "The tag exists, and its repository does not allow to overwrite tags.",
            "Use a new tag for each build, such as input tag: sha.",
            _PUSH,
        ),
    ),
}
