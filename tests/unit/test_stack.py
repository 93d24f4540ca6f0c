"""Stack files: what is read, what is refused, what is warned of, in which words."""

import pytest

from openfaas_build.errors import BuildError
from openfaas_build.stack import Function, StackFile, TemplateSource, read_stack

HEAD = "version: 1.0\nprovider:\n  name: openfaas\n"
FUNCTION = "functions:\n  fn:\n    lang: node\n    handler: ./fn\n    image: acme/fn\n"


def read(text: str, env: dict[str, str] | None = None) -> StackFile:
    return read_stack(text.encode(), "stack.yml", {} if env is None else env)


def faults(text: str, env: dict[str, str] | None = None) -> list[str]:
    return [fault.text() for fault in read(text, env).faults]


def warnings(text: str, env: dict[str, str] | None = None) -> list[str]:
    stack = read(text, env)
    assert stack.faults == ()
    return [warning.text() for warning in stack.warnings]


def refusal(text: str) -> str:
    with pytest.raises(BuildError) as caught:
        read(text)
    return str(caught.value)


def test_everything_that_affects_a_build():
    stack = read(
        """\
version: 1.0
provider:
  name: openfaas
  gateway: http://127.0.0.1:8080
functions:
  resize:
    lang: python3-http
    handler: ./resize
    image: ghcr.io/${OWNER:-acme}/resize:${TAG}
    build_options:
      - dev
    build_args:
      PYTHON: 3.10
      GO111MODULE: on
    build_secrets:
      token: .secrets/token
    platforms: linux/amd64,linux/arm64
    builder_flags:
      - --network=host
    environment:
      write_debug: true
  old:
    image: acme/old
    skip_build: true
configuration:
  copy:
    - ./common
  templates:
    - name: python3-http
      source: https://github.com/openfaas/python-flask-template#sha-e01a882
    - name: go
""",
        {"TAG": "0.1"},
    )
    assert stack == StackFile(
        path="stack.yml",
        version="1.0",
        functions=(
            Function(
                name="old",
                image="acme/old",
                skip_build=True,
                build_args={},
                build_secrets={},
                file="stack.yml",
                lines={"": 22, "image": 23, "skip_build": 24},
            ),
            Function(
                name="resize",
                lang="python3-http",
                handler="./resize",
                image="ghcr.io/acme/resize:0.1",
                build_options=("dev",),
                build_args={"GO111MODULE": "on", "PYTHON": "3.10"},
                build_secrets={"token": ".secrets/token"},
                platforms="linux/amd64,linux/arm64",
                builder_flags=("--network=host",),
                file="stack.yml",
                lines={
                    "": 6,
                    "lang": 7,
                    "handler": 8,
                    "image": 9,
                    "build_options": 10,
                    "build_args": 12,
                    "build_secrets": 15,
                    "platforms": 17,
                    "builder_flags": 18,
                    "environment": 20,
                },
            ),
        ),
        templates=(
            TemplateSource(
                name="python3-http",
                source="https://github.com/openfaas/python-flask-template#sha-e01a882",
                line=29,
            ),
            TemplateSource(name="go", line=31),
        ),
        copy=("./common",),
        lines={
            "version": 1,
            "provider": 2,
            "functions": 5,
            "configuration": 25,
            "copy": 26,
            "templates": 28,
        },
    )


def test_without_an_environment_nothing_is_replaced():
    stack = read_stack((HEAD + FUNCTION + "    # ${{ x }}\n    platforms: ${P}").encode(), "stack.yml", None)
    assert (stack.functions[0].platforms, stack.warnings) == ("${P}", ())


@pytest.mark.parametrize("version", ["", "version:\n", 'version: ""\n', "version: '1.0'\n", "version: 1.0\n"])
def test_versions_that_are_read(version):
    assert warnings(version + "provider: {name: openfaas}\n" + FUNCTION) == []


