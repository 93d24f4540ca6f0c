"""On which line a step of a Dockerfile stands, whatever stands around it; and whose file it is."""

import doctest
from pathlib import Path

import pytest

from openfaas_build import dockerfile
from openfaas_build.context import ContextRequest, find_dockerfile
from openfaas_build.dockerfile import read_dockerfile
from openfaas_build.stack import Function

HARD = r"""# syntax=docker/dockerfile:1
# A comment with \
ARG BASE=debian
FROM ${BASE} AS Build
RUN echo one \
    # a comment inside, and an empty line

    && echo two
RUN <<EOF cat <<-"TWO" > /x
COPY not .
EOF
	FROM not
	TWO
COPY <<here.txt /here
RUN not
here.txt
ONBUILD COPY not .
  copy a \
    b /c/

FROM build
WORKDIR /srv
COPY function /srv/function
USER 1000
CMD ["x"]
"""


def lines(text: str, stage: str) -> list[int]:
    """Give the lines of a stage's steps, from the last one."""
    found = read_dockerfile(text, "Dockerfile")
    steps = []
    while step := found.step(stage, len(steps)):
        steps.append(step)
    return [step.line for step in steps]


def test_steps_are_found_by_stage_from_its_end():
    assert lines(HARD, "build") == [18, 14, 9, 5]
    assert lines(HARD, "Build") == [18, 14, 9, 5]
    assert lines(HARD, "stage-1") == [23, 22]
    assert lines(HARD, "other") == []
    step = read_dockerfile(HARD, "Dockerfile").step("build", 0)
    assert step and (step.verb, step.text) == ("COPY", "copy a b /c/")
    step = read_dockerfile(HARD, "Dockerfile").step("build", 3)
    assert step and (step.verb, step.text) == ("RUN", "RUN echo one && echo two")


def test_the_examples_in_docstrings_hold():
    result = doctest.testmod(dockerfile)
    assert (result.attempted > 0, result.failed) == (True, 0)


def test_here_documents_and_continuations_may_end_with_the_file():
    assert lines("FROM x\nRUN a \\\n# c \\\n\n  b \\\\", "") == [2]
    assert lines("FROM x\nRUN <<A <<B\nB\nA\nA\nB\nRUN b\nRUN <<A\nRUN c", "") == [8, 7, 2]


def test_without_a_name_the_only_stage_is_meant():
    assert lines("FROM x\nCOPY a /\n", "") == [2]
    assert lines("FROM x AS y\nCOPY a /\n", "") == [2]
    assert lines("FROM x\nFROM y\nCOPY a /\n", "") == []


def test_another_escape_and_windows_line_ends():
    text = "\ufeff# Escape = `\r\nFROM x\r\nRUN a `\r\n  b\r\nRUN c \\\r\nCOPY <<-E /\r\n\tE\r\nADD d /\r\n"
    assert lines(text, "") == [8, 6, 5, 3]
    assert lines("# no directive\n# escape=`\nFROM x\nRUN a `\nRUN b\n", "") == [5, 4]


@pytest.mark.parametrize(
    "text", ["", "\n", "\\", "COPY", "FROM", "FROM x\nCOPY <<E /", "FROM x\nRUN \\", "\0", "# escape=", "<<"]
)
def test_what_is_no_dockerfile_is_passed_over(text: str):
    assert read_dockerfile(text, "x").path == "x"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("template/py", "fn", "build/fn"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def request_for(root: Path, lang: str) -> ContextRequest:
    return ContextRequest(
        root=root,
        staging=root / "build",
        function=Function(
            name="fn", lang=lang, handler="./fn", image="fn", build_args={}, build_secrets={}, lines={}
        ),
        template=root / "template" / lang if lang != "dockerfile" else None,
    )


@pytest.mark.parametrize(
    ("lang", "files", "path"),
    [
        ("py", {"template/py": "FROM a", "fn": "FROM b", "build/fn": "FROM a"}, "template/py/Dockerfile"),
        # A handler that is laid over the template.
        ("py", {"template/py": "FROM a", "fn": "FROM b", "build/fn": "FROM b"}, "fn/Dockerfile"),
        ("dockerfile", {"fn": "FROM b", "build/fn": "FROM b"}, "fn/Dockerfile"),
        # An extra path that brings one.
        ("py", {"template/py": "FROM a", "build/fn": "FROM c"}, "build/fn/Dockerfile"),
    ],
)
def test_a_dockerfile_is_named_as_its_user_knows_it(
    project: Path, lang: str, files: dict[str, str], path: str
):
    for folder, text in files.items():
        (project / folder / "Dockerfile").write_text(text)
    found = find_dockerfile(request_for(project, lang))
    assert found and found.path == path


def test_a_dockerfile_that_is_not_there_is_none(project: Path):
    assert find_dockerfile(request_for(project, "py")) is None
    (project / "build/fn/Dockerfile").write_bytes(b"FROM \xff\n")
    found = find_dockerfile(request_for(project, "py"))
    assert found and found.path == "build/fn/Dockerfile"
