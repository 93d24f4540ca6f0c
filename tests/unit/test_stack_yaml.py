"""The YAML of stack files: yaml.v3's dialect, the words for what is no YAML, and the limits."""

import pytest
import yaml

from openfaas_build.errors import BuildError, MachineError
from openfaas_build.stack import Function, StackFile, read_stack
from openfaas_build.stack.yaml_tree import MAX_BYTES, MAX_DEPTH, MAX_NODES

HEAD = "version: 1.0\nprovider:\n  name: openfaas\n"
FUNCTION = "functions:\n  fn:\n    lang: node\n    handler: ./fn\n    image: acme/fn\n"


def read(text: str | bytes, env: dict[str, str] | None = None) -> StackFile:
    return read_stack(text if isinstance(text, bytes) else text.encode(), "stack.yml", env)


def function(fields: str, before: str = "") -> Function:
    stack = read(f"{before}{HEAD}{FUNCTION}{fields}")
    assert stack.faults == ()
    return stack.functions[0]


def build_args(text: str, before: str = "") -> dict[str, str]:
    return dict(function(f"    build_args: {text}\n", before).build_args)


def problems(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.problem) for fault in read(text).faults]


def refusal(text: str | bytes, env: dict[str, str] | None = None) -> str:
    with pytest.raises(BuildError) as caught:
        read(text, env)
    return str(caught.value)


PLAIN = (
    "on yes y off n True TRUE false 3.10 1.0 1e3 .5 1. 010 0o17 0x1F 0b11 1_000 +1 -0 2020-01-01 12:30:45 "
    ".inf .NaN = . a#b nULL ~x 100000000000000000000"
)


@pytest.mark.parametrize("text", PLAIN.split())
def test_plain_scalars_keep_their_text(text):
    assert build_args(f"{{A: {text}}}") == {"A": text}
    assert build_args(f"\n      {text}: b") == {text: "b"}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("~", ""),
        ("null", ""),
        ("Null", ""),
        ("NULL", ""),
        ("", ""),
        ('""', ""),
        ("'~'", "~"),
        ('"null"', "null"),
        ('"3.10"', "3.10"),
        ("'it''s'", "it's"),
        ('"caf\\u00e9\\t"', "café\t"),
        ("!!str 3.10", "3.10"),
        ("!!str ~", "~"),
        ("!!str", ""),
        ('!!int "3"', "3"),
        ("!!int 0x1F", "0x1F"),
        ("!!int 1_0", "1_0"),
        ("!!float 3.10", "3.10"),
        ("!!float 3", "3"),
        ("!!bool true", "true"),
        ("!!null ~", ""),
        ("!!timestamp 2020-01-01", "2020-01-01"),
        ("!custom x", "x"),
        ("!custom ~", "~"),
        ("! yes", "yes"),
        ("! ~", ""),
        ("!!binary aGVsbG8=", "hello"),
        ("one\n        two\n\n        three", "one two\nthree"),
        ("|\n        one\n        two\n", "one\ntwo\n"),
        ("|-\n        one\n", "one"),
        (">\n        one\n        two\n", "one two\n"),
        ("🚀", "🚀"),
    ],
)
def test_scalars(text, want):
    assert build_args(f"\n      A: {text}\n") == {"A": want}


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("!!int abc", "!!int"),
        ("!!int 3.5", "!!int"),
        ("!!int 08", "!!int"),
        ("!!float abc", "!!float"),
        ("!!bool yes", "!!bool"),
        ("!!null x", "!!null"),
        ("!!timestamp x", "!!timestamp"),
    ],
)
def test_tags_that_do_not_fit(text, tag):
    value = text.split()[1]
    for field in (f"platforms: {text}", f"build_args: {text}", f"skip_build: {text}"):
        (fault,) = read(f"{HEAD}{FUNCTION}    {field}\n").faults
        assert fault.line == 9
    (fault,) = read(f"{HEAD}{FUNCTION}    platforms: {text}\n").faults
    assert fault.text() == (
        f'stack.yml:9: function "fn": "platforms" is "{value}", which does not fit its tag "{tag}".\n'
        "Remove the tag, or correct the value."
    )


@pytest.mark.parametrize("text", ["%%", "aGk", "gICA"])
def test_binary_that_is_no_text(text):
    (fault,) = read(f'{HEAD}{FUNCTION}    platforms: !!binary "{text}"\n').faults
    assert fault.problem == f'function "fn": "platforms" is "{text}", which is not the base64 of a text.'