@pytest.mark.parametrize("version", ["1", "1.00", "1e0", "v1", "2.0"])
def test_other_versions(version):
    assert faults(f"version: {version}\nprovider: {{name: openfaas}}\n{FUNCTION}") == [
        f'stack.yml:1: "version" is "{version}", not "1.0".\n'
        "Likely cause: there is no other version yet.\n"
        'Write "version: 1.0", or leave the line out.'
    ]


@pytest.mark.parametrize(
    ("provider", "want"),
    [
        (
            "provider:\n  name: faas\n",
            'stack.yml:2: "provider": "name" is "faas", not "openfaas".\n'
            "Likely cause: the old name of the provider, which faas-cli refuses too.\n"
            'Write "name: openfaas".',
        ),
        (
            "provider:\n  name: OpenFaaS\n",
            'stack.yml:2: "provider": "name" is "OpenFaaS", not "openfaas".\nWrite "name: openfaas".',
        ),
        (
            "provider:\n  name:\n",
            'stack.yml:2: "provider": "name" is "", not "openfaas".\nWrite "name: openfaas".',
        ),
        (
            "provider:\n  gateway: x\n",
            'stack.yml:1: the stack file has no name of a "provider".\n'
            'Write "provider:", and below it, indented, "name: openfaas".',
        ),
        (
            "provider:\n",
            'stack.yml:1: the stack file has no name of a "provider".\n'
            'Write "provider:", and below it, indented, "name: openfaas".',
        ),
        (
            "proovider:\n  name: openfaas\n",
            'stack.yml: the stack file has no name of a "provider".\n'
            'Likely cause: "proovider" on line 1 is probably meant.\n'
            'Write "provider:", and below it, indented, "name: openfaas".',
        ),
        (
            "provider:\n  Name: openfaas\n",
            'stack.yml:1: the stack file has no name of a "provider".\n'
            'Likely cause: "Name" on line 2 is probably meant.\n'
            'Write "provider:", and below it, indented, "name: openfaas".',
        ),
        (
            "provider: openfaas\n",
            'stack.yml:1: "provider" is the text "openfaas", not a mapping.\n'
            "Likely cause: a wrong indentation.\n"
            'Write "NAME: VALUE" lines below it, indented.',
        ),
        (
            "provider:\n  name: [openfaas]\n",
            'stack.yml:2: "provider": "name" is a list, not a text.\n'
            "Write one text; where it may name several things, put commas between them.",
        ),
    ],
    ids=lambda value: value[:25],
)
def test_provider(provider, want):
    assert faults(provider + FUNCTION) == [want]


@pytest.mark.parametrize(
    ("functions", "want"),
    [
        ("", "stack.yml: the stack file has no functions.\n"),
        ("functions:\n", "stack.yml:4: the stack file has no functions.\n"),
        ("functions: {}\n", "stack.yml:4: the stack file has no functions.\n"),
        ("functions: {~: {lang: go}}\n", "stack.yml:4: the stack file has no functions.\n"),
        (
            "Functions:\n  fn: {}\n",
            "stack.yml: the stack file has no functions.\n"
            'Likely cause: "Functions" on line 4 is probably meant.\n',
        ),
    ],
)
def test_no_functions(functions, want):
    remedy = 'Write a function below "functions:", indented. Name the stack file with the input "stack-file".'
    assert faults(HEAD + functions) == [want + remedy]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", "stack.yml: the stack file is empty.\n"),
        ("# nothing\n", "stack.yml: the stack file is empty.\n"),
        ("---\n---\n" + HEAD, "stack.yml:2: the stack file is empty.\n"),
        ("- hosts: all\n", "stack.yml:1: the file is a list, not a stack file.\n"),
        ("hello", 'stack.yml:1: the file is the text "hello", not a stack file.\n'),
        (
            "{}",
            "stack.yml:1: the file is no stack file: "
            'it has neither "provider" nor "functions", nor anything else.\n',
        ),
        (
            "\nversion: 2\nservices: {}\nnetworks: {}\nvolumes: {}\n",
            'stack.yml:2: the file is no stack file: it has neither "provider" nor "functions", '
            'but "version", "services", "networks" and 1 more.\n',
        ),
        (
            "function:\n  fn: {}\n",
            "stack.yml:1: the file is no stack file: "
            'it has neither "provider" nor "functions", but "function".\n'
            'Likely cause: "function" on line 1 is probably meant.\n',
        ),
    ],
    ids=lambda value: value[:25],
)
def test_what_is_no_stack_file(text, want):
    assert refusal(text) == want + 'Name the stack file with the input "stack-file".'


