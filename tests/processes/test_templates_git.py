"""Fetching templates with a real git from repositories made here, and from a store on loopback."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from openfaas_build.errors import BuildError, MachineError, Origin
from openfaas_build.stack import Function, StackFile, TemplateSource
from openfaas_build.templates import Fetched, fetch_templates
from openfaas_build.templates.clone import clone
from openfaas_build.templates.folder import find_template
from openfaas_build.templates.source import Source
from openfaas_build.templates.store import read_store

# Nothing of the machine's own git configuration, and a fixed author.
ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}
ORIGIN = Origin(subject="a test")
AUTHOR = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENV | AUTHOR, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


class Repository:
    """A work tree and the bare repository that it is pushed to."""

    def __init__(self, folder: Path) -> None:
        self.work, self.bare = folder / "work", folder / "templates.git"
        self.work.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        git(self.work, "init", "--quiet", "--initial-branch=main")

    def commit(self, files: Mapping[str, str], *, branch: str = "main", tag: str = "") -> str:
        for name, text in files.items():
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            (self.work / name).write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message=x")
        git(self.work, "push", "--quiet", str(self.bare), f"HEAD:refs/heads/{branch}")
        if tag:
            git(self.work, "tag", tag)
            git(self.work, "push", "--quiet", str(self.bare), tag)
        return git(self.work, "rev-parse", "HEAD")


def template(name: str, text: str = "1") -> dict[str, str]:
    return {
        f"template/{name}/template.yml": f"language: {name}\n",
        f"template/{name}/Dockerfile": f"# {text}\nFROM scratch\n",
        f"template/{name}/function/handler": "sample\n",
    }


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "origin")
    made.commit(template("node") | template("python3") | {"README.md": "x"}, tag="v1")
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "proj"
    folder.mkdir()
    return folder


def make_stack(*langs: str, **sources: str) -> StackFile:
    functions = tuple(
        Function(
            name=f"fn{number}",
            lang=lang,
            handler="./fn",
            build_args={},
            build_secrets={},
            lines={"lang": 10 * number + 1},
        )
        for number, lang in enumerate(langs, 1)
    )
    templates = tuple(
        TemplateSource(name=name, source=source, line=3 + number)
        for number, (name, source) in enumerate(sources.items())
    )
    return StackFile(path="stack.yml", functions=functions, templates=templates, lines={})


def fetch(root: Path, stack: StackFile, **options: str) -> tuple[Fetched, ...]:
    langs = {function.lang for function in stack.functions}
    # No test leaves this machine: where a store is not given, none answers.
    options.setdefault("store_url", "http://127.0.0.1:9/store.json")
    return fetch_templates(root, stack, langs, env=ENV, **options)  # type: ignore[arg-type]


def faults(root: Path, stack: StackFile, **options: str) -> list[str]:
    with pytest.raises(BuildError) as caught:
        fetch(root, stack, **options)
    leftovers = list(root.glob("template/.fetch-*"))
    assert not leftovers
    return [notice.text() for notice in caught.value.notices]


class TestConfiguredSources:
    def test_one_template_is_taken(self, root: Path, repository: Repository) -> None:
        sha = git(repository.work, "rev-parse", "HEAD")
        address = str(repository.bare)
        assert fetch(root, make_stack("node", node=address)) == (
            Fetched(lang="node", source=address, ref="", sha=sha),
        )
        files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        assert files == [
            "template/node/Dockerfile",
            "template/node/function/handler",
            "template/node/template.yml",
        ]
        assert find_template(root, "node", ORIGIN) == root / "template/node"

    @pytest.mark.parametrize(
        "form", ["../origin/templates.git", "file://{bare}", "{bare}/", "../origin/work"]
    )
    def test_forms(self, root: Path, repository: Repository, form: str) -> None:
        source = form.format(bare=repository.bare)
        for number, ref in enumerate(("", "#v1", "#main")):
            lang = f"node@{number}" if ref else "node"
            (one,) = fetch(root, make_stack(lang, **{lang: source + ref}))
            assert one.sha == git(repository.work, "rev-parse", "v1")

    def test_tag_branch_and_commit(self, root: Path, repository: Repository) -> None:
        bare = str(repository.bare)
        old = git(repository.work, "rev-parse", "HEAD")
        side = repository.commit(template("node", "side"), branch="feature/x")
        new = repository.commit(template("node", "new"))
        stack = make_stack(
            "node",
            "node@v1",
            "node@tag",
            "node@branch",
            "node@short",
            "node@whole",
            **{
                "node": bare,
                "node@v1": bare,
                "node@tag": f"{bare}#v1",
                "node@branch": f"{bare}#feature/x",
                "node@short": f"{bare}#sha-{old[:7]}",
                "node@whole": f"{bare}#sha-{side.upper()}",
            },
        )
        found = {one.lang: one.sha for one in fetch(root, stack)}
        assert found == {
            "node": new,
            "node@v1": old,
            "node@tag": old,
            "node@branch": side,
            "node@short": old,
            "node@whole": side,
        }
        texts = {
            lang: (root / "template" / lang / "Dockerfile").read_text().splitlines()[0] for lang in found
        }
        assert texts == {
            "node": "# new",
            "node@v1": "# 1",
            "node@tag": "# 1",
            "node@branch": "# side",
            "node@short": "# 1",
            "node@whole": "# side",
        }

    def test_a_commit_that_no_server_gives_alone(self, root: Path, repository: Repository) -> None:
        # What is no branch's or tag's head, old servers and protocols refuse: everything is cloned then.
        old = repository.commit({"x": "y"})
        repository.commit({"x": "z"})
        folder = root / "clone"
        source = Source(repository=f"file://{repository.bare}", ref=f"sha-{old}")
        env = ENV | {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "protocol.version",
            "GIT_CONFIG_VALUE_0": "0",
        }
        assert clone(source, folder, env=env, timeout_s=60) == old
        assert not (folder / ".git/shallow").exists()

    def test_a_whole_commit_comes_alone(self, root: Path, repository: Repository) -> None:
        old = repository.commit({"x": "y"})
        repository.commit({"x": "z"})
        source = Source(repository=f"file://{repository.bare}", ref=f"sha-{old}")
        assert clone(source, root / "clone", env=ENV, timeout_s=60) == old
        assert (root / "clone/.git/shallow").exists()

    def test_a_branch_or_tag_named_like_a_commit_is_no_commit(
        self, root: Path, repository: Repository
    ) -> None:
        repository.commit({"x": "y"}, branch="abcdef1", tag="abcdef2")
        for name in ("abcdef1", "abcdef2"):
            (text,) = faults(root, make_stack("node", node=f"{repository.bare}#sha-{name}"))
            assert "the repository has no such branch, tag or commit" in text

    def test_a_first_entry_wins(self, root: Path, repository: Repository) -> None:
        stack = make_stack("node", node=str(repository.bare))
        twice = StackFile(
            path=stack.path,
            functions=stack.functions,
            templates=(*stack.templates, TemplateSource(name="node", source="../nowhere")),
            lines={},
        )
        assert len(fetch(root, twice)) == 1

    def test_one_clone_a_repository_and_ref(
        self, root: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[list[str]] = []
        popen = subprocess.Popen

        def count(command: list[str], **options: object) -> object:
            started.append(command)
            return popen(command, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(subprocess, "Popen", count)
        bare = str(repository.bare)
        fetch(
            root,
            make_stack(
                "node", "python3", "node@v1", **{"node": bare, "python3": f"{bare}/", "node@v1": bare}
            ),
        )
        assert sum("clone" in command for command in started) == 2

    def test_what_is_there_stays(self, root: Path, repository: Repository) -> None:
        stack = make_stack("node", node=str(repository.bare))
        fetch(root, stack)
        (root / "template/node/Dockerfile").write_text("mine")
        repository.commit(template("node", "2"))
        assert fetch(root, stack) == ()
        assert (root / "template/node/Dockerfile").read_text() == "mine"

    def test_template_url_serves_the_rest(self, root: Path, repository: Repository, tmp_path: Path) -> None:
        other = Repository(tmp_path / "other")
        other.commit(template("rust"))
        stack = make_stack("node", "python3@v1", "rust", rust=str(other.bare))
        found = fetch(root, stack, template_url=str(repository.bare))
        assert [(one.lang, one.source, one.ref) for one in found] == [
            ("node", str(repository.bare), ""),
            ("python3@v1", str(repository.bare), "v1"),
            ("rust", str(other.bare), ""),
        ]


class TestFaults:
    def test_a_wrong_name_lists_the_names(self, root: Path, repository: Repository) -> None:
        bare = str(repository.bare)
        assert faults(root, make_stack("nodes", nodes=bare)) == [
            f'stack.yml:11: function "fn1": there is no template "nodes" in "{bare}",'
            " which has node and python3.\n"
            'Likely cause: a typing error; "node" is there.\n'
            'Change line 11 to "lang: node".'
        ]
        assert not (root / "template").exists()

    def test_all_are_told_and_the_good_ones_stay(self, root: Path, repository: Repository) -> None:
        bare = str(repository.bare)
        stack = make_stack(
            "node",
            "rust",
            "go",
            "java",
            node=bare,
            rust=bare,
            go=f"{bare}#v9",
            java="../nowhere",
        )
        texts = faults(root, stack)
        assert [text.splitlines()[0] for text in texts] == [
            'stack.yml:6: function "fn4": template "java": template source "../nowhere": it is neither'
            " a repository's address nor a path that exists.",
            f'stack.yml:5: function "fn3": template "go": git cannot clone "{bare}" at "v9".',
            f'stack.yml:21: function "fn2": there is no template "rust" in "{bare}",'
            " which has node and python3.",
        ]
        assert "Likely cause: the repository has no such branch, tag or commit; git says: " in texts[1]
        assert "Remote branch v9 not found" in texts[1]
        assert find_template(root, "node", ORIGIN)

    def test_several_templates_of_one_repository(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "plain").mkdir()
        (text,) = faults(root, make_stack("a", "b"), template_url="../plain")
        assert text.startswith(
            f'stack.yml:11: function "fn1": templates "a", "b": git cannot clone "{tmp_path}/plain".\n'
            "Likely cause: git says: fatal: "
        )

    @pytest.mark.parametrize(
        "source",
        [
            "--upload-pack=touch${{IFS}}{mark}",
            "-c core.sshCommand=touch {mark}",
            "ext::sh -c touch% {mark}",
            "{bare}#--upload-pack=touch {mark}",
            "{bare}#-x",
            "{bare}#a..b",
            "{bare}#a b",
            "{bare}#main;touch {mark}",
        ],
    )
    def test_nothing_is_taken_for_an_option(
        self, root: Path, repository: Repository, tmp_path: Path, source: str
    ) -> None:
        mark = tmp_path / "mark"
        faults(root, make_stack("node", node=source.format(mark=mark, bare=repository.bare)))
        assert not mark.exists()

    def test_an_option_as_ref_of_the_name(self, root: Path, repository: Repository, tmp_path: Path) -> None:
        lang = "node@--upload-pack=x"
        (text,) = faults(root, make_stack(lang), template_url=str(repository.bare))
        assert "a branch or tag does not begin with a dash" in text

    def test_a_bad_ref(self, root: Path, repository: Repository) -> None:
        (text,) = faults(root, make_stack("node", node=f"file://{repository.bare}#a..b"))
        assert text == (
            'stack.yml:3: function "fn1": template "node":'
            f' git cannot clone "file://{repository.bare}" at "a..b".\n'
            "Likely cause: the repository has no such branch, tag or commit; git says:"
            " warning: Could not find remote branch a..b to clone."
            " / fatal: Remote branch a..b not found in upstream origin\n"
            'Correct what follows "#" or "@".'
        )

    def test_no_git(self, root: Path, repository: Repository) -> None:
        env = ENV | {"PATH": "/nonexistent"}
        with pytest.raises(MachineError, match="git is not installed"):
            fetch_templates(root, make_stack("node", node=str(repository.bare)), ["node"], env=env)
        assert not (root / "template").exists()

    def test_what_git_says_is_tame(self, root: Path, tmp_path: Path) -> None:
        """A server's words reach a message on one line, without commands and without passwords."""
        script = tmp_path / "bin/git"
        script.parent.mkdir()
        script.write_text(
            "#!/bin/sh\n"
            'echo "::error::evil" >&2\n'
            'echo "remote: ##[add-mask]e \033[31m https://me:s3cret@host/t" >&2\n'
            "exit 128\n"
        )
        script.chmod(0o755)
        with pytest.raises(BuildError) as caught:
            fetch_templates(
                root,
                make_stack("node", node="https://me:s3cret@h/t"),
                ["node"],
                env=ENV | {"PATH": f"{script.parent}:{ENV['PATH']}"},
            )
        assert str(caught.value) == (
            'stack.yml:3: function "fn1": template "node": git cannot clone "https://***@h/t".\n'
            "Likely cause: git says: ::error::evil / remote: ##[add-mask]e https://***@host/t\n"
            "Check the address and what it names."
        )

    def test_it_gives_up(self, root: Path) -> None:
        """A server that takes the connection and says nothing; git's helper must go too."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            started = time.monotonic()
            port = server.getsockname()[1]
            stack = make_stack("node", node=f"http://127.0.0.1:{port}/t.git")
            with pytest.raises(BuildError, match=r"does not answer, .* git says: no answer in 1 s"):
                fetch_templates(root, stack, ["node"], env=ENV, timeout_s=1)
            assert time.monotonic() - started < 20

    def test_hooks_do_not_run(self, root: Path, repository: Repository, tmp_path: Path) -> None:
        """Not even those that the user's own configuration would install in each clone."""
        mark, hooks = tmp_path / "mark", tmp_path / "tmpl/hooks"
        hooks.mkdir(parents=True)
        (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / "post-checkout").chmod(0o755)
        config = tmp_path / "gitconfig"
        config.write_text(f"[init]\n\ttemplateDir = {hooks.parent}\n")
        env = ENV | {"GIT_CONFIG_GLOBAL": str(config)}
        git(tmp_path, "-c", f"init.templateDir={hooks.parent}", "clone", "-q", str(repository.bare), "proof")
        assert mark.exists()
        mark.unlink()
        fetch_templates(root, make_stack("node", node=str(repository.bare)), ["node"], env=env)
        assert not mark.exists()

    def test_submodules_are_left_alone(self, root: Path, repository: Repository, tmp_path: Path) -> None:
        inner = Repository(tmp_path / "inner")
        inner.commit({"x": "x"})
        allow = ("-c", "protocol.file.allow=always")
        git(repository.work, *allow, "submodule", "--quiet", "add", str(inner.bare), "template/node/sub")
        repository.commit({})
        env = ENV | {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "submodule.recurse",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "protocol.file.allow",
            "GIT_CONFIG_VALUE_1": "always",
        }
        fetch_templates(root, make_stack("node", node=str(repository.bare)), ["node"], env=env)
        assert list((root / "template/node/sub").iterdir()) == []

    def test_the_job_s_secrets_do_not_reach_git(self, root: Path, tmp_path: Path) -> None:
        script = tmp_path / "bin/git"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\nenv > {tmp_path}/env\nexit 1\n")
        script.chmod(0o755)
        env = ENV | {
            "PATH": f"{script.parent}:{ENV['PATH']}",
            "ACTIONS_RUNTIME_TOKEN": "t0ken",
            "INPUT_SECRETS": "t0ken",
            "MY_PASSWORD": "t0ken",
        }
        with pytest.raises(BuildError):
            fetch_templates(root, make_stack("node", node="https://h/t"), ["node"], env=env)
        assert "t0ken" not in (tmp_path / "env").read_text()


