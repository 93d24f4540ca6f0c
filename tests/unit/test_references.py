"""Image references: Docker's grammar and faas-cli's rule for `:latest`."""

import pytest

from openfaas_build.references import base_reference, canonical, fault, host, repository, tag_word

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "reference",
    [
        "f",
        "u/f",
        "u/f:1.0",
        "localhost:5000/u/f:latest",
        "[::1]:5000/f",
        f"u/f@{DIGEST}",
        f"u/f:1@{DIGEST}",
        "a.b-c/d__e/f--g",
    ],
)
def test_good(reference: str):
    assert fault(reference) == ""


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (":latest", "has no name"),
        ("u/F:1", "has upper case in its repository name"),
        ("ghcr.io/Acme/f:1", "has upper case in its repository name"),
        ("u/f x", "holds a blank"),
        ("u/f:", "has no tag after its colon"),
        ("u/f:a/b", "is no valid image reference"),
        ("u/f:-a", 'has the invalid tag "-a"'),
        ("u/f:" + "a" * 129, 'has the invalid tag "' + "a" * 129 + '"'),
        ("registry//f:1", "has an empty path part"),
        ("/f:1", "has an empty path part"),
        ("<user>/f:1", 'holds "<"'),
        ("$OWNER/f:1", 'holds "$"'),
        ("a__-b/f", "is no valid image reference"),
        ("u/f:1\n", "holds a blank"),
        ("u/" + "f" * 520, "is longer than any reference may be"),
        ("u/f@sha256:abc", "is no valid image reference"),
    ],
)
def test_bad(reference: str, text: str):
    assert fault(reference) == text


@pytest.mark.parametrize(
    ("image", "base"),
    [
        ("u/f", "u/f:latest"),
        ("localhost:5000/u/f", "localhost:5000/u/f:latest"),
        ("localhost:5000", "localhost:5000"),
        ("u/f:", "u/f:"),
        (f"u/f@{DIGEST}", f"u/f@{DIGEST}"),
        ("1.10", "1.10:latest"),
        ("", ":latest"),
    ],
)
def test_latest_rule_of_faas_cli(image: str, base: str):
    assert base_reference(image) == base


def test_one_spelling():
    assert canonical("f") == "docker.io/library/f:latest" == canonical("index.docker.io/library/f")
    assert canonical("u/f:1") == "docker.io/u/f:1"
    assert canonical("localhost/f") == "localhost/f:latest"
    assert canonical(f"u/f:1@{DIGEST}") == f"docker.io/u/f@{DIGEST}"


def test_parts():
    assert repository("localhost:5000/u/f:1") == "localhost:5000/u/f"
    assert (host("u/f"), host("localhost:5000/u/f:1")) == ("docker.io", "localhost:5000")
    assert tag_word("feature/new thing") == "feature-new-thing"
    assert tag_word("-x") == "x"
