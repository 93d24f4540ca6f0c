"""(Inputs, StackFile, Facts) -> BuildPlan: references, arguments, cache, and every fault at once."""

import pytest

from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.errors import BuildError, Notice
from openfaas_build.inputs import Inputs, Secret
from openfaas_build.plan import (
    BuildPlan,
    Facts,
    exported_kinds,
    make_plan,
    uses_cache,
    without_exports,
    without_imports,
)
from openfaas_build.stack import Template, read_stack

HEAD = "version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n"


def plan_of(text: str, facts: Facts = Facts(), **inputs) -> BuildPlan:  # noqa: B008
    stack = read_stack((HEAD + text).encode(), "stack.yml", None)
    return make_plan(Inputs(**inputs), stack, stack.functions, facts)


def one(text: str = "", facts: Facts = Facts(), image: str = "u/f", **inputs):  # noqa: B008
    head = f"  f:\n    lang: py\n    handler: ./f\n    image: {image}\n"
    return plan_of(head + text, facts, **inputs).functions[0]


def texts(entries) -> list[str]:
    return [entry.text for entry in entries]


def faults(text: str, facts: Facts = Facts(), **inputs) -> list[str]:  # noqa: B008
    with pytest.raises(BuildError) as error:
        plan_of(text, facts, **inputs)
    return [notice.text() for notice in error.value.notices]


@pytest.mark.parametrize(
    ("image", "tag", "reference"),
    [
        ("u/f", "latest", "u/f:latest"),
        ("u/f:0.1", "sha", "u/f:0.1-22ef28c"),
        ("u/f", "branch", "u/f:latest-feature-x-22ef28c"),
        ("u/f:1", "describe", "u/f:1-v1.2-3-g22ef28c"),
        ("u/f:1", "digest", "u/f:d41d8cd98f00b204e9800998ecf8427e"),
        ("localhost:5000/u/f", "digest", "localhost:5000/u/f:d41d8cd98f00b204e9800998ecf8427e"),
        ("localhost:5000/u/f", "sha", "localhost:5000/u/f:latest-22ef28c"),
    ],
)
def test_tag_modes(image: str, tag: str, reference: str):
    facts = Facts(
        short_sha="22ef28c",
        branch="feature/x",
        describe="v1.2-3-g22ef28c",
        digests={"f": "d41d8cd98f00b204e9800998ecf8427e"},
    )
    assert one(image=image, facts=facts, tag=tag).image == reference


def test_extra_tags_are_tags_or_whole_references():
    found = one(image="ghcr.io/u/f:1", extra_tags=("v2", "other.io/u/f", "other.io/u/f:3", "1"))
    assert found.tags == ("ghcr.io/u/f:1", "ghcr.io/u/f:v2", "other.io/u/f:latest", "other.io/u/f:3")


def test_build_arguments_low_to_high():
    template = Template(build_options={"dev": ("make", "gcc"), "tls": ("openssl",)})
    found = one(
        "    build_args: {B: file, C: file, ADDITIONAL_PACKAGE: 'zlib  curl zlib'}\n"
        "    build_options: [tls]\n",
        Facts(templates={"py": template}, proxies={"http_proxy": "http://proxy"}),
        build_args=(("A", ""), ("C", "input")),
        build_options=("dev", "tls"),
    )
    assert list(found.build_args.items()) == [
        ("http_proxy", "http://proxy"),
        ("A", ""),
        ("ADDITIONAL_PACKAGE", "curl gcc make openssl zlib"),
        ("B", "file"),
        ("C", "input"),
    ]


def test_additional_package_of_the_input_replaces_that_of_the_file_and_repeats_are_joined():
    pairs = (("ADDITIONAL_PACKAGE", "b"), ("ADDITIONAL_PACKAGE", "a"))
    found = one("    build_args: {ADDITIONAL_PACKAGE: zlib}\n", build_args=pairs)
    assert found.build_args["ADDITIONAL_PACKAGE"] == "a b"


def test_additional_package_is_always_there():
    assert one().build_args == {"ADDITIONAL_PACKAGE": ""}


def test_load_is_automatic():
    assert one().load is True
    assert one(push=True).load is False
    assert one(platforms=("linux/amd64", "linux/arm64")).load is False
    assert one(push=True, load="true").load is True
    assert one("    platforms: linux/amd64, linux/arm64\n").platforms == ("linux/amd64", "linux/arm64")


def test_secrets_of_the_input_win():
    found = one(
        "    build_secrets: {npm: .npmrc, pip: pip.conf}\n",
        secrets=(Secret(id="npm", kind="env", source="NPM"),),
    )
    assert [secret.spec() for secret in found.secrets] == ["id=npm,env=NPM", "id=pip,src=pip.conf"]