Answer = tuple[int, Mapping[str, str], bytes]
Serve = Callable[[Mapping[str, Answer]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve answers by path on loopback; gives the address."""
    with serving(None) as start:
        yield start


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for loopback that nobody else signed, and its key in the same file."""
    path = tmp_path / "certificate.pem"
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(path), "-out", str(tmp_path / "public.pem")),
        ),
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "public.pem").read_text())
    return path


@pytest.fixture
def serve_tls(certificate: Path) -> Iterator[Serve]:
    """Serve as `serve` does, over TLS."""
    with serving(certificate) as start:
        yield start


@contextlib.contextmanager
def serving(certificate: Path | None) -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def start(answers: Mapping[str, Answer]) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    status, headers, body = answers[self.path]
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    with contextlib.suppress(OSError):
                        self.wfile.write(body)

                def log_message(self, *_: object) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"

        yield start


_OTHER = "a redirect or proxy needs a protocol that is not allowed: No connection adapters were found for"


class TestStore:
    def store(self, serve: Serve, **repositories: str) -> str:
        rows = [
            {"template": name, "source": "org", "repo": repository, "official": "true"}
            for name, repository in repositories.items()
        ]
        return serve({"/store.json": (200, {}, json.dumps(rows).encode())}) + "/store.json"

    def test_it_says_where_from(self, root: Path, repository: Repository, serve: Serve) -> None:
        address = f"file://{repository.bare}"
        url = self.store(serve, node=address, python3=address)
        stack = make_stack("node", "python3@v1", "org/node", node="")
        found = fetch(root, stack, store_url=url, template_url="")
        assert [(one.lang, one.ref) for one in found] == [
            ("node", ""),
            ("org/node", ""),
            ("python3@v1", "v1"),
        ]
        assert find_template(root, "org/node", ORIGIN)

    def test_an_entry_without_a_source_means_the_store(
        self, root: Path, repository: Repository, serve: Serve
    ) -> None:
        url = self.store(serve, node=f"file://{repository.bare}")
        found = fetch(root, make_stack("node", node=""), store_url=url, template_url="../nowhere")
        assert len(found) == 1

    def test_not_in_it(self, root: Path, repository: Repository, serve: Serve) -> None:
        url = self.store(serve, node22="https://h/t")
        assert faults(root, make_stack("node2", "rust"), store_url=url) == [
            'stack.yml:11: function "fn1": template "node2": it is neither in template/'
            " nor in the template store.\n"
            'Likely cause: a typing error; "node22" is there.\n'
            'Change line 11 to "lang: node22".',
            'stack.yml:21: function "fn2": template "rust": it is neither in template/'
            " nor in the template store.\n"
            "Likely cause: a typing error, or a template of a repository that the stack file does not name.\n"
            'Name its repository under "configuration.templates", or in the input "template-url".',
        ]

    @pytest.mark.parametrize("repository_", ["/srv/t", "--upload-pack=x", "ext::sh -c x", ""])
    def test_it_names_no_path_and_no_option(self, root: Path, serve: Serve, repository_: str) -> None:
        (text,) = faults(root, make_stack("node"), store_url=self.store(serve, node=repository_))
        assert "is neither a repository's address nor a path" in text

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ((404, {}, b"no"), "it answers 404"),
            ((500, {}, b"[]"), "it answers 500"),
            ((204, {}, b""), "it answers 204"),
            ((200, {}, b"<html>" + b"x" * 99), "it does not answer with a JSON list"),
            ((200, {}, b'{"template": "node"}'), "it does not answer with a JSON list"),
            ((200, {}, b"[" + b" " * (1 << 20) + b"]"), "its list is larger than 1 MiB"),
            ((302, {"Location": "file:///etc/passwd"}, b""), f"{_OTHER} 'file:///etc/passwd'"),
            ((302, {"Location": "ftp://127.0.0.1/x"}, b""), f"{_OTHER} 'ftp://127.0.0.1/x'"),
            ((302, {"Location": "/store.json"}, b""), "Exceeded 10 redirects"),
            ((302, {}, b""), "it answers 302"),
        ],
    )
    def test_bad_answers(self, root: Path, serve: Serve, answer: Answer, why: str) -> None:
        url = serve({"/store.json": answer}) + "/store.json"
        assert faults(root, make_stack("b", "a"), store_url=url) == [
            f'stack.yml:21: function "fn2": templates "a", "b": the template store "{url}" cannot be used.\n'
            f"Likely cause: {why}.\n"
            'Name the template\'s repository under "configuration.templates" or in the input "template-url",'
            " or commit the template to template/."
        ]

    @pytest.mark.parametrize(
        "url", ["file:///etc/passwd", "/etc/passwd", "ftp://h/x", "", "data:,[]", "http://[x"]
    )
    def test_bad_addresses(self, url: str) -> None:
        with pytest.raises(BuildError, match="cannot be used"):
            read_store(url, env={})

    def test_it_redirects(self, serve: Serve) -> None:
        there = self.store(serve, node="https://h/t")
        url = serve({"/old": (301, {"Location": there}, b"")}) + "/old"
        assert read_store(url, env={})["node"].repository == "https://h/t"

    def test_certificates_are_checked(self, serve_tls: Serve, certificate: Path) -> None:
        rows = json.dumps([{"template": "node", "repo": "https://h/t"}]).encode()
        url = serve_tls({"/": (200, {}, rows)}) + "/"
        with pytest.raises(BuildError, match="certificate verify failed"):
            read_store(url, env={})
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            assert read_store(url, env={name: str(certificate)})

    @pytest.mark.parametrize("scheme", ["http", "HTTP"])
    def test_https_is_not_left_for_http(
        self, serve: Serve, serve_tls: Serve, certificate: Path, scheme: str
    ) -> None:
        there = self.store(serve, node="https://h/t").replace("http", scheme, 1)
        url = serve_tls({"/": (302, {"Location": there}, b"")}) + "/"
        with pytest.raises(BuildError, match=r"protocol that is not allowed: .* 'http://127"):
            read_store(url, env={"SSL_CERT_FILE": str(certificate)})

    def test_the_process_s_own_environment_does_not_count(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
        assert read_store(self.store(serve, node="https://h/t"), env={})

    def test_a_proxy_is_asked_but_for_the_exceptions(self, serve: Serve) -> None:
        there = self.store(serve, node="https://h/direct")
        rows = json.dumps([{"template": "node", "repo": "https://h/proxied"}]).encode()
        proxy = serve({there: (200, {}, rows)})
        for env, expected in [
            ({"http_proxy": proxy}, "https://h/proxied"),
            ({"HTTP_PROXY": proxy}, "https://h/proxied"),
            ({"http_proxy": proxy, "no_proxy": "127.0.0.1"}, "https://h/direct"),
            ({"https_proxy": proxy}, "https://h/direct"),
        ]:
            assert read_store(there, env=env)["node"].repository == expected

    def test_it_gives_up(self) -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            pytest.raises(BuildError, match="timed out"),
        ):
            read_store(f"http://127.0.0.1:{server.getsockname()[1]}/", env={}, timeout_s=0.2)

    def test_nobody_answers(self) -> None:
        with pytest.raises(BuildError, match="Connection refused") as caught:
            read_store("http://127.0.0.1:9/?a=://me:s3cret@h/", env={})
        assert "s3cret" not in str(caught.value)
