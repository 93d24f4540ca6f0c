"""Build contexts on a real disk: what `shrinkwrap` shows is what `build` builds, on every machine alike."""

import fcntl
import hashlib
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from support.project import Project, tree
from support.runs import Result, run

TEMPLATE = """\
FROM busybox:stable
WORKDIR /context
COPY . .
RUN --network=none find . -type d -exec stat -c 'listed %n %a' {} \\;
RUN --network=none for it in $(find -type f); do echo "listed $it $(stat -c %a $it) $(sha256sum $it)"; done
"""
MODEL_BYTES = 64 << 20


@pytest.fixture
def templated(project: Project) -> Project:
    """A function of a template, with all that makes contexts differ: modes, links, empty folders, extras."""
    project.add_template(
        "node", TEMPLATE, {"index.js": "require('./function')\n", "function/handler.js": "sample\n"}
    )
    files = {
        "handler.js": "mine\n",
        "run.sh": "#!/bin/sh\n",
        "lib/deep/x.js": "x\n",
        "big.bin": os.urandom(3 << 20),
    }
    project.add("fn", lang="node", files=files)
    (project.root / "fn" / "run.sh").chmod(0o750)
    (project.root / "fn" / "lib" / "deep" / "x.js").chmod(0o600)
    (project.root / "fn" / "empty").mkdir()
    (project.root / "fn" / "link.js").symlink_to("lib/deep/x.js")
    project.write("shared/helper.js", "help\n")
    project.configuration = {"copy": ["./shared"]}
    project.write_stack()
    return project


@pytest.fixture
def shrinkwrapped(templated: Project) -> dict[str, str]:
    result = run(templated.root, "shrinkwrap").expect(0)
    assert "fn shrink-wrapped to build/fn" in result.stderr
    return tree(templated.root / "build")


def test_shrinkwrap_writes_the_context_and_stops(shrinkwrapped: dict[str, str], templated: Project) -> None:
    kinds = {name: found.split()[0] for name, found in shrinkwrapped.items()}
    assert kinds == {
        "fn": "drwxr-xr-x",
        "fn/Dockerfile": "-rw-r--r--",
        "fn/index.js": "-rw-r--r--",
        "fn/template.yml": "-rw-r--r--",
        "fn/function": "drwxr-xr-x",
        "fn/function/big.bin": "-rw-r--r--",
        "fn/function/empty": "drwxr-xr-x",
        "fn/function/handler.go": "-rw-r--r--",
        "fn/function/handler.js": "-rw-r--r--",
        "fn/function/lib": "drwxr-xr-x",
        "fn/function/lib/deep": "drwxr-xr-x",
        "fn/function/lib/deep/x.js": "-rw-r--r--",
        "fn/function/link.js": "-rw-r--r--",
        "fn/function/run.sh": "-rwxr-xr-x",
        "fn/function/shared": "drwxr-xr-x",
        "fn/function/shared/helper.js": "-rw-r--r--",
    }
    assert (templated.root / "build/fn/function/handler.js").read_text() == "mine\n"


def test_build_builds_what_shrinkwrap_shows(
    shrinkwrapped: dict[str, str], templated: Project, build: Callable[..., Result]
) -> None:
    result = build(templated).expect(0)
    built = tree(templated.root / "build")
    assert {
        name: found for name, found in built.items() if not name.startswith(".openfaas-build")
    } == shrinkwrapped
    # And BuildKit saw the same.
    seen = {}
    for line in result.log("fn").splitlines():
        if " listed " in line:
            name, _, found = line.partition(" listed ")[2].partition(" ")
            mode, _, digest = found.partition(" ")
            seen[f"fn/{name.removeprefix('.').removeprefix('/')}"] = (int(mode, 8), digest.partition(" ")[0])
    expected = {}
    for name in shrinkwrapped:
        path = templated.root / "build" / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        expected[name if name != "fn" else "fn/"] = (path.stat().st_mode & 0o777, digest)
    assert seen == expected


def test_twice_gives_the_same_tree(shrinkwrapped: dict[str, str], templated: Project) -> None:
    run(templated.root, "shrinkwrap").expect(0)
    assert tree(templated.root / "build") == shrinkwrapped


def test_a_removed_file_does_not_stay(shrinkwrapped: dict[str, str], templated: Project) -> None:
    (templated.root / "fn" / "handler.js").unlink()
    run(templated.root, "shrinkwrap").expect(0)
    changed = {
        name for name, found in tree(templated.root / "build").items() if shrinkwrapped.get(name) != found
    }
    assert changed == {"fn/function/handler.js"}
    # The template's own sample is under it.
    assert (templated.root / "build/fn/function/handler.js").read_text() == "sample\n"


def test_the_umask_makes_no_difference(
    shrinkwrapped: dict[str, str], templated: Project, tmp_path: Path
) -> None:
    # A checkout under another umask gives other modes, and so does a build.
    shutil.rmtree(templated.root / "build")
    for path in templated.root.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    run(templated.root, "shrinkwrap", shell="umask 077").expect(0)
    assert tree(templated.root / "build") == shrinkwrapped
    assert (templated.root / "fn" / "handler.js").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_a_large_model_is_not_copied_and_not_changed(
    project: Project, build: Callable[..., Result], mode: int
) -> None:
    model = os.urandom(1 << 20) * (MODEL_BYTES >> 20)
    file = project.write("fn/model.bin", model)
    file.chmod(mode)
    os.utime(file, ns=(10**18, 10**18))
    project.add_dockerfile("fn", "FROM busybox:stable\nCOPY model.bin .\nCOPY handler.go .\n")
    build(project, "--load", "false").expect(0)
    laid = project.root / "build" / "fn" / "model.bin"
    assert laid.stat().st_mode & 0o777 == 0o644
    if mode == 0o644:
        assert file.samefile(laid) or extents(file) == extents(laid)
    # The user's file is as it was, whatever was done to the context.
    assert file.stat().st_mode & 0o777 == mode
    assert file.stat().st_mtime_ns == 10**18
    assert file.read_bytes() == model
    shutil.rmtree(project.root / "build")
    assert file.read_bytes() == model


def extents(path: Path) -> list[tuple[int, int]]:
    """Give place and length of a file's data on the disk: equal places are shared blocks."""
    most = 512
    request = struct.pack("=QQLLLL", 0, 2**64 - 1, 1, 0, most, 0) + bytes(56 * most)
    with path.open("rb") as file:
        answer = fcntl.ioctl(file.fileno(), 0xC020660B, request)  # FS_IOC_FIEMAP
    count = struct.unpack_from("=L", answer, 20)[0]
    found = (struct.unpack_from("=QQQ", answer, 32 + 56 * at) for at in range(count))
    return [(physical, length) for _, physical, length in found]
