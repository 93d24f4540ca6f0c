"""Every probe, and every stack file of others, against the verdict and the values of the real faas-cli.

What a file says of images, build options and secrets is compared as written;
`plan` decides what docker gets, so references are compared without the tag
that faas-cli adds, and build arguments without ADDITIONAL_PACKAGE.
"""

import hashlib
from typing import Any

import pytest
from corpus.verdicts import PROBES, SOURCES, THIRD_PARTY, Source, check_each, secret_paths

from openfaas_build.errors import BuildError, Notice
from openfaas_build.stack import Function, StackFile, read_stack

# By name: what faas-cli says otherwise, and why we differ.
STRICTER = {
    "stacks/138_openfaas__faas-cli__commands__testdata__deploy__stack.yml": "functions of nothing",
    "probes/011_image-missing.yml": "no image: faas-cli builds `:latest`",
    "probes/012_image-null.yml": "an empty image: faas-cli builds `:latest`",
    "probes/015_lang-missing.yml": "no lang: faas-cli builds nothing and exits with 0",
    "probes/096_case-key.yml": "`Lang:`, `Handler:` and `Image:` leave nothing to build",
    "probes/098_function-null.yml": "a function of nothing",
    "probes/111_fname=a_slash_b.yml": "the name is a path",
    "probes/112_fname=fn_sp_1.yml": "a blank in the name",
    "probes/116_fname=.._slash_x.yml": "the name leads out of the build folder",
    "probes/117_fname=..yml": "the name is the build folder itself",
    "probes/118_fname=fn1_colon_latest.yml": "a colon in the name",
    "probes/141_env-unset-only.yml": "an unset variable leaves no image",
    "probes/191_nbsp-indent.yml": "a special blank before `image:` leaves no image",
}
LAXER = {
    "probes/124_yaml-directive-12.yml": "%YAML 1.2 is as good as 1.1",
    "probes/133_copy-outside.yml": "`context` refuses the path, which needs the file system",
    "probes/134_copy-dot.yml": "`context` refuses the path, which needs the file system",
    "probes/135_copy-absolute.yml": "`context` refuses the path, which needs the file system",
    "probes/194_handler-abs.yml": "`context` refuses the handler, which needs the file system",
}
DOCKERFILE_IN_CAPITALS = {
    "probes/016_lang-Dockerfile.yml",
    "provider-rewritten/016_alexellis__derek__stack.example.yml",
    "provider-rewritten/022_alexellis__repaint-the-past__twitter_stack.yml",
    "provider-rewritten/023_alexellis__repaint-the-past__stack.yml",
    "provider-rewritten/084_LucasRoesler__faas-cli__vendor__github.com__openfaas__faas__sample-functions__samples.yml",
    "provider-rewritten/182_stefanprodan__openfaas-colorisebot-gke-weave__stack.yaml",
}
# Keys that OpenFaaS does not have; no other key of an accepted file may be warned of.
UNKNOWN_KEYS = {
    PROBES: {"frobnicate", "build_arg"},
    THIRD_PARTY: {"copy-common", "podSpecPatch", "replicas", "timeout"},
}
VARIABLE_IN_A_COMMENT = "probes/178_env-in-comment-ok.yml"


@pytest.fixture(scope="module", params=SOURCES)
def source(request) -> Source:
    return request.param


@pytest.fixture(scope="module")
def expected(source) -> dict[str, Any]:
    return source.read()


@pytest.fixture(scope="module")
def results(source, expected) -> dict[str, tuple[StackFile | None, tuple[Notice, ...]]]:
    found = {}
    for name in expected["files"]:
        try:
            stack = read_stack((source.root / name).read_bytes(), name, expected["environment"])
            found[name] = (stack, stack.faults)
        except BuildError as error:
            found[name] = (None, error.notices)
    return found


@pytest.fixture(scope="module")
def accepted(expected, results) -> dict[str, tuple[StackFile, dict[str, Any]]]:
    return {
        name: (stack, expected["files"][name])
        for name, (stack, faults) in results.items()
        if stack and not faults and expected["files"][name]["verdict"] == "accepted"
    }


def test_the_corpus_is_whole(source, expected):
    """Byte for byte: a checkout that converts line ends or drops a byte order mark shows here."""
    assert len(expected["files"]) == source.count
    there = {
        path.relative_to(source.root).as_posix()
        for folder in source.folders
        for path in (source.root / folder).iterdir()
    }
    assert there == expected["files"].keys()
    changed = [
        name
        for name, want in expected["files"].items()
        if hashlib.sha256((source.root / name).read_bytes()).hexdigest() != want["sha256"]
    ]
    assert not changed


def test_verdicts(source, expected, results):
    stricter, laxer = set(), set()
    for name, (_, faults) in results.items():
        accepted = expected["files"][name]["verdict"] == "accepted"
        if faults and accepted:
            stricter.add(name)
        if not faults and not accepted:
            laxer.add(name)
    assert stricter == source.own(STRICTER)
    assert laxer == source.own(LAXER)


