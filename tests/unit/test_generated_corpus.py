"""Generated stack files: `plan` gives the references, arguments and secrets that faas-cli gave to docker."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from corpus.verdicts import CORPUS, check_each, secret_paths

from openfaas_build.errors import BuildError
from openfaas_build.inputs import Inputs
from openfaas_build.plan import BuildPlan, Facts, make_plan, select_functions
from openfaas_build.stack import Template, read_stack

CASES: list[dict[str, Any]] = json.loads((CORPUS / "generated.json").read_text(encoding="utf-8"))
# The templates that were there when the verdicts were recorded.
TEMPLATES = {
    lang: Template(build_options={"dev": ("make", "gcc"), "extra": ("git",)}) for lang in ("py", "go")
}
# The two differences from faas-cli, which hands every image to docker as it stands. We refuse what docker
# refuses, before anything is built: a result gets no name with a digest, which nobody can know before the
# build, and no repository name with capitals.
PINNED = "is pinned by digest"
UPPER_CASE = "has upper case in its repository name"
IMAGE_FAULT = re.compile(rf'^function "(.*?)": image ".*?" ({PINNED}|{UPPER_CASE})\.$')


def cases(verdict: str) -> dict[str, dict[str, Any]]:
    """Return the cases with this verdict by the line that they stand on: `generated.json:17`."""
    return {
        f"generated.json:{line}": case for line, case in enumerate(CASES, 2) if case["verdict"] == verdict
    }


def plan_of(case: dict[str, Any], functions: Sequence[str] = ()) -> BuildPlan:
    """Plan the named functions, or all; without a file system, since no verdict depends on a missing file."""
    stack = read_stack(case["text"].encode(), "stack.yml", case["env"])
    facts = Facts(templates=TEMPLATES, faults=stack.faults)
    return make_plan(Inputs(), stack, select_functions(stack.functions, functions), facts)


def why_refused(image: str) -> str:
    if "@" in image:
        return PINNED
    return UPPER_CASE if re.search("[A-Z]", image.rpartition(":")[0]) else ""


def compare(plan: BuildPlan, wanted: dict[str, Any]) -> None:
    assert {build.name for build in plan.to_build} == wanted.keys()
    for build in plan.to_build:
        got = {
            "image": build.image,
            "build_args": dict(build.build_args),
            "secrets": secret_paths({secret.id: secret.source for secret in build.secrets}),
        }
        assert got == {**wanted[build.name], "secrets": secret_paths(wanted[build.name]["secrets"])}


def test_the_corpus_is_whole():
    verdicts = Counter(case["verdict"] for case in CASES)
    refused = Counter(why_refused(each["image"]) for case in CASES for each in case["functions"].values())
    assert verdicts == {"accepted": 511, "rejected": 89}
    assert refused == {"": 1069, PINNED: 69, UPPER_CASE: 91}


def test_accepted():
    """A refused image is told; then the file's other functions are built as faas-cli builds them."""

    def check(_name: str, case: dict[str, Any]) -> None:
        wanted = case["functions"]
        refused = {name: why for name, each in wanted.items() if (why := why_refused(each["image"]))}
        if refused:
            with pytest.raises(BuildError) as error:
                plan_of(case)
            told = [IMAGE_FAULT.findall(notice.problem) for notice in error.value.notices]
            assert sorted(told) == [[fault] for fault in sorted(refused.items())]
        others = {name: each for name, each in wanted.items() if name not in refused}
        if others or not refused:
            compare(plan_of(case, list(others)), others)

    check_each(cases("accepted"), check)


def test_rejected():
    """What faas-cli says of these files is "Error with YAML file" alone; each has a label twice."""

    def check(_name: str, case: dict[str, Any]) -> None:
        with pytest.raises(BuildError) as error:
            plan_of(case)
        assert any('has the key "a" twice, first on line ' in each.problem for each in error.value.notices)

    check_each(cases("rejected"), check)
