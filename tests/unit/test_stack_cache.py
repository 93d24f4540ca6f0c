"""`build_cache` as proposal 940 has it: words, lists, and what is refused."""

import pytest

from openfaas_build.stack import CACHE_WORDS, BuildCache, StackFile, read_stack

HEAD = """\
provider: {name: openfaas}
functions:
  fn:
    lang: node
    handler: ./fn
    image: acme/fn
"""
WORDS = "inline, max, registry, gha, local or off"


def read(text: str) -> StackFile:
    return read_stack((HEAD + text).encode(), "stack.yml", {})


@pytest.mark.parametrize("word", CACHE_WORDS)
@pytest.mark.parametrize("quote", ["", '"'])
def test_words(word, quote):
    stack = read(f"    build_cache: {quote}{word}{quote}\n")
    assert (stack.functions[0].build_cache, stack.faults) == (BuildCache(mode=word), ())


@pytest.mark.parametrize(
    "text", ["", "    build_cache:\n", "    build_cache: ~\n", "    build_cache: ${UNSET}\n"]
)
def test_nothing(text):
    stack = read(text)
    assert (stack.functions[0].build_cache, stack.faults) == (None, ())


@pytest.mark.parametrize(
    ("text", "imports", "exports"),
    [
        ("{from: [a, 'type=gha,scope=x']}", ("a", "type=gha,scope=x"), ()),
        ("{to: [b]}", (), ("b",)),
        ("{from: a, to: b}", ("a",), ("b",)),
        ("{from: ~, to: [~, 1.10]}", (), ("1.10",)),
        (
            "\n      from:\n        - ghcr.io/acme/fn:latest\n        - user/app:cache\n",
            ("ghcr.io/acme/fn:latest", "user/app:cache"),
            (),
        ),
    ],
)
def test_lists(text, imports, exports):
    stack = read(f"    build_cache: {text}\n")
    assert stack.functions[0].build_cache == BuildCache(imports=imports, exports=exports)
    assert stack.faults == ()


def test_lists_from_an_anchor():
    stack = read("    build_cache: {<<: &c {from: a, to: b}, to: c}\n")
    assert stack.functions[0].build_cache == BuildCache(imports=("a",), exports=("c",))


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (
            "inlin",
            f'"build_cache" is "inlin", not one of {WORDS}.\nLikely cause: a typing error.\nWrite "inline".',
        ),
        (
            "MAX",
            f'"build_cache" is "MAX", not one of {WORDS}.\nLikely cause: a typing error.\nWrite "max".',
        ),
        ("false", f'"build_cache" is "false", not one of {WORDS}.\nWrite "off".'),
        ("yes", f'"build_cache" is "yes", not one of {WORDS}.\nWrite one of these words.'),
        ('""', f'"build_cache" is "", not one of {WORDS}.\nWrite one of these words.'),
        (
            "type=gha",
            f'"build_cache" is "type=gha", not one of {WORDS}.\n'
            "Likely cause: a reference or the parameters of a cache.\n"
            'Put it under "from:" or "to:".',
        ),
        (
            "ghcr.io/acme/fn:cache",
            f'"build_cache" is "ghcr.io/acme/fn:cache", not one of {WORDS}.\n'
            "Likely cause: a reference or the parameters of a cache.\n"
            'Put it under "from:" or "to:".',
        ),
        ("[inline]", '"build_cache" is a list without a name.\nPut the list under "from:" or "to:".'),
        (
            "{}",
            '"build_cache" names no cache.\n'
            f'Write a reference under "from:" or "to:", or one of {WORDS} instead.',
        ),
        (
            "{from: [], to: ~}",
            '"build_cache" names no cache.\n'
            f'Write a reference under "from:" or "to:", or one of {WORDS} instead.',
        ),
        ("{form: [a]}", '"build_cache" has the key "form", which means nothing there.\nWrite "from".'),
        (
            "{from: a, mode: max}",
            '"build_cache" has the key "mode", which means nothing there.\n'
            f'Use "from" and "to", or one of {WORDS} instead.',
        ),
        (
            "{to: {ref: a}}",
            '"build_cache": "to" is a mapping, not a list.\n'
            'Write each value on a line of its own below it, after "- ".',
        ),
        (
            "{from: a, from: b}",
            '"build_cache" has the key "from" twice, first on line 7.\nKeep one of the two.',
        ),
    ],
    ids=lambda value: value[:20],
)
def test_refused(value, want):
    stack = read(f"    build_cache: {value}\n")
    assert [fault.text() for fault in stack.faults] == [f'stack.yml:7: function "fn": {want}']


def test_the_words_are_those_of_the_proposal_and_ours():
    assert CACHE_WORDS == ("inline", "max", "registry", "gha", "local", "off")


def test_refused_words_give_no_cache():
    assert read("    build_cache: inlin\n").functions[0].build_cache is None


@pytest.mark.parametrize(
    ("value", "place"),
    [('{from: ["${UNSET}"]}', "an item of "), ("{from: ['']}", "an item of "), ('{from: "${UNSET}"}', "")],
)
def test_an_empty_reference(value, place):
    assert [fault.text() for fault in read(f"    build_cache: {value}\n").faults] == [
        f'stack.yml:7: {place}function "fn": "build_cache": "from" is empty.\n'
        "Write a reference or the parameters of a cache."
    ]


def test_a_reference_that_is_a_mapping():
    assert [fault.text() for fault in read("    build_cache: {to: [{ref: a}]}\n").faults] == [
        'stack.yml:7: an item of function "fn": "build_cache": "to" is a mapping, not a text.\n'
        'Likely cause: a value that begins with "{", or lines below it that are indented too far.\n'
        "Put the value in quotes, or correct the indentation."
    ]


def test_builder_flags():
    stack = read(
        "    builder_flags:\n      - --cache-from=ghcr.io/acme/fn:latest,user/app\n      - --network=host\n"
    )
    assert stack.functions[0].builder_flags == (
        "--cache-from=ghcr.io/acme/fn:latest,user/app",
        "--network=host",
    )
    assert (stack.warnings, stack.faults) == ((), ())
