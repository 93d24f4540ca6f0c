"""The key covers every input; the provenance is read, and any doubt means build."""

import dataclasses
from pathlib import Path

import pytest

from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.context import context_digest
from openfaas_build.inputs import Inputs, Secret
from openfaas_build.plan import BuildPlan, FunctionBuild, flag_beyond_key, input_key
from openfaas_build.registry import Material, read_materials

FUNCTION = FunctionBuild(
    name="f",
    lang="py",
    handler="./f",
    context="build/f",
    image="u/f:1",
    tags=("u/f:1",),
    platforms=("linux/amd64",),
    build_args={"A": "1", "B": "2"},
    secrets=(Secret(id="npm", kind="src", source=".npmrc"),),
    labels={"k": "v"},
    cache=CacheSpec(mode="max", imports=parse_entries(["x"]), exports=parse_entries(["y"]), inline=True),
    flags=("--ulimit=nofile=1",),
)
PLAN = BuildPlan(stack_file="stack.yml", functions=(FUNCTION,), inputs=Inputs(push=True))


def key(
    plan: BuildPlan = PLAN,
    digest: str = "d",
    platform: str = "linux/amd64",
    env: dict[str, str] | None = None,
    **change,
) -> str:
    function = dataclasses.replace(FUNCTION, **change)
    return input_key(plan, function, context_digest=digest, platform=platform, environment=env or {})


CHANGES = {
    "context": key(digest="e"),
    "platforms": key(platforms=("linux/arm64",)),
    "more platforms": key(platforms=("linux/amd64", "linux/arm64")),
    "build argument": key(build_args={"A": "1", "B": "3"}),
    "build argument's name": key(build_args={"A": "1", "C": "2"}),
    "build argument gone": key(build_args={"A": "1"}),
    "build arguments swapped": key(build_args={"A": "2", "B": "1"}),
    "secret's id": key(secrets=(Secret(id="pip", kind="src", source=".npmrc"),)),
    "secret gone": key(secrets=()),
    "label": key(labels={"k": "w"}),
    "flag": key(flags=("--ulimit=nofile=2",)),
    "flag split": key(flags=("--ulimit", "nofile=1")),
    "inline": key(cache=CacheSpec(mode="max", imports=parse_entries(["x"]), exports=parse_entries(["y"]))),
    "ssh": key(ssh=True),
    "provenance": key(plan=dataclasses.replace(PLAN, inputs=Inputs(provenance="mode=max"))),
    "sbom": key(plan=dataclasses.replace(PLAN, inputs=Inputs(sbom="true"))),
    "times": key(env={"SOURCE_DATE_EPOCH": "0"}),
    "other times": key(env={"SOURCE_DATE_EPOCH": "1"}),
    "commit as a label": key(env={"BUILDX_GIT_LABELS": "1"}),
    "policy": key(env={"EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": "policy.json"}),
}


def test_every_input_has_a_key_of_its_own():
    keys = [key(), *CHANGES.values()]
    assert len(set(keys)) == len(keys)
    assert all(len(found) == 43 and found.startswith("fn-") for found in keys)


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ("u/f:2",), "image": "u/f:2"},
        {"load": True},
        {"handler": "./g"},
        {"cache": CacheSpec(mode="gha", imports=parse_entries(["z"]), exports=(), inline=True)},
        {"secrets": (Secret(id="npm", kind="env", source="NPM"),)},
        {"build_args": {"B": "2", "A": "1"}},
        {"env": {"HOME": "/elsewhere"}},
    ],
)
def test_what_does_not_change_the_image_does_not_change_the_key(change):
    assert key(**change) == key()


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("--ulimit=nofile=1", "--shm-size", "64m", "--build-arg=A=1", "--build-arg", "B=2"),
        ("--target=slim", "--label", "a=b", "--secret", "id=x,src=file", "--cache-from=--x"),
    ],
)
def test_flags_that_the_key_covers(flags: tuple[str, ...]):
    assert flag_beyond_key(dataclasses.replace(FUNCTION, flags=flags)) == ""