@pytest.mark.parametrize(
    "text",
    ["true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "'yes'", '"on"', "!!bool true"],
)
def test_true(text):
    assert function(f"    skip_build: {text}\n").skip_build is True


@pytest.mark.parametrize(
    "text", ["false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "~", "", "'no'"]
)
def test_false(text):
    assert function(f"    skip_build: {text}\n").skip_build is False


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('"true"', '"true" in quotes, not true or false.'),
        ("'FALSE'", '"FALSE" in quotes, not true or false.'),
        ("1", '"1", not true or false.'),
        ("0", '"0", not true or false.'),
        ('""', '"", not true or false.'),
        ("tRue", '"tRue", not true or false.'),
        ("maybe", '"maybe", not true or false.'),
        ("!custom true", '"true", not true or false.'),
    ],
)
def test_neither_true_nor_false(text, want):
    (fault,) = read(f"{HEAD}{FUNCTION}    skip_build: {text}\n").faults
    assert fault.text() == (
        f'stack.yml:9: function "fn": "skip_build" is {want}\nWrite true or false, without quotes.'
    )


def test_true_or_false_is_no_list():
    (fault,) = read(f"{HEAD}{FUNCTION}    skip_build: [yes]\n").faults
    assert fault.text() == (
        'stack.yml:9: function "fn": "skip_build" is a list, not true or false.\nWrite true or false.'
    )


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            HEAD + FUNCTION + "  fn:\n    lang: go\n",
            (9, '"functions" has the key "fn" twice, first on line 5.'),
        ),
        (HEAD + FUNCTION + "    lang: go\n", (9, 'function "fn" has the key "lang" twice, first on line 6.')),
        (
            HEAD + FUNCTION + "version: 1.0\n",
            (9, 'the file has the key "version" twice, first on line 1.'),
        ),
        (
            HEAD + FUNCTION + '    build_args:\n      1: a\n      "1": b\n',
            (11, 'function "fn": "build_args" has the key "1" twice, first on line 10.'),
        ),
        (
            HEAD + FUNCTION + "    build_args:\n      <<: {}\n      <<: {}\n",
            (11, 'function "fn": "build_args" has the key "<<" twice, first on line 10.'),
        ),
        (
            HEAD + FUNCTION + "    environment: {a: 1, a: 2}\n",
            (9, 'function "fn": "environment" has the key "a" twice, first on line 9.'),
        ),
    ],
)
def test_duplicate_keys(text, want):
    assert problems(text) == [want]


def test_duplicate_keys_compare_by_text():
    assert build_args("{1.0: a, 1.00: b}") == {"1.0": "a", "1.00": "b"}


def test_null_keys_are_dropped_with_a_warning():
    stack = read(HEAD + FUNCTION + "    build_args: {~: a, B: b, ? : c}\n")
    assert dict(stack.functions[0].build_args) == {"B": "b"}
    assert [warning.text() for warning in stack.warnings] == [
        f'stack.yml:9: function "fn": "build_args": {shown} means nothing in YAML, '
        "so it is dropped with its value.\nPut the key in quotes if it is meant as a name."
        for shown in ('"~"', "an empty key")
    ]


def test_a_list_as_a_key():
    (fault,) = read(HEAD + FUNCTION + "    build_args:\n      ? [a]\n      : b\n").faults
    assert fault.text() == (
        'stack.yml:10: function "fn": "build_args" has a list as a key.\n'
        'Likely cause: a name that begins with "[" or "{".\n'
        "Put the name in quotes."
    )


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("{<<: {A: a, B: b}, B: c}", {"A": "a", "B": "c"}),
        ("{B: c, <<: {A: a, B: b}}", {"A": "a", "B": "c"}),
        ("{<<: [{A: a}, {A: b, B: b}]}", {"A": "a", "B": "b"}),
        ("{<<: {<<: {A: a, B: a}, B: b}, C: c}", {"A": "a", "B": "b", "C": "c"}),
        ("{<<: *m, 1: x}", {"1": "x", "C": ""}),
        ("{<<: [*m, {1: x}]}", {"1": "a", "C": ""}),
        ("{A: ~, <<: {A: a}}", {"A": ""}),
        ("{<<: []}", {}),
        ("{'<<': a}", {"<<": "a"}),
        ("{!!merge x: y}", {"x": "y"}),
        ("*m", {"1": "a", "C": ""}),
        ("{A: *t}", {"A": "1.10"}),
        ("{*t : b}", {"1.10": "b"}),
    ],
)
def test_merge_keys_and_aliases(text, want):
    assert build_args(text, before="x-m: &m {1: a, C: ~}\nx-t: &t 1.10\n") == want


