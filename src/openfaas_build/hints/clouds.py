"""Hold what is known of the registries of Amazon, Google and Microsoft."""

import re

from openfaas_build.hints.table import ATTRIBUTES, NEW_FORM, TAKES_BOTH, Advice, Host

_ECR = (
    "https://aws.amazon.com/blogs/containers/"
    "announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/"
)
_ECR_MUTABLE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html"
_GAR = "https://cloud.google.com/artifact-registry/docs"
_ACR = "https://learn.microsoft.com/azure/container-registry"

CLOUDS = (
    Host(
        "ecr",
        re.compile(
            r"^\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.(com(\.cn)?|eu)|on\.aws)$", re.ASCII
        ),
        {
            "manifest-asked": Advice(
                "image-manifest=false or oci-mediatypes=false makes BuildKit write the cache as an "
                "image index, which Amazon ECR refuses.",
                "",
                _ECR,
            ),
            "manifest-old": Advice(
                "BuildKit {version} writes the cache as an image index, which Amazon ECR refuses.",
                f"{NEW_FORM[:-1]} (ECR: IMMUTABLE_WITH_EXCLUSION).",
                _ECR,
            ),
            "manifest-new": Advice(
                "Amazon ECR takes a cache in this form; mostly it answers so because the cache tag is "
                "immutable.",
                "Make the cache tag mutable (IMMUTABLE_WITH_EXCLUSION), or keep the cache in another "
                "repository.",
                _ECR,
            ),
            "manifest-unknown": Advice(
                "Amazon ECR refuses a cache that is written as an image index (BuildKit before 0.21), and "
                "every cache whose tag is immutable.",
                f"{NEW_FORM[:-1]} (ECR: IMMUTABLE_WITH_EXCLUSION).",
                _ECR,
            ),
            "immutable": Advice("", "", _ECR_MUTABLE),
            "immutable-push": Advice("", "", _ECR_MUTABLE),
            "missing": Advice(
                "The repository does not exist; Amazon ECR creates none by itself.",
                "Create it (aws ecr create-repository), or a repository creation template for it.",
                "https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-create.html",
            ),
            "denied": Advice(
                "Not logged in to Amazon ECR, a log-in older than twelve hours, or a role without "
                "ecr:PutImage and ecr:InitiateLayerUpload.",
                "Put aws-actions/amazon-ecr-login before this step, and complete the role's policy.",
                "https://github.com/aws-actions/amazon-ecr-login#permissions",
            ),
        },
    ),
    Host(
        "ecrpublic",
        re.compile(r"^(public\.ecr\.aws|ecr-public\.aws\.com)$"),
        {
            "index": Advice(
                "Whether Amazon ECR Public takes BuildKit caches is not known; ECR itself takes them as an "
                "image manifest only.",
                f"{NEW_FORM[:-1]}; else use cache-mode gha or inline.",
                _ECR,
            ),
        },
    ),
    Host(
        "gcr",
        re.compile(r"^([a-z]+\.)?gcr\.io$"),
        {
            "manifest": Advice(
                "Google Container Registry refused caches that are written as an image index; Artifact "
                "Registry has replaced it.",
                f"Move to Artifact Registry; or use BuildKit 0.21 or newer, or add {ATTRIBUTES} to cache-to.",
                f"{_GAR}/transition/transition-from-gcr",
            ),
        },
    ),
    Host(
        "gar",
        re.compile(r"^[a-z0-9-]+-docker\.pkg\.dev$"),
        {
            "manifest": Advice(
                "Artifact Registry takes BuildKit caches without further attributes, but not with "
                "oci-mediatypes=false.",
                "Remove oci-mediatypes and image-manifest from cache-to.",
                f"{_GAR}/docker",
            ),
            "missing": Advice(
                "The repository does not exist; Artifact Registry creates none by itself.",
                "Create it (gcloud artifacts repositories create).",
                f"{_GAR}/repositories/create-repos",
            ),
            "denied": Advice(
                "Not logged in to Artifact Registry, or an account without roles/artifactregistry.writer.",
                "Log in before this step (google-github-actions/auth, docker/login-action), and grant "
                "the role.",
                f"{_GAR}/docker/authentication",
            ),
        },
    ),
    Host(
        "acr",
        re.compile(r"\.azurecr\.(io|cn|us)$"),
        {
            "manifest": Advice(
                "Azure takes BuildKit caches in every form; single answers like this were passing trouble.",
                TAKES_BOTH,
                f"{_ACR}/",
            ),
            "denied": Advice(
                "Not logged in to Azure Container Registry, or an identity without the role AcrPush.",
                "Log in before this step (azure/login, docker/login-action), and grant AcrPush.",
                f"{_ACR}/container-registry-authentication",
            ),
        },
    ),
)
