"""What a project brings along is data: its modules are not ours to import, its secrets not ours to show."""

import hashlib
import json
from collections.abc import Callable

import pytest
from support import registry
from support.engine import Engine
from support.processes import watched_commands
from support.project import Project
from support.runs import Result, run

PLAIN = """\
FROM busybox:stable
COPY handler.go .
"""
HOSTILE = "open('was-imported', 'w').write(__name__)\nraise SystemExit('imported')\n"
FROM_VARIABLE = "tok-5d1f0c9a-variable"
FROM_FILE = "tok-77ab13e2-file"


@pytest.mark.parametrize("command", ["build", "plan", "doctor"])
def test_modules_of_the_project_are_not_imported(engine: Engine, project: Project, command: str) -> None:
    project.add_dockerfile("fn", PLAIN)
    for name in (
        "yaml",
        "docker",
        "json",
        "sitecustomize",
        "openfaas_build/__init__",
        "actions_toolkit/__init__",
    ):
        project.write(f"{name}.py", HOSTILE)
    env = {"PYTHONPATH": str(project.root), "PYTHONSTARTUP": str(project.root / "yaml.py")}
    # On GitHub, so that the runner's side is imported too.
    result = run(project.root, command, "--push", env={**engine.env, **env, "GITHUB_ACTIONS": "true"})
    result.expect(0)
    assert not (project.root / "was-imported").exists()


def checked(name: str, value: str) -> str:
    """Give a step that fails unless it gets the secret."""
    digest = hashlib.sha256(value.encode()).hexdigest()
    check = f'[ "$(sha256sum < /run/secrets/{name} | cut -c 1-64)" = {digest} ]'
    return f"RUN --network=none --mount=type=secret,id={name} {check}\n"


def test_secrets_reach_the_step_and_nothing_else(project: Project, build: Callable[..., Result]) -> None:
    project.write("secret.txt", FROM_FILE)
    dockerfile = f"{PLAIN}ARG CONTROL\n{checked('one', FROM_VARIABLE)}{checked('two', FROM_FILE)}"
    project.add_dockerfile("fn", dockerfile, build_secrets={"two": "secret.txt"}, build_cache="max")
    with watched_commands() as commands:
        flags = ("--secrets", "id=one,env=TOK", "--build-args", "CONTROL=seen-in-commands")
        result = build(project, "--push", *flags, env={"TOK": FROM_VARIABLE}).expect(0)
    assert result.function("fn")["status"] == "built"
    # The watch sees the commands of the build.
    assert any("CONTROL=seen-in-commands" in command and " id=one,env=TOK" in command for command in commands)
    written = [path.read_bytes() for path in (project.root / "build").rglob("*") if path.is_file()]
    assert {b"OpenFaaS functions" in content for content in written} == {True, False}
    plan = run(project.root, "plan", *flags, env={"TOK": FROM_VARIABLE}).expect(0)
    pushed = [
        document
        for tag in ("latest", "buildcache")
        for document in registry.documents(f"{project.image('fn')}:{tag}")
    ]
    assert any(b"seen-in-commands" in document for document in pushed)
    places = {
        "the output": [result.stdout, result.stderr, plan.stdout, plan.stderr],
        "the files": [content.decode(errors="replace") for content in written],
        "the registry": [content.decode(errors="replace") for content in pushed],
        "the commands": commands,
        "the report": [json.dumps(result.report), result.summary],
    }
    for place, texts in places.items():
        assert not [text for text in texts if FROM_VARIABLE in text or FROM_FILE in text], place


def test_a_secret_with_another_value_fails_the_step(project: Project, build: Callable[..., Result]) -> None:
    project.add_dockerfile("fn", PLAIN + checked("one", FROM_VARIABLE))
    result = build(
        project, "--push", "--secrets", "id=one,env=TOK", env={"TOK": "another-value-9913"}
    ).expect(1)
    assert result.function("fn")["status"] == "failed"
    for text in (result.stderr, result.summary, json.dumps(result.report)):
        assert "another-value-9913" not in text
