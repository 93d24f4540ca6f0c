"""Flags and environment become Inputs; what is wrong is told whole."""

from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from openfaas_build.errors import BuildError
from openfaas_build.inputs import INPUTS, Inputs, Secret, parse


def test_defaults_of_the_list_are_those_of_the_values():
    assert parse([], {}).inputs == Inputs()
    assert parse([], {}).command == "build"


def test_every_input_is_an_attribute():
    assert [item.field for item in INPUTS] == list(Inputs.__slots__)


def test_closed_sets_of_words_are_types():
    types = get_type_hints(Inputs)
    words = {item.field: item.words for item in INPUTS if item.kind == "word"}
    assert {name: get_args(found) for name, found in types.items() if get_origin(found) is Literal} == words


def test_flag_then_environment_then_default():
    env = {"INPUT_CACHE_MODE": "gha", "INPUT_PARALLEL": "7"}
    found = parse(["plan", "--cache-mode", "max"], env)
    assert (found.command, found.inputs.cache_mode, found.inputs.parallel) == ("plan", "max", 7)


def test_an_empty_variable_counts_as_not_given():
    assert parse([], {"INPUT_PARALLEL": "", "INPUT_PUSH": " "}).inputs == Inputs()


@pytest.mark.parametrize(
    ("argv", "push"),
    [(["--push"], True), (["--push=true"], True), (["--push", "false"], False), (["--push=TRUE"], True)],
)
def test_switches(argv: list[str], push: bool):
    assert parse(argv, {}).inputs.push is push


def test_lists_are_one_a_line_and_values_may_hold_commas():
    env = {
        "INPUT_CACHE_FROM": "type=gha,scope=a\n\n  type=registry,ref=x \n",
        "INPUT_FUNCTIONS": "a, b\nfn-*\nregex:^x{1,2}$",
        "INPUT_BUILD_ARGS": "A=1,2\nB=\nC = x=y ",
    }
    found = parse(["--extra-tags=v1", "--extra-tags=v2"], env).inputs
    assert found.cache_from == ("type=gha,scope=a", "type=registry,ref=x")
    assert found.functions == ("a", "b", "fn-*", "regex:^x{1,2}$")
    assert found.build_args == (("A", "1,2"), ("B", ""), ("C", "x=y"))
    assert found.extra_tags == ("v1", "v2")


def test_shards_may_be_automatic():
    assert parse(["--shards=auto"], {}).inputs.shards == 0


def test_the_files_of_report_come_from_the_command_line_or_the_action():
    assert parse(["report", "a.json", "b.json"], {}).files == ("a.json", "b.json")
    assert parse(["report"], {"INPUT_REPORTS": "reports/*.json\n"}).files == ("reports/*.json",)
    assert parse(["build"], {"INPUT_REPORTS": "x"}).files == ()


def test_a_value_that_looks_like_a_flag():
    assert parse(["--builder-flags=--cache-from=x"], {}).inputs.builder_flags == ("--cache-from=x",)


def test_secrets():
    found = parse([], {"INPUT_SECRETS": "id=npm,src=.npmrc\nenv=TOKEN,id=token"}).inputs.secrets
    assert found == (
        Secret(id="npm", kind="src", source=".npmrc"),
        Secret(id="token", kind="env", source="TOKEN"),
    )
    assert [secret.spec() for secret in found] == ["id=npm,src=.npmrc", "id=token,env=TOKEN"]


@pytest.mark.parametrize(
    "line",
    [
        "id=a",
        "src=b",
        "id=a,src=",
        "id=,env=B",
        "id=a,src=b,env=C",
        "id=a,src=b,mode=1",
        "id=a,type=env,src=b",
    ],
)
def test_a_secret_has_a_name_and_one_source(line: str):
    with pytest.raises(BuildError, match=r"^input \"secrets\": a line is not of the form id=NAME,"):
        parse(["--secrets", line], {})


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        (
            "CACHE_MODE",
            "maximum",
            'input "cache-mode": "maximum" is not one of stack, off, inline, max, registry, gha, local.',
        ),
        ("PUSH", "yes", 'input "push": "yes" is neither true nor false.'),
        ("PARALLEL", "0", 'input "parallel": "0" is not a whole number from 1 to 9999.'),
        ("PARALLEL", "²", 'input "parallel": "²" is not a whole number from 1 to 9999.'),
        ("BUILD_ARGS", "A=1\nBROKEN", 'input "build-args": "BROKEN" is not of the form KEY=VALUE.'),
        ("LABELS", "=x", 'input "labels": "=x" is not of the form KEY=VALUE.'),
        (
            "SECRETS",
            "hunter2",
            'input "secrets": a line is not of the form id=NAME,src=FILE or id=NAME,env=VARIABLE.',
        ),
    ],
)
def test_a_bad_value_is_told_with_the_input(variable: str, value: str, text: str):
    with pytest.raises(BuildError) as error:
        parse([], {f"INPUT_{variable}": value})
    assert error.value.notices[0].problem == text
    assert "hunter2" not in str(error.value)


def test_all_bad_values_at_once():
    with pytest.raises(BuildError) as error:
        parse([], {"INPUT_PUSH": "?", "INPUT_TAG": "?", "INPUT_SHARDS": "x"})
    assert [notice.problem.split('"')[1] for notice in error.value.notices] == ["push", "tag", "shards"]
    assert error.value.exit_code == 2


@pytest.mark.parametrize("argv", [["biuld"], ["--pusch"], ["plan", "extra.json"], ["--tag"]])
def test_a_bad_command_line_is_a_request_error(argv: list[str]):
    with pytest.raises(BuildError, match=r"^command line: .*\n`--help` lists"):
        parse(argv, {})
