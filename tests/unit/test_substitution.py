"""Variables in the text of a stack file: the dialect, the places of faults, the limits."""

import json

import pytest
from corpus.verdicts import CORPUS

from openfaas_build.errors import BuildError
from openfaas_build.stack import Substitution, substitute
from openfaas_build.stack.expression import MAX_DEPTH
from openfaas_build.stack.operators import MAX_CHARS, MAX_STEPS
from openfaas_build.stack.substitution import Emptied

GOLDEN = CORPUS / "envsubst.json"
ENV = {
    "V": "hello",
    "EMPTY": "",
    "WORD": "aXb/cXd",
    "NEG": "-2",
    "STAR": "*l",
    "HASH": "#a",
    "MULTI": "l1\nl2",
    "BIG": "x" * 100_000,
}


def result(text: str) -> str:
    return substitute(text, ENV).text


def error(text: str) -> str:
    with pytest.raises(BuildError) as caught:
        substitute(text, ENV, "stack.yml")
    return str(caught.value)


def test_golden_table_of_faas_cli():
    table = json.loads(GOLDEN.read_text())
    assert len(table["cases"]) >= 145
    wrong = []
    for case in table["cases"]:
        try:
            got = substitute(case["in"], table["environment"]).text
            right = got == case.get("out")
        except BuildError as fault:
            got = str(fault)
            right = "error" in case and f"{case['error']}." in got.splitlines()[0]
        if not right:
            wrong.append((case, got))
    assert not wrong


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("image: ${V}/fn:${TAG:-latest}", "image: hello/fn:latest"),
        ("${U:-a${V}b${U:-c}d}", "ahellobcd"),
        ("${EMPTY=d}${U:=d}${U:?d}${U:+d}", "dddd"),
        ("${V:+d}${V=d}", "hellohello"),
        ("${U:-a}b}", "ab}"),
        ("${U:-$$\\/\\\\}", "$$\\/\\\\"),
        ("$$V $${V} $$$${V}", "$V ${V} $${V}"),
        ("$V $(date) {{V}} $ {V} \\n \\$", "$V $(date) {{V}} $ {V} \\n \\$"),
        ("a\\/b\\\\c", "a/b\\c"),
        ("${#V}${#EMPTY}", "50"),
        ("${V:0:3}|${V:1}|${V:9}|${V:1:99}", "hel|ello||ello"),
        ("${V: -2}|${V:x}|${V:1:x}", "hello|hello|hello"),
        ("${V:${NEG}}|${V:${NEG}:1}|${V:9:-1}", "lo|l|"),
        ("${V:1::2}", "el"),
        ("${V/l/L}|${V//l/L}|${V/l/}|${V//l/}", "heLlo|heLLo|helo|heo"),
        ("${V/#h/H}|${V/#e/H}|${V/%o/O}|${V/%l/O}", "Hello|hello|hellO|hello"),
        ("${V/#h/}|${V/%o/}", "hello|hello"),
        ("${HASH/##/x}|${HASH###}", "xa|a"),
        ("${WORD/\\//-}|${WORD//X/\\/}", "aXb-cXd|a/b/c/d"),
        ("${V/${EMPTY}/x}|${V//${EMPTY}/-}", "xhello|-h-e-l-l-o-"),
        ("${V/l}o/L}", "hello"),
        ("${V#he}|${V#*l}|${V##*l}|${V##*}", "llo|lo|o|"),
        ("${V%lo}|${V%l*}|${V%%l*}|${V%%*}", "hel|hel|he|"),
        ("${V#?}|${V%?}|${V#[a-h]}|${V#[^x]}", "ello|hell|ello|ello"),
        ("${V#[a-h]e}|${V#*h}|${V#**l}|${V##*l*}|${V#h**o}", "llo|ello|lo||"),
        ("${V##${STAR}}|${V#x}|${V%x}", "o|hello|hello"),
        ("${V#[}|${V#[]}|${V#[a-]}|${V#\\}|${V#[h}", "hello|hello|hello|hello|hello"),
        ("${V#[\\h]}|${V#[g-i]e}|${V#[z-a]}|${V#[a-ce-z]}", "ello|llo|hello|ello"),
        ("${V#\\h}|${V#\\*}|${V%[lo]}", "ello|hello|hello"),
        ("${V^}|${V^^}|${V,}|${V,,}|${V^,}", "Hello|HELLO|hello|hello|hello"),
        ("${EMPTY^}${EMPTY,,}${EMPTY#a}${EMPTY//a/b}${EMPTY:1}", ""),
        ("${MULTI}", "l1\nl2"),
    ],
)
def test_dialect(text, want):
    assert result(text) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("${É}", "ä€"),
        ("${#É}", "5"),
        ("${É:2}", "€"),
        ("${É#?}", "€"),
        ("${É%?}", "ä"),
        ("${É^}", "Ä€"),
        ("${ß^^}", "ß"),
        ("${ß,,}", "i"),
    ],
)
def test_letters_beyond_ascii(text, want):
    env = {"É": "ä€", "ß": "ß" if "^" in text else "İ"}
    assert substitute(text, env).text == want


