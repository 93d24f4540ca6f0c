"""What other programs read: outputs, and the plan as JSON."""

import json

from runner_files import read_outputs
from test_render import failure, function, report, step

from openfaas_build import render
from openfaas_build.cache import CacheSpec, parse_entries
from openfaas_build.errors import Notice
from openfaas_build.inputs import Secret
from openfaas_build.plan import BuildPlan, FunctionBuild

NAMES = {
    "cache-hit-rate",
    "digests",
    "failed",
    "functions",
    "images",
    "matrix",
    "report",
    "reused",
    "steps-cached",
    "steps-total",
}


def outputs(*functions, matrix=None):
    return render.outputs(report(*functions), report_path="build/report.json", matrix=matrix or {})


def test_outputs_have_the_names_of_the_design_in_order():
    made = outputs(function())
    assert set(made) == NAMES
    assert list(made) == sorted(made)


def test_outputs_tell_what_was_built():
    steps = tuple(step("hit" if index < 5 else "run", index) for index in range(9))
    made = outputs(
        function("zeta", steps=steps),
        function("alpha", "reused", digest="sha256:bb"),
        function("broken", "failed", failure=failure("x")),
        function("left-out", "skipped"),
        function("loaded", digest=""),
        matrix={"include": [{"shard": 1, "functions": ["zeta"]}]},
    )
    a = "sha256:" + 64 * "a"
    assert made == {
        "cache-hit-rate": "0.55",
        "digests": f'{{"alpha":"sha256:bb","zeta":"{a}"}}',
        "failed": '["broken"]',
        "functions": '["loaded","zeta"]',
        "images": (
            f'{{"alpha":"r.example.com/acme/alpha:1@sha256:bb","zeta":"r.example.com/acme/zeta:1@{a}"}}'
        ),
        "matrix": '{"include":[{"functions":["zeta"],"shard":1}]}',
        "report": "build/report.json",
        "reused": '["alpha"]',
        "steps-cached": "5",
        "steps-total": "9",
    }


def test_a_failed_function_is_no_image_to_deploy():
    # With strict-cache the image is pushed although the function counts as failed.
    made = outputs(
        function(status="failed", digest="sha256:ab", failure=failure("strict-cache: x", by_cache=True))
    )
    assert (made["images"], made["digests"], made["failed"]) == ("{}", "{}", '["f1"]')


def test_the_hit_rate_is_rounded_down_and_leaves_shared_steps_out():
    most = tuple(step("run" if index == 0 else "hit", index) for index in range(1000))
    assert outputs(function(steps=most))["cache-hit-rate"] == "0.99"
    assert outputs(function(steps=most[1:]))["cache-hit-rate"] == "1.00"
    shared = (step(), step("shared"), step("run"))
    made = outputs(function(steps=shared))
    assert (made["cache-hit-rate"], made["steps-cached"], made["steps-total"]) == ("0.50", "1", "3")
    assert outputs(function(steps=(step("run"),)))["cache-hit-rate"] == "0.00"


def test_no_value_but_the_path_has_more_than_one_line():
    name = "a\nEOF\n::set-output name=x::\u00e4\u2028\ud800"
    made = outputs(function(name, status="failed"), function(f"{name}2"))
    text = "".join(f"{key}={value}\n" for key, value in made.items())
    assert read_outputs(text) == made
    assert json.loads(made["failed"]) == [name]
    text.encode()


PLAN = BuildPlan(
    stack_file="stack.yml",
    functions=(
        FunctionBuild(
            name="f1",
            lang="go",
            handler="./f1",
            context="build/f1",
            image="r.example.com/f1:1",
            tags=("r.example.com/f1:1", "r.example.com/f1:sha"),
            platforms=("linux/amd64",),
            build_args={"b": "2", "a": "1"},
            secrets=(
                Secret(id="npm", kind="env", source="NPM_TOKEN"),
                Secret(id="pip", kind="src", source="./pip.conf"),
            ),
            labels={"z": "1", "a": "2"},
            cache=CacheSpec(
                mode="max",
                imports=parse_entries(["type=registry,ref=c"]),
                exports=parse_entries(["type=registry,ref=d"]),
            ),
        ),
        FunctionBuild(name="f2", lang="go", handler="./f2", context="build/f2", skip="skip_build"),
    ),
    shards=(("f1",), ("f3", "f4")),
    warnings=(Notice(problem="P.", remedy="R.", file="stack.yml", line=3),),
)


def test_the_plan_is_the_document_of_the_design():
    made = render.plan_document(PLAN, {"f1": (("docker", "buildx"), ("docker", "export"))}, ["The builder."])
    assert made == {
        "schema": 1,
        "stack_file": "stack.yml",
        "functions": [
            {
                "name": "f1",
                "lang": "go",
                "handler": "./f1",
                "context": "build/f1",
                "image": "r.example.com/f1:1",
                "tags": ["r.example.com/f1:1", "r.example.com/f1:sha"],
                "platforms": ["linux/amd64"],
                "build_args": {"a": "1", "b": "2"},
                "secrets": {"npm": "env=NPM_TOKEN", "pip": "src=./pip.conf"},
                "labels": {"a": "2", "z": "1"},
                "cache": {
                    "mode": "max",
                    "from": ["type=registry,ref=c"],
                    "to": ["type=registry,ref=d"],
                    "inline": False,
                },
                "skip": None,
                "commands": {"build": ["docker", "buildx"], "export": ["docker", "export"]},
            },
            {
                "name": "f2",
                "lang": "go",
                "handler": "./f2",
                "context": "build/f2",
                "image": "",
                "tags": [],
                "platforms": [],
                "build_args": {},
                "secrets": {},
                "labels": {},
                "cache": {"mode": "off", "from": [], "to": [], "inline": False},
                "skip": "skip_build",
                "commands": {"build": [], "export": None},
            },
        ],
        "matrix": {"include": [{"shard": 1, "functions": ["f1"]}, {"shard": 2, "functions": ["f3", "f4"]}]},
        "warnings": [{"problem": "P.", "cause": "", "remedy": "R.", "file": "stack.yml", "line": 3}],
        "unknown": ["The builder."],
    }


def test_a_plan_s_document_is_json_with_its_keys_in_the_design_s_order():
    made = render.plan_document(PLAN, {"f1": (["docker"], None)}, ())
    assert list(made) == ["schema", "stack_file", "functions", "matrix", "warnings", "unknown"]
    assert json.loads(json.dumps(made)) == made
    assert made["functions"][0]["commands"] == {"build": ["docker"], "export": None}


def test_no_functions_make_an_empty_matrix():
    assert render.plan_matrix(BuildPlan(stack_file="s", functions=())) == {"include": []}
