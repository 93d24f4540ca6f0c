"""Build contexts, compared as trees of (path, mode, content). Nothing here starts a process."""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openfaas_build.context import ContextRequest, check_paths, handler_digest, write_context
from openfaas_build.errors import BuildError
from openfaas_build.stack import Function

Tree = dict[str, tuple[str, bytes | None]]


def put(root: Path, files: dict[str, str], mode: int = 0o644) -> None:
    for name, text in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)


def tree(top: Path) -> Tree:
    found: Tree = {}
    for path in sorted(top.rglob("*")):
        status = path.lstat()
        assert not stat.S_ISLNK(status.st_mode), path
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        name = str(path.relative_to(top)) + ("/" if content is None else "")
        found[name] = (oct(stat.S_IMODE(status.st_mode)), content)
    return found


def names(top: Path) -> list[str]:
    return list(tree(top))


def snapshot(top: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and time of everything, to prove that the user's files stay as they are."""
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in top.rglob("*")
        if path.relative_to(top).parts[0] != "build" and not path.is_dir()
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "proj"
    put(
        root,
        {
            "template/node/Dockerfile": "FROM scratch\n",
            "template/node/template.yml": "language: node\n",
            "template/node/.dockerignore": "*/node_modules\n",
            "template/node/function/handler.js": "sample\n",
            "template/node/function/sample_test.js": "sample test\n",
            "fn/handler.js": "mine\n",
            "common/util.js": "shared\n",
            "common/deep/more.js": "more\n",
        },
    )
    return root


def ask(
    root: Path,
    *,
    handler: str = "./fn",
    name: str = "resize",
    lang: str = "node",
    folder: str = "",
    copy: tuple[str, ...] = (),
    copy_extra: tuple[str, ...] = (),
    staging: Path | None = None,
) -> ContextRequest:
    function = Function(
        name=name,
        lang=lang,
        handler=handler,
        build_args={},
        build_secrets={},
        file="stack.yml",
        lines={"": 4, "lang": 5, "handler": 6},
    )
    return ContextRequest(
        root=root,
        staging=staging or root / "build",
        function=function,
        template=None if lang == "dockerfile" else root / "template" / lang,
        handler_folder=folder,
        copy=copy,
        copy_extra=copy_extra,
        copy_line=12,
    )


def lay_out(request: ContextRequest) -> Path:
    write_context(request)
    return request.target


def fails(request: ContextRequest) -> str:
    with pytest.raises(BuildError) as caught:
        write_context(request)
    assert not (request.staging / request.function.name).exists()
    assert not request.staging.is_dir() or not list(request.staging.glob("*:part"))
    return str(caught.value)


class TestLayout:
    def test_handler_over_template(self, project: Path) -> None:
        context = lay_out(ask(project))
        assert tree(context) == {
            ".dockerignore": ("0o644", b"*/node_modules\n"),
            "Dockerfile": ("0o644", b"FROM scratch\n"),
            "function/": ("0o755", None),
            "function/handler.js": ("0o644", b"mine\n"),
            "function/sample_test.js": ("0o644", b"sample test\n"),
            "template.yml": ("0o644", b"language: node\n"),
        }
        assert context == project / "build/resize"

    def test_handler_folder_leaves_the_sample_where_it_was(self, project: Path) -> None:
        context = lay_out(ask(project, folder="src/app"))
        assert names(context) == [
            ".dockerignore",
            "Dockerfile",
            "function/",
            "function/handler.js",
            "function/sample_test.js",
            "src/",
            "src/app/",
            "src/app/handler.js",
            "template.yml",
        ]
        assert (context / "function/handler.js").read_text() == "sample\n"

    @pytest.mark.parametrize("folder", [".", "./", "/"])
    def test_handler_folder_may_be_the_context(self, project: Path, folder: str) -> None:
        context = lay_out(ask(project, folder=folder))
        assert (context / "handler.js").read_text() == "mine\n"

    @pytest.mark.parametrize("lang", ["dockerfile", "Dockerfile"])
    def test_dockerfile_has_the_handler_alone(self, project: Path, lang: str) -> None:
        put(project, {"fn/Dockerfile": "FROM scratch\n"})
        context = lay_out(ask(project, lang=lang, folder="ignored", copy=("common/util.js",)))
        assert names(context) == ["Dockerfile", "common/", "common/util.js", "handler.js"]

    def test_build_and_template_are_left_out_at_the_top_only(self, project: Path) -> None:
        put(
            project,
            {
                "fn/build/x": "",
                "fn/template": "a file\n",
                "fn/nested/build/x": "x",
                "fn/nested/template/y": "y",
                "fn/meta.json": "{}",
            },
        )
        context = lay_out(ask(project, lang="dockerfile"))
        assert names(context) == [
            "handler.js",
            "meta.json",
            "nested/",
            "nested/build/",
            "nested/build/x",
            "nested/template/",
            "nested/template/y",
        ]

    def test_handler_may_be_the_project(self, project: Path) -> None:
        put(project, {".git/HEAD": "ref: refs/heads/main\n", ".env": "A=1\n", "node_modules/m/i.js": ""})
        context = lay_out(ask(project, handler=".", lang="dockerfile"))
        assert names(context) == [
            ".env",
            ".git/",
            ".git/HEAD",
            "common/",
            "common/deep/",
            "common/deep/more.js",
            "common/util.js",
            "fn/",
            "fn/handler.js",
            "node_modules/",
            "node_modules/m/",
            "node_modules/m/i.js",
        ]

    def test_another_staging_folder_does_not_copy_itself(self, project: Path) -> None:
        staging = project / "fn/out"
        write_context(ask(project, name="other", staging=staging))
        context = lay_out(ask(project, lang="dockerfile", staging=staging))
        assert names(context) == ["handler.js"]

    def test_meta_json_is_left_out_at_the_top_of_the_template_only(self, project: Path) -> None:
        put(project, {"template/node/meta.json": '{"written_at": 1}', "template/node/lib/meta.json": "kept"})
        context = lay_out(ask(project))
        assert not (context / "meta.json").exists()
        assert (context / "lib/meta.json").read_text() == "kept"

    def test_two_pulls_of_a_template_give_one_context(self, project: Path) -> None:
        put(project, {"template/node/meta.json": '{"written_at": 1}'})
        first = tree(lay_out(ask(project)))
        put(project, {"template/node/meta.json": '{"written_at": 2}'})
        assert tree(lay_out(ask(project))) == first

    def test_empty_folders_are_kept(self, project: Path) -> None:
        put(project, {"fn/empty/": "", "template/node/nothing/": "", "common/void/": ""})
        found = names(lay_out(ask(project, copy=("common",))))
        assert {"function/empty/", "nothing/", "function/common/void/"} <= set(found)

    def test_an_empty_handler_is_a_handler(self, project: Path) -> None:
        put(project, {"hollow/": ""})
        context = lay_out(ask(project, handler="hollow", lang="dockerfile"))
        assert tree(context) == {}

    def test_what_was_there_is_gone(self, project: Path) -> None:
        put(project, {"build/resize/stale.js": "", "build/resize:part/half": "", "build/other/kept": ""})
        write_context(ask(project))
        assert not (project / "build/resize/function/stale.js").exists()
        assert not (project / "build/resize/stale.js").exists()
        assert sorted(path.name for path in (project / "build").iterdir()) == ["other", "resize"]

    def test_other_names_than_utf8(self, project: Path) -> None:
        Path(os.fsdecode(bytes(project / "fn") + b"/caf\xe9\n.js")).write_text("x")
        context = lay_out(ask(project, lang="dockerfile"))
        assert b"caf\xe9\n.js" in [os.fsencode(path.name) for path in context.iterdir()]


class TestModes:
    def test_modes_are_normalised(self, project: Path) -> None:
        put(project, {"fn/run.sh": ""}, mode=0o700)
        put(project, {"fn/group.sh": ""}, mode=0o675)
        put(project, {"fn/setuid": ""}, mode=0o4755)
        put(project, {"fn/secret": ""}, mode=0o600)
        put(project, {"fn/private/x": ""}, mode=0o666)
        (project / "fn/private").chmod(0o2700)
        found = tree(lay_out(ask(project, lang="dockerfile")))
        assert {name: mode for name, (mode, _) in found.items()} == {
            "group.sh": "0o644",
            "handler.js": "0o644",
            "private/": "0o755",
            "private/x": "0o644",
            "run.sh": "0o755",
            "secret": "0o644",
            "setuid": "0o755",
        }

    def test_the_umask_does_not_show(self, project: Path) -> None:
        put(project, {"fn/big": "x" * (1 << 20), "fn/run.sh": ""}, mode=0o755)
        trees = []
        for umask in (0o077, 0o022, 0o000):
            before = os.umask(umask)
            try:
                context = lay_out(ask(project, copy=("common/deep/more.js",)))
            finally:
                os.umask(before)
            trees.append((oct(stat.S_IMODE(context.stat().st_mode)), tree(context)))
            shutil.rmtree(project / "build")
        assert trees[0] == trees[1] == trees[2]
        assert trees[0][0] == "0o755"

    def test_the_users_files_stay_as_they_are(self, project: Path) -> None:
        for number, mode in enumerate((0o600, 0o644, 0o664, 0o755, 0o4711, 0o444)):
            put(project, {f"fn/big{number}": "x" * (1 << 20), f"fn/small{number}": "x"}, mode=mode)
        before = snapshot(project)
        write_context(ask(project, handler="fn", copy=("fn",)))
        write_context(ask(project, handler="fn", copy=("fn",)))
        assert snapshot(project) == before


class TestLargeFiles:
    def shares(self, one: Path, other: Path, free_before: int) -> bool:
        """Tell whether two files are one inode, or the second took no space."""
        used = free_before - free_bytes(one.parent)
        return one.stat().st_ino == other.stat().st_ino or used < one.stat().st_size // 2

    def test_a_large_file_costs_no_second_copy(self, project: Path) -> None:
        source = project / "fn/model.bin"
        with source.open("wb") as file:
            for number in range(64):
                file.write(bytes([number]) * (1 << 20))
        source.chmod(0o644)
        free = free_bytes(project)
        context = lay_out(ask(project))
        copy = context / "function/model.bin"
        assert copy.stat().st_size == 64 << 20
        assert self.shares(source, copy, free)

    @pytest.mark.parametrize("mode", [0o644, 0o600])
    def test_a_sparse_gigabyte_costs_no_gigabyte(self, project: Path, mode: int) -> None:
        source = project / "fn/disk.img"
        with source.open("wb") as file:
            file.write(b"head")
            file.seek(1 << 29)
            file.write(b"middle")
            file.truncate(1 << 30)
        source.chmod(mode)
        copy = lay_out(ask(project)) / "function/disk.img"
        assert copy.stat().st_size == 1 << 30
        assert copy.stat().st_blocks * 512 < 1 << 20
        assert stat.S_IMODE(copy.stat().st_mode) == 0o644
        with copy.open("rb") as file:
            assert file.read(8) == b"head\0\0\0\0"
            file.seek(1 << 29)
            assert file.read(8) == b"middle\0\0"
        assert stat.S_IMODE(source.stat().st_mode) == mode

    def test_a_mode_that_does_not_fit_is_copied(self, project: Path) -> None:
        put(project, {"fn/big": "y" * (3 << 20)}, mode=0o640)
        copy = lay_out(ask(project)) / "function/big"
        assert copy.stat().st_ino != (project / "fn/big").stat().st_ino
        assert copy.read_bytes() == b"y" * (3 << 20)
        assert oct(stat.S_IMODE(copy.stat().st_mode)) == "0o644"

    def test_a_file_that_is_linked_is_never_written_through(self, project: Path) -> None:
        put(project, {"template/node/function/model": "t" * (1 << 20), "fn/model": "h" * (2 << 20)})
        put(project, {"extra/function/model": ""})
        context = lay_out(ask(project, folder=".", handler="fn", copy=()))
        assert (context / "model").read_bytes() == b"h" * (2 << 20)
        put(project, {"fn/function/model": "small"})
        context = lay_out(ask(project, folder="."))
        assert (context / "function/model").read_text() == "small"
        assert (project / "template/node/function/model").read_bytes() == b"t" * (1 << 20)

    def test_one_inode_is_linked_once(self, project: Path) -> None:
        put(project, {"fn/one": "1" * (1 << 20)})
        os.link(project / "fn/one", project / "fn/two")
        context = lay_out(ask(project, lang="dockerfile"))
        one, two = context / "one", context / "two"
        assert one.stat().st_ino != two.stat().st_ino
        assert two.read_bytes() == one.read_bytes()

    def test_no_link_across_devices(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(project, {"fn/big": "z" * (1 << 20)})

        def link(source: str, target: str) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", link)
        assert tree(lay_out(ask(project)))["function/big"] == ("0o644", b"z" * (1 << 20))


def free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bfree * status.f_frsize


class TestExtraPaths:
    def test_they_go_where_they_are_written(self, project: Path) -> None:
        context = lay_out(ask(project, copy_extra=("./common",), copy=("common/deep/", "stack.d/../fn")))
        found = [name for name in names(context) if name.startswith("function/")]
        assert found == [
            "function/",
            "function/common/",
            "function/common/deep/",
            "function/common/deep/more.js",
            "function/common/util.js",
            "function/fn/",
            "function/fn/handler.js",
            "function/handler.js",
            "function/sample_test.js",
        ]

    def test_both_spellings_give_one_tree(self, project: Path) -> None:
        trees = [
            tree(lay_out(ask(project, copy=copy, copy_extra=extra)))
            for copy, extra in [
                (("common",), ()),
                (("./common/",), ()),
                ((), ("common",)),
                (("common", "./common"), ("common/.",)),
                (("../proj/common",), ()),
            ]
        ]
        assert all(one == trees[0] for one in trees)

    def test_an_absolute_path_keeps_its_parents(self, project: Path) -> None:
        where = project / "common/util.js"
        context = lay_out(ask(project, copy=(str(where),)))
        assert (context / "function" / str(where).lstrip("/")).read_text() == "shared\n"

    def test_a_later_copy_replaces_an_earlier_file(self, project: Path) -> None:
        put(project, {"handler.js": "extra\n"})
        context = lay_out(ask(project, copy=("handler.js",)))
        assert (context / "function/handler.js").read_text() == "extra\n"

    def test_a_symlink_counts_as_what_it_points_to(self, project: Path) -> None:
        (project / "alias").symlink_to("common")
        context = lay_out(ask(project, copy=("alias",)))
        assert (context / "function/alias/util.js").read_text() == "shared\n"

    @pytest.mark.parametrize("text", [".", "./", "common/..", "../proj", "", "self"])
    def test_the_project_itself_is_refused(self, project: Path, text: str) -> None:
        (project / "self").symlink_to(".")
        assert fails(ask(project, copy=(text,))) == (
            f'stack.yml:12: "copy": path "{text}" is the entire project.\n'
            "Likely cause: the copy would contain itself; faas-cli refuses it too.\n"
            "Name the files and folders that the functions need."
        )

    @pytest.mark.parametrize("text", ["../proj-other", "../proj-other/x", "/etc", "..", "/"])
    def test_outside_is_refused(self, project: Path, text: str) -> None:
        put(project.parent, {"proj-other/x": ""})
        where = os.path.normpath(project / text)
        assert fails(ask(project, copy=(text,))) == (
            f'stack.yml:12: "copy": path "{text}" is outside the project.\n'
            "Likely cause: paths are relative to the folder that the build runs in, not to the stack file.\n"
            f'Move it into the project; "{where}" is not in "{project}".'
        )

    def test_outside_by_a_symlink_is_refused(self, project: Path) -> None:
        put(project.parent, {"proj-other/x": ""})
        (project / "lib").symlink_to("../proj-other")
        for text, leads in (("lib", "../proj-other"), ("lib/x", project.parent / "proj-other/x")):
            assert fails(ask(project, copy_extra=(text,))) == (
                f'input "copy-extra": path "{text}" leads to "{leads}", which is outside the project.\n'
                "Likely cause: it is a symlink or lies behind one,"
                " and a file of the machine must not get into an image.\n"
                "Copy what it points to into the project, or remove the symlink."
            )

    def test_a_link_back_into_the_project_does_not_leave_the_handlers_folder(self, project: Path) -> None:
        (project.parent / "back").symlink_to("proj")
        assert "is outside the project" in fails(ask(project, copy=("../back/common",)))

    def test_a_missing_one_has_a_near_match(self, project: Path) -> None:
        assert fails(ask(project, copy_extra=("comon/utils.js",))) == (
            'input "copy-extra": path "comon/utils.js" does not exist.\n'
            'Likely cause: a typing error; "./common/util.js" is there.\n'
            'Write "./common/util.js" instead.'
        )

    def test_the_staging_folder_is_refused(self, project: Path) -> None:
        put(project, {"build/resize/x": "", "build/dist/app.js": "kept\n"})
        for text in ("build", "build/resize", "build/resize/x"):
            (found,) = check_paths([ask(project, copy=(text,))])
            assert found.problem == f'"copy": path "{text}" is where build contexts are written to.'
        context = lay_out(ask(project, copy=("build/dist",)))
        assert (context / "function/build/dist/app.js").read_text() == "kept\n"


class TestSymlinks:
    def test_they_become_copies(self, project: Path) -> None:
        put(project, {"bin/tool": "tool\n"}, mode=0o700)
        (project / "fn/tool").symlink_to("../bin/tool")
        (project / "fn/lib").symlink_to(project / "common")
        (project / "fn/chain").symlink_to("lib/deep")
        found = tree(lay_out(ask(project, lang="dockerfile")))
        assert found == {
            "chain/": ("0o755", None),
            "chain/more.js": ("0o644", b"more\n"),
            "handler.js": ("0o644", b"mine\n"),
            "lib/": ("0o755", None),
            "lib/deep/": ("0o755", None),
            "lib/deep/more.js": ("0o644", b"more\n"),
            "lib/util.js": ("0o644", b"shared\n"),
            "tool": ("0o755", b"tool\n"),
        }

    def test_one_folder_may_be_reached_twice(self, project: Path) -> None:
        (project / "fn/a").symlink_to("../common")
        (project / "fn/b").symlink_to("../common")
        assert {"a/util.js", "b/util.js"} <= set(names(lay_out(ask(project, lang="dockerfile"))))

    @pytest.mark.parametrize("target", ["/etc/hostname", "../../proj-other/x", "../.."])
    def test_leaving_the_project_is_refused(self, project: Path, target: str) -> None:
        put(project.parent, {"proj-other/x": ""})
        (project / "fn/sub").mkdir()
        (project / "fn/link").symlink_to(target)
        assert fails(ask(project)) == (
            f'stack.yml:6: function "resize": symlink "fn/link" leads to "{target}",'
            " which is outside the project.\n"
            "Likely cause: it is a symlink or lies behind one,"
            " and a file of the machine must not get into an image.\n"
            "Copy what it points to into the project, or remove the symlink."
        )

    def test_a_dangling_one_is_named(self, project: Path) -> None:
        (project / "common/deep/gone").symlink_to("nowhere")
        assert fails(ask(project, copy=("common",))) == (
            'stack.yml:12: function "resize": symlink "common/deep/gone" leads to "nowhere",'
            " which does not exist.\n"
            "Likely cause: its target was moved, removed or never checked out.\n"
            "Mend or remove the symlink."
        )

    @pytest.mark.parametrize(
        ("link", "target"),
        [("fn/up", "."), ("fn/sub/up", ".."), ("fn/top", "../"), ("fn/a/b", "../../fn")],
    )
    def test_a_loop_is_named(self, project: Path, link: str, target: str) -> None:
        (project / link).parent.mkdir(exist_ok=True)
        (project / link).symlink_to(target)
        assert fails(ask(project)) == (
            f'stack.yml:6: function "resize": symlink "{link}" leads back to itself.\n'
            "Likely cause: in a build context each symlink becomes a copy of its target;"
            " this copy would have no end.\n"
            f'Remove "{link}", or point it to a folder that does not contain it.'
        )

    def test_a_loop_without_a_folder_is_named(self, project: Path) -> None:
        (project / "fn/self").symlink_to("self")
        assert fails(ask(project)) == (
            'stack.yml:6: function "resize": symlink "fn/self" cannot be resolved:'
            " Too many levels of symbolic links."
        )

    def test_a_loop_of_two_folders_is_named(self, project: Path) -> None:
        put(project, {"other/x": ""})
        (project / "fn/other").symlink_to("../other")
        (project / "other/fn").symlink_to("../fn")
        assert 'symlink "fn/other/fn" leads back to itself.' in fails(ask(project))

    def test_a_template_elsewhere_leads_to_nothing_there(self, project: Path) -> None:
        put(project.parent, {"shared/node/Dockerfile": "", "shared/secret": ""})
        (project.parent / "shared/node/c").symlink_to("../secret")
        (project / "template/far").symlink_to(project.parent / "shared/node")
        assert fails(ask(project, lang="far")).startswith('stack.yml:5: function "resize": symlink "/')

    def test_the_handler_may_be_one(self, project: Path) -> None:
        (project / "alias").symlink_to("fn")
        assert names(lay_out(ask(project, handler="alias", lang="dockerfile"))) == ["handler.js"]


class TestOtherFiles:
    def test_special_files_are_refused(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(project)
        os.mkfifo("fn/pipe")
        assert fails(ask(project)) == (
            'stack.yml:6: function "resize": "fn/pipe" is a named pipe.\n'
            "Likely cause: a program left it behind; a build context holds files and folders only.\n"
            'Remove "fn/pipe".'
        )
        Path("fn/pipe").unlink()
        os.mknod("fn/agent.sock", stat.S_IFSOCK | 0o600)
        assert '"fn/agent.sock" is a socket.' in fails(ask(project))

    def test_a_file_over_a_folder(self, project: Path) -> None:
        put(project, {"fn/lib": "a file\n", "template/node/function/lib/x.js": ""})
        assert fails(ask(project)) == (
            'stack.yml:6: function "resize": file "fn/lib" is in the way of a folder:'
            ' the build context has "function/lib" already from "template/node/function/lib".\n'
            "Likely cause: template, handler and copied paths are laid over one another"
            " and use one name for two things.\n"
            "Rename one of the two."
        )

    def test_a_folder_over_a_file(self, project: Path) -> None:
        put(project, {"fn/lib/x.js": "", "template/node/function/lib": "a file\n"})
        assert fails(ask(project)).startswith(
            'stack.yml:6: function "resize": folder "fn/lib" is in the way of a file:'
            ' the build context has "function/lib" already from "template/node/function/lib".\n'
        )
        assert 'folder "Dockerfile/app" is in' not in fails(ask(project, folder="Dockerfile/app"))

    def test_an_unreadable_file_is_named(self, as_user: Callable[[], None], open_project: Path) -> None:
        put(open_project, {"fn/key": "x"}, mode=0)
        as_user()
        assert fails(ask(open_project, lang="dockerfile")) == (
            'stack.yml:6: function "resize": cannot read "fn/key": Permission denied.\n'
            "Likely cause: its mode or that of a folder above it keeps this user out.\n"
            'Run "chmod -R u+rX fn/key", or remove it before the build.'
        )


@pytest.fixture
def open_project() -> Iterator[Path]:
    """A project that any user may read and write; pytest's own folders are private."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o777)
    put(root, {"fn/": ""})
    yield root
    shutil.rmtree(root)


@pytest.fixture
def as_user(open_project: Path) -> Iterator[Callable[[], None]]:
    """Become an ordinary user, when the tests run as root, whom no mode keeps out."""
    me = os.geteuid()

    def become() -> None:
        if me == 0:
            os.seteuid(65534)

    yield become
    os.seteuid(me)  # before `open_project` is removed


class TestStaging:
    @pytest.mark.parametrize("kind", ["link", "file"])
    def test_it_must_be_a_folder(self, project: Path, kind: str) -> None:
        put(project.parent, {"precious/resize/x": "kept"})
        if kind == "link":
            (project / "build").symlink_to("../precious")
        else:
            (project / "build").write_text("make all\n")
        with pytest.raises(BuildError) as caught:
            write_context(ask(project))
        assert str(caught.value) == (
            f'"{project}/build" cannot hold build contexts:'
            " it must be a folder in the project, no symlink.\n"
            "Likely cause: faas-cli and this tool write their build contexts there,"
            " and remove what has their names.\n"
            f'Rename or remove "{project}/build".'
        )
        assert (project.parent / "precious/resize/x").read_text() == "kept"

    def test_a_link_in_the_contexts_place_is_removed_not_followed(self, project: Path) -> None:
        put(project.parent, {"precious/x": "kept"})
        (project / "build").mkdir()
        (project / "build/resize").symlink_to("../../precious")
        (project / "build/resize:part").symlink_to("../../precious")
        context = lay_out(ask(project))
        assert not context.is_symlink()
        assert (project.parent / "precious/x").read_text() == "kept"

    def test_links_below_it_are_not_followed(self, project: Path) -> None:
        put(project.parent, {"precious/x": "kept"})
        put(project, {"build/resize/a/": ""})
        (project / "build/resize/a/link").symlink_to(project.parent / "precious")
        write_context(ask(project))
        assert (project.parent / "precious/x").read_text() == "kept"

    @pytest.mark.parametrize("name", ["", ".", "..", "../evil", "a/b", "a\\b", "a\nb", "c:part"])
    def test_names_that_lie_elsewhere_are_refused(self, project: Path, name: str) -> None:
        put(project, {"evil/x": "kept"})
        before = snapshot(project)
        with pytest.raises(BuildError, match="its name is no name for a folder"):
            write_context(ask(project, name=name))
        assert snapshot(project) == before

    @pytest.mark.parametrize("staging", [".", ".."])
    def test_it_must_not_contain_the_project(self, project: Path, staging: str) -> None:
        with pytest.raises(BuildError, match="it must be a folder in the project"):
            write_context(ask(project, name="proj", staging=project / staging))
        assert (project / "fn/handler.js").exists()

    def test_an_error_leaves_nothing(self, project: Path) -> None:
        write_context(ask(project))
        (project / "fn/gone").symlink_to("nowhere")
        fails(ask(project))
        assert list((project / "build").iterdir()) == []


class TestHandler:
    def test_a_typing_error(self, project: Path) -> None:
        put(project, {"resize/": "", "a file": ""})
        assert fails(ask(project, handler="./resise")) == (
            'stack.yml:6: function "resize": handler "./resise" does not exist.\n'
            'Likely cause: a typing error; "./resize" is there.\n'
            'Change line 6 to "handler: ./resize".'
        )

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("FN", "./fn"),
            ("functions/resise", "./functions/resize"),
            ("funtions/Resize/", "./functions/resize"),
        ],
    )
    def test_near_matches(self, project: Path, written: str, meant: str) -> None:
        put(project, {"functions/resize/": ""})
        (found,) = check_paths([ask(project, handler=written)])
        assert found.cause == f'a typing error; "{meant}" is there.'

    def test_nothing_like_it(self, project: Path) -> None:
        assert fails(ask(project, handler="./elsewhere/x")) == (
            'stack.yml:6: function "resize": handler "./elsewhere/x" does not exist.\n'
            "Likely cause: a typing error, a path relative to the stack file,"
            " or files that are not checked out.\n"
            'Create "./elsewhere/x" or correct the path.'
        )

    def test_none(self, project: Path) -> None:
        assert fails(ask(project, handler="")) == (
            'stack.yml:6: function "resize": it has no handler.\n'
            'Likely cause: "handler" is missing, or a variable in it is not set in this job.\n'
            'Write the folder that holds the function\'s code, such as "handler: ./resize".'
        )

    def test_a_file(self, project: Path) -> None:
        assert fails(ask(project, handler="fn/handler.js")) == (
            'stack.yml:6: function "resize": handler "fn/handler.js" is a file.\n'
            "Likely cause: a handler is the folder that holds the function's code, not one of its files.\n"
            'Change line 6 to "handler: ./fn".'
        )

    def test_absolute(self, project: Path) -> None:
        assert fails(ask(project, handler=f"{project}/fn")) == (
            f'stack.yml:6: function "resize": handler "{project}/fn" is an absolute path.\n'
            "Likely cause: it was written for one machine; the project may lie elsewhere on the next.\n"
            'Change line 6 to "handler: ./fn".'
        )
        assert "Move the handler into the project" in fails(ask(project, handler="/etc"))

    @pytest.mark.parametrize("text", ["..", "../proj-other", "fn/../../proj-other", "../nowhere"])
    def test_outside(self, project: Path, text: str) -> None:
        put(project.parent, {"proj-other/x": ""})
        assert f'handler "{text}" is outside the project.' in fails(ask(project, handler=text))

    def test_outside_by_a_symlink(self, project: Path) -> None:
        put(project.parent, {"proj-other/x": ""})
        (project / "link").symlink_to("../proj-other")
        assert "which is outside the project." in fails(ask(project, handler="link"))

    def test_dangling_and_looping(self, project: Path) -> None:
        (project / "gone").symlink_to("nowhere")
        (project / "loop").symlink_to("loop")
        assert 'handler "gone" leads to "nowhere", which does not exist.' in fails(
            ask(project, handler="gone")
        )
        assert "Too many levels of symbolic links" in fails(ask(project, handler="loop"))

    def test_inside_its_own_context(self, project: Path) -> None:
        put(project, {"build/resize/x": "kept"})
        with pytest.raises(BuildError, match="is where build contexts are written to"):
            write_context(ask(project, handler="build/resize"))
        assert (project / "build/resize/x").read_text() == "kept"

    def test_odd_text(self, project: Path) -> None:
        assert r'handler "a\x00b\n" does not exist' in fails(ask(project, handler="a\0b\n"))

    def test_handler_folder_outside_the_context(self, project: Path) -> None:
        assert fails(ask(project, folder="a/../../x")) == (
            'stack.yml:5: function "resize": template "node" has the handler_folder "a/../../x",'
            " which is outside the build context.\n"
            "Likely cause: the function's code must lie inside the context to get into the image.\n"
            'Correct "handler_folder" in "template/node/template.yml".'
        )


class TestCheck:
    def test_all_faults_at_once_and_nothing_written(self, project: Path) -> None:
        requests = [
            ask(project, name=name, handler=handler, copy=("nowhere", "../x"), copy_extra=("gone",))
            for name, handler in [("one", "./fn"), ("two", "./fm"), ("three", "/fn")]
        ]
        assert [notice.problem for notice in check_paths(requests)] == [
            'input "copy-extra": path "gone" does not exist.',
            '"copy": path "nowhere" does not exist.',
            '"copy": path "../x" is outside the project.',
            'function "two": handler "./fm" does not exist.',
            'function "three": handler "/fn" is an absolute path.',
        ]
        assert not (project / "build").exists()

    def test_write_tells_all_faults_too(self, project: Path) -> None:
        text = fails(ask(project, handler="./fm", copy=("nowhere",)))
        assert text.count("does not exist") == 2

    @pytest.mark.parametrize("good", [True, False])
    def test_a_thousand_functions(self, project: Path, good: bool) -> None:
        for number in range(1000):
            (project / f"f/fn-{number:03}").mkdir(parents=True)
        requests = [
            ask(project, handler=f"./f/fn-{number:03}{'' if good else 'x'}", copy=("common",))
            for number in range(1000)
        ]
        found = check_paths(requests)
        assert len(found) == (0 if good else 1000)


class TestDigest:
    def test_it_is_that_of_faas_cli(self, tmp_path: Path) -> None:
        put(tmp_path, {"fn/b.txt": "b", "fn/a/x": "x", "fn/a-b": "y", "fn/.hidden": "", "fn/empty/": ""})
        (tmp_path / "fn/link").symlink_to("b.txt")
        # md5 of the hex md5s in the order .hidden, a-b, a/x, b.txt: "-" sorts before "/".
        parts = (
            "d41d8cd98f00b204e9800998ecf8427e"
            "415290769594460e2e485922904f345d"
            "9dd4e461268c8034f5c8564e155c67a6"
            "92eb5ffee6ae2fec3ad71c777531578f"
        )
        assert handler_digest(tmp_path, "./fn") == hashlib.md5(parts.encode()).hexdigest()

    def test_names_modes_and_symlinks_do_not_count(self, tmp_path: Path) -> None:
        put(tmp_path, {"one/a": "1", "two/b": "1"}, mode=0o755)
        (tmp_path / "two/c").symlink_to("b")
        assert handler_digest(tmp_path, "one") == handler_digest(tmp_path, "two")

    def test_a_missing_handler(self, tmp_path: Path) -> None:
        with pytest.raises(BuildError, match="No such file or directory"):
            handler_digest(tmp_path, "./fn")
        with pytest.raises(BuildError, match="outside the project"):
            handler_digest(tmp_path, "../fn")