@pytest.mark.parametrize(
    ("flags", "beyond"),
    [
        (("--target=slim", "--build-context=lib=../lib"), "--build-context=lib=../lib"),
        (("--build-context", "lib=../lib"), "--build-context"),
        (("--build-arg=TOKEN",), "--build-arg=TOKEN"),
        (("--build-arg", "TOKEN"), "--build-arg"),
        (("--build-arg",), "--build-arg"),
        (("--no-cache-filter=slim",), "--no-cache-filter=slim"),
        (("--no-cache",), "--no-cache"),
        (("--pull",), "--pull"),
        (("-t", "u/f:2"), "-t"),
        (("--tag=u/f:2",), "--tag=u/f:2"),
        (("--from-the-future=1",), "--from-the-future=1"),
    ],
)
def test_a_flag_beyond_the_key(flags: tuple[str, ...], beyond: str):
    assert flag_beyond_key(dataclasses.replace(FUNCTION, flags=flags)) == beyond


def test_without_platforms_the_builders_counts():
    assert key(platforms=()) == key()
    assert key(platforms=(), platform="linux/arm64") == key(platforms=("linux/arm64",))


def test_the_digest_of_a_context(tmp_path: Path):
    def tree(name: str) -> Path:
        root = tmp_path / name
        (root / "sub").mkdir(parents=True)
        (root / "a").write_text("a")
        (root / "sub" / "b").write_text("b")
        for path in (root, root / "sub"):
            path.chmod(0o755)
        for path in (root / "a", root / "sub" / "b"):
            path.chmod(0o644)
        return root

    same = context_digest(tree("one"))
    assert context_digest(tree("two")) == same

    changes = []
    for number, change in enumerate(
        (
            lambda root: (root / "a").write_text("b"),
            lambda root: (root / "a").chmod(0o755),
            lambda root: (root / "a").rename(root / "c"),
            lambda root: (root / "sub" / "b").unlink(),
            lambda root: (root / "empty").mkdir(),
            lambda root: (root / ".dockerignore").write_text("a"),
            lambda root: (root / "sub" / "b").rename(root / "b"),
            lambda root: (root / "link").symlink_to("a"),
        )
    ):
        root = tree(f"changed-{number}")
        change(root)
        changes.append(context_digest(root))
    assert len({same, *changes}) == 1 + len(changes)


SHA = "a" * 64
V02 = {
    "SLSA": {
        "materials": [
            {"uri": "pkg:docker/debian@bookworm-slim?platform=linux%2Famd64", "digest": {"sha256": SHA}}
        ]
    }
}
V1 = {
    "SLSA": {
        "buildDefinition": {
            "resolvedDependencies": [
                {
                    "uri": "pkg:docker/localhost%3A5000/u/base@1?platform=linux%2Famd64",
                    "digest": {"sha256": SHA},
                }
            ]
        }
    }
}


def test_materials_of_both_shapes():
    assert read_materials(V02) == (Material(reference="debian:bookworm-slim", digest=f"sha256:{SHA}"),)
    assert read_materials(V1) == (Material(reference="localhost:5000/u/base:1", digest=f"sha256:{SHA}"),)


def test_materials_of_several_platforms():
    both = {"linux/amd64": V02, "linux/arm64": V1}
    assert len(read_materials(both) or ()) == 2


def test_a_pinned_base_image_cannot_move():
    uri = f"pkg:docker/debian@1?digest=sha256%3A{SHA}&platform=linux%2Famd64"
    found = read_materials({"SLSA": {"materials": [{"uri": uri, "digest": {"sha256": SHA}}]}})
    assert found and found[0].pinned


def test_from_scratch_has_no_material():
    assert read_materials({"SLSA": {"materials": []}}) == ()
    assert read_materials({"SLSA": {}}) == ()


@pytest.mark.parametrize(
    "provenance",
    [
        None,
        {},
        [],
        "x",
        {"linux/amd64": {}},
        {"linux/amd64": None},
        {"SLSA": {"materials": [{"uri": "https://x/y.tar.gz", "digest": {"sha256": SHA}}]}},
        {"SLSA": {"materials": [{"uri": "git+https://x/y", "digest": {"sha1": SHA}}]}},
        {"SLSA": {"materials": [{"uri": "pkg:docker/debian@1"}]}},
        {"SLSA": {"materials": [{}]}},
        {"linux/amd64": V02, "linux/arm64": {"SLSA": {"materials": [{"uri": "https://x", "digest": {}}]}}},
    ],
)
def test_any_doubt_means_build(provenance):
    assert read_materials(provenance) is None
