"""Probes and stack files of others: `plan` gives docker the references and arguments that faas-cli gave."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from corpus.verdicts import SOURCES, Source, check_each, secret_paths
from fakes import plan_in

from openfaas_build.errors import BuildError
from openfaas_build.plan import BuildPlan
from openfaas_build.stack import StackFile, read_stack

EMPTY_LANG = "faas-cli prints a hint, builds nothing and exits with 0"
NO_IMAGE = "faas-cli builds `:latest`"
REFERENCE = "docker refuses this reference, and so do we before anything is built"
DIGEST = "docker refuses to give a result a name that is pinned by digest"
NAME = "the name would put the context into another folder"
OUTSIDE = "no path of a stack file leaves the project"
# What faas-cli accepts and we refuse.
REFUSED = {
    "stacks/012_alexellis__autoscaling-functions__stack.yml": REFERENCE,
    "stacks/071_jmwright__cadquery-openfaas-functions__stack.yml": REFERENCE,
    "stacks/138_openfaas__faas-cli__commands__testdata__deploy__stack.yml": EMPTY_LANG,
    "stacks/153_openfaas__workshop__issue-bot-secrets__stack.yml": REFERENCE,
    "stacks/155_openfaas__workshop__issue-bot-secrets__stack.yml": REFERENCE,
    "stacks/174_S1naHeidari__openfaas-benchmarks__cpu_memory__video-processing.yml": REFERENCE,
    "stacks/175_S1naHeidari__openfaas-benchmarks__cpu_memory__model-training.yml": REFERENCE,
    "provider-rewritten/066_hbill75__faas-dnac-functions__dnacsandbox-auth.yml": REFERENCE,
    "provider-rewritten/067_hbill75__faas-dnac-functions__dnacsandbox-getdevices.yml": REFERENCE,
    "provider-rewritten/068_hbill75__faas-dnac-functions__postdeviceuptime.yml": REFERENCE,
    "provider-rewritten/069_hbill75__faas-dnac-functions__dnacsandbox-auth.yml": REFERENCE,
    "provider-rewritten/140_openfaas__faas-cli__commands__testdata__stack-files__stack1.yml": OUTSIDE,
    "probes/006_image-digest.yml": DIGEST,
    "probes/009_image-empty-tag.yml": REFERENCE,
    "probes/011_image-missing.yml": NO_IMAGE,
    "probes/012_image-null.yml": NO_IMAGE,
    "probes/013_image-uppercase-space.yml": REFERENCE,
    "probes/015_lang-missing.yml": EMPTY_LANG,
    "probes/040_build_secrets-paths.yml": OUTSIDE,
    "probes/096_case-key.yml": EMPTY_LANG,
    "probes/098_function-null.yml": EMPTY_LANG,
    "probes/111_fname=a_slash_b.yml": NAME,
    "probes/112_fname=fn_sp_1.yml": NAME,
    "probes/116_fname=.._slash_x.yml": NAME,
    "probes/117_fname=..yml": NAME,
    "probes/118_fname=fn1_colon_latest.yml": NAME,
    "probes/130_hash-no-space.yml": REFERENCE,
    "probes/140_env-unset.yml": REFERENCE,
    "probes/141_env-unset-only.yml": NO_IMAGE,
    "probes/153_env-default-with-space.yml": REFERENCE,
    "probes/154_env-default-with-brace.yml": REFERENCE,
    "probes/156_env-dq-default.yml": REFERENCE,
    "probes/157_env-unbraced.yml": REFERENCE,
    "probes/158_env-dollar-dollar.yml": REFERENCE,
    "probes/159_env-dollar-dollar-brace.yml": REFERENCE,
    "probes/160_env-backslash.yml": REFERENCE,
    "probes/174_env-helm-expr.yml": REFERENCE,
    "probes/191_nbsp-indent.yml": NO_IMAGE,
    "probes/196_handler-parent.yml": OUTSIDE,
}
# What faas-cli refuses and we accept.
ACCEPTED = {"probes/124_yaml-directive-12.yml": "a YAML 1.2 directive changes nothing here"}


@pytest.fixture(scope="module", params=SOURCES)
def source(request) -> Source:
    return request.param


@pytest.fixture(scope="module")
def expected(source) -> dict[str, dict[str, Any]]:
    return source.read()["files"]


def plan_of(data: bytes, name: str, root: Path) -> BuildPlan:
    """Lay the project out as when the verdicts were made, and plan it as `plan` does."""
    stack_file = "stack.yaml" if name.endswith(".yaml") else "stack.yml"
    root.mkdir()
    (root / stack_file).write_bytes(data)
    with contextlib.suppress(BuildError):
        lay_out(read_stack(data, stack_file, {"CI": "true"}), root)
    return plan_in(root, {"CI": "true"}, layout=False)


def lay_out(stack: StackFile, root: Path) -> None:
    """Make a template for every lang with every option asked for, every relative handler and extra path."""
    for function in stack.functions:
        if function.lang and "/" not in function.lang:
            options = "".join(
                f"  - name: {json.dumps(option)}\n    packages: [{json.dumps(f'{option}-pkg1')}, "
                f"{json.dumps(f'{option}-pkg2')}]\n"
                for option in dict.fromkeys(function.build_options)
            )
            folder = root / "template" / function.lang
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "Dockerfile").touch()
            known = folder / "template.yml"
            before = known.read_text() if known.exists() else "build_options:\n"
            known.write_text(before + "".join(line for line in [options] if line not in before))
    paths = [*(function.handler for function in stack.functions), *stack.copy]
    paths += [path for function in stack.functions for path in function.build_secrets.values()]
    for path in paths:
        if path and not path.startswith("/") and ".." not in Path(path).parts:
            (root / path).mkdir(parents=True, exist_ok=True)
            (root / path / "file").touch()


def with_verdict(expected: dict[str, dict[str, Any]], verdict: str) -> dict[str, dict[str, Any]]:
    return {name: want for name, want in expected.items() if want["verdict"] == verdict}


def test_accepted(source: Source, expected: dict[str, dict[str, Any]], tmp_path: Path):
    refused = set()

    def check(name: str, want: dict[str, Any]) -> None:
        try:
            plan = plan_of((source.root / name).read_bytes(), name, tmp_path / name.replace("/", "_"))
        except BuildError:
            refused.add(name)
            assert name in REFUSED
            return
        found = {build.name: build for build in plan.functions}
        assert sorted(found) == [function["name"] for function in want["functions"]]
        for wanted in want["functions"]:
            build = found[wanted["name"]]
            assert bool(build.skip) == wanted["skipped"]
            if wanted["built"]:
                assert build.image == wanted["image"]
                assert build.build_args == wanted["build_args"]
                secrets = {secret.id: secret.source for secret in build.secrets}
                assert secret_paths(secrets) == secret_paths(wanted["secrets"])

    check_each(with_verdict(expected, "accepted"), check)
    assert refused == source.own(REFUSED)


def test_rejected(source: Source, expected: dict[str, dict[str, Any]], tmp_path: Path):
    accepted = set()

    def check(name: str, _want: dict[str, Any]) -> None:
        with contextlib.suppress(BuildError):
            plan_of((source.root / name).read_bytes(), name, tmp_path / name.replace("/", "_"))
            accepted.add(name)

    check_each(with_verdict(expected, "rejected"), check)
    assert accepted == source.own(ACCEPTED)