def test_merged_functions_are_shallow():
    stack = read(
        HEAD + "x-f: &f\n  lang: node\n  handler: ./a\n  image: acme/a\n  build_args: {A: a}\n"
        "functions:\n  a: *f\n  b:\n    <<: *f\n    image: acme/b\n    build_args: {B: b}\n"
    )
    assert stack.faults == ()
    assert [(each.handler, each.image, dict(each.build_args)) for each in stack.functions] == [
        ("./a", "acme/a", {"A": "a"}),
        ("./a", "acme/b", {"B": "b"}),
    ]
    assert stack.functions[1].lines == {"": 11, "lang": 5, "handler": 6, "image": 13, "build_args": 14}


def test_functions_can_be_merged():
    text = (
        "x-f: &f\n  old: {skip_build: true}\n"
        + HEAD
        + FUNCTION.replace("functions:\n", "functions:\n  <<: *f\n")
    )
    assert [each.name for each in read(text).functions] == ["fn", "old"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("~", "nothing"),
        ("x", 'the text "x"'),
        ("[[]]", "a list"),
        ("[~]", "nothing"),
        ("*l", 'the text "a"'),
        ("[*l]", "a list"),
    ],
)
def test_merges_that_are_refused(value, kind):
    (fault,) = read(f"x-l: &l [a]\n{HEAD}{FUNCTION}    build_args: {{<<: {value}}}\n").faults
    assert fault.problem == (
        f'function "fn": "build_args": "<<" takes a mapping or a list of mappings, not {kind}.'
    )
    assert fault.remedy == "Merge an alias of a mapping."


@pytest.mark.parametrize(
    "text",
    [
        "lang:\tnode",
        "lang: \tnode\t",
        "lang: node\t# a tab",
        "lang: node \t",
        "lang: 'node'\t",
        "lang:\tnode\t# a\tb\tc",
    ],
)
def test_tabs_around_values(text):
    stack = read((HEAD + FUNCTION).replace("lang: node", text))
    assert (stack.functions[0].lang, stack.faults) == ("node", ())


def test_tabs_elsewhere():
    assert build_args("{\n\tA: a,\n\t\tB: 'b\tb' }\n      # comment\tcomment") == {"A": "a", "B": "b\tb"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\t\n", 8),
        (" \t\n", 8),
        ("\t# comment\n", 8),
        # yaml.v3 accepts this one, by an accident of how it keeps comments.
        ("    # comment\n\t# comment\n", 9),
    ],
)
def test_tabs_that_are_refused(text, line):
    message = refusal((HEAD + FUNCTION).replace("    image", f"{text}    image"))
    assert message.startswith(f"stack.yml:{line}: ")
    assert message.endswith(
        "Likely cause: a tab in the indentation; YAML allows blanks only.\nIndent the line with blanks."
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end):
    stack = read((HEAD + FUNCTION + "    namespace: [a]\n").replace("\n", end))
    assert (stack.functions[0].image, stack.functions[0].line("image"), stack.faults[0].line) == (
        "acme/fn",
        8,
        9,
    )


def test_a_byte_order_mark():
    assert read(b"\xef\xbb\xbf" + (HEAD + FUNCTION).encode()).version == "1.0"


