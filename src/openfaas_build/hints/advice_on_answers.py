"""Hold what a registry's answer means when nothing is known of the registry itself.

Harbor, Nexus, Gitea and Pulp run under any name, and are told by their answer.
"""

from openfaas_build.hints.table_entries import ANY, LOG_IN, LOGIN, MAYBE_INDEX, READING, Advice, Answer, When

_NO_REPOSITORY = "The repository does not exist and the registry does not create it by itself."
_TAG_EXISTS = "The tag exists, and its repository does not allow to overwrite tags."
_PUSH = "https://docs.docker.com/reference/cli/docker/image/push/"

# A case that is not here has no hint of its own: what is known of other answers is about writing.
OF_ANY_REGISTRY = {
    When(Answer.MANIFEST_REFUSED, ("export",), ("asked", "old")): Advice(
        cause="{writes_index}, which many registries refuse (Nexus, Gitea and Pulp, if this is one).",
        remedy="{new_form}.",
    ),
    When(Answer.MANIFEST_REFUSED, ("export",), ("unknown",)): Advice(
        cause="{writes_index}, which many registries refuse (Nexus, Gitea and Pulp, if this is one). "
        "Else the tag may be immutable, or the manifest too large.",
        remedy="{new_form}; make the cache tag mutable.",
    ),
    When(Answer.MANIFEST_REFUSED, ("export",), ("new",)): Advice(
        cause="Whether {registry} takes BuildKit caches is not known; most registries take this form, an "
        "image manifest. The tag may be immutable, or the manifest too large.",
        remedy="Make the cache tag mutable, or choose another one (input cache-ref); try mode=min for a "
        "function with very many layers.",
    ),
    When(Answer.IMAGE_REFUSED, ("push",)): Advice(
        cause="The tag may be immutable, or the registry does not take this form of image, such as one with "
        "attestations.",
        remedy="Use a new tag for each build (input tag), or build with provenance: false and sbom: false.",
        url="https://docs.docker.com/build/metadata/attestations/",
    ),
    When(Answer.REPOSITORY_MISSING, ("export",), MAYBE_INDEX): Advice(
        cause="{writes_index}; Harbor and Gitea answer so to that, others if the repository does not exist.",
        remedy="{new_form}; create the repository.",
    ),
    When(Answer.REPOSITORY_MISSING, ("export",), ("new",)): Advice(
        cause=_NO_REPOSITORY,
        remedy="Create the repository, or choose another one for the cache (input cache-ref).",
    ),
    When(Answer.REPOSITORY_MISSING, ("push",)): Advice(
        cause=_NO_REPOSITORY,
        remedy="Create the repository, or correct image in the stack file.",
        url=_PUSH,
    ),
    When(Answer.NO_ARTIFACTS): Advice(
        cause="Registries without support for OCI artifacts answer so.",
        remedy="Keep the cache elsewhere: cache-mode gha or inline.",
    ),
    When(Answer.TOO_LARGE): Advice(
        cause="A proxy in front of the registry limits the size of an upload.",
        remedy="Raise the proxy's limit (nginx: client_max_body_size 0), or use mode=min.",
        url="https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
    ),
    When(Answer.DENIED): Advice(
        cause="Not logged in, no right to do this, or a pull request from a fork, which gets no secrets.",
        remedy=f"{LOG_IN} as someone who has the right; on forks read only.",
        url=LOGIN,
    ),
    When(Answer.DENIED, READING): Advice(
        cause="Not logged in, or no right to read this repository.",
        remedy=f"{LOG_IN} as someone who may read it.",
        url=LOGIN,
    ),
    When(Answer.RATE_LIMIT, ANY): Advice(
        cause="The registry counts requests by address or by account.",
        remedy="Wait and run again, log in before this step (docker/login-action), or use another registry.",
        url=LOGIN,
    ),
    When(Answer.SERVER_ERROR, ANY): Advice(
        cause="Trouble at the registry; BuildKit has tried again for up to eight seconds.",
        remedy="Run again later.",
    ),
    When(Answer.LAYER_REFUSED): Advice(
        cause="The upload was lost or changed on its way: a proxy between, or several registries behind one "
        "name without common storage. Nexus 3.90 was reported to answer so.",
        remedy="Run again; if it stays, look at the registry's log.",
    ),
    When(Answer.NAME_INVALID): Advice(
        cause="The registry has rules for names, such as lower case or a number of path parts.",
        remedy="Choose another name (image in the stack file, or input cache-ref).",
    ),
    When(Answer.TAG_IMMUTABLE, ("export",)): Advice(
        cause=_TAG_EXISTS,
        remedy="Make the cache tag mutable, on Amazon ECR with IMMUTABLE_WITH_EXCLUSION for it; or keep the "
        "cache in another repository (input cache-ref).",
    ),
    When(Answer.TAG_IMMUTABLE, ("push",)): Advice(
        cause=_TAG_EXISTS,
        remedy="Use a new tag for each build, such as input tag: sha.",
        url=_PUSH,
    ),
}