@pytest.mark.parametrize("name", ["fn", "123", "on", "2020-01-01", "a-b"])
def test_function_names(name):
    stack = read(HEAD + FUNCTION.replace("fn:", f"{name}:"))
    assert (stack.functions[0].name, stack.warnings, stack.faults) == (name, (), ())


@pytest.mark.parametrize("name", ["fn_1", "FN", "fn.1", "-x", "x-", "1.10", "é"])
def test_function_names_that_openfaas_will_refuse(name):
    assert warnings(HEAD + FUNCTION.replace("fn:", f"{name}:")) == [
        f'stack.yml:5: function "{name}": OpenFaaS refuses to deploy a function of this name.\n'
        'Likely cause: a name holds small letters, digits and "-", '
        "and begins and ends with a letter or digit.\n"
        "It is built all the same; rename it to deploy it."
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("../evil", "../evil"),
        (".", "."),
        ("..", ".."),
        ("a/b", "a/b"),
        ("a\\\\b", "a\\b"),
        ("fn:latest", "fn:latest"),
        ("fn 1", "fn 1"),
        ("fn\\t1", "fn\\t1"),
        ("fn\\x1b[31m", "fn\\x1b[31m"),
        ("fn\\u2028", "fn\\u2028"),
        ("\\u202efn", "\\u202efn"),
        ("fn\\u00a0", "fn\\xa0"),
    ],
)
def test_function_names_that_are_refused(key, shown):
    text = HEAD + FUNCTION.replace("fn:", f'"{key}":')
    assert [fault.text() for fault in read_stack(text.encode(), "stack.yml", None).faults] == [
        f'stack.yml:5: function "{shown}": this cannot be the name of a function.\n'
        "Likely cause: it would also be the name of a folder, which could then lie elsewhere.\n"
        'Name it in small letters, digits and "-".'
    ]


def test_an_empty_function_name():
    assert faults(HEAD + FUNCTION.replace("fn:", '"":')) == [
        'stack.yml:5: a function has an empty name.\nName it in small letters, digits and "-".'
    ]


MISSING = {
    "lang": 'Write "lang:" with the name of a template, or "skip_build: true" if there is nothing to build.',
    "handler": 'Write "handler:" with the folder that holds the code of the function.',
    "image": 'Write "image:" with the reference to build, such as "registry.example.com/acme/resize:1.0".',
}


@pytest.mark.parametrize("key", MISSING)
def test_what_a_function_needs(key):
    lines = (HEAD + FUNCTION).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"    {key}:"))
    missing = "\n".join(lines[:at] + lines[at + 1 :])
    assert faults(missing) == [f'stack.yml:5: function "fn" has no "{key}".\n{MISSING[key]}']
    for empty in ("", " ~", ' ""'):
        text = "\n".join([*lines[:at], f"    {key}:{empty}", *lines[at + 1 :]])
        assert faults(text) == [f'stack.yml:{at + 1}: function "fn": "{key}" is empty.\n{MISSING[key]}']
        assert faults(text + "\n    skip_build: true") == []
    unset = "\n".join([*lines[:at], f"    {key}: ${{A}}${{B}}${{A}}", *lines[at + 1 :]])
    assert faults(unset) == [
        f'stack.yml:{at + 1}: function "fn": "{key}" is empty.\n'
        "Likely cause: ${A}, ${B} is not set, or empty.\n"
        'Set A under the step\'s "env:", or write ${A:-default}.'
    ]


def test_a_few_variables_are_named():
    text = HEAD + FUNCTION.replace("acme/fn", "${A}${B}${C}${D}")
    assert read(text).faults[0].cause == "${A}, ${B}, ${C} is not set, or empty."