@pytest.mark.parametrize("directive", ["%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "---\n"])
def test_directives(directive):
    assert read(directive + HEAD + FUNCTION).faults == ()


@pytest.mark.parametrize("end", ["...\n", "...\n# end\n", "# end", "\n\n"])
def test_document_ends(end):
    stack = read(HEAD + FUNCTION + end)
    assert (stack.faults, stack.warnings) == ((), ())


@pytest.mark.parametrize(
    "rest", ["---\nversion: 2\n", "---\n\t@ [ no YAML at all", "---\n", "...\nmore: yes\n"]
)
def test_only_the_first_document_is_read(rest):
    stack = read(HEAD + FUNCTION + rest)
    assert stack.faults == ()
    line = 10 if rest.startswith("...") else 9
    assert [warning.text() for warning in stack.warnings] == [
        f"stack.yml:{line}: what stands here and below is not read, as a stack file is one YAML document.\n"
        "Move the functions into the first document, or into a stack file of their own."
    ]


def test_what_follows_json_is_not_read():
    text = '{"provider": {"name": "openfaas"}, "functions": {"fn": {"skip_build": true}}}\n}\n'
    stack = read(text)
    assert (stack.faults, [warning.line for warning in stack.warnings]) == ((), [2])


def test_json():
    text = (
        '{"version": "1.0", "provider": {"name": "openfaas"}, "functions":\n'
        '\t{"fn": {"lang": "node", "handler": "./fn", "image": "a/b"}}}\n'
    )
    stack = read(text)
    assert (stack.functions[0].image, stack.faults, stack.warnings) == ("a/b", (), ())


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            "provider:\n  name: a: b\n",
            'stack.yml:2: "name: a: b" is no YAML: mapping values are not allowed in this context.\n'
            'Likely cause: a value with ": " in it that stands without quotes, or a wrong indentation.\n'
            "Put the value in quotes, or align the line with its neighbours.",
        ),
        (
            "name:\ta: b\n",
            'stack.yml:1: "name:\\ta: b" is no YAML: mapping values are not allowed in this context.\n'
            'Likely cause: a value with ": " in it that stands without quotes, or a wrong indentation.\n'
            "Put the value in quotes, or align the line with its neighbours.",
        ),
        (
            "provider: - name\n",
            'stack.yml:1: "provider: - name" is no YAML: '
            "block sequence entries are not allowed in this context.\n"
            'Likely cause: a value that begins with "- ", or a list that begins on the line of its key.\n'
            "Put the value in quotes, or begin the list on a line of its own.",
        ),
        (
            'a: b\nprovider: "name\nfunctions:\n',
            'stack.yml:2: "provider: "name" is no YAML: found unexpected end of stream.\n'
            "Likely cause: a quotation mark that is opened here and never closed.\n"
            "Close the quotation.",
        ),
        (
            'a: "C:\\dir"\n',
            'stack.yml:1: "a: "C:\\dir"" is no YAML: found unknown escape character.\n'
            "Likely cause: a backslash in double quotes, which begins an escape.\n"
            "Use single quotes, in which a backslash is a backslash.",
        ),
        (
            "a: [b, c\nd: e\n",
            "stack.yml:2: \"d: e\" is no YAML: did not find expected ',' or ']'.\n"
            'Likely cause: a "[" or "{" that is not closed; also a value that begins with one of them.\n'
            "Close the bracket, or put the value in quotes.",
        ),
        (
            "%YAML 2.0\n---\na: b\n",
            'stack.yml:1: "%YAML 2.0" is no YAML: found incompatible YAML document.\n'
            "Likely cause: a %YAML directive of another version than 1.1 or 1.2.\n"
            "Remove the directive.",
        ),
        (
            "a: @b\n",
            'stack.yml:1: "a: @b" is no YAML: found character that cannot start any token.\n'
            'Likely cause: a value that begins with "@", which has a meaning in YAML.\n'
            "Put the value in quotes.",
        ),
        (
            "schedule: */5 * * * *\n",
            'stack.yml:1: "schedule: */5 * * * *" is no YAML: '
            "did not find expected alphabetic or numeric character.\n"
            'Likely cause: a value that begins with "*", which has a meaning in YAML.\n'
            "Put the value in quotes.",
        ),
        (
            "a: b\nc\nd: e\n",
            "stack.yml:2: \"c\" is no YAML: could not find expected ':'.\n"
            'Likely cause: a wrong indentation, a missing ":", or no blank behind it.\n'
            "Align the line with its neighbours, and put values with special characters in quotes.",
        ),
        (
            "a:\n\tb: c\n",
            'stack.yml:2: "b: c" is no YAML: found character that cannot start any token.\n'
            "Likely cause: a tab in the indentation; YAML allows blanks only.\n"
            "Indent the line with blanks.",
        ),
        (
            "a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n>>>>>>> main\n",
            'stack.yml:2: "<<<<<<< HEAD" begins a merge conflict.\n'
            "Keep one of the two versions, and delete the markers of git.",
        ),
        (
            "text\n--- more\n: x\n",
            'stack.yml:1: the file is the text "text", not a stack file.\n'
            'Name the stack file with the input "stack-file".',
        ),
        (
            "text\n: more\n",
            'stack.yml:2: ": more" is no YAML: did not find expected <document start>.\n'
            'Likely cause: a wrong indentation, a missing ":", or no blank behind it.\n'
            "Align the line with its neighbours, and put values with special characters in quotes.",
        ),
        (
            "a: *b\n",
            'stack.yml:1: the alias "*b" has no anchor before it.\n'
            'Write "&b" at the value that is meant, or quotes around a text.',
        ),
        (
            "a: &b\n  c: *b\n",
            'stack.yml:2: the alias "*b" stands inside the value that it names.\nWrite out what is meant.',
        ),
        (
            "a: b\x07\n",
            "stack.yml:1: the character U+0007 (a control character) cannot stand in a YAML file.\n"
            "Likely cause: a slip of the editor, or not a text file at all.\n"
            "Delete it.",
        ),
        (
            "a: b\n# \ufffe\n",
            "stack.yml:2: the character U+FFFE (a control character) cannot stand in a YAML file.\n"
            "Likely cause: a slip of the editor, or not a text file at all.\n"
            "Delete it.",
        ),
        (
            "a: b\nc: " + "[" * MAX_DEPTH,
            f"stack.yml:2: nested more than {MAX_DEPTH} deep.",
        ),
        (
            "- a\n" * (MAX_NODES + 1),
            f"stack.yml:{MAX_NODES + 1}: the file holds more than {MAX_NODES} values, "
            "those of aliases counted each time.",
        ),
        (
            "#" * (MAX_BYTES + 1),
            f"stack.yml: the file has {MAX_BYTES + 1} bytes; at most {MAX_BYTES} are read.",
        ),
        (
            b"a: b\nc: caf\xe9\n",
            "stack.yml:2: the byte 0xe9 is not UTF-8.\n"
            "Likely cause: the file was saved as Latin-1.\n"
            "Save it as UTF-8.",
        ),
        ("a: b\n".encode("utf-16"), "stack.yml:1: the file is UTF-16.\nSave it as UTF-8."),
    ],
    ids=lambda value: str(value)[:25],
)
def test_what_is_no_yaml(text, want):
    assert refusal(text) == want


