"""Finding templates, reading addresses, copying out of a repository: what needs neither git nor network."""

import json
import os
import stat
from pathlib import Path

import pytest

from openfaas_build.errors import BuildError, Origin
from openfaas_build.git import git_environment
from openfaas_build.stack import Function, StackFile, TemplateSource
from openfaas_build.templates import fetch_templates
from openfaas_build.templates.fetch import _choose
from openfaas_build.templates.folder import Job, find_template, install
from openfaas_build.templates.source import Source, read_source
from openfaas_build.templates.store import _read_entries

ORIGIN = Origin(subject='function "fn2"', file="stack.yml", line=21)


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def make_stack(*langs: str, templates: tuple[TemplateSource, ...] = ()) -> StackFile:
    functions = tuple(
        Function(
            name=f"fn{number}",
            lang=lang,
            handler="./fn",
            build_args={},
            build_secrets={},
            lines={"": 10 * number, "lang": 10 * number + 1},
        )
        for number, lang in enumerate(langs, 1)
    )
    return StackFile(path="stack.yml", functions=functions, templates=templates, lines={})


def fault(root: Path, lang: str) -> str:
    with pytest.raises(BuildError) as caught:
        find_template(root, lang, ORIGIN)
    return str(caught.value)


class TestFind:
    def test_the_exact_name(self, tmp_path: Path) -> None:
        put(tmp_path, "template/Node/template.yml", "template/Node/Dockerfile")
        assert find_template(tmp_path, "Node", ORIGIN) == tmp_path / "template/Node"
        assert find_template(tmp_path, "node22", ORIGIN) is None
        assert find_template(tmp_path / "nowhere", "node22", ORIGIN) is None

    @pytest.mark.parametrize("lang", ["py@v1.0", "a/b", "py@feature/x", "x" * 200 + "@sha-" + "0" * 40])
    def test_odd_names(self, tmp_path: Path, lang: str) -> None:
        put(tmp_path, f"template/{lang}/template.yml", f"template/{lang}/Dockerfile")
        assert find_template(tmp_path, lang, ORIGIN) == tmp_path / "template" / lang

    def test_a_symlink_in_the_project(self, tmp_path: Path) -> None:
        put(tmp_path, "shared/node/template.yml", "shared/node/Dockerfile")
        (tmp_path / "template").mkdir()
        (tmp_path / "template/node").symlink_to("../shared/node")
        assert find_template(tmp_path, "node", ORIGIN) == tmp_path / "template/node"

    def test_a_symlink_that_leaves_the_project(self, tmp_path: Path) -> None:
        root = tmp_path / "proj"
        put(tmp_path, "proj-other/node/template.yml", "proj-other/node/Dockerfile")
        (root / "template").mkdir(parents=True)
        (root / "template/node").symlink_to("../../proj-other/node")
        assert fault(root, "node") == (
            'stack.yml:21: function "fn2": "template/node" leads to "../../proj-other/node",'
            " which is outside the project.\n"
            "Likely cause: it is a symlink or lies behind one,"
            " and a file of the machine must not get into an image.\n"
            "Copy what it points to into the project, or remove the symlink."
        )

    def test_a_dangling_symlink(self, tmp_path: Path) -> None:
        (tmp_path / "template").mkdir()
        (tmp_path / "template/node").symlink_to("../gone")
        assert fault(tmp_path, "node") == (
            'stack.yml:21: function "fn2": "template/node" leads to "../gone", which does not exist.\n'
            "Likely cause: its target was moved, removed or never checked out.\n"
            "Mend or remove the symlink."
        )

    def test_the_folder_template_may_dangle_too(self, tmp_path: Path) -> None:
        (tmp_path / "template").symlink_to("gone")
        assert '"template" leads to "gone", which does not exist.' in fault(tmp_path, "node")

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        put(tmp_path, "template/node")
        assert 'function "fn2": "template/node" is a file.' in fault(tmp_path, "node")

    @pytest.mark.parametrize(
        ("have", "lacks"), [("Dockerfile", "template.yml"), ("template.yml", "Dockerfile")]
    )
    def test_not_all_of_it(self, tmp_path: Path, have: str, lacks: str) -> None:
        put(tmp_path, f"template/node/{have}")
        assert fault(tmp_path, "node") == (
            f'stack.yml:21: function "fn2": template "node" has no {lacks}.\n'
            'Likely cause: "template/node" is not a template, or not all of one.\n'
            'Add the file, or remove "template/node" to have the template fetched.'
        )

    @pytest.mark.parametrize(
        "lang",
        [
            "",
            ".",
            "..",
            "../x",
            "/etc",
            "a//b",
            "a/",
            "a\\b",
            "a\0b",
            "a\nb",
            "@v1",
            "a/..@v",
            "\ud800",
            "x" * 256,
        ],
    )
    def test_no_name(self, tmp_path: Path, lang: str) -> None:
        (tmp_path / "template").mkdir()
        assert "is no name of a template." in fault(tmp_path, lang)

    def test_nothing_missing_needs_no_network(self, tmp_path: Path) -> None:
        put(tmp_path, "template/node/template.yml", "template/node/Dockerfile")
        assert fetch_templates(tmp_path, make_stack("node"), ["node", "node"], env={}) == ()
        assert fetch_templates(tmp_path, make_stack(), [], env={}) == ()


