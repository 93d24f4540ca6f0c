"""Whatever others write stays text: in Markdown, in HTML, on a terminal."""

import re
from html.parser import HTMLParser

import pytest
from test_render import function, hint, load, report, step

from openfaas_build import render, untrusted
from openfaas_build.errors import Notice
from openfaas_build.render import gfm
from openfaas_build.report import ExportReport, Failure, FirstMiss, ImportReport

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</summary></details><h1>x</h1>",
    "<!-- x -->",
    "&lt;b&gt; &amp; &#64;",
    "![i](https://evil.example/i.png)",
    "[click](https://evil.example)",
    "[click][x]",
    "<https://evil.example>",
    "https://evil.example/?a=b",
    "HTTP://evil.example",
    "www.evil.example",
    "mail me@evil.example now",
    "@octocat and @acme/team",
    "fixes #1, acme/app#2, GH-3",
    "a | b \\| c \\\\| d",
    "\\",
    "ends with \\",
    "`code` ``more`` ```",
    "`",
    "``` ~~~",
    "**bold** __bold__ *it* _it_ ~~gone~~",
    "# heading",
    "## heading",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "> quote",
    "===",
    "---",
    "[x] task",
    "- [ ] task",
    "Dockerfile:100: no :tada: :x:",
    "$HOME/$USER $$x$$ $`x`$",
    "[^1] [!NOTE]",
    "line one\nline two\n\n# heading\n| a | b |\n| - | - |",
    "tab\tand    blanks",
    "\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\u202eesrever\u202c \u2066x\u2069 \u200bz\u00adero",
    "\ud800 surrogate",
)
_TAGS = {"h2", "h3", "p", "strong", "em", "ul", "li", "br", "code", "pre", "span", "a", "b"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "details", "summary"}
# What GitHub turns into links, mentions, pictures and formulas in finished text.
_MAGIC = re.compile(r"(?<!\w)@\w|\w@\w|#\d|gh-\d|://|www\.|(?<!\w)\$\S|:[\w+-]+:", re.IGNORECASE | re.ASCII)


