"""Hold what is known of single registries, which are told by the host's name.

A registry that is not here is unknown, which is not the same as unable.
"""

import re
from typing import Literal

from openfaas_build.hints.table_entries import (
    ANY,
    HUB_USAGE,
    LOG_IN,
    MAYBE_INDEX,
    READING,
    Advice,
    Answer,
    When,
)

RegistryId = Literal["hub", "ghcr", "gitlab", "quay", "jfrog", "ecr", "ecrpublic", "gar", "acr"]
HOSTS: dict[RegistryId, str] = {
    "hub": r"^(docker\.io|index\.docker\.io|registry-1\.docker\.io)$",
    "ghcr": r"^ghcr\.io$",
    "gitlab": r"^registry\.gitlab\.com$",
    "quay": r"^quay\.io$",
    "jfrog": r"\.jfrog\.io$",
    "ecr": r"^[0-9]{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.(com(\.cn)?|eu)|on\.aws)$",
    "ecrpublic": r"^(public\.ecr\.aws|ecr-public\.aws\.com)$",
    # Since 2025 gcr.io is Artifact Registry under its old names.
    "gar": r"^([a-z]+\.)?gcr\.io$|^[a-z0-9-]+-docker\.pkg\.dev$",
    "acr": r"\.azurecr\.(io|cn|us)$",
}

_GITHUB = "https://docs.github.com/packages/working-with-a-github-packages-registry"
_GHCR = f"{_GITHUB}/working-with-the-container-registry"
_GITLAB = "https://docs.gitlab.com/user/packages/container_registry/"
_JFROG = "https://jfrog.com/help/"
_ECR = (
    "https://aws.amazon.com/blogs/containers/"
    "announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/"
)
_ECR_GUIDE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide"
_GAR = "https://cloud.google.com/artifact-registry/docs"
_ACR = "https://learn.microsoft.com/azure/container-registry"

_CACHE = When(Answer.MANIFEST_REFUSED)
_CACHE_AS_INDEX = When(Answer.MANIFEST_REFUSED, forms=MAYBE_INDEX)
_CACHE_AS_MANIFEST = When(Answer.MANIFEST_REFUSED, forms=("new",))
_MISSING = When(Answer.REPOSITORY_MISSING)
_DENIED = When(Answer.DENIED)


def _no_fault(what_it_takes: str, url: str = "") -> Advice:
    return Advice(
        cause=f"{what_it_takes}, so this is passing trouble or an odd attribute.",
        remedy="Leave attributes other than ref and mode out of cache-to, and run again later.",
        url=url,
    )


