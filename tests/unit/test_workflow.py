import io
import itertools
import os
import sys
import threading

import pytest
from runner_files import Command, read_commands, read_outputs

from openfaas_build import workflow
from openfaas_build.errors import MachineError, Notice
from openfaas_build.workflow import Annotation, GitHub, Terminal

ATTACKS = (
    "::set-output name=images::evil",
    "   ::add-mask::e",
    "\u2003\u00a0::error::x",
    "\u200b::error::x",
    "\x1b[31m::warning::x",
    "::stop-commands::pause",
    "::save-state name=a::b",
    "ok\r::add-mask::e",
    "ok\n::set-env name=PATH::/tmp",
    "ok\x0b::error::x",
    "#7 0.12 ##[set-output name=x;]y",
    "#7 0.12 ##[error]y",
    "#7 0.12 #\u200b#\u2060[add-mask]e",
    "#7 0.12 ##[add-path]/tmp",
    "##\x1b[0m[error]y",
    "###[error]y",
)


def tokens():
    return map("{:032x}".format, itertools.count(0xABC)).__next__


def github(env=None, make_token=None):
    stream = io.StringIO()
    return GitHub(env or {}, stream, make_token or tokens()), stream


def fake_tty(tty=True):
    stream = io.StringIO()
    stream.isatty = lambda: tty
    return stream