def test_a_misspelt_key_is_the_likely_cause_of_a_missing_one():
    text = HEAD + "functions:\n  fn:\n    Lang: node\n    handle: ./fn\n    image: acme/fn\n"
    assert faults(text) == [
        f'stack.yml:5: function "fn" has no "lang".\n'
        f'Likely cause: "Lang" on line 6 is probably meant.\n{MISSING["lang"]}',
        f'stack.yml:5: function "fn" has no "handler".\n'
        f'Likely cause: "handle" on line 7 is probably meant.\n{MISSING["handler"]}',
    ]


def test_a_function_of_nothing_has_nothing():
    assert [fault.line for fault in read(HEAD + "functions:\n  fn:\n").faults] == [5, 5, 5]


def test_all_faults_are_told_at_once_by_line():
    text = (
        "version: 2\nprovider:\n  name: faas\n"
        "functions:\n  b: {lang: go}\n  a:\n    image: [x]\n    image: y\n"
    )
    assert [(fault.line, fault.problem) for fault in read(text).faults] == [
        (1, '"version" is "2", not "1.0".'),
        (3, '"provider": "name" is "faas", not "openfaas".'),
        (5, 'function "b" has no "handler".'),
        (5, 'function "b" has no "image".'),
        (6, 'function "a" has no "lang".'),
        (6, 'function "a" has no "handler".'),
        (7, 'function "a": "image" is a list, not a text.'),
        (8, 'function "a" has the key "image" twice, first on line 7.'),
    ]


def test_dockerfile_in_capitals():
    text = (
        HEAD
        + FUNCTION.replace("node", "Dockerfile")
        + FUNCTION.replace("functions:\n", "").replace("fn:", "b:").replace("node", "Dockerfile")
    )
    assert [function.lang for function in read(text).functions] == ["dockerfile", "dockerfile"]
    assert warnings(text) == [
        'stack.yml:6: functions "b" and "fn": "lang" is "Dockerfile", taken as "dockerfile".\n'
        'Likely cause: capitals; faas-cli looks for a template called "Dockerfile".\n'
        'Write "lang: dockerfile".'
    ]
    assert warnings(HEAD + FUNCTION.replace("node", "dockerfile")) == []


@pytest.mark.parametrize(
    ("field", "key", "cause", "remedy"),
    [
        ("build_caches: inline", "build_caches", "a typing error.", 'Write "build_cache".'),
        ("build_arg: {}", "build_arg", "a typing error.", 'Write "build_args".'),
        ("build-args: {}", "build-args", "a typing error.", 'Write "build_args".'),
        ("Labels: {}", "Labels", "capitals, which count.", 'Write "labels".'),
        ("lang:node:", "lang:node", 'a blank is missing behind the ":".', 'Write "lang: node".'),
        (
            '"\\u00a0secrets": []',
            "\\xa0secrets",
            "the blank before it is a special one, which is no indentation in YAML.",
            'Write "secrets" after ordinary blanks.',
        ),
        (
            "copy: []",
            "copy",
            'a wrong indentation, as it is a key of "configuration".',
            'Move it to "configuration".',
        ),
        ("frobnicate: {a: [b]}", "frobnicate", "", "Remove it, unless another tool reads it."),
    ],
)
def test_unknown_keys_of_a_function(field, key, cause, remedy):
    likely = f"Likely cause: {cause}\n" if cause else ""
    assert warnings(f"{HEAD}{FUNCTION}    {field}\n") == [
        f'stack.yml:9: function "fn": "{key}" is no key that OpenFaaS knows, so it is ignored.\n'
        f"{likely}{remedy}"
    ]


@pytest.mark.parametrize(
    ("count", "where"),
    [
        (1, 'function "f1"'),
        (2, 'functions "f1" and "f2"'),
        (3, 'functions "f1", "f2" and "f3"'),
        (4, 'functions "f1", "f2", "f3" and 1 more'),
    ],
)
def test_how_functions_are_named(count, where):
    functions = "".join(f"  f{n}: {{skip_build: true, replicas: 1}}\n" for n in range(1, count + 1))
    (warning,) = warnings(f"{HEAD}functions:\n{functions}")
    assert warning.startswith(f'stack.yml:5: {where}: "replicas" is no key')