class TestSource:
    @pytest.mark.parametrize(
        ("text", "repository", "ref"),
        [
            ("https://github.com/openfaas/templates", "https://github.com/openfaas/templates", ""),
            (
                "https://github.com/openfaas/templates.git#v1.0",
                "https://github.com/openfaas/templates.git",
                "v1.0",
            ),
            ("http://git.example.com:8080/t#feature/x", "http://git.example.com:8080/t", "feature/x"),
            ("git://example.com/t.git", "git://example.com/t.git", ""),
            (
                "ssh://git@example.com:2222/o/t.git#sha-1A2b3c4",
                "ssh://git@example.com:2222/o/t.git",
                "sha-1A2b3c4",
            ),
            ("git@github.com:openfaas/templates.git#1.0", "git@github.com:openfaas/templates.git", "1.0"),
            ("file:///srv/t.git", "file:///srv/t.git", ""),
        ],
    )
    def test_addresses(self, tmp_path: Path, text: str, repository: str, ref: str) -> None:
        source = read_source(text, tmp_path)
        assert (source.repository, source.ref) == (repository, ref)

    @pytest.mark.parametrize("text", ["templates.git", "./templates.git", "../proj/templates.git", "."])
    def test_paths(self, tmp_path: Path, text: str) -> None:
        root = tmp_path / "proj"
        (root / "templates.git").mkdir(parents=True)
        assert read_source(text, root).repository == str((root / text).resolve())
        source = read_source(f"{text}#v1", root)
        assert (source.repository, source.ref) == (str((root / text).resolve()), "v1")

    def test_a_path_may_hold_a_hash(self, tmp_path: Path) -> None:
        (tmp_path / "a#b").mkdir()
        assert read_source("a#b", tmp_path).repository == str(tmp_path / "a#b")

    def test_its_own_ref_goes_before_the_names(self, tmp_path: Path) -> None:
        assert read_source("https://h/t#v2", tmp_path, ref="v1").ref == "v2"
        assert read_source("https://h/t", tmp_path, ref="v1").ref == "v1"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "--upload-pack=touch /tmp/x",
            "-u",
            "ext::sh -c touch% /tmp/x",
            "https::https://h/t",
            "ssh://-oProxyCommand=x/t",
            "git@-oProxyCommand=x:t",
            "-git@host:t",
            "git@host:-x",
            "git@host::t",
            "https://",
            "https://h/a b",
            "ftp://h/t",
            "htps://github.com/openfaas/templates",
            "github.com/openfaas/templates",
            "../nowhere",
            "a\0b",
            "x" * 5000,
        ],
    )
    def test_neither_address_nor_path(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(BuildError, match="is neither a repository's address nor a path that exists"):
            read_source(text, tmp_path)

    def test_the_network_names_no_paths(self, tmp_path: Path) -> None:
        (tmp_path / "t").mkdir()
        with pytest.raises(BuildError, match="is neither"):
            read_source("t", tmp_path, local=False)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("https://h/t#", "nothing follows the #"),
            ("https://h/t#sha-123", "7 to 40 hex digits"),
            ("https://h/t#sha-12345xyz", "7 to 40 hex digits"),
            ("https://h/t#sha-" + "0" * 41, "7 to 40 hex digits"),
            ("https://h/t#--upload-pack=x", "does not begin with a dash"),
        ],
    )
    def test_bad_refs(self, tmp_path: Path, text: str, why: str) -> None:
        with pytest.raises(BuildError, match=why):
            read_source(text, tmp_path)

    def test_no_password_is_shown(self, tmp_path: Path) -> None:
        source = read_source("https://me:s3cret@h/t", tmp_path)
        assert (source.shown, source.repository) == ("https://***@h/t", "https://me:s3cret@h/t")
        with pytest.raises(BuildError) as caught:
            read_source("https://me:s3cret@h/t#sha-1", tmp_path)
        assert "s3cret" not in str(caught.value)

    def test_bad_sources_are_told_together(self, tmp_path: Path) -> None:
        stack = make_stack(
            "one",
            "two",
            "three",
            "../x",
            templates=(TemplateSource(name="two", source="htps://h/t", line=3),),
        )
        with pytest.raises(BuildError) as caught:
            fetch_templates(tmp_path, stack, ["one", "two", "three", "../x"], env={}, template_url="-x")
        assert [(notice.place, notice.problem) for notice in caught.value.notices] == [
            ("stack.yml:41", 'function "fn4": "../x" is no name of a template.'),
            (
                "",
                'input "template-url": template source "-x": it is neither a repository\'s address'
                " nor a path that exists.",
            ),
            (
                "stack.yml:3",
                'function "fn2": template "two": template source "htps://h/t": it is neither'
                " a repository's address nor a path that exists.",
            ),
        ]
        assert not (tmp_path / "template").exists()