ADVICE: dict[tuple[RegistryId, When], Advice] = {
    ("hub", _CACHE): _no_fault("Docker Hub takes BuildKit caches in every form"),
    ("hub", _DENIED): Advice(
        cause="Not logged in to Docker Hub, a token that may only read, or a repository of someone else.",
        remedy=f"{LOG_IN} with an access token that may write.",
        url="https://docs.docker.com/security/access-tokens/",
    ),
    ("hub", When(Answer.RATE_LIMIT, ANY)): Advice(url=HUB_USAGE),
    ("ghcr", _CACHE): _no_fault("GHCR takes BuildKit caches in every form", _GHCR),
    ("ghcr", _DENIED): Advice(
        cause="The job's token may not write packages, the package is not linked to this repository, or "
        "this is a pull request from a fork.",
        remedy="Give the job permissions: packages: write, log in to ghcr.io before this step, and give "
        "this repository the role Write in the package's settings; on forks read only.",
        url=_GHCR,
    ),
    ("ghcr", When(Answer.DENIED, READING)): Advice(
        cause="The package is private, and the job's token may not read it or was not used to log in.",
        remedy="Give the job permissions: packages: read, log in to ghcr.io before this step, and give "
        "this repository the role Read in the package's settings.",
        url=_GHCR,
    ),
    ("ghcr", When(Answer.NAME_INVALID)): Advice(
        cause="GHCR takes lower case only.", remedy="Write the owner in lower case.", url=_GHCR
    ),
    ("gitlab", _CACHE): _no_fault("GitLab takes BuildKit caches", _GITLAB),
    ("gitlab", _DENIED): Advice(
        cause="Not logged in to GitLab's registry, or a token without the scope write_registry.",
        remedy=f"{LOG_IN} with a deploy token that has write_registry.",
        url=_GITLAB,
    ),
    ("quay", _CACHE_AS_INDEX): Advice(
        cause="{writes_index}, which Quay refused; whether it still does is not known.",
        remedy="{new_form}; make the cache tag mutable.",
    ),
    ("quay", _DENIED): Advice(
        cause="Not logged in to Quay, or an account that may not write; Quay also answered 401 to a cache "
        "that is written as an image index (BuildKit before 0.21).",
        remedy=f"{LOG_IN} as a robot account with Write; use BuildKit 0.21 or newer.",
        url="https://docs.quay.io/glossary/robot-accounts.html",
    ),
    ("jfrog", _CACHE_AS_MANIFEST): Advice(
        cause="Artifactory takes a cache in this form; the tag may be immutable, or a rule of the "
        "repository stands against it.",
        url=_JFROG,
    ),
    ("jfrog", _CACHE_AS_INDEX): Advice(
        cause="{writes_index}, which Artifactory refused; as an image manifest it takes them.",
        remedy="{new_form}; make the cache tag mutable.",
        url=_JFROG,
    ),
    ("ecr", _CACHE_AS_MANIFEST): Advice(
        cause="Amazon ECR takes a cache in this form; mostly it refuses because the cache tag is immutable.",
        remedy="Make the cache tag mutable (IMMUTABLE_WITH_EXCLUSION), or use another repository.",
        url=_ECR,
    ),
    ("ecr", _CACHE_AS_INDEX): Advice(
        cause="{writes_index}, which Amazon ECR refuses, as it does every cache whose tag is immutable.",
        remedy="{new_form}; make the cache tag mutable (ECR: IMMUTABLE_WITH_EXCLUSION).",
        url=_ECR,
    ),
    ("ecr", When(Answer.TAG_IMMUTABLE)): Advice(url=f"{_ECR_GUIDE}/image-tag-mutability.html"),
    ("ecr", _MISSING): Advice(
        cause="The repository does not exist; Amazon ECR creates none by itself.",
        remedy="Create it (aws ecr create-repository), or a repository creation template for it.",
        url=f"{_ECR_GUIDE}/repository-create.html",
    ),
    ("ecr", _DENIED): Advice(
        cause="Not logged in to Amazon ECR, a log-in older than twelve hours, or a role without "
        "ecr:PutImage and ecr:InitiateLayerUpload.",
        remedy="Put aws-actions/amazon-ecr-login before this step, and complete the role's policy.",
        url="https://github.com/aws-actions/amazon-ecr-login#permissions",
    ),
    ("ecrpublic", _CACHE_AS_INDEX): Advice(
        cause="Whether Amazon ECR Public takes BuildKit caches is not known; ECR itself takes them as an "
        "image manifest only.",
        remedy="{new_form}; make the cache tag mutable; else use cache-mode gha or inline.",
        url=_ECR,
    ),
    ("gar", _CACHE): Advice(
        cause="Artifact Registry takes BuildKit caches, but not with oci-mediatypes=false.",
        remedy="Remove oci-mediatypes and image-manifest from cache-to.",
        url=f"{_GAR}/docker",
    ),
    ("gar", _MISSING): Advice(
        cause="The repository does not exist; Artifact Registry creates none by itself.",
        remedy="Create it (gcloud artifacts repositories create).",
        url=f"{_GAR}/repositories/create-repos",
    ),
    ("gar", _DENIED): Advice(
        cause="Not logged in to Artifact Registry, or an account without roles/artifactregistry.writer.",
        remedy="Log in before this step (google-github-actions/auth, docker/login-action); grant the role.",
        url=f"{_GAR}/docker/authentication",
    ),
    ("acr", _CACHE): _no_fault("Azure takes BuildKit caches in every form", f"{_ACR}/"),
    ("acr", _DENIED): Advice(
        cause="Not logged in to Azure Container Registry, or an identity without the role AcrPush.",
        remedy="Log in before this step (azure/login, docker/login-action), and grant AcrPush.",
        url=f"{_ACR}/container-registry-authentication",
    ),
}


def registry_id(host: str) -> RegistryId | Literal[""]:
    """Name the known registry of a host; a port does not matter.

    >>> registry_id("eu.gcr.io:443"), registry_id("r.example.com")
    ('gar', '')
    """
    name = re.sub(r":\d{1,5}$", "", host.strip().lower())
    return next((known for known, pattern in HOSTS.items() if re.search(pattern, name)), "")
