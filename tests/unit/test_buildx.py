"""Plan -> argv and the proposal's commands; metadata file -> digests."""

import dataclasses
import json
from pathlib import Path

import pytest

from openfaas_build import buildx
from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.inputs import Inputs, Secret
from openfaas_build.plan import BuildPlan, Facts, FunctionBuild, make_plan
from openfaas_build.stack import read_stack

PROPOSAL = Path(__file__).parents[1] / "golden" / "proposal"
CASES = sorted(PROPOSAL.iterdir())
FUNCTION = FunctionBuild(
    name="f",
    lang="py",
    handler="./f",
    context="build/f",
    image="u/f:1",
    tags=("u/f:1", "u/f:2"),
    platforms=("linux/amd64", "linux/arm64"),
    build_args={"ADDITIONAL_PACKAGE": "", "A": "x y"},
    secrets=(Secret(id="npm", kind="src", source=".npmrc"),),
    labels={"k": "v"},
    cache=CacheSpec(
        mode="max",
        imports=parse_entries(["type=gha"]),
        exports=parse_entries(["type=gha,mode=max"]),
        inline=True,
    ),
    flags=("--ulimit=nofile=1",),
)
START = ("docker", "buildx", "build", "--progress", "rawjson")
ARGS = (
    "--build-arg",
    "BUILDKIT_INLINE_CACHE=1",
    "--build-arg",
    "ADDITIONAL_PACKAGE=",
    "--build-arg",
    "A=x y",
)
COMMON = ("--platform", "linux/amd64,linux/arm64", "--secret", "id=npm,src=.npmrc")
METADATA = ("--metadata-file", "build/.openfaas-build/f.metadata.json")


def plan(**options) -> BuildPlan:
    return BuildPlan(stack_file="stack.yml", functions=(FUNCTION,), inputs=Inputs(**options))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_proposals_configurations(case: Path):
    stack = read_stack((case / "stack.yml").read_bytes(), "stack.yml", None)
    found = make_plan(Inputs(), stack, stack.functions, Facts())
    assert buildx.equivalent(found, found.functions[0]) + "\n" == (case / "command.txt").read_text()


def test_build_and_export_of_a_pushed_function():
    assert buildx.build_argv(plan(push=True, pull=True, provenance="mode=max"), FUNCTION, "b") == (
        *(*START, "--builder", "b", *METADATA, "--cache-from", "type=gha"),
        *(*ARGS, *COMMON, "--pull", "--label", "k=v", "--provenance=mode=max", "--ulimit=nofile=1"),
        *("--tag", "u/f:1", "--tag", "u/f:2", "--output", "type=image,push=true,store=false", "build/f"),
    )
    assert buildx.export_argv(FUNCTION, "b") == (
        *(*START, "--builder", "b", "--cache-from", "type=gha", "--cache-to", "type=gha,mode=max"),
        *(
            *ARGS[2:],
            *COMMON,
            "--provenance=false",
            "--ulimit=nofile=1",
            "--output",
            "type=cacheonly",
            "build/f",
        ),
    )


def test_without_cache_there_is_one_solve_whose_export_cannot_break_it():
    fresh = dataclasses.replace(FUNCTION, fresh=True)
    argv = buildx.build_argv(plan(no_cache=True), fresh)
    assert argv[argv.index("--cache-to") + 1] == "type=gha,mode=max,ignore-error=true"
    assert "--no-cache" in argv
    assert buildx.export_argv(fresh) is None


def test_where_the_image_goes():
    kept = dataclasses.replace(FUNCTION, load=True)
    assert buildx.build_argv(plan(), kept)[-2:] == ("--load", "build/f")
    assert buildx.build_argv(plan(push=True), kept)[-5:] == (
        *("--output", "type=docker", "--output", "type=image,push=true"),
        "build/f",
    )
    assert buildx.build_argv(plan(), FUNCTION)[-3:] == ("--output", "type=cacheonly", "build/f")
    both = buildx.build_argv(plan(push=True), kept, "default", "docker")
    assert both[-3:] == ("--output", "type=image,push=true", "build/f")


def test_nothing_to_export():
    bare = FunctionBuild(name="f", lang="py", handler="./f", context="build/f")
    assert buildx.export_argv(bare) is None
    assert buildx.build_argv(plan(), bare) == (*START, *METADATA, "--output", "type=cacheonly", "build/f")


def test_a_cache_export_among_the_flags_runs_in_the_second_solve():
    flagged = FunctionBuild(
        name="f", lang="py", handler="./f", context="build/f", export_flags=("--cache-to=x",)
    )
    assert "--cache-to=x" not in buildx.build_argv(plan(), flagged)
    assert "--cache-to=x" in (buildx.export_argv(flagged) or ())


def test_the_text_quotes_for_a_shell():
    assert (
        buildx.equivalent(plan(push=True), FUNCTION).splitlines()[4:]
        == [
            "  --ulimit=nofile=1 \\",
            "  --build-arg BUILDKIT_INLINE_CACHE=1 \\",
            "  --build-arg 'A=x y' \\",
            "  --platform linux/amd64,linux/arm64 \\",
            "  --secret id=npm,src=.npmrc \\",
            "  --label k=v \\",
            "  -t u/f:1 \\",
            "  -t u/f:2 \\",
            "  --push \\",
            "  .",
        ][1:]
    )


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"cache.manifest": 3}'])
def test_a_metadata_file_that_says_nothing(text: str):
    assert buildx.read_digest(text) == ""


def test_a_template_that_mounts_ssh_gets_the_agent_in_both_solves():
    found = FunctionBuild(
        name="f", lang="py", handler="./f", context="build/f", ssh=True, export_flags=("--cache-to=x",)
    )
    assert "--ssh=default" in buildx.build_argv(plan(), found)
    assert "--ssh=default" in (buildx.export_argv(found) or ())
    assert "--ssh=default" in buildx.equivalent(plan(), found)


RECORDINGS = Path(__file__).parents[1] / "recordings"
EXPECTED = {
    name: found["metadata"]
    for name, found in json.loads((RECORDINGS / "expected.json").read_text()).items()
    if "metadata" in found
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_digests_of_the_recordings(name: str):
    text = (RECORDINGS / name).with_suffix(".metadata.json").read_text()
    assert (buildx.read_digest(text) or None) == EXPECTED[name]["digest"]


def test_the_recordings_have_metadata():
    assert len(EXPECTED) > 40