class TestStoreList:
    ROWS = (
        {
            "template": "zebra",
            "source": "b",
            "repo": "https://h/z",
            "official": "false",
            "recommended": False,
        },
        {
            "template": "node",
            "source": "b",
            "repo": "https://h/true",
            "official": "true",
            "recommended": False,
        },
        {"template": "node", "source": "a", "repo": "https://h/false", "official": "false"},
        {"template": "Yak", "source": "b", "repo": "https://h/y", "official": "true", "recommended": True},
        {"template": "ant", "source": "b", "repo": "https://h/a", "official": "true", "recommended": True},
        {"template": 3, "repo": "https://h/x"},
        "not a template",
    )

    def test_order(self) -> None:
        entries = _read_entries(json.dumps(self.ROWS).encode())
        assert list(entries) == [
            "ant",
            "b/ant",
            "Yak",
            "b/Yak",
            "node",
            "a/node",
            "zebra",
            "b/zebra",
            "b/node",
        ]
        assert entries["ant"] == ("ant", "https://h/a")

    @pytest.mark.parametrize(
        ("lang", "repository"),
        [
            ("node", "https://h/false"),
            ("node@v1", "https://h/false"),
            ("b/node", "https://h/true"),
            ("b/node@v1", "https://h/true"),
        ],
    )
    def test_choice(self, tmp_path: Path, lang: str, repository: str) -> None:
        job = _choose(tmp_path, _read_entries(json.dumps(self.ROWS).encode()), lang, ORIGIN)
        ref = lang.partition("@")[2]
        assert job == Job(
            lang=lang, name="node", source=Source(repository=repository, ref=ref), origin=ORIGIN
        )

    @pytest.mark.parametrize("lang", ["Node", "c/node", "@v1", ""])
    def test_no_choice(self, tmp_path: Path, lang: str) -> None:
        with pytest.raises(BuildError, match="it is neither in template/ nor in the template store"):
            _choose(tmp_path, _read_entries(json.dumps(self.ROWS).encode()), lang, ORIGIN)

    @pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"null", b"[" * 100000, b"\xff\xfe"])
    def test_garbage(self, body: bytes) -> None:
        with pytest.raises(ValueError, match="JSON list"):
            _read_entries(body)