@pytest.mark.parametrize(
    ("text", "inputs", "mode", "exported"),
    [
        ("", {}, "off", False),
        ("", {"cache_mode": "max"}, "max", True),
        ("    build_cache: inline\n", {"cache_mode": "max"}, "inline", False),
        ("    build_cache: max\n", {"cache_mode": "off"}, "off", False),
        ("    build_cache: off\n", {"cache_mode": "max"}, "off", False),
        ("    build_cache: inline\n", {"cache_to": ("u/f:c",)}, "custom", True),
        ("    build_cache: max\n", {"cache_write": "never"}, "max", False),
    ],
)
def test_which_cache_wins(text: str, inputs: dict, mode: str, exported: bool):
    found = one(text, **inputs).cache
    assert (found.mode, bool(found.exports)) == (mode, exported)


@pytest.mark.parametrize(
    ("word", "facts", "exported", "withheld"),
    [
        ("max", Facts(), True, ""),
        ("max", Facts(pull_request=True), False, "a pull request exports no cache"),
        ("inline", Facts(pull_request=True), False, "a pull request exports no cache"),
        ("gha", Facts(pull_request=True), True, ""),
        ("gha", Facts(pull_request=True, fork=True), False, "a pull request from a fork exports no cache"),
    ],
)
def test_what_a_pull_request_exports(word: str, facts: Facts, exported: bool, withheld: str):
    found = one(f"    build_cache: {word}\n", facts).cache
    assert (bool(found.exports) or found.inline, found.withheld) == (exported, withheld)
    assert found.imports
    always = one(f"    build_cache: {word}\n", facts, cache_write="always").cache
    assert (always.exports or always.inline) and not always.withheld
    never = one(f"    build_cache: {word}\n", facts, cache_write="never").cache
    assert (never.exports, never.inline, never.withheld) == ((), False, "cache-write is never")


def test_a_pull_request_imports_its_own_branch_first_and_then_the_base():
    facts = Facts(pull_request=True, branch="topic/x", base_branch="main")
    found = one("    build_cache: max\n", facts, cache_ref="{repository}:cache-{branch}").cache
    assert texts(found.imports) == [
        "type=registry,ref=u/f:cache-topic-x",
        "type=registry,ref=u/f:cache-main",
    ]
    found = one("    build_cache: max\n", facts).cache
    assert texts(found.imports) == ["type=registry,ref=u/f:buildcache"]


def test_scopes_of_odd_names_do_not_clash():
    text = "".join(
        f"  '{name}': {{lang: py, handler: ./f, image: u/{at}, build_cache: gha}}\n"
        for at, name in enumerate(("a,b", "a=b", "a-b"))
    )
    scopes = [build.cache.imports[0].text for build in plan_of(text).functions]
    assert scopes[1] == "type=gha,scope=a-b"
    assert len(set(scopes)) == 3 and all(scope.startswith("type=gha,scope=a-b") for scope in scopes)


def test_placeholders_know_branch_and_platform():
    value = "{repository}:{branch}-{platform}-{function}"
    text = f"    platforms: linux/arm64\n    build_cache: {{from: ['{value}']}}\n"
    assert one(text, Facts(branch="topic/x")).cache.imports == parse_entries(["u/f:topic-x-linux-arm64-f"])


def test_flags_are_passed_as_they_stand_and_exports_stay_apart():
    found = one(
        "    builder_flags: ['--ulimit=nofile=1024', '--cache-to', 'type=inline', '--cache-to=type=gha']\n",
        builder_flags=("--add-host=a:1",),
    )
    assert found.flags == ("--add-host=a:1", "--ulimit=nofile=1024")
    assert found.export_flags == ("--cache-to", "type=inline", "--cache-to=type=gha")


@pytest.mark.parametrize(
    ("flags", "inputs", "fresh"),
    [
        (["--no-cache"], {}, True),
        (["--no-cache=true"], {}, True),
        (["--no-cache=False", "--cache-from=--no-cache"], {}, False),
        (["--no-cache-filter", "build"], {}, True),
        (["--no-cache-filter=build"], {}, True),
        (["--ulimit=nofile=1"], {}, False),
        ([], {"no_cache": True}, True),
    ],
)
def test_what_makes_steps_run_whatever_the_cache_holds(flags: list[str], inputs: dict, fresh: bool):
    assert one(f"    builder_flags: {flags}\n", **inputs).fresh == fresh


@pytest.mark.parametrize(
    "flag", ["--push", "--output=type=docker", "-o", "-fDockerfile", "--metadata-file", "--progress=tty"]
)
def test_flags_that_are_ours_are_refused(flag: str):
    head = "  f:\n    lang: py\n    handler: ./f\n    image: u/f\n"
    [text] = faults(head + f"    builder_flags: ['{flag}']\n")
    assert text.startswith(f'stack.yml:9: function "f": builder flag "{flag}" cannot be given: --')
    assert text.endswith('Use the inputs "push" and "load" instead.')


def test_skipped_functions_stay_in_the_plan():
    plan = plan_of("  a:\n    skip_build: true\n  b: {lang: py, handler: ./b, image: u/b}\n")
    assert [(build.name, build.skip) for build in plan.functions] == [("a", "skip_build"), ("b", "")]
    assert [build.name for build in plan.to_build] == ["b"]


