"""One truth: the inputs of the list, of action.yml and of the README are the same; so are the outputs."""

import re
from pathlib import Path
from typing import Any

import yaml

from openfaas_build.inputs import INPUTS
from openfaas_build.render import outputs
from openfaas_build.report import make_report

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
CREDENTIALS = {
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_RESULTS_URL",
    "ACTIONS_CACHE_URL",
    "ACTIONS_CACHE_SERVICE_V2",
    "ACTIONS_CACHE_MODE",
}


# On the command line the sub-command and its files are arguments, not flags.
ARGUMENTS = {"command": "COMMAND", "reports": "INPUT_REPORTS"}


def test_inputs_of_the_action():
    assert {
        name: (found["description"], found.get("default", ""))
        for name, found in ACTION["inputs"].items()
        if name not in ARGUMENTS
    } == {item.name: (item.help, item.default) for item in INPUTS}


WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/build-functions.yml").read_text())
CALL: dict[str, Any] = WORKFLOW[True]["workflow_call"]  # YAML 1.1 reads the key `on` as true
# What the reusable workflow does not take, and what it takes besides.
NOT_IN_THE_WORKFLOW = {
    "shard": "each job has its own",
    "report-file": "each job has its own",
    "summary": "one for all shards",
    "load": "the engine goes with the job",
    "secrets": "the workflow's secret `build-secrets` is the way in",
}
ONLY_IN_THE_WORKFLOW = {"runs-on", "environment", "registry", "registry-username"}
OTHER_DEFAULTS = {"shards": "auto"}


def test_inputs_of_the_reusable_workflow():
    mirrored = {item.name: item for item in INPUTS if item.name not in NOT_IN_THE_WORKFLOW}
    assert set(CALL["inputs"]) == set(mirrored) | ONLY_IN_THE_WORKFLOW
    for name, item in mirrored.items():
        found = CALL["inputs"][name]
        default = str(found.get("default", ""))
        default = default.lower() if found["type"] == "boolean" else default
        assert default == OTHER_DEFAULTS.get(name, item.default), name
        if name not in OTHER_DEFAULTS:
            assert found["description"] == item.help


def test_the_reusable_workflow_hands_every_input_on():
    steps = {
        step["name"]: step["with"]
        for job in WORKFLOW["jobs"].values()
        for step in job["steps"]
        if step.get("uses") == "$/"
    }
    mirrored = {item.name for item in INPUTS if item.name not in NOT_IN_THE_WORKFLOW}
    for name, own in (("Plan", {"functions", "shards"}), ("Build", set())):
        handed = {key for key, value in steps[name].items() if value == f"${{{{ inputs.{key} }}}}"}
        assert handed == (mirrored - {"functions", "shards"}) | own


def test_every_input_is_handed_over():
    env = STEPS["build"]["env"]
    handed = {name: value for name, value in env.items() if value.startswith("${{ inputs.")}
    variables = {item.name: item.variable for item in INPUTS} | ARGUMENTS
    assert handed == {variable: f"${{{{ inputs.{name} }}}}" for name, variable in variables.items()}
    assert set(env) - set(handed) == CREDENTIALS | {"PYTHON"}


def test_the_credentials_reach_the_one_step_that_builds():
    assert [name for name, step in STEPS.items() if CREDENTIALS & set(step.get("env", {}))] == ["build"]


def test_no_input_stands_in_a_script():
    for step in STEPS.values():
        assert "${{" not in step.get("run", "") + step.get("with", {}).get("script", "")


def test_outputs_of_the_action():
    found = outputs(make_report([], duration_s=0.0), report_path="report.json", matrix={})
    assert {name: value["value"] for name, value in ACTION["outputs"].items()} == {
        name: f"${{{{ steps.build.outputs.{name} }}}}" for name in found
    }


def test_actions_are_pinned_by_commit():
    used = [step["uses"] for step in STEPS.values() if "uses" in step]
    assert used and all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", text) for text in used)


def test_the_readme_lists_every_input():
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (.*?) \| (.*?) \|$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    table = {name: (default.strip("`"), text) for name, default, text in rows}
    expected = {item.name: (item.default, item.help.replace("|", "\\|")) for item in INPUTS}
    assert {name: row for name, row in table.items() if name in expected} == expected
