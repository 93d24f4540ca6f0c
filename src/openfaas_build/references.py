"""Make and check image references.

The grammar is that of the distribution project's `reference` package; the tag
modes are faas-cli 0.18.12's (`schema/image.go`), but a reference that Docker
would refuse is an error here, not a surprise in the build.
"""

import re

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)


def fault(reference: str) -> str:
    """Say what is wrong with a reference, or return an empty text."""
    if len(reference) > 512:
        return "is longer than any reference may be"
    if _REFERENCE.fullmatch(reference):
        return ""
    path, _, tag = split(reference)
    if odd := re.search(r"[^\w./:@\[\]-]", reference, re.ASCII):
        return "holds a blank" if odd[0].isspace() else f'holds "{odd[0]}"'
    if not path:
        return "has no name"
    if "//" in path or path.startswith("/") or path.endswith("/"):
        return "has an empty path part"
    first, _, rest = path.partition("/")
    repository = rest if rest and ("." in first or ":" in first or first == "localhost") else path
    if repository != repository.lower():
        return "has upper case in its repository name"
    if tag is not None and not re.fullmatch(r"\w[\w.-]{0,127}", tag, re.ASCII):
        return "has no tag after its colon" if not tag else f'has the invalid tag "{tag}"'
    return "is no valid image reference"


def split(reference: str) -> tuple[str, str, str | None]:
    """Split into (path, digest, tag); no tag is None, no digest is empty."""
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    repository, colon, tag = last.partition(":")
    return head + slash + repository, digest, tag if colon else None


def base_reference(image: str) -> str:
    """Add `:latest` when what follows the last `/` has no colon (faas-cli's rule)."""
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"


def repository(reference: str) -> str:
    """Return a reference without tag and digest."""
    return split(reference)[0]


def canonical(reference: str) -> str:
    """Return the full spelling of a reference: `debian` is `docker.io/library/debian:latest`."""
    path, digest, tag = split(reference)
    first, slash, _ = path.partition("/")
    if not slash:
        path = f"docker.io/library/{path}"
    elif not ("." in first or ":" in first or first == "localhost"):
        path = f"docker.io/{path}"
    path = re.sub(r"^index\.docker\.io/", "docker.io/", path)
    return f"{path}@{digest}" if digest else f"{path}:{tag or 'latest'}"


def host(reference: str) -> str:
    """Return the registry's host, with its port."""
    return canonical(reference).partition("/")[0]


def tag_word(text: str) -> str:
    """Replace what a tag cannot hold, such as a branch's slash, by `-`."""
    return re.sub(r"[^\w.-]", "-", text, flags=re.ASCII).lstrip(".-")