def test_a_refused_file_is_refused_for_the_same_reason(expected, results):
    words = {
        "substitution": ("cannot be replaced by a value: ",),
        "yaml-syntax": (
            "is no YAML: ",
            "is not UTF-8.",
            "is UTF-16.",
            "cannot stand in a",
            "begins a merge conflict.",
        ),
        "yaml-type": (", not a ", ", not true or false.", "as a key.", "no stack file"),
        "yaml-duplicate-key": (" twice, first on line ",),
        "provider": (
            '"provider": "name" is "',
            'no name of a "provider"',
            "the stack file is empty.",
            "no stack file",
        ),
        "version": ('"version" is "',),
        "no-functions": ("has no functions.",),
        "build": ('"handler" is empty.', 'has no "handler".'),
    }
    wrong = [
        (name, faults[0].text())
        for name, (_, faults) in results.items()
        if (stage := expected["files"][name].get("stage"))
        and faults
        and not any(word in fault.problem for fault in faults for word in words[stage])
    ]
    assert not wrong


def test_faults_stand_on_the_lines_that_faas_cli_names(expected, results):
    """For duplicates and types, where faas-cli names the line of the value or key."""
    wrong = []
    for name, (_, faults) in results.items():
        want = expected["files"][name]
        if want.get("stage") in ("yaml-duplicate-key", "yaml-type"):
            lines = {int(line.split()[1].rstrip(":")) for line in want["error_lines"][1:]}
            if not lines <= {fault.line for fault in faults}:
                wrong.append((name, lines, [fault.text() for fault in faults]))
    assert not wrong


def test_every_fault_has_a_place_and_help(results):
    for name, (_, faults) in results.items():
        for fault in faults:
            assert fault.file == name
            assert fault.cause or fault.remedy, fault.text()


def test_frame(accepted):
    def check(_name: str, case: tuple[StackFile, dict[str, Any]]) -> None:
        stack, want = case
        templates = [{"name": each.name, "source": each.source} for each in stack.templates]
        assert stack.version == want.get("version", "")
        assert templates == [{"source": "", **each} for each in want.get("templates", [])]
        assert list(stack.copy) == want.get("copy", [])

    check_each(accepted, check)


def test_functions(source, accepted):
    capitals = set()

    def check(name: str, case: tuple[StackFile, dict[str, Any]]) -> None:
        stack, want = case
        assert [each.name for each in stack.functions] == [each["name"] for each in want["functions"]]
        for function, wanted in zip(stack.functions, want["functions"], strict=True):
            if wanted["lang"] == "Dockerfile":
                capitals.add(name)
                wanted = {**wanted, "lang": "dockerfile"}
            got = {
                "lang": function.lang,
                "handler": function.handler,
                "platforms": function.platforms,
                "skipped": function.skip_build,
                "build_options": list(function.build_options),
            }
            assert got == {"build_options": [], **{key: wanted[key] for key in wanted if key in got}}
            if wanted["built"]:
                compare_build(function, wanted)

    check_each(accepted, check)
    assert capitals == source.own(DOCKERFILE_IN_CAPITALS)


def compare_build(function: Function, wanted: dict[str, Any]) -> None:
    assert wanted["image"] in (function.image, f"{function.image}:latest")
    args, wanted_args = dict(function.build_args), dict(wanted["build_args"])
    words = set(args.pop("ADDITIONAL_PACKAGE", "").strip().replace("  ", " ").split(" ")) - {""}
    assert words <= set(wanted_args.pop("ADDITIONAL_PACKAGE").split(" "))
    assert args == wanted_args
    assert secret_paths(function.build_secrets) == secret_paths(wanted["secrets"])


def test_unknown_keys(source, accepted):
    found = set()
    for stack, _ in accepted.values():
        for warning in stack.warnings:
            if "no key that OpenFaaS knows" in warning.problem:
                found.add(warning.problem.split(" is no key")[0].rpartition('"')[0].rpartition('"')[2])
    assert found == UNKNOWN_KEYS[source]


def test_names_that_openfaas_refuses(accepted):
    def check(_name: str, case: tuple[StackFile, dict[str, Any]]) -> None:
        stack, want = case
        odd = [note["function"] for note in want.get("note", []) if note["code"] == "odd-function-name"]
        told = [warning for warning in stack.warnings if "OpenFaaS refuses to deploy" in warning.problem]
        assert len(told) == len(odd)

    check_each(accepted, check)


def test_variables_that_became_empty(accepted):
    def check(name: str, case: tuple[StackFile, dict[str, Any]]) -> None:
        stack, want = case
        noted = [note["text"] for note in want.get("note", []) if note["code"] == "unset-variables"]
        wanted = {word for text in noted for word in text.rpartition(": ")[2].split(", ")}
        told = {
            warning.problem[2:].partition("}")[0]
            for warning in stack.warnings
            if "nothing stands in its place" in warning.problem
        }
        if name == VARIABLE_IN_A_COMMENT:
            assert (told, wanted) == (set(), {"NOPE"})
        else:
            assert told == wanted

    check_each(accepted, check)