class TestInstall:
    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        put(
            tmp_path,
            "repo/template/node/template.yml",
            "repo/template/node/Dockerfile",
            "repo/template/node/lib/a.js",
            "repo/template/python3/x",
            "repo/shared/deep/s.js",
            "repo/.git/config",
            "secret",
        )
        return tmp_path / "repo"

    def install(self, repository: Path, lang: str = "node") -> Path:
        source = Source(repository="https://h/t")
        job = Job(lang=lang, name=lang.partition("@")[0], source=source, origin=ORIGIN)
        install(job, repository, repository.parent / "to")
        return repository.parent / "to"

    def fault(self, repository: Path, lang: str = "node") -> str:
        with pytest.raises(BuildError) as caught:
            self.install(repository, lang)
        return str(caught.value)

    def test_modes(self, repository: Path) -> None:
        (repository / "template/node/Dockerfile").chmod(0o600)
        (repository / "template/node/lib/a.js").chmod(0o700)
        (repository / "template/node/lib").chmod(0o700)
        before = os.umask(0o077)
        try:
            to = self.install(repository)
        finally:
            os.umask(before)
        modes = {str(path.relative_to(to)): oct(stat.S_IMODE(path.stat().st_mode)) for path in to.rglob("*")}
        assert modes == {"Dockerfile": "0o644", "template.yml": "0o644", "lib": "0o755", "lib/a.js": "0o755"}

    def test_symlinks(self, repository: Path) -> None:
        node = repository / "template/node"
        (node / "own").symlink_to("lib", target_is_directory=True)
        (node / "lib/own.yml").symlink_to("../../node/template.yml")
        (node / "shared").symlink_to("../../shared")
        (node / "s.js").symlink_to("shared/deep/s.js")
        to = self.install(repository)
        assert not [path for path in to.rglob("*") if path.is_symlink()]
        assert (to / "lib/own.yml").read_text() == "repo/template/node/template.yml"
        assert (to / "own/a.js").read_text() == "repo/template/node/lib/a.js"
        assert (to / "shared/deep/s.js").read_text() == (to / "s.js").read_text() == "repo/shared/deep/s.js"

    @pytest.mark.parametrize("target", ["/etc/hostname", "../../../../secret", "../../../.."])
    def test_a_symlink_that_leaves_the_repository(self, repository: Path, target: str) -> None:
        (repository / "template/node/lib/link").symlink_to(target)
        assert self.fault(repository) == (
            'stack.yml:21: function "fn2": template "node" of "https://h/t":'
            f' symlink "template/node/lib/link" leads to "{target}", which is outside the repository.\n'
            "Likely cause: it is a symlink or lies behind one,"
            " and a file of the machine must not get into an image.\n"
            "Tell the template's author, and use another source until it is mended."
        )

    @pytest.mark.parametrize("target", ["../../../.git/config", "../../../.git"])
    def test_a_symlink_to_what_git_keeps(self, repository: Path, target: str) -> None:
        (repository / "template/node/lib/link").symlink_to(target)
        assert f'"template/node/lib/link" leads to "{target}", which does not exist.' in self.fault(
            repository
        )

    def test_the_repository_itself_as_a_template(self, repository: Path) -> None:
        put(repository, "template.yml", "Dockerfile")
        (repository / "template/all").symlink_to("..")
        assert 'symlink "./template/all" leads back to itself.' in self.fault(repository, "all")
        (repository / "template/all").unlink()
        (repository / "alone").symlink_to(".")
        assert not (repository / ".git").exists()

    def test_a_folder_on_the_way_that_leaves_the_repository(self, repository: Path) -> None:
        put(repository.parent, "out/node/template.yml", "out/node/Dockerfile")
        (repository / "template/a").symlink_to("../../out")
        assert "its folder leads to" in self.fault(repository, "a/node")

    @pytest.mark.parametrize("target", ["../..", "../../template", "../../shared"])
    def test_a_loop(self, repository: Path, target: str) -> None:
        (repository / "template/node/link").symlink_to(target)
        (repository / "shared/deep/back").symlink_to("../../shared")
        assert "leads back to itself" in self.fault(repository)

    @pytest.mark.parametrize("target", ["gone", "link"])
    def test_a_symlink_to_nothing(self, repository: Path, target: str) -> None:
        (repository / "template/node/link").symlink_to(target)
        text = self.fault(repository)
        assert 'template "node" of "https://h/t": symlink "template/node/link" ' in text
        assert {"gone": "does not exist", "link": "cannot be resolved"}[target] in text

    def test_the_template_itself_as_a_symlink(self, repository: Path) -> None:
        (repository / "template/alias").symlink_to("node")
        assert (self.install(repository, "alias") / "lib/a.js").exists()
        (repository / "template/evil").symlink_to("../..")
        assert 'its folder leads to "../..", which is outside the repository' in self.fault(
            repository, "evil"
        )

    def test_a_wrong_name(self, repository: Path) -> None:
        assert self.fault(repository, "nodes@v1") == (
            'stack.yml:21: function "fn2": there is no template "nodes" in "https://h/t",'
            " which has node and python3.\n"
            'Likely cause: a typing error; "node@v1" is there.\n'
            'Change line 21 to "lang: node@v1".'
        )
        assert self.fault(repository, "rust") == (
            'stack.yml:21: function "fn2": there is no template "rust" in "https://h/t",'
            " which has node and python3.\n"
            "Likely cause: a typing error, or the wrong source.\n"
            "Correct the name or the source of the template."
        )

    def test_no_template_repository(self, tmp_path: Path) -> None:
        put(tmp_path, "repo/README.md")
        assert "has no folder template/" in self.fault(tmp_path / "repo")

    def test_no_template(self, repository: Path) -> None:
        assert 'template "python3" of "https://h/t" has no template.yml.' in self.fault(repository, "python3")


class TestChildEnvironment:
    def test_it_is_an_allowlist(self) -> None:
        env = {
            "PATH": "/bin",
            "HOME": "/root",
            "HTTPS_PROXY": "http://p",
            "no_proxy": "x",
            "SSH_AUTH_SOCK": "/s",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "k",
            "GIT_CONFIG_VALUE_0": "v",
            "GIT_DIR": "/elsewhere",
            "GIT_WORK_TREE": "/elsewhere",
            "GIT_ALLOW_PROTOCOL": "ext",
            "GIT_TEMPLATE_DIR": "/hooks",
            "ACTIONS_RUNTIME_TOKEN": "secret",
            "INPUT_SECRETS": "secret",
            "GITHUB_TOKEN": "secret",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "LD_PRELOAD": "x.so",
        }
        assert git_environment(env) == {
            "PATH": "/bin",
            "HOME": "/root",
            "HTTPS_PROXY": "http://p",
            "no_proxy": "x",
            "SSH_AUTH_SOCK": "/s",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "k",
            "GIT_CONFIG_VALUE_0": "v",
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "GIT_TERMINAL_PROMPT": "0",
            "GCM_INTERACTIVE": "never",
            "LC_ALL": "C",
        }
