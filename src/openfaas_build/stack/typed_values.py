"""Read typed values off a tree, as faas-cli's structures take them, and collect what is wrong.

A reader gives an empty value where it found a fault, so that the reading goes
on and all faults are told at once. Merge keys are resolved here, because only
what is read counts: below a key that nobody knows, anything may stand.

The price: values that aliases repeat are read again each time, within a bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from openfaas_build.errors import BuildError, Notice
from openfaas_build.stack.scalars import flag_of, text_of
from openfaas_build.stack.wording import quoted
from openfaas_build.stack.yaml_tree import MAX_DEPTH, Document, Mapping, Node, Sequence, Text

MAX_REPEATED = 100_000
MAX_NOTICES = 50
MAX_GUESSES = 500

# By what is wanted and what is there: the likely cause and the remedy.
_MISMATCH = {
    ("a text", "a list"): ("", "Write one text; where it may name several things, put commas between them."),
    ("a text", "a mapping"): (
        'a value that begins with "{", or lines below it that are indented too far.',
        "Put the value in quotes, or correct the indentation.",
    ),
    ("a list", "a text"): ("", 'Write each value on a line of its own below it, after "- ".'),
    ("a list", "a mapping"): ("", 'Write each value on a line of its own below it, after "- ".'),
    ("a mapping", "a text"): ("a wrong indentation.", 'Write "NAME: VALUE" lines below it, indented.'),
    ("a mapping", "a list"): ('a "-" before each name.', 'Write "NAME: VALUE" lines below it, without "-".'),
}


class Entry(NamedTuple):
    """One member of a mapping: the line of its key, and its value."""

    line: int
    node: Node


class Reading:
    """The reading of one document: its faults and warnings so far."""

    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self._room = document.nodes + MAX_REPEATED
        self._guesses = MAX_GUESSES
        self._members: dict[Mapping, dict[str, Entry]] = {}
        self._faults: dict[Notice, None] = {}
        self._warnings: dict[Notice, None] = {}

    def fault(self, line: int, problem: str, cause: str = "", remedy: str = "") -> None:
        """Note what makes the file unusable."""
        self._faults[self._notice(line, problem, cause, remedy)] = None

    def warn(self, line: int, problem: str, cause: str = "", remedy: str = "") -> None:
        """Note what the user should know."""
        self._warnings[self._notice(line, problem, cause, remedy)] = None

    def may_guess(self) -> bool:
        """Grant one guess at what was meant; they are slow, so a file gets only so many."""
        self._guesses -= 1
        return self._guesses >= 0

    @property
    def faults(self) -> tuple[Notice, ...]:
        """Give the faults so far, by line."""
        return self._ordered(self._faults)

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """Give the warnings so far, by line."""
        return self._ordered(self._warnings)

    def members(self, node: Node, what: str) -> dict[str, Entry]:
        """Read a mapping, merge keys resolved; nothing for null."""
        if isinstance(node, Mapping):
            return self._flatten(node, what, 0)
        self._expect(node, "a mapping", what)
        return {}

    def text(self, node: Node, what: str) -> str:
        """Read a text; empty for null."""
        if isinstance(node, Text):
            return self._scalar(node, what) or ""
        self._expect(node, "a text", what)
        return ""

    def items(self, node: Node, what: str) -> list[Node]:
        """Read a list; what is null in it is dropped."""
        if not isinstance(node, Sequence):
            self._expect(node, "a list", what)
            return []
        self._visit(node.line, len(node.items))
        return [item for item in node.items if not is_null(item)]

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(self.text(item, f"an item of {what}") for item in self.items(node, what))

    def text_map(self, node: Node, what: str) -> dict[str, str]:
        """Read a mapping of names to texts, sorted by name."""
        members = sorted(self.members(node, what).items())
        self._visit(node.line, len(members))
        return {name: self.text(entry.node, f"{what}: {quoted(name)}") for name, entry in members}

    def flag(self, node: Node, what: str) -> bool:
        """Read true or false; false for null."""
        if not isinstance(node, Text):
            self._expect(node, "true or false", what)
            return False
        try:
            return flag_of(node)
        except ValueError as error:
            self.fault(node.line, f"{what} {error}.", "", "Write true or false, without quotes.")
            return False

    def _flatten(self, node: Mapping, what: str, depth: int) -> dict[str, Entry]:
        if node in self._members:
            return self._members[node]
        if depth > MAX_DEPTH:
            raise self._too_much(node.line, f"merge keys are nested more than {MAX_DEPTH} deep.")
        self._visit(node.line, len(node.pairs))
        members: dict[str, Entry] = {}
        sources: list[Mapping] = []
        first_lines: dict[str, int] = {}
        for key, value in node.pairs:
            if not isinstance(key, Text):
                cause = 'a name that begins with "[" or "{".'
                self.fault(key.line, f"{what} has {_kind(key)} as a key.", cause, "Put the name in quotes.")
            elif key.text in first_lines:
                first = first_lines[key.text]
                problem = f"{what} has the key {quoted(key.text)} twice, first on line {first}."
                self.fault(key.line, problem, "", "Keep one of the two.")
            else:
                first_lines[key.text] = key.line
                if _is_merge(key):
                    sources = self._merge_sources(value, what)
                elif (name := self._scalar(key, f"a key of {what}")) is not None:
                    members[name] = Entry(key.line, value)
                else:
                    self._warn_of_null_key(key, what)
        for source in sources:
            merged = self._flatten(source, what, depth + 1)
            self._visit(node.line, len(merged))
            for name, entry in merged.items():
                members.setdefault(name, entry)
        self._members[node] = members
        return members

    def _merge_sources(self, node: Node, what: str) -> list[Mapping]:
        candidates: Iterable[Node] = node.items if isinstance(node, Sequence) else (node,)
        sources = []
        for candidate in candidates:
            if isinstance(candidate, Mapping):
                sources.append(candidate)
            else:
                problem = f'{what}: "<<" takes a mapping or a list of mappings, not {_kind(candidate)}.'
                self.fault(candidate.line, problem, "", "Merge an alias of a mapping.")
        return sources

    def _warn_of_null_key(self, key: Text, what: str) -> None:
        shown = quoted(key.text) if key.text else "an empty key"
        problem = f"{what}: {shown} means nothing in YAML, so it is dropped with its value."
        self.warn(key.line, problem, "", "Put the key in quotes if it is meant as a name.")

    def _scalar(self, node: Text, what: str) -> str | None:
        try:
            return text_of(node)
        except ValueError as error:
            self.fault(node.line, f"{what} {error}.", "", "Remove the tag, or correct the value.")
            return ""

    def _expect(self, node: Node, wanted: str, what: str) -> None:
        """Note that `node` is not what is wanted, unless it is null."""
        if is_null(node):
            return
        kind = "a text" if isinstance(node, Text) else _kind(node)
        cause, remedy = _MISMATCH.get((wanted, kind), ("", f"Write {wanted}."))
        self.fault(node.line, f"{what} is {_kind(node)}, not {wanted}.", cause, remedy)

    def _visit(self, line: int, values: int) -> None:
        self._room -= values
        if self._room < 0:
            raise self._too_much(line, f"aliases repeat more than {MAX_REPEATED} values.")

    def _too_much(self, line: int, problem: str) -> BuildError:
        return BuildError(self._notice(line, problem, "", "Write the file with fewer aliases."))

    def _notice(self, line: int, problem: str, cause: str, remedy: str) -> Notice:
        return Notice(problem=problem, cause=cause, remedy=remedy, file=self.path, line=line)

    def _ordered(self, notices: Iterable[Notice]) -> tuple[Notice, ...]:
        ordered = sorted(notices, key=lambda notice: notice.line)
        rest = len(ordered) - MAX_NOTICES
        more = [self._notice(0, f"{rest} more like these are not shown.", "", "")] if rest > 0 else []
        return (*ordered[:MAX_NOTICES], *more)


@dataclass(frozen=True, slots=True)
class Struct:
    """The members of one mapping whose keys have a meaning; what is missing reads as null."""

    reading: Reading
    what: str
    members: dict[str, Entry]
    line: int

    def node(self, key: str) -> Node:
        """Give the value of `key`."""
        return self.members[key].node if key in self.members else Text(self.line, "", "", True)

    def label(self, key: str) -> str:
        """Name `key` in a message."""
        return f"{self.what}: {quoted(key)}" if self.what else quoted(key)

    def struct(self, key: str) -> "Struct":
        """Read a mapping whose keys have a meaning."""
        members = self.reading.members(self.node(key), self.label(key))
        line = self.members[key].line if key in self.members else self.line
        return Struct(self.reading, self.label(key), members, line)

    def text(self, key: str) -> str:
        """Read a text; empty for null."""
        return self.reading.text(self.node(key), self.label(key)) if key in self.members else ""

    def flag(self, key: str) -> bool:
        """Read true or false; false for null."""
        return self.reading.flag(self.node(key), self.label(key)) if key in self.members else False

    def items(self, key: str) -> list[Node]:
        """Read a list; what is null in it is dropped."""
        return self.reading.items(self.node(key), self.label(key)) if key in self.members else []

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        return self.reading.texts(self.node(key), self.label(key)) if key in self.members else ()

    def text_map(self, key: str) -> dict[str, str]:
        """Read a mapping of names to texts, sorted by name."""
        return self.reading.text_map(self.node(key), self.label(key)) if key in self.members else {}


def is_null(node: Node) -> bool:
    """Tell whether a node stands for nothing at all."""
    return isinstance(node, Text) and node.is_null


def _is_merge(key: Text) -> bool:
    return key.text == "<<" and (key.tag == "!!merge" or (key.plain and not key.tag))


def _kind(node: Node) -> str:
    if isinstance(node, Text):
        return "nothing" if node.is_null else f"the text {quoted(node.text)}"
    return "a list" if isinstance(node, Sequence) else "a mapping"