def test_nothing_to_build_is_said():
    plan = plan_of("  a:\n    skip_build: true\n")
    assert [notice.problem for notice in plan.warnings] == ["there is nothing to build here."]


def test_every_fault_of_every_function_at_once():
    text = (
        "  a: {lang: py, handler: ./a, image: u/A}\n"
        "  b: {lang: py, handler: ./b, image: 'u/b@sha256:" + "a" * 64 + "'}\n"
        "  c: {lang: py, handler: ./c, image: u/c, build_options: [dev], build_cache: {from: ['{x}:c']}}\n"
        "  d: {lang: py, handler: ./d, image: 'u/d:'}\n"
    )
    facts = Facts(
        templates={"py": Template(build_options={"tls": ()})},
        faults=(Notice(problem="found in files"),),
    )
    assert faults(text, facts) == [
        "found in files",
        'stack.yml:5: function "a": image "u/A:latest" has upper case in its repository name.\n'
        "Likely cause: names of organisations on GitHub may hold upper case, image references may not.\n"
        'Write it as "u/a:latest".',
        'stack.yml:6: function "b": image "u/b@sha256:' + "a" * 64 + '" is pinned by digest.\n'
        "Likely cause: a build makes a new digest, so Docker refuses such a name for its result.\n"
        'Write "image: u/b" with a tag.',
        'stack.yml:7: function "c": cache value "{x}:c" has an unknown placeholder "{x}".\n'
        "Use one of {image}, {repository}, {function}, {platform}, {branch}, {base_branch}.",
        'stack.yml:7: function "c": build option "dev" is not one of the template "py".\nIt has: tls.',
        'stack.yml:8: function "d": image "u/d:" has no tag after its colon.\n'
        "Likely cause: a variable of the stack file that is not set, "
        "or a placeholder that was never replaced.\n"
        'Write it as "registry/owner/name:tag".',
    ]


def test_a_cache_may_not_replace_an_image():
    text = "  f:\n    lang: py\n    handler: ./f\n    image: u/f\n    build_cache: {from: [u/f], to: [u/f]}\n"
    [found] = faults(text)
    assert found == (
        'stack.yml: function "f": cache export "type=registry,ref=u/f,mode=max" would overwrite the image '
        '"u/f" of function "f".\n'
        "Likely cause: a cache in a registry is an image of its own and needs its own tag.\n"
        'Export to another tag, such as "u/f:buildcache".'
    )


def test_shared_places_are_warned_of():
    text = (
        "  a: {lang: py, handler: ./a, image: u/x, build_cache: {to: ['type=gha']}}\n"
        "  b: {lang: py, handler: ./b, image: u/x:latest, build_cache: {to: ['type=gha,mode=max']}}\n"
    )
    warnings = [notice.text() for notice in plan_of(text).warnings]
    assert warnings == [
        'functions "a" and "b" export their caches to the same gha place.\n'
        "Likely cause: the last export replaces the others, so all but one are lost.\n"
        'Write "scope={function}" (gha), or another reference ({repository}:cache).',
        'functions "a" and "b" write the same image "docker.io/u/x:latest".\n'
        "Likely cause: the one that is pushed last replaces the others.\n"
        "Give each function an image of its own.",
    ]


def test_a_shard_is_a_part_of_the_plan():
    text = "".join(f"  f{n}: {{lang: py, handler: ./f, image: u/f{n}}}\n" for n in range(5))
    plan = plan_of(text, shards=2, shard=2)
    assert [build.name for build in plan.functions] == ["f3", "f4"]
    assert plan.shards == (("f0", "f1", "f2"), ("f3", "f4"))
    assert faults(text, shards=2, shard=3) == ['input "shard": there is no part 3 of 2.']


def test_caches_that_cannot_work_are_taken_out():
    plan = plan_of(
        "  a: {lang: py, handler: ./a, image: u/a, build_cache: gha}\n"
        "  b: {lang: py, handler: ./b, image: u/b, build_cache: max}\n"
    )
    assert exported_kinds(plan) == {"gha", "registry"}
    assert uses_cache(plan, "gha") and not uses_cache(plan, "s3")
    without = without_imports(without_exports(plan, ["gha"], "no token"), ["gha"])
    assert without.functions[0].cache == CacheSpec(mode="gha", withheld="no token")
    assert without.functions[1] == plan.functions[1]
    assert without_exports(plan, ["gha"], "").functions[0].cache.imports == parse_entries(
        ["type=gha,scope=a"]
    )


def test_ssh_needs_a_template_that_mounts_it_and_an_agent():
    template = Template(build_options={}, mount_ssh=True)
    assert one(facts=Facts(templates={"py": template}, ssh_agent=True)).ssh is True
    assert one(facts=Facts(templates={"py": template})).ssh is False
    assert one(facts=Facts(ssh_agent=True)).ssh is False
