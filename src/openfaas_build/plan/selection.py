"""Choose functions by name, glob or regular expression, and cut them into shards."""

import math
import re
from collections.abc import Sequence

from openfaas_build.errors import BuildError, Faults, Notice
from openfaas_build.stack import Function
from openfaas_build.untrusted import nearest

# Go's RE2, which faas-cli uses, has none of these; Python's engine may take for ever on them.
_NOT_RE2 = re.compile(r"\(\?(?:<?[=!]|P=|\()|\\[1-9]")

_SHARD_SIZE = 6
_MOST_SHARDS = 20


def select_functions(functions: Sequence[Function], patterns: Sequence[str]) -> tuple[Function, ...]:
    """Choose the functions that any of `patterns` names; no pattern means all.

    In a glob only `*` is special and the whole name must match; a pattern
    after `regex:` may match anywhere in the name (faas-cli 0.18.12, `--filter`
    and `--regex`). Raises BuildError naming every pattern that matches
    nothing.
    """
    if not patterns:
        return tuple(functions)
    names = [function.name for function in functions]
    chosen: set[str] = set()
    faults = Faults()
    for pattern in patterns:
        with faults.catch():
            expression = _expression(pattern)
            found = [name for name in names if expression.search(name)]
            chosen.update(found)
            faults.add([] if found else [_unmatched(pattern, names)])
    faults.raise_all()
    return tuple(function for function in functions if function.name in chosen)


def make_shards(functions: Sequence[Function], count: int) -> tuple[tuple[str, ...], ...]:
    """Cut functions into at most `count` parts of about the same size.

    Functions of one template share steps, so they stay together as far as the
    size allows.
    """
    if not functions:
        return ()
    most = math.ceil(len(functions) / count)
    groups: dict[str, list[str]] = {}
    for function in functions:
        groups.setdefault(function.lang, []).append(function.name)
    pieces = [names[at : at + most] for names in groups.values() for at in range(0, len(names), most)]
    shards: list[list[str]] = [[] for _ in range(min(count, len(pieces)))]
    for piece in sorted(pieces, key=lambda names: (-len(names), names)):
        min(shards, key=len).extend(piece)
    return tuple(tuple(sorted(shard)) for shard in shards)


def automatic_shards(functions: int) -> int:
    """Say into how many shards so many functions are cut; each is a job, with the start-up of one."""
    return max(1, min(math.ceil(functions / _SHARD_SIZE), _MOST_SHARDS))


def _expression(pattern: str) -> re.Pattern[str]:
    if not pattern.startswith("regex:"):
        return re.compile(r"\A" + ".*".join(map(re.escape, pattern.split("*"))) + r"\Z", re.DOTALL)
    text = pattern.removeprefix("regex:")
    try:
        if _NOT_RE2.search(text):
            raise re.error("look-around and back-references are not part of it")
        return re.compile(text)
    except re.error as error:
        raise BuildError.of(
            problem=f'input "functions": {pattern!r} is no regular expression: {error}.',
            remedy="Write it in RE2's syntax, without look-around and back-references.",
        ) from None


def _unmatched(pattern: str, names: Sequence[str]) -> Notice:
    near = nearest(pattern, names)
    known = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return Notice(
        problem=f'input "functions": no function matches "{pattern}".',
        cause=f'a typing error; "{near}" is there.' if near else "",
        remedy=f"The stack file has: {known}." if names else "The stack file has no functions.",
    )
