"""Read a project: its stack files, templates, secrets and paths, all faults told together."""

from pathlib import Path

import pytest
from fakes import plan_in

from openfaas_build.errors import BuildError
from openfaas_build.inputs import Secret

HEAD = "version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    template = tmp_path / "template" / "py"
    template.mkdir(parents=True)
    (template / "Dockerfile").write_text("FROM scratch\n")
    (template / "template.yml").write_text("build_options: [{name: dev, packages: [gcc]}]\n")
    return tmp_path


def write(project: Path, name: str, *functions: str, rest: str = "") -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    text = "".join(
        f"  {fn}:\n    lang: py\n    handler: ./{fn}\n    image: u/{fn}\n{rest}" for fn in functions
    )
    (project / name).write_text(HEAD + text)
    for fn in functions:
        (project / fn).mkdir(exist_ok=True)


def plan(project: Path, env: dict[str, str] | None = None, **inputs):
    return plan_in(project, env, **inputs)


def faults(project: Path, env: dict[str, str] | None = None, **inputs) -> list[str]:
    with pytest.raises(BuildError) as error:
        plan(project, env, **inputs)
    return [notice.text() for notice in error.value.notices]


def test_stack_yaml_comes_before_stack_yml(project: Path):
    write(project, "stack.yml", "b")
    assert plan(project).stack_file == "stack.yml"
    write(project, "stack.yaml", "a")
    assert plan(project).stack_file == "stack.yaml"


def test_no_stack_file(project: Path):
    assert faults(project) == [
        f"there is no stack file stack.yaml and no stack.yml in {project}.\n"
        "Likely cause: it has another name, or the repository was not checked out (actions/checkout).\n"
        'Set the input "stack-file" to its path.'
    ]
    assert faults(project, stack_file="x/*.yml")[0].startswith("there is no stack file x/*.yml in")


def test_several_stack_files_are_one_plan(project: Path):
    write(project, "teams/a/stack.yml", "a1", "shared-name")
    write(project, "teams/b/stack.yml", "b1")
    found = plan(project, stack_file="teams/*/stack.yml", shards=0)
    assert [build.name for build in found.functions] == ["a1", "b1", "shared-name"]
    assert found.stack_file == "teams/a/stack.yml, teams/b/stack.yml"
    assert found.shards == (("a1", "b1", "shared-name"),)


def test_one_name_in_two_files_is_a_fault_that_names_both(project: Path):
    write(project, "a.yml", "same")
    write(project, "b.yml", "same")
    assert faults(project, stack_file="?.yml") == [
        'b.yml:5: function "same" is in a.yml too.\n'
        "Likely cause: functions that are built together share the folder build/, by their names.\n"
        'Rename one of them, or build one stack file at a time (input "stack-file").'
    ]


def test_faults_of_the_file_the_plan_and_the_disk_are_told_together(project: Path):
    write(project, "stack.yml", "a", rest="    build_options: [nope]\n    build_secrets: {npm: .npmrc}\n")
    (project / "a").rmdir()
    secrets = (Secret(id="tok", kind="env", source="TOK"), Secret(id="key", kind="src", source="key.pem"))
    found = faults(project, secrets=secrets, stack_file="stack.yml")
    assert [text.splitlines()[0] for text in found] == [
        'stack.yml:7: function "a": handler "./a" does not exist.',
        'input "secrets": variable "TOK" of secret "tok" is not set.',
        'input "secrets": file "key.pem" of secret "key" does not exist.',
        'stack.yml:10: function "a": build secret "npm": file ".npmrc" does not exist.',
        'stack.yml:9: function "a": build option "nope" is not one of the template "py".',
    ]


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "link"])
def test_a_secret_of_the_stack_file_stays_in_the_project(project: Path, path: str):
    (project / "link").symlink_to("/etc/passwd")
    write(project, "stack.yml", "a", rest=f"    build_secrets: {{s: {path}}}\n")
    assert faults(project) == [
        f'stack.yml:9: function "a": build secret "s": file "{path}" is outside the project.\n'
        "Likely cause: an absolute path, one with `..`, or a symlink.\n"
        f'Name it in the input "secrets" instead: id=s,src={path}'
    ]


def test_a_plan_alone_needs_no_template_unless_its_options_are_asked_for(project: Path):
    write(project, "stack.yml", "a")
    (project / "stack.yml").write_text((project / "stack.yml").read_text().replace("lang: py", "lang: other"))
    found = plan_in(project, layout=False)
    assert [build.name for build in found.to_build] == ["a"]


def test_what_was_noticed_goes_with_the_error(project: Path):
    write(project, "stack.yml", "a")
    text = (project / "stack.yml").read_text().replace("image: u/a", "image: ${OWNER}/a")
    (project / "stack.yml").write_text(text)
    with pytest.raises(BuildError) as error:
        plan(project)
    assert [notice.problem for notice in error.value.notices] == [
        'function "a": image "/a:latest" has an empty path part.'
    ]
    assert [notice.problem for notice in error.value.warnings] == [
        "${OWNER} is not set, or empty, so nothing stands in its place on line 8."
    ]


def test_an_unknown_function_hides_no_other_fault(project: Path):
    write(project, "stack.yml", "a")
    (project / "stack.yml").write_text((project / "stack.yml").read_text().replace("    image: u/a\n", ""))
    found = faults(project, functions=("b",))
    assert [text.splitlines()[0] for text in found] == [
        'stack.yml:5: function "a" has no "image".',
        'input "functions": no function matches "b".',
    ]
