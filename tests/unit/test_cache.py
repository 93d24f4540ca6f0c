"""The table of design section 6: what is written, and what buildx gets."""

import pytest

from openfaas_build.cache import (
    CacheSpec,
    cache_for_lists,
    cache_for_word,
    fill,
    parse_entries,
    parse_entry,
)
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
                mode="inline",
                imports=parse_entries(["ghcr.io/acme/thumbs:1-abc", "ghcr.io/acme/thumbs:1"]),
                inline=True,
            ),
        ),
        (
            "max",
            CacheSpec(
                mode="max",
                imports=parse_entries([PLACE]),
                exports=parse_entries([f"{PLACE},mode=max"]),
                inline=True,
            ),
        ),
        (
            "registry",
            CacheSpec(
                mode="max",
                imports=parse_entries([PLACE]),
                exports=parse_entries([f"{PLACE},mode=max"]),
                inline=True,
            ),
        ),
        (
            "gha",
            CacheSpec(
                mode="gha",
                imports=parse_entries(["type=gha,scope=thumbs"]),
                exports=parse_entries(["type=gha,scope=thumbs,mode=max"]),
            ),
        ),
        (
            "local",
            CacheSpec(
                mode="local",
                imports=parse_entries(["type=local,src=.buildcache/thumbs"]),
                exports=parse_entries(["type=local,dest=.buildcache/thumbs,mode=max"]),
            ),
        ),
    ],
)
def test_words(word: str, spec: CacheSpec):
    assert cache_for_word(word, REF, NAMES, "ghcr.io/acme/thumbs:1") == spec


def test_inline_names_the_image_once_when_its_tag_never_changes():
    spec = cache_for_word("inline", REF, NAMES | {"image": "u/f:latest"}, "u/f:latest")
    assert spec.imports == parse_entries(["u/f:latest"])


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
        (["u/f:a,u/f:b"], [], ["u/f:a", "u/f:b"], []),
        ([], ["u/f:a,u/f:b"], [], [f"type=registry,ref=u/f:{tag},mode=max" for tag in "ab"]),
        ([], ['"ref=u/f:c,d"'], [], ['type=registry,"ref=u/f:c,d",mode=max']),
        ([], ['type=registry,"ref=u/f:c,mode=min"'], [], ['type=registry,"ref=u/f:c,mode=min"']),
        (["u/f:c"], ["type=gha"], ["type=registry,ref=u/f:c"], ["type=gha"]),
        (["{repository}:{branch}"], [], ["ghcr.io/acme/thumbs:topic-x"], []),
    ],
)
def test_lists(imports: list[str], exports: list[str], cache_from: list[str], cache_to: list[str]):
    spec = cache_for_lists(tuple(imports), tuple(exports), NAMES)
    assert [entry.text for entry in spec.imports] == cache_from
    assert [entry.text for entry in spec.exports] == cache_to
    assert (spec.mode, spec.inline) == ("custom", True)


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


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("u/f:c", {"type": "registry", "ref": "u/f:c"}),
        ("TYPE=gha,Scope=A", {"type": "gha", "scope": "A"}),
        ('type=registry,"ref=a,b"', {"type": "registry", "ref": "a,b"}),
        ('type=registry,"ref=say ""hi"""', {"type": "registry", "ref": 'say "hi"'}),
        ("type=s3,name=a=b", {"type": "s3", "name": "a=b"}),
        # buildx takes blanks for a part of the key, so this is no scope.
        ("type=gha, scope=a", {"type": "gha", " scope": "a"}),
    ],
)
def test_a_value_is_read_as_buildx_reads_it(text: str, attributes: dict[str, str]):
    entry = parse_entry(text)
    assert (entry.text, entry.attributes) == (text, attributes)


@pytest.mark.parametrize("text", ['type=registry,"ref=a', 'type=registry,"ref=a"b', "type=gha\nscope=a"])
def test_what_is_no_record_is_an_error(text: str):
    with pytest.raises(BuildError, match=r'^cache value "type=.* is no list of fields: .*\nLikely cause: '):
        parse_entry(text)


def test_equal_places_hold_the_same_cache():
    def place(text: str) -> tuple[str, ...]:
        return parse_entry(text).place

    assert parse_entry("type=s3,bucket=b").kind == "s3"
    assert place("type=gha,mode=max") == place("type=gha,scope=buildkit") != place("type=gha,scope=a")
    assert place("type=local,src=c/") == place("type=local,dest=c,mode=max")
    assert place("type=registry,ref=u/f:c,mode=max") == place("u/f:c") == place("docker.io/u/f:c")
    assert place('type=registry,"ref=u/f:c,d"') != place("type=registry,ref=u/f:c,d=e")
    assert place("type=s3,bucket=b,name=x") != place("type=s3,bucket=b,name=y")


def test_an_attribute_is_added_once():
    entry = parse_entry("type=gha,mode=min")
    assert entry.with_attribute("mode", "max") is entry
    assert entry.with_attribute("scope", "a,b").text == 'type=gha,mode=min,"scope=a,b"'
