"""The reusable workflow, called from another repository by its published name, under act.

act takes it, as the action, from a local copy of this repository, in which `$/` is the action's full name.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import registry
from support.engine import Engine
from support.project import Project

from e2e.support.act import WORKFLOW, Act, Run, commit

PASSWORD = "registry-password-5b1e"
TOKEN = "tok%25-8d2f=with<<signs"
KEY = "-----BEGIN KEY-----\nline-one-77ab\n\nline-two-13e2\n-----END KEY-----\n"
BUILD_SECRETS = f"token={TOKEN}\n\nkey<<END\n{KEY}END\n"
PLAIN = "FROM busybox:stable\nCOPY handler.go .\n"
WHY = "the compiler of bad says no"
FAILS = f"{PLAIN}RUN --network=none echo '{WHY}' >&2 && exit 7\n"
BUILT = ["five", "four", "one", "org-a", "org-b", "secretive", "six", "three", "two"]
CALLED = f"acme/openfaas-build/.github/workflows/{WORKFLOW.name}@v1"
CALLER = f"""\
name: functions
on: push
permissions: {{}}
jobs:
  functions:
    permissions: {{contents: read, packages: write}}
    uses: {CALLED}
    with:
      stack-file: "stacks/*.yml"
      push: true
      shards: 3
      template-url: "%(templates)s"
      registry: "%(registry)s"
      registry-username: robot
    secrets:
      registry-password: ${{{{ secrets.REGISTRY_PASSWORD }}}}
      build-secrets: ${{{{ secrets.BUILD_SECRETS }}}}
"""
THREE_CALLS = f"""\
name: functions
on: push
permissions: {{}}
jobs:
  first:
    permissions: {{contents: read, packages: write}}
    uses: {CALLED}
    with: {{stack-file: first.yml, push: true}}
  second:
    permissions: {{contents: read, packages: write}}
    uses: {CALLED}
    with: {{stack-file: second.yml, push: true}}
  nothing:
    permissions: {{contents: read, packages: write}}
    uses: {CALLED}
    with: {{stack-file: nothing.yml, push: true}}
  later:
    needs: [first, second, nothing]
    if: always()
    runs-on: ubuntu-latest
    steps:
      - env:
          CALLED: ${{{{ toJSON(needs) }}}}
        run: printf '%s' "$CALLED" > "$E2E_LATER/called.json"
"""


def checked(name: str, value: str) -> str:
    """Give a step that fails unless it gets the secret."""
    digest = hashlib.sha256(value.encode()).hexdigest()
    check = f'[ "$(sha256sum < /run/secrets/{name} | cut -c 1-64)" = {digest} ]'
    return f"RUN --network=none --mount=type=secret,id={name} {check}\n"


def write_stack(project: Project, path: str, names: Sequence[str]) -> None:
    functions = {name: project.functions[name] for name in names}
    project.write(path, yaml.safe_dump({"provider": {"name": "openfaas"}, "functions": functions}))


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An organisation's template repository."""
    root = tmp_path_factory.mktemp("templates")
    folder = root / "template" / "org-debian"
    folder.mkdir(parents=True)
    (folder / "template.yml").write_text("language: org-debian\n")
    (folder / "Dockerfile").write_text("FROM busybox:stable\nCOPY function /function\n")
    commit(root)
    return root.as_uri()


@pytest.fixture(scope="module")
def repository(make_repository: Callable[..., Project], templates: str) -> Project:
    """Ten functions: one fails, two have the organisation's template, one needs secrets."""
    made = make_repository()
    for name in ("one", "two", "three", "four", "five", "six"):
        made.add_dockerfile(name, PLAIN)
    made.add_dockerfile("secretive", PLAIN + checked("token", TOKEN) + checked("key", KEY))
    made.add_dockerfile("bad", FAILS)
    made.add("org-a", lang="org-debian")
    made.add("org-b", lang="org-debian")
    write_stack(made, "stacks/first.yml", ["one", "two", "three", "bad", "org-a"])
    write_stack(made, "stacks/second.yml", ["four", "five", "six", "secretive", "org-b"])
    (made.root / "stack.yml").unlink()
    made.write(".github/workflows/ci.yml", CALLER % {"templates": templates, "registry": made.registry})
    return made


@pytest.fixture(scope="module")
def run(act: Act, engine: Engine, repository: Project) -> Run:
    secrets = {"REGISTRY_PASSWORD": PASSWORD, "BUILD_SECRETS": BUILD_SECRETS}
    run = act.run(repository.root, secrets=secrets, env=engine.env, new_machine=True)
    return run.expect(success=False)


def test_three_shards_share_the_functions(run: Run) -> None:
    reports = [json.loads(path.read_text()) for path in (run.folder / "artifacts").rglob("*.json")]
    shards = [[function["name"] for function in report["functions"]] for report in reports]
    assert len(run.main_steps("build")) == len(shards) == 3
    assert sorted(name for names in shards for name in names) == sorted([*BUILT, "bad"])
    assert max(map(len, shards)) <= 4
    # The functions of a template share its layers, so they stay together.
    assert any({"org-a", "org-b"} <= set(names) for names in shards)


