"""The template.yml of a template."""

import pytest

from openfaas_build.errors import BuildError
from openfaas_build.stack import Template, read_template

PATH = "template/python3-http/template.yml"


def read(text: str) -> Template:
    return read_template(text.encode(), PATH)


def test_everything():
    text = """\
language: python3-http
fprocess: python index.py
welcome_message: |
  Hello ${USER}, $${X} and ${{ y }}
handler_folder: src/app
mount_ssh: yes
build_options:
  - name: dev
    packages:
      - make
      - gcc
  - name: libpq
    packages: [libpq-dev, ~]
  - name: dev
    packages: [never]
  - name: empty
some_key: {of: the author}
"""
    assert read(text) == Template(
        build_options={"dev": ("make", "gcc"), "libpq": ("libpq-dev",), "empty": ()},
        handler_folder="src/app",
        mount_ssh=True,
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "~", "{}", "language: go\nbuild_options:\n"])
def test_nothing(text):
    assert read(text) == Template(build_options={})


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("- a", "1: the file is a list, not a mapping."),
        ("language: [a]", '1: "language" is a list, not a text.'),
        ("\nbuild_options: dev", '2: "build_options" is the text "dev", not a list.'),
        ("build_options: [dev]", '1: an item of "build_options" is the text "dev", not a mapping.'),
        ("build_options: [{name: [a]}]", '1: an item of "build_options": "name" is a list, not a text.'),
        (
            "build_options: [{packages: gcc}]",
            '1: an item of "build_options": "packages" is the text "gcc", not a list.',
        ),
        ("handler_folder: {}", '1: "handler_folder" is a mapping, not a text.'),
        ('mount_ssh: "true"', '1: "mount_ssh" is "true" in quotes, not true or false.'),
        ("a: 1\na: 2", '2: the file has the key "a" twice, first on line 1.'),
    ],
)
def test_refused(text, want):
    with pytest.raises(BuildError) as caught:
        read(text)
    assert str(caught.value).splitlines()[0] == f"{PATH}:{want}"


def test_all_faults_at_once():
    with pytest.raises(BuildError) as caught:
        read("language: [a]\nmount_ssh: maybe\n")
    assert [notice.line for notice in caught.value.notices] == [1, 2]