def test_a_cut_through_a_character_keeps_its_bytes():
    assert substitute("${V:0:1}", {"V": "é"}).text == "\udcc3"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            "image: ${{ github.sha }}",
            'stack.yml:1: "${{ github.sha }}" cannot be replaced by a value: unable to parse variable name.\n'
            "Likely cause: GitHub expressions do not work inside the file; only workflows know them.\n"
            'Set a variable under the step\'s "env:" to the expression, and write ${NAME} here.',
        ),
        (
            "a: b\n# ${{ github.sha }}\n",
            'stack.yml:2: "${{ github.sha }}" cannot be replaced by a value: unable to parse variable name.\n'
            "Likely cause: GitHub expressions do not work inside the file; only workflows know them. "
            "Variables are replaced in comments too.\n"
            'Set a variable under the step\'s "env:" to the expression, and write ${NAME} here.',
        ),
        (
            "a\r\nb\rc\n  ${ V}",
            'stack.yml:4: "${ V}" cannot be replaced by a value: unable to parse variable name.\n'
            'Likely cause: after "${" there must be a name of letters, digits and "_".\n'
            'Write the name of a variable, or "$${" for the characters "${".',
        ),
        (
            "${OWNER-acme}",
            'stack.yml:1: "${OWNER-acme}" cannot be replaced by a value: missing closing brace.\n'
            'Likely cause: "-" cannot stand behind the name "OWNER".\n'
            'A default takes a colon: "${OWNER:-default}".',
        ),
        (
            "${my.name}",
            'stack.yml:1: "${my.name}" cannot be replaced by a value: missing closing brace.\n'
            'Likely cause: "." cannot stand behind the name "my".\n'
            'Write "${my}", or "${my:-default}". A name holds letters, digits and "_" only.',
        ),
        (
            "${OWNER",
            'stack.yml:1: "${OWNER" cannot be replaced by a value: missing closing brace.\n'
            'Likely cause: the "}" is missing.\n'
            'Write "${OWNER}", or "${OWNER:-default}".',
        ),
        (
            "${V:\n",
            'stack.yml:1: "${V:" cannot be replaced by a value: bad substitution.\n'
            'Likely cause: what stands behind "V" is no complete operation.\n'
            'Write "${V}", or "${V:-default}".',
        ),
        (
            "${#}",
            'stack.yml:1: "${#}" cannot be replaced by a value: bad substitution.\n'
            'Likely cause: no name stands behind the "#".\n'
            'Write "${#NAME}" for a length.',
        ),
        (
            "x\n${V:-${U:-",
            'stack.yml:2: "${U:-" cannot be replaced by a value: '
            "unable to parse substitution within function.\n"
            'Likely cause: the "}" is missing.\n'
            'Write "${U}", or "${U:-default}".',
        ),
        (
            "${V:}",
            'stack.yml:1: "${V:}" cannot be replaced by a value: '
            "unable to parse substitution within function.\n"
            "Likely cause: nothing stands behind the operator.\n"
            'Write "${V}", or "${V:-default}".',
        ),
        (
            "${V:3:-1}",
            'stack.yml:1: "${V:3:-1}" cannot be replaced by a value: bad substitution.\n'
            "Likely cause: a negative length.\n"
            'Write a length of 0 or more: "${V:3:1}".',
        ),
        (
            "${U:-" * (MAX_DEPTH + 1),
            f'stack.yml:1: "${{U:-" cannot be replaced by a value: nested more than {MAX_DEPTH} deep.\n'
            "Put fewer defaults inside defaults.",
        ),
        (
            "${BIG}" * 30,
            f'stack.yml:1: "${{BIG}}" cannot be replaced by a value: '
            f"the values of the variables are larger than {MAX_CHARS} characters.\n"
            "Use shorter values, or fewer of them.",
        ),
        (
            "${BIG#" + "*x" * 60 + "}",
            'stack.yml:1: "${BIG#' + "*x" * 28 + '" cannot be replaced by a value: '
            f"the lengths of pattern and value, multiplied, are more than {MAX_STEPS}.\n"
            "Use a shorter pattern or value.",
        ),
    ],
    ids=lambda value: value[:20],
)
def test_errors(text, want):
    assert error(text) == want


