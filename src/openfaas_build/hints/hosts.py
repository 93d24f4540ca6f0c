"""Hold what is known of single registries, by the host's name.

Harbor, Nexus, Gitea and Pulp run under any name and are told by their answer
(`answers`). A host that is not here is unknown, which is not the same as
unable.
"""

import re

from openfaas_build.hints.clouds import CLOUDS
from openfaas_build.hints.table import HUB_USAGE, NEW_FORM, REGISTRY, TAKES_BOTH, Advice, Host

_GITHUB = "https://docs.github.com/packages/working-with-a-github-packages-registry"
_GHCR = f"{_GITHUB}/working-with-the-container-registry"
_GITLAB = "https://docs.gitlab.com/user/packages/container_registry/"

HOSTS = (
    Host(
        "hub",
        re.compile(r"^(docker\.io|index\.docker\.io|registry-1\.docker\.io)$"),
        {
            "manifest": Advice(
                "Docker Hub takes BuildKit caches in every form, so this is passing trouble or an odd "
                "attribute.",
                TAKES_BOTH,
                REGISTRY,
            ),
            "denied": Advice(
                "Not logged in to Docker Hub, a token that may only read, or a repository of someone else.",
                "Log in before this step (docker/login-action) with an access token that may write.",
                "https://docs.docker.com/security/access-tokens/",
            ),
            "rate-limit": Advice("", "", HUB_USAGE),
        },
    ),
    Host(
        "ghcr",
        re.compile(r"^ghcr\.io$"),
        {
            "manifest": Advice(
                "GHCR takes BuildKit caches in every form, so this is passing trouble or an odd attribute.",
                TAKES_BOTH,
                _GHCR,
            ),
            "denied": Advice(
                "The job's token may not write packages, the package is not linked to this repository, "
                "or this is a pull request from a fork.",
                "Give the job permissions: packages: write, log in to ghcr.io before this step, and "
                "give this repository the role Write in the package's settings; on forks read only.",
                _GHCR,
            ),
            "denied-read": Advice(
                "The package is private, and the job's token may not read it or was not used to log in.",
                "Give the job permissions: packages: read, log in to ghcr.io before this step, and "
                "give this repository the role Read in the package's settings.",
                _GHCR,
            ),
            "name-invalid": Advice("GHCR takes lower case only.", "Write the owner in lower case.", _GHCR),
        },
    ),
    Host(
        "ghpkg",
        re.compile(r"^docker\.pkg\.github\.com$"),
        {
            "*": Advice(
                "docker.pkg.github.com is GitHub's old registry, which takes no BuildKit caches.",
                "Move images and cache to ghcr.io.",
                f"{_GITHUB}/migrating-to-the-container-registry-from-the-docker-registry",
            )
        },
    ),
    Host(
        "gitlab",
        re.compile(r"^registry\.gitlab\.com$"),
        {
            "manifest": Advice(
                "GitLab takes BuildKit caches, so this is passing trouble or an odd attribute.",
                TAKES_BOTH,
                _GITLAB,
            ),
            "denied": Advice(
                "Not logged in to GitLab's registry, or a token without the scope write_registry.",
                "Log in before this step (docker/login-action) with a deploy token that has write_registry.",
                _GITLAB,
            ),
        },
    ),
    Host(
        "quay",
        re.compile(r"^quay\.io$"),
        {
            "index": Advice(
                "Quay refused caches that are written as an image index (BuildKit before 0.21); whether it "
                "still does is not known.",
                NEW_FORM,
                REGISTRY,
            ),
            "denied": Advice(
                "Not logged in to Quay, or an account that may not write; Quay also answered 401 to a "
                "cache that is written as an image index (BuildKit before 0.21).",
                "Log in before this step (docker/login-action) as a robot account with Write; use "
                "BuildKit 0.21 or newer.",
                "https://docs.quay.io/glossary/robot-accounts.html",
            ),
        },
    ),
    Host(
        "jfrog",
        re.compile(r"\.jfrog\.io$"),
        {
            "manifest-new": Advice(
                "Artifactory takes a cache in this form; the tag may be immutable, or a rule of the "
                "repository stands against it.",
                "",
                "https://jfrog.com/help/",
            ),
            "index": Advice(
                "Artifactory refused caches that are written as an image index (BuildKit before 0.21); "
                "as an image manifest it takes them.",
                NEW_FORM,
                "https://jfrog.com/help/",
            ),
        },
    ),
    *CLOUDS,
)


def registry_id(host: str) -> str:
    """Give the id of a known registry, or an empty text; a port does not matter."""
    name = re.sub(r":\d{1,5}$", "", host.strip().lower())
    return next((known.id for known in HOSTS if known.pattern.search(name)), "")


def host_advice(host: str, answer: str) -> Advice | None:
    """Give what is known of a registry's answer beyond the answer itself.

    `index` is a refused cache that may be in the old form, `manifest` any
    refused cache, `missing` any missing repository, `*` every refusal.
    """
    known = next((known for known in HOSTS if known.id == registry_id(host)), None)
    keys = [answer]
    if answer in ("manifest-asked", "manifest-old", "manifest-unknown"):
        keys.append("index")
    if answer.startswith(("manifest-", "missing-")) and answer != "manifest-push":
        keys.append(answer.partition("-")[0])
    if answer not in ("rate-limit", "server-error"):
        keys.append("*")
    return next((known.advice[key] for key in keys if key in known.advice), None) if known else None
