"""Find and read the stack files of a project."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from openfaas_build.errors import BuildError, Faults, Notice
from openfaas_build.inputs import Inputs
from openfaas_build.stack import StackFile, read_stack

DEFAULT_NAMES = ("stack.yaml", "stack.yml")


def is_glob(name: str) -> bool:
    """Say whether a name is a pattern; an absolute one is taken as it stands."""
    return any(sign in name for sign in "*?[") and not Path(name).is_absolute()


def matching_files(root: Path, pattern: str) -> list[str]:
    """List the files that a glob relative to `root` matches, sorted, as names relative to it too."""
    return sorted(str(path.relative_to(root)) for path in root.glob(pattern) if path.is_file())


def read_stack_files(inputs: Inputs, root: Path, env: Mapping[str, str]) -> list[StackFile]:
    """Read the stack file that is asked for, or all that a glob names; raises BuildError."""
    pattern = inputs.stack_file
    if is_glob(pattern):
        paths = matching_files(root, pattern)
    else:
        names = (pattern,) if pattern else DEFAULT_NAMES
        paths = [name for name in names if (root / name).is_file()][:1]
    if not paths:
        names_text = pattern or " and no ".join(DEFAULT_NAMES)
        raise BuildError.of(
            problem=f"there is no stack file {names_text} in {root}.",
            cause="it has another name, or the repository was not checked out (actions/checkout).",
            remedy='Set the input "stack-file" to its path.',
        )
    faults = Faults()
    stacks = []
    for path in paths:
        with faults.catch():
            stacks.append(read_stack(_read(root, path), path, env if inputs.envsubst else None))
    faults.raise_all()
    return stacks


def _read(root: Path, path: str) -> bytes:
    try:
        return (root / path).read_bytes()
    except OSError as error:
        raise BuildError.of(problem=f"cannot be read: {error.strerror}.", file=path) from None


def join(stacks: Sequence[StackFile]) -> StackFile:
    """Make one stack file of several, for what concerns them all together."""
    functions = sorted((function for stack in stacks for function in stack.functions), key=lambda f: f.name)
    twice = [
        Notice(
            problem=f'function "{later.name}" is in {earlier.file} too.',
            cause="functions that are built together share the folder build/, by their names.",
            remedy='Rename one of them, or build one stack file at a time (input "stack-file").',
            file=later.file,
            line=later.line(""),
        )
        for earlier, later in pairwise(functions)
        if earlier.name == later.name
    ]
    return StackFile(
        path=", ".join(stack.path for stack in stacks),
        functions=tuple(functions),
        warnings=tuple(notice for stack in stacks for notice in stack.warnings),
        faults=(*(notice for stack in stacks for notice in stack.faults), *twice),
        lines={},
    )