@pytest.mark.parametrize(
    ("count", "where"),
    [
        (1, "on line 10."),
        (2, "on lines 10 and 11."),
        (5, "on lines 10, 11, 12, 13 and 14."),
        (6, "on lines 10, 11, 12, 13, 14 and 1 more."),
    ],
)
def test_how_lines_are_named(count, where):
    (warning,) = warnings(HEAD + FUNCTION + "    build_options:\n" + "    - ${P}\n" * count)
    assert warning.splitlines()[0].endswith(f"nothing stands in its place {where}")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("gatway: x\nprovider: {name: openfaas}\n" + FUNCTION, 'stack.yml:1: the stack file: "gatway"'),
        ("provider:\n  name: openfaas\n  gatewy: x\n" + FUNCTION, 'stack.yml:3: "provider": "gatewy"'),
        (HEAD + FUNCTION + "configuration:\n  copies: x\n", 'stack.yml:10: "configuration": "copies"'),
        (
            HEAD + FUNCTION + "configuration: {templates: [{name: a,\n  repo: x}]}\n",
            'stack.yml:10: "templates": "repo"',
        ),
    ],
)
def test_unknown_keys_elsewhere(text, where):
    (warning,) = warnings(text)
    assert warning.startswith(f"{where} is no key that OpenFaaS knows, so it is ignored.\n")


def test_what_is_below_an_unknown_key_does_not_matter():
    text = HEAD + FUNCTION + "    frobnicate: {a: 1, a: 2, b: !!int x, <<: 5, [c]: d}\n"
    assert len(warnings(text)) == 1


def test_keys_for_anchors_and_of_other_tools_are_not_unknown():
    text = (
        "x-other: {a: b}\nbase: &base\n  lang: node\nall:\n  - more: &more {A: b}\n"
        "provider: {name: openfaas, gateway: x, network: y}\n"
        "functions:\n  fn:\n    <<: *base\n    handler: ./fn\n    image: acme/fn\n"
        "    build_args: *more\n"
    )
    assert warnings(text) == []


def test_run_time_keys_are_known():
    text = """\
    fprocess: node index.js
    environment: {a: 1}
    environment_file: [env.yml]
    secrets: [token]
    constraints: ["node.role == worker"]
    labels: {com.openfaas.scale.min: 1}
    limits: {memory: 128m, cpu: 100}
    requests: {memory: 64m}
    readonly_root_filesystem: true
    annotations: {topic: cron}
    namespace: openfaas-fn
    registry_auth: x
"""
    assert warnings(HEAD + FUNCTION + text) == []