class Page(HTMLParser):
    """The finished page: its elements, and its texts in and outside of code."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.texts = []
        self.code = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.code += tag in ("code", "pre")
        self.texts.append((None, False))

    def handle_endtag(self, tag):
        self.code -= tag in ("code", "pre")
        self.texts.append((None, False))

    def handle_data(self, data):
        if self.texts and self.texts[-1][0] is not None:
            data = self.texts.pop()[0] + data
        self.texts.append((data, bool(self.code)))

    def handle_comment(self, data):
        self.elements.append(("comment", {}))

    @property
    def text(self):
        return " ".join("".join(text for text, _ in self.texts if text).split())


def rendered(markdown):
    """Render as GitHub does before its own filters; raw HTML is kept, so that it can be found."""
    cmark = pytest.importorskip("cmarkgfm", reason="cmarkgfm, GitHub's Markdown parser, is not installed")
    from cmarkgfm.cmark import Options

    return cmark.markdown_to_html_with_extensions(
        markdown,
        options=Options.CMARK_OPT_UNSAFE,
        extensions=["table", "autolink", "strikethrough", "tasklist"],
    )


def shown(text):
    """What a reader should see of a foreign text on one line."""
    return " ".join(untrusted.visible(text).split())


@pytest.mark.parametrize("attack", ATTACKS)
def test_prose_and_code_show_the_text_itself(attack):
    for escaped in (gfm.prose(attack), gfm.code(attack)):
        for form in (f"before {escaped} after", f"- before {escaped} after", f"{escaped} after"):
            page = Page(rendered(form))
            before = "before " if "before" in form else ""
            assert page.text == f"{before}{shown(attack)} after"
            assert {tag for tag, _ in page.elements} <= {"p", "ul", "li", "span", "code"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_table_keeps_its_cells(attack):
    table = f"| A | B | C |\n| - | - | - |\n| {gfm.code(attack)} | {gfm.prose(attack)} | end |\n"
    html = rendered(table)
    cells = [Page(cell).text for cell in re.findall(r"<td>(.*?)</td>", html, re.DOTALL)]
    assert cells == [shown(attack), shown(attack), "end"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_summary_line_shows_the_text_itself(attack):
    html = rendered(
        f"<details>\n<summary>{gfm.html_code(attack)}: {gfm.html_prose(attack)}</summary>\n\n</details>"
    )
    page = Page(html)
    assert page.text == f"{shown(attack)}: {shown(attack)}"
    assert {tag for tag, _ in page.elements} <= {"details", "summary", "code", "span"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_fence_holds_the_text(attack):
    text = untrusted.visible(f"{attack}\n````\n{attack}\n</details>")
    html = rendered(f"{gfm.fence(text)}\n\nafter")
    assert html.endswith("</code></pre>\n<p>after</p>\n")
    assert "".join(part for part, code in Page(html).texts if part and code) == f"{text}\n".replace(
        "\ud800", ""
    )


def everywhere(attack):
    advice = hint(attack, attack, attack, attack)
    return report(
        function(
            attack,
            status="failed",
            steps=(
                step("failed", instruction=attack, platform=attack, stage=attack),
                step("run", instruction=f"RUN echo {attack}"),
            ),
            imports=(ImportReport(source=attack, outcome="failed", detail=attack, hint=advice),),
            export=ExportReport(
                destination=attack, outcome="failed", detail=attack, hint=hint("b", attack, attack)
            ),
            first_miss=FirstMiss(step=attack, instruction=attack, reason=attack, ran_after=1),
            failure=Failure(
                message=attack,
                log=f"{attack}\nERROR: {attack}",
                step=attack,
                instruction=attack,
                hint=hint("c", attack, attack),
            ),
            suggestions=(hint("d", attack, attack),),
        ),
        function("skipped", "skipped", detail=attack),
        function(
            f"{attack} built",
            digest=f"sha256:{attack}",
            export=ExportReport(destination=attack, outcome="skipped", detail=attack),
            first_miss=FirstMiss(step=attack, instruction=attack, reason=attack, ran_after=1),
        ),
        warnings=[Notice(problem=attack, cause=attack, remedy=attack, file=attack, line=3)],
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_foreign_becomes_more_than_text_in_the_summary(attack):
    made = render.summary_markdown(everywhere(attack), title=attack)
    page = Page(rendered(made))
    assert {tag for tag, _ in page.elements} <= _TAGS
    attributes = {(tag, *sorted(attrs)) for tag, attrs in page.elements if attrs}
    assert attributes <= {
        ("a", "href"),
        ("details", "open"),
        ("code", "class"),
        ("th", "align"),
        ("td", "align"),
    }
    links = {attrs["href"] for tag, attrs in page.elements if tag == "a"}
    assert links <= {"https://docs.example.com/a", attack}
    assert attack not in links or attack == "https://evil.example/?a=b"
    for text, in_code in page.texts:
        assert text is None or in_code or not _MAGIC.search(text), text
    tables = re.findall(r"<tr>(.*?)</tr>", rendered(made), re.DOTALL)
    assert {row.count("<t") for row in tables} <= {7, 4}
    assert page.text.count(shown(attack)) >= 15 or not shown(attack)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_unseen_reaches_any_page(attack):
    made = everywhere(attack)
    pages = [
        render.summary_markdown(made, title=attack),
        render.table_text(made, width=100, colour=False),
        *(item.message + item.title + item.file for item in render.annotations(made)),
    ]
    for page in pages:
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069]", page
        )
        page.encode()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "http://plain.example",
        "https://a.example/<b>",
        "https://a.example/ x",
        "https://a.example/\n",
        "https://a.example/" + "y" * 600,
        "data:text/html,x",
        "//evil.example",
        "https://a.example/`|`",
    ],
)
def test_only_plain_https_addresses_become_links(address):
    page = Page(rendered(gfm.link("More", address)))
    assert not [tag for tag, _ in page.elements if tag == "a"]


def test_a_link_keeps_its_address():
    html = rendered(gfm.link("More", "https://a.example/x_(y)?a=1&copy=2#f*g_"))
    assert html == '<p><a href="https://a.example/x_%28y%29?a=1&amp;copy=2#f*g_">More</a></p>\n'
    assert gfm.link("More", "") == ""


# Without a Markdown parser: what the text itself must look like.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``x", "``` ``x ```"),
        ("a\nb\t c", "`a b c`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("", ""),
    ],
)
def test_code_spans(text, code):
    assert gfm.code(text) == code


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("plain words, a.b (c) 50 %", "plain words, a.b (c) 50 %"),
        ("<b> & |", "&lt;b&gt; &amp; &#124;"),
        ("a*b_c`d[e]~\\", "a\\*b\\_c\\`d\\[e\\]\\~\\\\"),
        ("- x", "\\- x"),
        ("10. x", "10\\. x"),
        ("# x", "\\# x"),
        ("@a #1 $b", "<span>@</span>a <span>#</span>1 <span>$</span>b"),
        ("https://x www.y", "https:<span>//</span>x www<span>.</span>y"),
        ("stack.yml:14: x", "stack.yml<span>:</span>14: x"),
    ],
)
def test_prose(text, prose):
    assert gfm.prose(text) == prose


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x\x1b]0;t\x1b\\y", "xy"),
        ("\x1b]never ended\nnext", "\nnext"),
        ("\x9b31mred", "red"),
        ("\x1b(B\x1b=x\x1b", "x"),
        ("a\r\nb\rc\x0bd\u2028e\x85f", "a\nb\nc\nd\ne\nf"),
        ("a\x00\x08\x7fb", "ab"),
        ("\u202eabc\u2066\ufeff\U000e0041\u00ad", "abc"),
        ("tab\t \u00e4\u4e2d\U0001f600", "tab\t \u00e4\u4e2d\U0001f600"),
        ("\udc80x", "x"),
    ],
)
def test_only_what_can_be_seen_is_kept(text, seen):
    assert untrusted.visible(text) == seen


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("type=gha,token=ghs_x,scope=a", "type=gha,token=***,scope=a"),
        (
            "type=s3,secret_access_key=a/b+c=,access_key_id=AK",
            "type=s3,secret_access_key=***,access_key_id=***",
        ),
        ("session_token=x account_key=y PASSWORD=z", "session_token=*** account_key=*** PASSWORD=***"),
        ("GET https://user:p4ss@r.example/v2/: 401", "GET https://***@r.example/v2/: 401"),
        ("https://r.example:5000/a@sha256:ab", "https://r.example:5000/a@sha256:ab"),
        ("RUN npm_token=x my-token=y", "RUN npm_token=x my-token=y"),
        ("unexpected token '='", "unexpected token '='"),
    ],
)
def test_credentials_are_blotted_out(text, safe):
    assert untrusted.clean(text) == safe


def test_no_page_shows_credentials():
    made = load("hostile")
    pages = (
        render.summary_markdown(made),
        render.table_text(made, width=500, colour=False),
        *(item.message for item in render.annotations(made)),
    )
    for page in pages:
        assert "ghs_secret" not in page
        assert "p4ss" not in page


def test_the_end_of_a_text_is_marked_where_it_was_cut():
    assert untrusted.last_lines("a\nb\nc", 2) == "…\nb\nc"
    assert untrusted.last_lines("a\nb\n\n", 2) == "a\nb"
    assert untrusted.last_lines("x" * 50, 2, 10) == "…\n" + "x" * 10
    assert untrusted.last_lines("", 2) == ""
