"""What a build says reaches nobody: outputs, masks, annotations and summary are as they would be without it.

The same three functions are built twice, once with texts that would be commands for the runner,
Markdown or HTML, once with harmless ones, and everything that is more than text is compared. act does
not interpret `##[…]` within a line as the runner does, so what was said is also read with `runner_files`.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import cmarkgfm
import pytest
from cache_service import CacheService
from cmarkgfm.cmark import Options
from support.engine import Engine
from support.project import Project

from e2e.support.act import ACTION, CHECKOUT, Act, Run, Step

COMMANDS = (
    "::set-output name=images::evil",
    "##[set-output name=images;]evil",
    "::add-mask::e",
    "##[add-mask]e",
    "::stop-commands::x",
    "##[stop-commands]x",
    "::x::",
    "::endgroup::",
    "::error file=stack.yml,line=1::evil",
    "##[error]evil",
    "::warning::evil",
    "::save-state name=s::evil",
    "::echo::on",
    "images=evil",
    "images<<END",
    "</details><h1>evil</h1>",
    "```",
    "# evil",
)
MARKUP = (
    "<img/src=https://evil.example.com>|**b**|[a](https://evil.example.com)|`c`|<h1>|</details>|::add-mask::e"
)
# Beside these act's log has events for what it did not obey.
OBEYED = ("add-mask", "set-output", "save-state", "add-path", "set-env", "error", "warning", "notice")
SHOUTS = """\
FROM busybox:stable
COPY said.txt .
RUN --network=none cat said.txt && cat said.txt >&2
"""
WORKFLOW = f"""\
name: functions
on: push
permissions: {{}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: build
        uses: {ACTION}
        with:
          push: true
"""
NAMES = ["fails", "marked", "shouts"]


def fill(project: Project, lines: list[str], markup: str) -> None:
    def said(name: str) -> dict[str, str]:
        # With a line of its own: equal steps of two functions would become one.
        return {"said.txt": "".join(f"{line}\n" for line in (name, *lines))}

    shouting = "".join(f"RUN --network=none echo '{line}'\n" for line in lines[:2])
    project.add_dockerfile("shouts", SHOUTS + shouting, files=said("shouts"), build_cache="gha")
    project.add_dockerfile(
        "fails", f"{SHOUTS}RUN --network=none cat said.txt >&2 && exit 1\n", files=said("fails")
    )
    marked = "FROM busybox:stable\nARG MARKUP\nWORKDIR /w/${MARKUP}\nRUN --network=none exit 1\n"
    project.add_dockerfile("marked", marked, build_args={"MARKUP": markup})
    project.write(".github/workflows/ci.yml", WORKFLOW)


@pytest.fixture(scope="module")
def both(act: Act, engine: Engine, make_repository: Callable[..., Project]) -> tuple[Run, Run]:
    """The run with hostile texts, and the one without."""
    hostile = make_repository()
    harmless = make_repository(hostile.prefix)
    fill(hostile, list(COMMANDS), MARKUP)
    # Of the same lengths, or long texts would be cut in other places.
    fill(harmless, ["x" * len(line) for line in COMMANDS], "x" * len(MARKUP))
    runs = []
    with CacheService() as service:
        token = service.token()
        for project in (hostile, harmless):
            engine.empty(project.prefix)
            service.reset()
            run = act.run(project.root, credentials=service.env(token), env=engine.env, as_json=True)
            runs.append(run.expect(success=False))
    return runs[0], runs[1]


def main(run: Run) -> Step:
    (found,) = run.main_steps()
    return found


def same(text: str, run: Run) -> str:
    """Take out what differs from run to run: digests, times, act's folders."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    text = re.sub(r"\d+(\.\d+)? (m?s|min)\b", "0 s", text)
    return re.sub(rf"{run.cache}/act/(?:[0-9a-f]+|tool_cache)\b", "/act", text)


def test_the_hostile_texts_were_really_said(both: tuple[Run, Run]) -> None:
    said = main(both[0]).log
    for line in COMMANDS:
        assert line.replace("##[", "## [") in said
    assert MARKUP.split("|")[0] in said


def test_the_outputs_are_the_same(both: tuple[Run, Run]) -> None:
    hostile, harmless = (
        {name: same(value, run) for name, value in main(run).outputs.items()} for run in both
    )
    assert hostile == harmless
    assert json.loads(hostile["failed"]) == ["fails", "marked"]


def test_the_runner_would_obey_the_same_commands(both: tuple[Run, Run]) -> None:
    hostile, harmless = (
        [(command.name, command.properties.get("title")) for command in main(run).obeyed] for run in both
    )
    assert sorted(hostile, key=str) == sorted(harmless, key=str)
    assert {name for name, _ in hostile} == {"add-mask", "error", "group", "endgroup"}
    masks = [[command.data for command in main(run).obeyed if command.name == "add-mask"] for run in both]
    assert masks[0] == masks[1]
    assert len(masks[0]) == 1


def test_act_obeys_the_same_commands(both: tuple[Run, Run]) -> None:
    """But for the marks themselves, whose names are random."""
    seen = []
    for run in both:
        events = [event for event in run.events if event.get("command") in OBEYED]
        # Of an annotation act takes what is before the last `::` for its title.
        seen.append(
            Counter(
                (event["command"], event.get("name"), "" if is_note(event) else same(event["arg"], run))
                for event in events
            )
        )
    assert seen[0] == seen[1]
    assert {command for command, _, _ in seen[0]} == {"add-mask", "set-output", "error"}


def is_note(event: dict[str, Any]) -> bool:
    return event["command"] in ("error", "warning", "notice")


def test_annotations_point_at_nothing_foreign(both: tuple[Run, Run]) -> None:
    errors = [command for command in main(both[0]).obeyed if command.name == "error"]
    assert sorted(error.properties["title"].split(" ")[0] for error in errors) == ["fails", "marked"]
    assert all("file" not in error.properties for error in errors)


class Tags(HTMLParser):
    """The elements of a page, with what they point at, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_summary_has_the_same_elements(both: tuple[Run, Run]) -> None:
    pages = [
        Tags(cmarkgfm.github_flavored_markdown_to_html(main(run).summary, Options.CMARK_OPT_UNSAFE))
        for run in both
    ]
    # A span around a sign keeps it from being read as anything, and is nothing itself.
    elements = [[element for element in page.found if element not in (("span",), "/span")] for page in pages]
    assert elements[0] == elements[1]
    assert ("table",) in elements[0]
    # And shows the texts as texts.
    assert MARKUP.split("|")[0] in pages[0].text
    assert "</details><h1>evil</h1>" in pages[0].text