def test_all_but_the_failing_function_are_built_and_pushed(run: Run, repository: Project) -> None:
    (merging,) = run.main_steps("report")
    images = json.loads(merging.outputs["images"])
    assert sorted(images) == BUILT
    for name in BUILT:
        assert images[name] == f"{repository.image(name)}:latest@{registry.digest(images[name])}"
    assert registry.digest(f"{repository.image('bad')}:latest") == ""


def test_one_summary_names_the_failed_function_with_its_error(run: Run) -> None:
    (summary,) = (step.summary for step in run.steps if step.summary)
    assert "1 of 10 failed" in summary
    assert "`bad` failed" in summary
    assert WHY in summary
    assert all(f"`{name}`" in summary for name in BUILT)
    (merging,) = run.main_steps("report")
    assert merging.summary == summary


def test_the_last_job_sets_what_failed(run: Run) -> None:
    (merging,) = run.main_steps("report")
    assert json.loads(merging.outputs["failed"]) == ["bad"]
    assert sorted(json.loads(merging.outputs["digests"])) == BUILT


def test_every_shard_logs_in_with_the_password(run: Run, repository: Project) -> None:
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    logins = run.later("logins").read_text().splitlines()
    assert logins == [f"{repository.registry} robot {digest}"] * 3


def secret_files(temp: Sequence[str]) -> list[str]:
    """Give the modes and the names of the secrets that were there when a step began."""
    found = [line.split(" ") for line in temp if " build-secrets." in line]
    return sorted(f"{mode} {'/'.join(name.split('/')[1:])}".strip() for mode, name in found)


def test_build_secrets_are_private_files_of_the_building_step_alone(run: Run) -> None:
    build = [step for step in run.steps if step.job == "build"]
    building = run.main_steps("build")
    for step in building:
        assert secret_files(step.temp) == ["-rw------- key", "-rw------- token", "drwx------"]
    there = [step for step in build if secret_files(step.temp)]
    # The composite action's own set-up, the build, and the step that removes them.
    assert {step.script.strip().split("\n")[0] for step in there if step not in building} == {
        "python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {",
        'rm -rf -- "$FOLDER"',
    }
    uploads = [step for step in build if "E2E_ARTIFACTS" in step.script]
    assert len(uploads) == 3
    assert all(secret_files(step.temp) == [] for step in uploads)


def test_the_jobs_of_a_machine_set_up_one_environment(run: Run) -> None:
    setting_up = [step for step in run.steps if "set_up.py" in step.script]
    assert {step.job for step in setting_up} == {"plan", "build", "report"}
    (python,) = {step.outputs["python"] for step in setting_up}
    assert Path(python).parents[2].name == "openfaas-build"
    assert Path(python).is_relative_to(run.cache), "act's tool cache"


def test_build_secrets_are_masked(run: Run) -> None:
    for secret in (TOKEN, *filter(None, KEY.splitlines())):
        assert secret not in run.said
        for step in run.steps:
            masked = f"::add-mask::{secret.replace('%', '%25')}"
            assert {line for line in step.log.splitlines() if secret in line} <= {masked}
            assert secret not in step.summary + step.output
        for path in (run.folder / "artifacts").rglob("*.json"):
            assert secret not in path.read_text()
    masks = {command.data for step in run.steps for command in step.obeyed if command.name == "add-mask"}
    assert TOKEN in masks


@pytest.fixture(scope="module")
def trio(make_repository: Callable[..., Project]) -> Project:
    """A repository that calls the workflow for three stack files; in one there is nothing to build."""
    made = make_repository()
    for name in ("one", "two"):
        made.add_dockerfile(name, PLAIN)
        made.add_dockerfile(f"not-{name}", PLAIN, skip_build=True)
    write_stack(made, "first.yml", ["one"])
    write_stack(made, "second.yml", ["two"])
    write_stack(made, "nothing.yml", ["not-one", "not-two"])
    made.write(".github/workflows/ci.yml", THREE_CALLS)
    return made


@pytest.fixture(scope="module")
def calls(act: Act, engine: Engine, trio: Project) -> Run:
    """All three at once: without a password, without secrets, with `shards: auto`."""
    return act.run(trio.root, env=engine.env).expect(success=True)


def results(run: Run) -> dict[str, Any]:
    return json.loads(run.later("called.json").read_text())


def test_calls_in_one_run_keep_out_of_each_others_way(calls: Run, trio: Project) -> None:
    for call, name in (("first", "one"), ("second", "two")):
        outputs = results(calls)[call]["outputs"]
        image = f"{trio.image(name)}:latest"
        digest = registry.digest(image)
        assert json.loads(outputs["images"]) == {name: f"{image}@{digest}"}
        assert json.loads(outputs["digests"]) == {name: digest}
        assert json.loads(outputs["failed"]) == []
    assert sorted(step.job for step in calls.steps if step.summary) == ["report", "report"]
    assert len(list((calls.folder / "artifacts").iterdir())) == 2


def test_nothing_to_build_ends_green_without_a_job_that_builds(calls: Run) -> None:
    assert results(calls)["nothing"]["result"] == "success"
    started = [step.job for step in calls.main_steps()]
    assert sorted(started) == ["build", "build", "plan", "plan", "plan", "report", "report"]
    # On GitHub they are {} and []; act evaluates the outputs of a job that was skipped.
    assert set(results(calls)["nothing"]["outputs"].values()) <= {"", "{}", "[]"}


def test_nobody_logs_in_without_a_name(calls: Run) -> None:
    assert not calls.later("logins").exists()