@pytest.mark.parametrize(
    "text",
    [
        "${}",
        "${",
        "${A B}",
        "${A?b}",
        "${V }",
        "${V^",
        "${V/l}",
        "${V//}",
        "${V#}",
        "${A:é}",
        "${V:1",
        "${#V:1}",
    ],
)
def test_refused(text):
    assert error(text).startswith(f'stack.yml:1: "{text}" cannot be replaced by a value: ')


def test_a_long_name_does_not_fill_the_log():
    assert len(error("${" + "a" * 100_000)) < 600


def test_the_deepest_nesting_that_is_allowed():
    assert result("${U:-" * MAX_DEPTH + "x" + "}" * MAX_DEPTH) == "x"


def test_emptied_variables_and_their_lines():
    text = "a: ${U}\nb: ${EMPTY}${V}\n\nc: ${U}/${W^}${X:1}\n"
    assert substitute(text, ENV).emptied == (
        Emptied(name="U", line=1),
        Emptied(name="EMPTY", line=2),
        Emptied(name="U", line=4),
        Emptied(name="W", line=4),
        Emptied(name="X", line=4),
    )


@pytest.mark.parametrize(
    "text", ["${U:-}", "${U=}", "${U:+x}", "${U:?x}", "${V:-${U}}", "# ${U}", "x\n \t# ${U}", "$${U}"]
)
def test_not_emptied(text):
    assert substitute(text, ENV).emptied == ()


def test_a_default_that_is_used_is_emptied_by_its_own_variables():
    assert substitute("${U:-${W}}", ENV).emptied == (Emptied(name="W", line=1),)


def test_lines_stay_without_values_of_several_lines():
    done = substitute("a\n${V}\nb\n", ENV)
    assert [done.source_line(line) for line in range(1, 5)] == [1, 2, 3, 4]


def test_lines_after_a_value_of_several_lines():
    done = substitute("one\ntwo ${MULTI} ${MULTI}\nthree\r\nfour", ENV)
    assert done.text == "one\ntwo l1\nl2 l1\nl2\nthree\r\nfour"
    assert [done.source_line(line) for line in range(1, 8)] == [1, 2, 2, 2, 3, 4, 4]


def test_lines_after_an_expression_of_several_lines():
    done = substitute("a ${V:-x\ny\nz} b\nc\nd", ENV)
    assert done.text == "a hello b\nc\nd"
    assert [done.source_line(line) for line in range(1, 4)] == [1, 4, 5]


def test_the_source_is_kept():
    assert substitute("${V}", ENV) == Substitution(text="hello", source="${V}", lines=(1,))


@pytest.mark.parametrize(
    "text",
    [
        "${V:-" * 400_000,
        "${V/a" * 400_000,
        "$$" * 1_000_000,
        "${" + "a" * 2_000_000,
        "${U}\n" * 50_000,
        "${BIG//x/${BIG}}",
        "${BIG#" + "*x" * 400 + "y}",
        "${BIG%%" + "*[!x]" * 200 + "}",
        "${BIG^^}" * 20_000,
        "${BIG##*a*b*c}" * 20_000,
    ],
    ids=lambda text: text[:10],
)
def test_hostile_text_comes_to_an_end(text):
    try:
        substitute(text, ENV)
    except BuildError as fault:
        assert len(str(fault)) < 1000