@pytest.mark.parametrize(
    ("field", "want"),
    [
        ("fprocess: [a]", '"fprocess" is a list, not a text.'),
        ("namespace: {}", '"namespace" is a mapping, not a text.'),
        ("environment: [A=b]", '"environment" is a list, not a mapping.'),
        ("environment: {a: [b]}", '"environment": "a" is a list, not a text.'),
        ("labels: x", '"labels" is the text "x", not a mapping.'),
        ('annotations: ""', '"annotations" is the text "", not a mapping.'),
        ("environment_file: env.yml", '"environment_file" is the text "env.yml", not a list.'),
        ("secrets: {a: b}", '"secrets" is a mapping, not a list.'),
        ("constraints: x", '"constraints" is the text "x", not a list.'),
        ("limits: 128m", '"limits" is the text "128m", not a mapping.'),
        ("requests: {cpu: [1]}", '"requests": "cpu" is a list, not a text.'),
        ("readonly_root_filesystem: 1", '"readonly_root_filesystem" is "1", not true or false.'),
        ("build_options: dev", '"build_options" is the text "dev", not a list.'),
        ("build_args: []", '"build_args" is a list, not a mapping.'),
        ("build_secrets: {a: {b: c}}", '"build_secrets": "a" is a mapping, not a text.'),
        ("platforms: [linux/amd64]", '"platforms" is a list, not a text.'),
        ("builder_flags: --pull", '"builder_flags" is the text "--pull", not a list.'),
    ],
)
def test_types_of_a_function(field, want):
    assert [fault.problem for fault in read(f"{HEAD}{FUNCTION}    {field}\n").faults] == [
        f'function "fn": {want}'
    ]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("configuration: x\n", '"configuration" is the text "x", not a mapping.'),
        ("configuration: {copy: common}\n", '"configuration": "copy" is the text "common", not a list.'),
        ("configuration: {copy: [[a]]}\n", 'an item of "configuration": "copy" is a list, not a text.'),
        ("configuration: {templates: {a: b}}\n", '"configuration": "templates" is a mapping, not a list.'),
        (
            "configuration: {templates: [a]}\n",
            'an item of "configuration": "templates" is the text "a", not a mapping.',
        ),
        (
            "configuration: {templates: [{name: []}]}\n",
            'an item of "configuration": "templates": "name" is a list, not a text.',
        ),
    ],
)
def test_types_elsewhere(text, want):
    assert [fault.problem for fault in read(HEAD + FUNCTION + text).faults] == [want]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("version: [1.0]\nprovider: {name: openfaas}\n" + FUNCTION, '"version" is a list, not a text.'),
        (HEAD + "functions:\n  - fn\n", '"functions" is a list, not a mapping.'),
        (HEAD + "functions: fn\n", '"functions" is the text "fn", not a mapping.'),
        (HEAD + "functions:\n  fn: hello\n", 'function "fn" is the text "hello", not a mapping.'),
        (HEAD + "functions:\n  fn: [lang]\n", 'function "fn" is a list, not a mapping.'),
    ],
)
def test_types_of_the_frame(text, want):
    assert [fault.problem for fault in read(text).faults] == [want]


def test_nulls_in_lists_are_dropped():
    text = HEAD + FUNCTION + "    build_options: [~, dev, ]\nconfiguration: {copy: [~, a], templates: [~]}\n"
    stack = read(text)
    assert (stack.functions[0].build_options, stack.copy, stack.templates) == (("dev",), ("a",), ())


def test_unset_variables_are_told_once_each():
    text = HEAD + FUNCTION + "    platforms: ${P}${Q}\n    # ${R}\n    namespace: ${P}${S:-}\n"
    assert warnings(text) == [
        "stack.yml:9: ${P} is not set, or empty, so nothing stands in its place on lines 9 and 11.\n"
        'Set P under the step\'s "env:", or write ${P:-} if it may be empty.',
        "stack.yml:9: ${Q} is not set, or empty, so nothing stands in its place on line 9.\n"
        'Set Q under the step\'s "env:", or write ${Q:-} if it may be empty.',
    ]


def test_lines_are_those_of_the_file_even_behind_a_value_of_several_lines():
    text = "# ${NOTE}\n" + HEAD + FUNCTION + "    platforms: [x]\n"
    stack = read(text, {"NOTE": "a\n# b\n# c"})
    assert (stack.faults[0].line, stack.functions[0].line("image")) == (10, 9)
    assert stack.functions[0].line("platforms") == 10
    assert stack.functions[0].line("nothing") == 6


def test_no_more_than_fifty_notices():
    text = HEAD + "functions:\n" + "".join(f"  f{number}: {{}}\n" for number in range(100))
    notices = read(text).faults
    assert len(notices) == 51
    assert notices[-1].text() == "stack.yml: 250 more like these are not shown."


def test_long_values_do_not_fill_the_log():
    key, value = "k" * 1000, "v" * 100_000
    text = f"{HEAD}functions:\n  {key}:\n    {key}: a\n    build_cache: {value}\n    skip_build: {value}\n"
    stack = read(text)
    assert len(stack.faults) == 5
    assert all(len(notice.text()) < 1000 for notice in stack.faults + stack.warnings)
