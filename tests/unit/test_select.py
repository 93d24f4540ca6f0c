"""Choosing functions as faas-cli does, several patterns at once; cutting them into shards."""

import json

import pytest
from corpus.verdicts import CORPUS

from openfaas_build.errors import BuildError
from openfaas_build.plan import select_functions
from openfaas_build.plan.selection import automatic_shards, make_shards
from openfaas_build.stack import Function

GOLDEN = CORPUS / "select.json"


def functions(*names: str, lang: str = "py") -> list[Function]:
    return [Function(name=name, lang=lang, build_args={}, build_secrets={}, lines={}) for name in names]


def names(found) -> list[str]:
    return [function.name for function in found]


def test_golden_table_of_faas_cli():
    table = json.loads(GOLDEN.read_text())
    assert len(table["cases"]) == 36
    every = functions(*sorted(table["names"]))
    for case in table["cases"]:
        pattern = ("regex:" if case["kind"] == "regex" else "") + case["pattern"]
        if "error" in case:
            with pytest.raises(BuildError):
                select_functions(every, [pattern])
        else:
            assert names(select_functions(every, [pattern])) == sorted(case["selected"]), case


def test_several_patterns_keep_the_order_of_the_file():
    every = functions("a", "b", "fn-1", "fn-2")
    assert names(select_functions(every, ["fn-*", "a"])) == ["a", "fn-1", "fn-2"]
    assert names(select_functions(every, [])) == ["a", "b", "fn-1", "fn-2"]


def test_every_pattern_that_matches_nothing_is_told():
    with pytest.raises(BuildError) as error:
        select_functions(functions("resize", "thumbs"), ["resise", "resize", "x*", "regex:[", "regex:(?=a)"])
    assert [notice.text() for notice in error.value.notices] == [
        'input "functions": no function matches "resise".\n'
        'Likely cause: a typing error; "resize" is there.\n'
        "The stack file has: resize, thumbs.",
        'input "functions": no function matches "x*".\nThe stack file has: resize, thumbs.',
        "input \"functions\": 'regex:[' is no regular expression: unterminated character set at position 0.\n"
        "Write it in RE2's syntax, without look-around and back-references.",
        "input \"functions\": 'regex:(?=a)' is no regular expression: "
        "look-around and back-references are not part of it.\n"
        "Write it in RE2's syntax, without look-around and back-references.",
    ]


def test_shards_keep_a_template_together_and_are_balanced():
    every = (
        functions("a", "b", "c", "d", lang="py")
        + functions("g", "h", lang="go")
        + functions("n", lang="node")
    )
    assert make_shards(every, 3) == (("a", "b", "c"), ("g", "h"), ("d", "n"))
    assert make_shards(every, 1) == (("a", "b", "c", "d", "g", "h", "n"),)
    assert sorted(name for shard in make_shards(every, 50) for name in shard) == sorted(names(every))
    assert make_shards([], 4) == ()


def test_shards_by_themselves():
    assert [automatic_shards(count) for count in (0, 1, 6, 7, 1000)] == [1, 1, 1, 2, 20]