# The runner: what is obeyed, what is shown.


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_runner_obeys_nothing_of_foreign_text(attack):
    console, stream = github()
    console.open_group("Build f1")
    console.foreign([attack])
    console.close_group()
    console.foreign([attack])
    obeyed, _ = read_commands(stream.getvalue())
    assert [command.name for command in obeyed] == ["group", "endgroup"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_log_page_gets_no_old_command_even_between_the_marks(attack):
    console, stream = github()
    console.foreign([attack])
    assert "##[" not in stream.getvalue()


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_runner_obeys_nothing_that_we_quote(attack):
    console, stream = github()
    console.say(f"{attack}\n{attack}")
    console.open_group(attack)
    console.annotate(Annotation(level="error", message=attack, title=attack, file=attack, line=3))
    obeyed, shown = read_commands(stream.getvalue())
    assert [command.name for command in obeyed] == ["group", "error"]
    assert sorted(obeyed[1].properties) == ["file", "line", "title"]
    assert "##[" not in stream.getvalue()
    assert len([line for line in shown if line]) == 2 * len(workflow.runner.visible(attack).split("\n"))


def test_foreign_text_is_shown_as_it_is():
    console, stream = github()
    console.foreign(["plain", "::warning file=a.go,line=3::kept as it is", "tab\tkept"])
    _, shown = read_commands(stream.getvalue())
    assert shown == ["plain", "::warning file=a.go,line=3::kept as it is", "tab\tkept", ""]


def test_foreign_text_steers_no_terminal():
    console, stream = github()
    console.foreign(["\x1b[31mred\x1b[0m\x07 \u202eesrever"])
    assert read_commands(stream.getvalue())[1] == ["red esrever", ""]


def test_foreign_text_cannot_end_the_marks():
    console, stream = github(make_token=lambda: "abcdefabcdefabcdef")
    console.open_group("Build f1")
    console.foreign(["::abcdefabcdefabcdef::", "::add-mask::e", "##[abcdefabcdefabcdef]", "::add-mask::e"])
    obeyed, _ = read_commands(stream.getvalue())
    assert [command.name for command in obeyed] == ["group"]


def test_marks_have_a_new_token_each_and_end_at_once_outside_of_a_group():
    console, stream = github()
    console.foreign(["a"])
    console.foreign(["b"])
    first, second = f"{0xABC:032x}", f"{0xABD:032x}"
    assert stream.getvalue() == (
        f"::stop-commands::{first}\na\n::{first}::\n::stop-commands::{second}\nb\n::{second}::\n"
    )


def test_marks_stay_open_in_a_group_until_the_next_command():
    console, stream = github()
    console.open_group("Build f1")
    console.foreign(["a"])
    console.foreign(["b"])
    console.say("ours")
    console.annotate(Annotation(level="notice", message="n"))
    console.foreign(["c"])
    console.close_group()
    first, second = f"{0xABC:032x}", f"{0xABD:032x}"
    assert stream.getvalue() == (
        f"::group::Build f1\n::stop-commands::{first}\na\nb\nours\n::{first}::\n::notice::n\n"
        f"::stop-commands::{second}\nc\n::{second}::\n::endgroup::\n"
    )


def test_no_foreign_lines_make_no_marks():
    console, stream = github()
    console.foreign([])
    assert stream.getvalue() == ""


def test_marks_end_when_the_foreign_text_breaks_off():
    def lines():
        yield "a"
        raise OSError("pipe")

    console, stream = github()
    with pytest.raises(OSError, match="pipe"):
        console.foreign(lines())
    assert stream.getvalue().endswith(f"a\n::{0xABC:032x}::\n")
    console.annotate(Annotation(level="error", message="told"))
    assert read_commands(stream.getvalue())[0] == [Command("error", "told")]


@pytest.mark.parametrize("token", ["", "pause-logging", "add-mask", "short", "abcdefabcdef abcdef"])
def test_a_token_that_can_be_guessed_is_refused(token):
    console, stream = github(make_token=lambda: token)
    with pytest.raises(ValueError, match="guessed"):
        console.foreign(["::error::x"])
    assert "error" not in stream.getvalue()


def test_another_thread_waits_until_foreign_text_ends():
    console, stream = github()
    other = threading.Thread(target=lambda: console.annotate(Annotation(level="error", message="other")))

    def lines():
        yield "a"
        other.start()
        other.join(0.2)
        yield "b"

    console.foreign(lines())
    other.join()
    token = f"{0xABC:032x}"
    assert stream.getvalue() == f"::stop-commands::{token}\na\nb\n::{token}::\n::error::other\n"


def test_groups_do_not_nest():
    console, stream = github()
    console.open_group("one")
    console.open_group("two\nlines")
    console.close_group()
    console.close_group()
    assert stream.getvalue() == "::group::one\n::endgroup::\n::group::two lines\n::endgroup::\n"


def test_an_annotation_has_only_the_properties_that_are_set():
    console, stream = github()
    console.annotate(
        Annotation(level="warning", message="50 %\nnext", title="a: b, c", file="stack.yml", line=3)
    )
    console.annotate(Annotation(level="error", message="bare"))
    assert stream.getvalue() == (
        "::warning title=a%3A b%2C c,file=stack.yml,line=3::50 %25%0Anext\n::error::bare\n"
    )


def test_a_notice_becomes_an_annotation_at_its_place():
    notice = Notice(problem="P.", cause="c.", remedy="R.", file="stack.yml", line=14)
    assert Annotation.of(notice, "error") == Annotation(
        level="error", message="P.\nLikely cause: c.\nR.", file="stack.yml", line=14
    )


def test_a_mask_covers_every_line_of_a_secret_but_no_bare_brackets():
    console, stream = github()
    console.mask('{\n  "key": "one%two"\n}\r\nlast\n')
    console.mask("")
    console.mask("{")
    assert read_commands(stream.getvalue())[0] == [
        Command("add-mask", '"key": "one%two"'),
        Command("add-mask", "last"),
        Command("add-mask", "{"),
    ]


def test_a_mask_is_obeyed_between_foreign_lines_of_a_group():
    console, stream = github()
    console.open_group("g")
    console.foreign(["a"])
    console.mask("secret")
    console.foreign(["b"])
    assert Command("add-mask", "secret") in read_commands(stream.getvalue())[0]


# The files of a step.


@pytest.fixture
def step(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    env = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    return env, tmp_path


def test_outputs_arrive_as_they_are(step):
    env, folder = step
    console, stream = github(env)
    wanted = {
        "images": '{"f1":"r.example.com/f1:1@sha256:ab"}',
        "cache-hit-rate": "",
        "report": "a\nEOF\nghadelimiter_x\n::set-output name=x::y",
        "matrix": "name<<x=50 %\u00e4",
    }
    console.set_outputs(wanted)
    assert read_outputs((folder / "output").read_text(encoding="utf-8")) == wanted
    assert stream.getvalue() == ""
    assert "GITHUB_OUTPUT" not in os.environ


def test_outputs_are_added_to_the_file_and_the_environment_is_given_back(step, monkeypatch):
    env, folder = step
    monkeypatch.setenv("GITHUB_OUTPUT", "/elsewhere")
    (folder / "output").write_text("before=1\n")
    github(env)[0].set_outputs({"report": "r"})
    assert read_outputs((folder / "output").read_text()) == {"before": "1", "report": "r"}
    assert os.environ["GITHUB_OUTPUT"] == "/elsewhere"


@pytest.mark.parametrize("name", ["", "a\nb", "A", "a_b", "1a", "a=b", "a<<b", "-a", "a "])
def test_names_of_outputs_are_checked_before_any_is_written(step, name):
    env, folder = step
    with pytest.raises(ValueError, match="no name of an output"):
        github(env)[0].set_outputs({"report": "r", name: "x"})
    assert not (folder / "output").exists()


def test_missing_output_file_is_said():
    console, stream = github({})
    console.set_outputs({"report": "r"})
    assert stream.getvalue() == "The outputs are not set: there is no GITHUB_OUTPUT here.\n"


def test_a_file_that_cannot_be_written_is_told_with_its_path(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    lost = str(tmp_path / "gone" / "file")
    console, _ = github({"GITHUB_OUTPUT": lost, "GITHUB_STEP_SUMMARY": lost})
    with pytest.raises(MachineError) as outputs:
        console.set_outputs({"report": "r"})
    with pytest.raises(MachineError) as summary:
        console.write_summary("x")
    assert outputs.value.notices[0].problem == (
        f'the outputs cannot be written to "{lost}": No such file or directory.'
    )
    assert summary.value.notices[0].problem.startswith(f'the job summary cannot be written to "{lost}"')


def test_the_summary_is_added_in_utf_8(step):
    env, folder = step
    (folder / "summary").write_text("before\n")
    console, stream = github(env)
    assert console.write_summary("✓ one")
    assert console.write_summary("two \ud800\n")
    assert (folder / "summary").read_text(encoding="utf-8") == "before\n✓ one\ntwo ?\n"
    assert stream.getvalue() == ""


def test_without_a_summary_file_nothing_is_written():
    assert github({})[0].write_summary("x") is False


# Streams.


def test_every_line_is_out_at_once():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console = GitHub({}, stream, tokens())
    console.mask("secret")
    assert raw.getvalue() == b"::add-mask::secret\n"
    console.say("✓")
    assert raw.getvalue() == b"::add-mask::secret\n\\u2713\n"


def test_the_standard_output_is_given_back():
    before = sys.stdout
    console, stream = github()
    console.annotate(Annotation(level="notice", message="x"))
    assert sys.stdout is before
    assert stream.getvalue() == "::notice::x\n"


def test_the_console_follows_the_environment():
    assert isinstance(workflow.open_console({"GITHUB_ACTIONS": "true"}, stream=io.StringIO()), GitHub)
    assert isinstance(workflow.open_console({}, stream=io.StringIO()), Terminal)
    assert isinstance(workflow.open_console({"GITHUB_ACTIONS": "1"}, stream=io.StringIO()), Terminal)


def test_a_console_makes_its_own_tokens():
    stream = io.StringIO()
    console = workflow.open_console({"GITHUB_ACTIONS": "true"}, stream=stream)
    console.foreign(["a"])
    console.foreign(["a"])
    lines = stream.getvalue().splitlines()
    assert len(lines) == 6
    assert len(lines[0]) >= len("::stop-commands::") + 32
    assert lines[0] != lines[3]


# A terminal.


def test_a_terminal_shows_plain_lines():
    stream = fake_tty(tty=False)
    console = Terminal({}, stream)
    console.open_group("Build \x1b]0;title\x07f1")
    console.foreign(["\x1b[2J\x1b[31mred\x1b[0m\x07", "::error::as it is", "one\rtwo"])
    console.close_group()
    console.say("\x1b[1mbold\x1b[0m")
    console.annotate(Annotation(level="error", message="m\x1b[2J", title="t", file="stack.yml", line=3))
    console.annotate(Annotation(level="warning", message="m"))
    console.mask("secret")
    console.set_outputs({"report": "r"})
    assert console.write_summary("x") is False
    assert stream.getvalue() == (
        "Build f1\nred\n::error::as it is\none\ntwo\nbold\nstack.yml:3: error: t: m\nwarning: m\n"
    )


def test_a_terminal_with_colours_takes_colours_alone_from_our_text():
    stream = fake_tty()
    console = Terminal({}, stream)
    console.say("\x1b[1;31mred\x1b[0m \x1b[2J\x1b]0;title\x07plain")
    console.annotate(Annotation(level="error", message="m"))
    console.foreign(["\x1b[31mforeign"])
    assert stream.getvalue() == ("\x1b[1;31mred\x1b[0m plain\n\x1b[1;31merror:\x1b[0m m\nforeign\n")


@pytest.mark.parametrize(
    ("env", "tty", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(env, tty, colour):
    assert Terminal(env, fake_tty(tty)).colour is colour


@pytest.mark.parametrize(
    ("columns", "width"), [("72", 72), ("0", 100), ("", 100), ("wide", 100), ("\u00b2", 100)]
)
def test_the_width_is_that_of_the_environment_or_a_usual_one(columns, width):
    assert Terminal({"COLUMNS": columns}, fake_tty()).width == width


# The environment.


def test_credentials_are_taken_out():
    env = {
        "PATH": "/bin",
        "ACTIONS_RUNTIME_TOKEN": "t",
        "ACTIONS_RESULTS_URL": "https://results.example/",
        "ACTIONS_CACHE_URL": "",
        "ACTIONS_CACHE_SERVICE_V2": "True",
        "ACTIONS_CACHE_MODE": "read",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://id.example/",
    }
    before = dict(env)
    left, credentials = workflow.take_credentials(env)
    assert left == {"PATH": "/bin", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://id.example/"}
    assert credentials == {
        "ACTIONS_RUNTIME_TOKEN": "t",
        "ACTIONS_RESULTS_URL": "https://results.example/",
        "ACTIONS_CACHE_SERVICE_V2": "True",
        "ACTIONS_CACHE_MODE": "read",
    }
    assert env == before


ON_GITHUB = {"GITHUB_ACTIONS": "true"}


@pytest.mark.parametrize(
    ("env", "event"),
    [
        ({}, workflow.Event()),
        ({"GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch"}, workflow.Event()),
        (
            ON_GITHUB
            | {
                "GITHUB_EVENT_NAME": "push",
                "GITHUB_REF": "refs/heads/feature/a",
                "GITHUB_REF_NAME": "feature/a",
                "GITHUB_REF_TYPE": "branch",
            },
            workflow.Event(branch="feature/a", on_github=True),
        ),
        (
            ON_GITHUB | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"},
            workflow.Event(branch="main", on_github=True),
        ),
        (
            ON_GITHUB
            | {
                "GITHUB_EVENT_NAME": "push",
                "GITHUB_REF": "refs/tags/v1",
                "GITHUB_REF_NAME": "v1",
                "GITHUB_REF_TYPE": "tag",
            },
            workflow.Event(on_github=True),
        ),
        (
            ON_GITHUB
            | {
                "GITHUB_EVENT_NAME": "pull_request",
                "GITHUB_HEAD_REF": "fix",
                "GITHUB_BASE_REF": "main",
                "GITHUB_REF": "refs/pull/7/merge",
                "GITHUB_REF_NAME": "7/merge",
                "GITHUB_REF_TYPE": "branch",
            },
            workflow.Event(branch="fix", base_branch="main", pull_request=True, fork=True, on_github=True),
        ),
        (
            ON_GITHUB
            | {
                "GITHUB_EVENT_NAME": "pull_request_target",
                "GITHUB_HEAD_REF": "fix",
                "GITHUB_BASE_REF": "main",
                "GITHUB_REF": "refs/heads/main",
                "GITHUB_REF_NAME": "main",
                "GITHUB_REF_TYPE": "branch",
            },
            workflow.Event(branch="fix", base_branch="main", pull_request=True, fork=True, on_github=True),
        ),
        (
            ON_GITHUB | {"GITHUB_EVENT_NAME": "pull_request_review", "GITHUB_REF_TYPE": "branch"},
            workflow.Event(pull_request=True, fork=True, on_github=True),
        ),
        (
            ON_GITHUB
            | {
                "GITHUB_EVENT_NAME": "deployment",
                "GITHUB_REF": "refs/pull/7/merge",
                "GITHUB_REF_NAME": "7/merge",
                "GITHUB_REF_TYPE": "branch",
            },
            workflow.Event(pull_request=True, fork=True, on_github=True),
        ),
    ],
)
def test_the_event_is_read_from_the_variables(env, event):
    assert workflow.read_event(env) == event