@pytest.mark.parametrize("char", ["\0", "\x1b", "\x7f", "\x80", "\ufffe", "\uffff"])
def test_control_characters(char):
    for text in (f"a: b{char}", f"# {char}", f"---\n---\n{char}"):
        assert "cannot stand in a YAML file." in refusal(text)


@pytest.mark.parametrize("char", ["\t", "\x85", "\xa0", "\ue000", "\ufffd", "\ufeff", "\U0010ffff"])
def test_other_characters(char):
    assert read(f"# {char}\n{HEAD}{FUNCTION}").faults == ()


def test_faults_of_values_show_the_line_as_written_and_not_the_value():
    text = "a: b\nprovider: ${NAME}\n"
    message = refusal(text, {"NAME": "'s3cret"})
    assert message.startswith(
        'stack.yml:2: "provider: ${NAME}" is no YAML: found unexpected end of stream.\n'
    )
    assert "s3cret" not in message


def test_characters_that_come_from_a_variable():
    assert refusal("a: b\n# ${BELL}\n", {"BELL": "x\ny\x07"}) == (
        "stack.yml:2: the character U+0007 (a control character) cannot stand in a YAML file.\n"
        "Likely cause: the value of a variable holds it.\n"
        "Set the variable without it."
    )
    assert refusal("a: ${CUT:0:1}\n", {"CUT": "é"}) == (
        "stack.yml:1: the value of a variable is not UTF-8.\n"
        "Likely cause: it holds other bytes, or an operator cut a character in two.\n"
        "Set it to UTF-8 text."
    )


def test_a_text_that_grows_too_large():
    text = "#" * (MAX_BYTES - 100) + "${V}"
    assert refusal(text, {"V": "x" * 200}) == (
        f"stack.yml: the file has more than {MAX_BYTES} characters after substitution."
    )


