"""Our workflows are pinned, poor in rights, and keep templates out of scripts; CI runs what we say it runs.

A rule reads a file's text and gives what is wrong with it, so each is tried on something wrong as well.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.y*ml"))
FILES = [*WORKFLOWS, ROOT / "action.yml", *sorted((GITHUB / "actions").rglob("action.y*ml"))]
CI = (GITHUB / "workflows" / "ci.yml").read_text()
RELEASE = (GITHUB / "workflows" / "release.yml").read_text()
OURS = "openfaas-build/openfaas-build"
MAJOR = "v1"
# The newest major tag of actions that the README names and that we do not run ourselves.
NEWEST = {"docker/login-action": 4}

Rule = Callable[[str], list[str]]


def load(text: str) -> Any:
    return yaml.safe_load(text)


def steps(text: str) -> Iterator[dict[str, Any]]:
    document = load(text)
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", ())
    yield from document.get("runs", {}).get("steps", ())


def uses(text: str) -> list[str]:
    """Give what is used, by steps and by jobs."""
    parts = [*load(text).get("jobs", {}).values(), *steps(text)]
    return [part["uses"] for part in parts if "uses" in part]


def pinned(text: str) -> list[tuple[str, str]]:
    """Give what is pinned by commit, with its version comment: (`owner/name@commit`, `v1.2.3`)."""
    line = r"\buses: ([\w.-]+/[\w./-]+@[0-9a-f]{40}) # (v\d+\.\d+\.\d+)$"
    return re.findall(line, text, re.MULTILINE)


def not_pinned(text: str) -> list[str]:
    # Counted: the same action may stand there with and without its version.
    bad = Counter(uses(text)) - Counter(name for name, _ in pinned(text))
    return [name for name in bad if not name.startswith(("./", "$/"))]


def rights_of_all_jobs(text: str) -> list[str]:
    found = load(text).get("permissions", "not there")
    return [] if found == {} else [f"permissions: {found}"]


def grants_without_reason(text: str) -> list[str]:
    lines = text.splitlines()
    wrong = []
    for node in rights(yaml.compose(text)):
        if not isinstance(node, yaml.MappingNode):
            wrong.append(f"permissions: {node.value}")
            continue
        # A line for each, with words behind it.
        for key, value in node.value:
            end = value.end_mark
            if not re.match(r"\s+#\s*\w", lines[end.line][end.column :]):
                wrong.append(f"{key.value}: {value.value}")
    return wrong


def rights(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Give the value of every key `permissions`, wherever it stands."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "permissions":
                yield value
            else:
                yield from rights(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from rights(item)


def templates_in_scripts(text: str) -> list[str]:
    scripts = [text for step in steps(text) for text in (step.get("run"), step.get("with", {}).get("script"))]
    return [script for script in scripts if script and "${{" in script]


def checkouts_that_leave_a_token(text: str) -> list[str]:
    return [
        step["uses"]
        for step in steps(text)
        if step.get("uses", "").startswith("actions/checkout@")
        and step.get("with", {}).get("persist-credentials") is not False
    ]


def scripts_without_pipefail(text: str) -> list[str]:
    """Find the scripts that a failing command in a pipe does not stop: it takes `shell: bash`, spelt out."""
    usual = load(text).get("defaults", {}).get("run", {}).get("shell")
    return [step["run"] for step in steps(text) if "run" in step and step.get("shell", usual) != "bash"]


EVERYWHERE: list[Rule] = [
    not_pinned,
    grants_without_reason,
    templates_in_scripts,
    checkouts_that_leave_a_token,
    scripts_without_pipefail,
]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file(path: Path, rule: Rule):
    assert rule(path.read_text()) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_workflow_begins_without_rights(path: Path):
    assert rights_of_all_jobs(path.read_text()) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (not_pinned, "runs: {steps: [{uses: a/b@v1}]}"),
        (not_pinned, "runs: {steps: [{uses: docker://alpine}]}"),
        (not_pinned, f"runs:\n  steps:\n    - uses: a/b@{COMMIT}"),
        (not_pinned, f"runs:\n  steps:\n    - uses: a/b@{COMMIT} # v1"),
        (not_pinned, "\n  - uses: ".join(("runs:\n  steps:", f"a/b@{COMMIT} # v1.2.3", f"a/b@{COMMIT}"))),
        (not_pinned, f"runs:\n  steps:\n    - uses: a/b@{COMMIT[1:]} # v1.2.3"),
        (not_pinned, "jobs: {call: {uses: a/b/.github/workflows/c.yml@main}}"),
        (rights_of_all_jobs, "jobs: {}"),
        (rights_of_all_jobs, "permissions: {contents: read}"),
        (rights_of_all_jobs, "permissions: read-all"),
        (grants_without_reason, "jobs: {a: {permissions: write-all}}"),
        (grants_without_reason, "jobs: {a: {permissions: {contents: read}}} # why"),
        (grants_without_reason, "jobs:\n  a:\n    permissions:\n      contents: read"),
        (grants_without_reason, "jobs:\n  a:\n    permissions:\n      contents: read #"),
        (templates_in_scripts, "runs: {steps: [{run: 'echo ${{ inputs.x }}'}]}"),
        (templates_in_scripts, "jobs: {a: {steps: [{with: {script: 'f(${{ inputs.x }})'}}]}}"),
        (checkouts_that_leave_a_token, "jobs: {a: {steps: [{uses: actions/checkout@v1}]}}"),
        (
            checkouts_that_leave_a_token,
            "jobs: {a: {steps: [{uses: actions/checkout@v1, with: {persist-credentials: true}}]}}",
        ),
        (scripts_without_pipefail, "jobs: {a: {steps: [{run: 'false | cat'}]}}"),
        (scripts_without_pipefail, "runs: {steps: [{run: 'false | cat', shell: sh}]}"),
    ],
)
def test_the_rules_find_what_is_wrong(rule: Rule, text: str):
    assert rule(text) != []


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_the_rules_let_pass_what_is_right(rule: Rule):
    text = f"""
        defaults: {{run: {{shell: bash}}}}
        jobs:
          call:
            uses: $/.github/workflows/a.yml
          a:
            permissions:
              contents: read # checkout
            steps:
              - uses: actions/checkout@{COMMIT} # v1.2.3
                with: {{persist-credentials: false}}
              - uses: ./
              - run: make
                env: {{X: "${{{{ github.sha }}}}"}}
    """
    assert rule(text) == []


def test_ci_runs_make_test_on_both_images():
    job = load(CI)["jobs"]["test"]
    assert job["strategy"]["matrix"] == {"image": ["ubuntu-22.04", "ubuntu-24.04"]}
    assert job["runs-on"] == "${{ matrix.image }}"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make test"]


def test_ci_builds_the_examples_with_the_action_itself():
    job = load(CI)["jobs"]["action"]
    calls = {step["id"]: step for step in job["steps"] if step.get("uses") == "./"}
    assert list(calls) == ["cold", "warm", "faulty", "nobody"]
    # `auto` exports nothing on a pull request: the second build would find nothing.
    assert {calls[name]["with"]["cache-write"] for name in ("cold", "warm")} == {"always"}
    # What must fail may, and what must not may not.
    assert [name for name, step in calls.items() if step.get("continue-on-error")] == ["faulty", "nobody"]
    checked = "\n".join(str(step["env"]) for step in job["steps"] if "env" in step and "run" in step)
    assert all(f"steps.{name}.out" in checked for name in calls)
    assert load((ROOT / "action.yml").read_text())["outputs"].keys() >= set(
        re.findall(r"steps\.\w+\.outputs\.([\w-]+)", checked)
    )


def test_one_check_stands_for_all_jobs():
    jobs = load(CI)["jobs"]
    last = jobs.pop("required-checks-pass")
    assert last["name"] == "required-checks-pass"
    # Without `always()` it is skipped when another job fails, and a skipped check counts as passed.
    assert last["if"] == "always()"
    assert last["needs"] == list(jobs)
    (step,) = last["steps"]
    assert step["env"] == {"RESULTS": "${{ join(needs.*.result, ' ') }}"}
    assert f"[ \"$RESULTS\" = '{' '.join(['success'] * len(jobs))}' ]" in step["run"].splitlines()


def test_only_the_gate_of_a_release_runs_what_is_not_ours():
    jobs = load(RELEASE)["jobs"]
    writers = {name: job for name, job in jobs.items() if "write" in job["permissions"].values()}
    assert list(writers) == ["release", "major"]
    for job in writers.values():
        assert "gate" in job["needs"]
        assert job["permissions"] == {"contents": "write"}
        assert [step for step in job["steps"] if "uses" in step] == []


def test_a_release_waits_for_ci():
    # The gate asks for the runs of a workflow by its file, of pushes, on the branch that CI runs on.
    assert "actions/workflows/ci.yml/runs?" in RELEASE
    assert "branch=main&event=push&status=success" in RELEASE
    # PyYAML reads the key `on` as true.
    assert load(CI)[True]["push"] == {"branches": ["main"]}


def test_dependabot_covers_every_lock():
    updates = load((GITHUB / "dependabot.yml").read_text())["updates"]
    assert [update["package-ecosystem"] for update in updates] == ["github-actions", "pip"]
    assert all(update["schedule"]["interval"] == "weekly" and update["groups"] for update in updates)
    locks = {f"/{path.relative_to(ROOT).parent}" for path in ROOT.glob("*/requirements.txt")}
    assert set(updates[1]["directories"]) == locks != set()


def unknown_versions(text: str, known: set[str]) -> list[str]:
    """Find the `uses:` of a page with a version that does not exist, as far as we can know."""
    found = re.findall(r"\buses: [\"']?([\w.-]+/[\w.-]+)[\w./-]*@([\w.-]+)", text)
    return [f"{name}@{version}" for name, version in found if f"{name}@{version}" not in known]


def versions() -> set[str]:
    """Give what exists: our major tag and releases; of others, what we run, and each major tag up to that."""
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    pins = dict(pin for path in FILES for pin in pinned(path.read_text()))
    run = {name.partition("@")[0]: int(version[1:].partition(".")[0]) for name, version in pins.items()}
    majors = {f"{name}@v{at}" for name, newest in (NEWEST | run).items() for at in range(1, newest + 1)}
    return {f"{OURS}@{MAJOR}", *(f"{OURS}@v{release}" for release in releases), *pins, *majors}


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_versions_on_our_pages_exist(path: Path):
    assert unknown_versions(path.read_text(), versions()) == []


def test_versions_that_do_not_exist_are_found():
    known = versions()
    assert {"actions/checkout@v5", "docker/login-action@v4", f"{OURS}@{MAJOR}"} <= known
    wrong = [
        "actions/checkout@v99",
        "actions/checkout@main",
        f"actions/checkout@{COMMIT}",
        "actions/unheard-of@v1",
        f"{OURS}@v99.0.0",
    ]
    for text in wrong:
        assert unknown_versions(f"- {{uses: {text}, with: {{}}}}", known) == [text]
    assert unknown_versions(f"uses: {OURS}/.github/workflows/a.yml@v99", known) == [f"{OURS}@v99"]
    assert f"uses: {OURS}@{MAJOR}" in PAGES[0].read_text()
