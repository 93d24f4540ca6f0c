"""The table of design section 6: what is written, and what buildx gets."""

import pytest

from openfaas_build.cache import CacheSpec, attributes, cache_for_lists, cache_for_word, fill, kind, place
from openfaas_build.errors import BuildError

NAMES = {
    "image": "ghcr.io/acme/thumbs:1-abc",
    "repository": "ghcr.io/acme/thumbs",
    "function": "thumbs",
    "platform": "linux-amd64",
    "branch": "topic-x",
    "base_branch": "",
}
REF = "{repository}:buildcache"
PLACE = "type=registry,ref=ghcr.io/acme/thumbs:buildcache"


@pytest.mark.parametrize(
    ("word", "spec"),
    [
        ("off", CacheSpec()),
        ("stack", CacheSpec()),
        (
            "inline",
            CacheSpec(
                mode="inline", imports=("ghcr.io/acme/thumbs:1-abc", "ghcr.io/acme/thumbs:1"), inline=True
            ),
        ),
        ("max", CacheSpec(mode="max", imports=(PLACE,), exports=(f"{PLACE},mode=max",), inline=True)),
        ("registry", CacheSpec(mode="max", imports=(PLACE,), exports=(f"{PLACE},mode=max",), inline=True)),
        (
            "gha",
            CacheSpec(
                mode="gha", imports=("type=gha,scope=thumbs",), exports=("type=gha,scope=thumbs,mode=max",)
            ),
        ),
        (
            "local",
            CacheSpec(
                mode="local",
                imports=("type=local,src=.buildcache/thumbs",),
                exports=("type=local,dest=.buildcache/thumbs,mode=max",),
            ),
        ),
    ],
)
def test_words(word: str, spec: CacheSpec):
    assert cache_for_word(word, REF, NAMES, "ghcr.io/acme/thumbs:1") == spec


def test_inline_names_the_image_once_when_its_tag_never_changes():
    spec = cache_for_word("inline", REF, NAMES | {"image": "u/f:latest"}, "u/f:latest")
    assert spec.imports == ("u/f:latest",)


@pytest.mark.parametrize(
    ("imports", "exports", "cache_from", "cache_to"),
    [
        (["u/f:latest"], [], ["u/f:latest"], []),
        (["u/f:a", "u/f:b"], [], ["u/f:a", "u/f:b"], []),
        (["u/f:c"], ["u/f:c"], ["type=registry,ref=u/f:c"], ["type=registry,ref=u/f:c,mode=max"]),
        (["ref=u/f:c"], ["ref=u/f:c"], ["type=registry,ref=u/f:c"], ["type=registry,ref=u/f:c,mode=max"]),
        ([], ["ref=u/f:c,mode=min"], [], ["type=registry,ref=u/f:c,mode=min"]),
        ([], ["ref=u/f:c,compression=zstd"], [], ["type=registry,ref=u/f:c,compression=zstd,mode=max"]),
        (["type=gha"], ["type=gha,mode=max"], ["type=gha"], ["type=gha,mode=max"]),
        (["type=gha"], ["type=s3,bucket=b"], ["type=gha"], ["type=s3,bucket=b"]),
        (["u/f:c"], ["type=gha"], ["type=registry,ref=u/f:c"], ["type=gha"]),
        (["{repository}:{branch}"], [], ["ghcr.io/acme/thumbs:topic-x"], []),
    ],
)
def test_lists(imports: list[str], exports: list[str], cache_from: list[str], cache_to: list[str]):
    spec = cache_for_lists(tuple(imports), tuple(exports), NAMES)
    assert spec == CacheSpec(mode="custom", imports=tuple(cache_from), exports=tuple(cache_to), inline=True)


def test_an_unknown_placeholder_is_an_error():
    with pytest.raises(BuildError) as error:
        fill("u/{fn}:c", NAMES)
    assert str(error.value) == (
        'cache value "u/{fn}:c" has an unknown placeholder "{fn}".\n'
        "Use one of {image}, {repository}, {function}, {platform}, {branch}, {base_branch}."
    )


def test_a_placeholder_without_a_value_is_an_error():
    with pytest.raises(BuildError) as error:
        fill("u/f:{base_branch}", NAMES)
    assert str(error.value) == (
        'cache value "u/f:{base_branch}": "{base_branch}" has no value in this run.\n'
        "Likely cause: {base_branch} is known on pull requests alone, {branch} in a git checkout.\n"
        "Write the branch's name itself, or leave this value out here."
    )


def test_attributes_and_places():
    assert attributes("u/f:c") == {"type": "registry", "ref": "u/f:c"}
    assert attributes("Type=gha, scope=a") == {"type": "gha", "scope": "a"}
    assert kind("type=s3,bucket=b") == "s3"
    assert place("type=gha,mode=max") == place("type=gha,scope=buildkit") != place("type=gha,scope=a")
    assert place("type=local,src=c/") == place("type=local,dest=c,mode=max")
    assert place("type=registry,ref=u/f:c,mode=max") == place("u/f:c")
    assert place("type=s3,bucket=b,name=x") != place("type=s3,bucket=b,name=y")