def test_pyyaml_without_libyaml(monkeypatch):
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.raises(MachineError) as caught:
        read(HEAD)
    assert str(caught.value) == (
        "PyYAML was installed without libyaml.\n"
        "Likely cause: it was built from source on this machine.\n"
        "Install its wheel: pip install --force-reinstall --only-binary :all: PyYAML"
    )


def test_the_deepest_nesting_that_is_allowed():
    depth = MAX_DEPTH - 1
    assert read(f"x-a: {'[' * depth}{']' * depth}\n{HEAD}{FUNCTION}").faults == ()


def test_merge_keys_may_not_nest_without_end():
    chain = "x-a0: &a0 {k: v}\n" + "".join(f"x-a{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 100))
    assert refusal(f"{chain}{HEAD}functions:\n  fn: *a99\n") == (
        f"stack.yml:35: merge keys are nested more than {MAX_DEPTH} deep.\nWrite the file with fewer aliases."
    )


def test_aliases_may_not_repeat_without_end():
    base = "x-a: &a {build_args: {" + ", ".join(f"k{n}: v" for n in range(1000)) + "}}\n"
    functions = "".join(f"  f{n}: *a\n" for n in range(1000))
    assert refusal(f"{base}{HEAD}functions:\n{functions}") == (
        f"stack.yml:54: the file holds more than {MAX_NODES} values, those of aliases counted each time."
    )


def laughs(first: str, more: str) -> str:
    """Name nine times what comes before, again and again."""
    lines = [f"x-a0: &a0 {first}"]
    lines += [f"x-a{n}: &a{n} " + more % ", ".join([f"*a{n - 1}"] * 9) for n in range(1, 60)]
    return "\n".join(lines) + "\n" + HEAD


HOSTILE = {
    "brackets": "[" * MAX_BYTES,
    "braces": "{" * MAX_BYTES,
    "dashes": "- " * (MAX_BYTES // 2),
    "question marks": "? " * (MAX_BYTES // 2),
    "steps": "".join(" " * depth + "a:\n" for depth in range(1500)),
    "items": "a: [" + "b," * 900_000 + "]",
    "keys": HEAD + "functions:\n  fn:\n" + "".join(f"    lang{n}: x\n" for n in range(1_000)),
    "duplicates": HEAD + "functions:\n  fn: {" + "a: b, " * 60_000 + "}\n",
    "misspelt": HEAD
    + "functions:\n"
    + "".join(f"  f{n}: {{Lang: x, imag: y, handlr: z}}\n" for n in range(300)),
    "laughing lists": laughs("[v]", "[%s]") + "functions:\n  fn: {secrets: *a59, build_args: *a59}\n",
    "laughing merges": laughs("{k: v}", "{<<: [%s]}") + "functions:\n  fn: *a59\n",
    "big merges": "x-b: &b {"
    + ", ".join(f"k{n}: v" for n in range(50_000))
    + "}\n"
    + HEAD
    + "functions:\n  fn: {build_args: {<<: ["
    + "*b, " * 50_000
    + "]}}\n",
    "long text": "a: " + "x" * (MAX_BYTES - 10),
    "long quotation": 'a: "' + "\\n" * (MAX_BYTES // 2 - 10) + '"',
    "blanks": "a:" + " " * (MAX_BYTES - 10) + "b",
    "tabs": "a: b" + "\t" * (MAX_BYTES - 10),
    "line ends": "\n" * (MAX_BYTES - 10) + "a: b",
    "anchors": "".join(f"- &a{n} x\n" for n in range(150_000)),
    "variables on one line": HEAD + "functions:\n  fn:\n    image: " + "${U}" * 50_000,
    "variables on many lines": HEAD + FUNCTION + "# x\n" + "    # ${V}\n    #\n" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_come_to_an_end(text):
    try:
        stack = read(text, {"V": "a\nb"})
        assert stack.faults or stack.warnings or stack.functions
    except BuildError as fault:
        assert len(str(fault)) < 1000


def test_a_thousand_functions():
    functions = "".join(
        f"  fn-{n}:\n    lang: python3-http\n    handler: ./fn-{n}\n"
        f"    image: ${{REGISTRY:-ghcr.io/acme}}/fn-{n}:${{TAG}}\n"
        f"    environment:\n      DEBUG: on\n    build_args:\n      PYTHON: 3.10\n"
        for n in range(1000)
    )
    stack = read(f"{HEAD}functions:\n{functions}", {"TAG": "1"})
    assert len(stack.functions) == 1000
