"""Imports point downwards only; each library has one room; modules stay small."""

import ast
import importlib
import re
from pathlib import Path

import openfaas_build

PACKAGE = Path(__file__).parents[2] / "src" / "openfaas_build"
# From the top; rooms on one line do not know each other, but for the pairs below.
LINES = (
    ("app",),
    ("context", "templates", "checkout", "engine", "registry", "workflow"),
    ("buildx", "progress", "render"),
    ("report",),
    ("hints", "after_build"),
    ("plan", "git"),
    ("cache",),
    ("inputs", "stack", "dockerfile", "solve", "processes", "filetree"),
    ("errors", "references", "untrusted"),
)
LEVEL = {room: at for at, line in enumerate(LINES) for room in line}
LIBRARIES = {"actions_toolkit": "workflow", "docker": "engine", "requests": "templates", "yaml": "stack"}
MOST_LINES = 285


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if parts != ("__init__.py",):
            found.append((parts[0].removesuffix(".py"), path))
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_room_has_its_line():
    assert {room for room, _ in modules()} == set(LEVEL)


def test_imports_point_downwards():
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for room, path in modules()
        for name in sorted(imports(path))
        if name.startswith("openfaas_build.")
        and (other := name.split(".")[1]) in LEVEL
        and other != room
        and LEVEL[other] <= LEVEL[room]
    ]
    assert wrong == []


def test_each_library_has_one_room():
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for room, path in modules()
        for name in imports(path)
        if LIBRARIES.get(name.split(".")[0], room) != room
    ]
    assert wrong == []


def test_only_the_entrypoint_exits():
    wrong = [
        str(path.relative_to(PACKAGE))
        for _, path in modules()
        if {"sys.exit", "os._exit"}
        & {ast.unparse(n) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)}
    ]
    assert wrong == []
    entrypoint = (PACKAGE.parents[1] / "entrypoint.py").read_text()
    assert (
        len([line for line in entrypoint.splitlines() if line.strip() and not line.startswith(("#", '"""'))])
        <= 10
    )


def test_modules_are_small():
    sizes = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for _, path in modules()}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


CONTRIBUTING = (PACKAGE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_contributing_draws_the_same_lines():
    drawn = re.search(r"```\n(.*?)```", CONTRIBUTING, re.DOTALL)
    assert drawn
    rooms = tuple(tuple(re.split(r" {3,}", line)[0].split()) for line in drawn[1].splitlines())
    assert rooms == LINES


def test_the_paths_through_the_code_name_what_is_there():
    steps = re.findall(r"^\d\. (.*)", CONTRIBUTING, re.MULTILINE)
    names = [name for step in steps for name in re.findall(r"`(\w+(?:\.\w+)+)`", step.partition(":")[0])]
    assert len(steps) == 15 and len(names) >= 15
    for name in names:
        found = openfaas_build
        for part in name.split("."):
            try:
                found = importlib.import_module(f"{found.__name__}.{part}")
            except ModuleNotFoundError:
                found = getattr(found, part)
