"""What is wrong with a request is told in three parts, before anything is written."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.project import Project
from support.runs import run
from support.told import told


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


STACK_FILES = {
    "empty": ("", "stack.yml: error: the stack file is empty.", 'input "stack-file"'),
    "only a comment": ("# nothing\n", "stack.yml: error: the stack file is empty.", 'input "stack-file"'),
    "no YAML": (
        "provider:\n  name: openfaas\nfunctions:\n  fn: [\n",
        "stack.yml:5: error: ",
        "is no YAML",
        "Likely cause: a wrong indentation",
        "Align the line",
    ),
    "another provider": (
        replaced("name: openfaas", "name: faas"),
        'stack.yml:3: error: "provider": "name" is "faas", not "openfaas".',
        "Likely cause: the old name",
        'Write "name: openfaas".',
    ),
    "no functions": (
        "version: 1.0\nprovider:\n  name: openfaas\nfunctions: {}\n",
        "stack.yml:4: error: the stack file has no functions.",
        'Write a function below "functions:"',
    ),
}


@pytest.mark.parametrize("case", STACK_FILES)
def test_a_stack_file_that_cannot_be_used(bare: Project, case: str) -> None:
    made, *parts = STACK_FILES[case]
    bare.add_dockerfile("fn")
    text = (bare.root / "stack.yml").read_text()
    bare.write("stack.yml", made(text) if callable(made) else made)
    told(run(bare.root, "build"), 2, *parts)


def test_there_is_no_stack_file(bare: Project) -> None:
    cause = "Likely cause: it has another name, or the repository was not checked out"
    remedy = 'Set the input "stack-file" to its path.'
    problem = f"error: there is no stack file stack.yaml and no stack.yml in {bare.root}."
    told(run(bare.root, "build"), 2, problem, cause, remedy)
    bare.add_dockerfile("fn")
    problem = f"error: there is no stack file other.yml in {bare.root}."
    told(run(bare.root, "build", "--stack-file", "other.yml"), 2, problem, cause, remedy)


FLAGS = {
    "unknown function": (
        ("--functions", "dunction"),
        'error: input "functions": no function matches "dunction".',
        'Likely cause: a typing error; "function" is there.',
        "The stack file has: function.",
    ),
    "unknown cache mode": (
        ("--cache-mode", "fast"),
        'error: input "cache-mode": "fast" is not one of stack, off, inline, max, registry, gha, local.',
        "functions that have no build_cache of their own",
    ),
    "malformed build argument": (
        ("--build-args", "NOVALUE"),
        'error: input "build-args": "NOVALUE" is not of the form KEY=VALUE.',
        "build arguments, KEY=VALUE",
    ),
    "missing secret file": (
        ("--secrets", "id=tok,src=missing.txt"),
        'error: input "secrets": file "missing.txt" of secret "tok" does not exist.',
        "Write the file before this step",
    ),
    "secret of a variable that is not set": (
        ("--secrets", "id=tok,env=NOWHERE_TO_BE_FOUND"),
        'error: input "secrets": variable "NOWHERE_TO_BE_FOUND" of secret "tok" is not set.',
        "Likely cause: ",
        'Set "NOWHERE_TO_BE_FOUND" in the step\'s "env:".',
    ),
    "invalid tag mode": (
        ("--tag", "newest"),
        'error: input "tag": "newest" is not one of latest, sha, branch, describe, digest.',
        "how faas-cli's tag is made",
    ),
    "unknown flag": (("--nope",), "error: command line: unrecognized arguments: --nope.", "`--help`"),
    "build option of a Dockerfile": (
        ("--build-options", "fonts"),
        'stack.yml:6: error: function "function": build option "fonts" is not one of the template',
        "It has no build options at all.",
    ),
}


@pytest.mark.parametrize("case", FLAGS)
def test_a_flag_that_cannot_be_used(bare: Project, case: str) -> None:
    flags, *parts = FLAGS[case]
    bare.add_dockerfile("function")
    told(run(bare.root, "build", *flags), 2, *parts)


def test_the_secret_itself_in_place_of_its_name_is_not_repeated(bare: Project) -> None:
    bare.add_dockerfile("fn")
    result = run(bare.root, "build", "--secrets", "hunter2-correct-horse")
    told(result, 2, 'error: input "secrets": a line is not of the form id=NAME,src=FILE')
    assert "hunter2" not in result.stderr


FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "missing handler": (
        {"handler": "./fm"},
        'stack.yml:8: error: function "fn": handler "./fm" does not exist.',
        "Likely cause: a typing error",
        'Create "./fm" or correct the path.',
    ),
    "missing image": (
        {"image": None},
        'stack.yml:6: error: function "fn" has no "image".',
        'Write "image:" with the reference to build',
    ),
    "unknown cache mode": (
        {"build_cache": "inlin"},
        'stack.yml:10: error: function "fn": "build_cache" is "inlin", not one of inline, max, ',
        "Likely cause: a typing error.",
        'Write "inline".',
    ),
    "missing secret file": (
        {"build_secrets": {"tok": "missing.txt"}},
        'stack.yml:10: error: function "fn": build secret "tok": file "missing.txt" does not exist.',
        "Likely cause: the step that writes it did not run",
        "Write the file before the build",
    ),
    "a flag that is ours": (
        {"builder_flags": ["--output=type=docker"]},
        'stack.yml:10: error: function "fn": builder flag "--output=type=docker" cannot be given',
        "Likely cause: ",
        'Use the inputs "push" and "load" instead.',
    ),
    "a cache over the image": (
        {"build_cache": {"to": ["registry.example.com/t/fn:latest"]}},
        'would overwrite the image "registry.example.com/t/fn:latest" of function "fn".',
        "Likely cause: ",
        'Export to another tag, such as "registry.example.com/t/fn:buildcache".',
    ),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_function_that_cannot_be_built(bare: Project, case: str) -> None:
    keys, *parts = FUNCTIONS[case]
    bare.add_dockerfile("fn", **keys)
    told(run(bare.root, "build"), 2, *parts)


def test_a_build_option_that_the_template_does_not_have(bare: Project) -> None:
    bare.add_template("node", "FROM scratch\n")
    bare.write(
        "template/node/template.yml", "language: node\nbuild_options:\n- name: dev\n  packages: [make]\n"
    )
    bare.add("fn", lang="node", build_options=["dve"])
    problem = 'stack.yml:10: error: function "fn": build option "dve" is not one of the template "node".'
    told(run(bare.root, "build"), 2, problem, "It has: dev.")


def test_a_template_that_its_repository_does_not_have(bare: Project, tmp_path: Path) -> None:
    repository = Project(tmp_path / "templates", "", "")
    repository.add_template("node", "FROM scratch\n")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "--all"), (*author, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *command], cwd=repository.root, check=True)
    bare.configuration = {"templates": [{"name": "nodd", "source": str(repository.root)}]}
    bare.add("fn", lang="nodd")
    told(
        run(bare.root, "build"),
        2,
        f'stack.yml:7: error: function "fn": there is no template "nodd" in "{repository.root}"'
        ", which has node.",
        'Likely cause: a typing error; "node" is there.',
        'Change line 7 to "lang: node".',
    )
    assert not (bare.root / "template").exists()


def test_all_faults_are_told_in_one_run(bare: Project) -> None:
    bare.add_dockerfile("a", handler="./aa")
    bare.add_dockerfile("b", image="registry.example.com/UPPER/b:1")
    bare.add_dockerfile("c", image=None, build_cache="fast")
    result = run(bare.root, "build", "--secrets", "id=tok,src=missing.txt")
    told(result, 2)
    for part in (
        'stack.yml:8: error: function "a": handler "./aa" does not exist.',
        'stack.yml:13: error: function "b": image "registry.example.com/UPPER/b:1" has upper case',
        'Write it as "registry.example.com/upper/b:1".',
        'stack.yml:14: error: function "c" has no "image".',
        'stack.yml:17: error: function "c": "build_cache" is "fast"',
        'input "secrets": file "missing.txt" of secret "tok" does not exist.',
    ):
        assert part in result.stderr
    assert result.stderr.count("error: ") == 5


def test_all_faults_of_the_inputs_are_told_in_one_run(bare: Project) -> None:
    bare.add_dockerfile("fn")
    result = run(bare.root, "build", "--tag", "newest", "--cache-mode", "fast", "--parallel", "0")
    told(result, 2, 'input "cache-mode"', 'input "tag"', 'input "parallel"')
    assert result.stderr.count("error: ") == 3


def test_there_is_no_docker_command(bare: Project) -> None:
    bare.add_dockerfile("fn")
    remedy = "Install Docker with its buildx plugin"
    told(
        run(bare.root, "build", env={"PATH": str(bare.root)}),
        3,
        "error: the docker command is not there.",
        remedy,
    )
