"""Read typed values from the tree, as the structures of faas-cli take them.

A Value is a node of the tree together with its name in messages. Where a node
has the wrong type, its methods note the fault and return an empty value, so
that reading goes on and all faults of a file are told at once:

    platforms: [linux/amd64]   ->   text() returns "" and notes the fault
                                    '"platforms" is a list, not a text.'

Merge keys (`<<`) are resolved here and not in the tree, because only what is
read is checked: a key that OpenFaaS does not know may hold anything.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from openfaas_build.errors import Notice
from openfaas_build.stack.scalars import flag_of, text_of
from openfaas_build.stack.yaml_faults import fault
from openfaas_build.stack.yaml_tree import MAX_DEPTH, Document, Kind, ListNode, MappingNode, Node, ScalarNode
from openfaas_build.untrusted import quoted

MAX_NOTICES = 50

_T = TypeVar("_T")

_BELOW = 'Write each value on a line of its own below it, after "- ".'
# By what is wanted and what is there: the likely cause and the remedy.
_MISMATCH = {
    ("a text", "a list"): ("", "Write one text; where it may name several things, put commas between them."),
    ("a text", "a mapping"): (
        'a value that begins with "{", or lines below it that are indented too far.',
        "Put the value in quotes, or correct the indentation.",
    ),
    ("a list", "a text"): ("", _BELOW),
    ("a list", "a mapping"): ("", _BELOW),
    ("a mapping", "a text"): ("a wrong indentation.", 'Write "NAME: VALUE" lines below it, indented.'),
    ("a mapping", "a list"): ('a "-" before each name.', 'Write "NAME: VALUE" lines below it, without "-".'),
}


class Reading:
    """The reading of one document: its faults and warnings so far, each noted once."""

    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self.document = document
        self._faults: dict[Notice, None] = {}
        self._warnings: dict[Notice, None] = {}

    @property
    def top(self) -> "Value":
        """The whole document."""
        return Value(self, "", self.document.root, 0)

    @property
    def faults(self) -> tuple[Notice, ...]:
        """The faults so far, by line."""
        return self._ordered(self._faults)

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """The warnings so far, by line."""
        return self._ordered(self._warnings)

    def fault(self, line: int, problem: str, cause: str = "", remedy: str = "") -> None:
        """Note what makes the file unusable."""
        self._faults[Notice(problem=problem, cause=cause, remedy=remedy, file=self.path, line=line)] = None

    def warn(self, line: int, problem: str, cause: str = "", remedy: str = "") -> None:
        """Note what the user should know."""
        self._warnings[Notice(problem=problem, cause=cause, remedy=remedy, file=self.path, line=line)] = None

    def _ordered(self, notices: Iterable[Notice]) -> tuple[Notice, ...]:
        ordered = sorted(notices, key=lambda notice: notice.line)
        if rest := ordered[MAX_NOTICES:]:
            problem = f"{len(rest)} more like these are not shown."
            ordered[MAX_NOTICES:] = [Notice(problem=problem, file=self.path)]
        return tuple(ordered)


@dataclass(frozen=True)
class Value:
    """One value of a file.

    `label` names it in messages and is empty for the whole file; `line` is the
    line of its key, or the line of the mapping when the key is missing.
    """

    reading: Reading
    label: str
    node: Node
    line: int

    @property
    def kind(self) -> Kind:
        """What the value is; one that is missing is nothing."""
        return self.node.kind

    def fault(self, problem: str, cause: str = "", remedy: str = "") -> None:
        """Note a fault on the line of the key; `problem` goes on after the name of the value."""
        self.reading.fault(self.line, f"{self._what} {problem}", cause, remedy)

    @cached_property
    def members(self) -> dict[str, "Value"]:
        """The values of a mapping, merge keys resolved; none for null."""
        if isinstance(self.node, MappingNode):
            return self._merge(self.node, 0)
        self._expect("a mapping")
        return {}

    def get(self, key: str) -> "Value":
        """Return the value of `key` in this mapping."""
        return self.members.get(key) or self._member(key, ScalarNode(self.line, ""), self.line)

    def text(self) -> str:
        """Read a text; empty for null."""
        return self._scalar(text_of, "a text", "Remove the tag, or correct the value.") or ""

    def flag(self) -> bool:
        """Read true or false; false for null."""
        return self._scalar(flag_of, "true or false", "Write true or false, without quotes.") or False

    def items(self) -> list["Value"]:
        """Read a list; nulls in it are dropped."""
        if not isinstance(self.node, ListNode):
            self._expect("a list")
            return []
        label = f"an item of {self._what}"
        return [
            Value(self.reading, label, node, node.line) for node in self.node.items if node.kind != "nothing"
        ]

    def texts(self) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(item.text() for item in self.items())

    def text_map(self) -> dict[str, str]:
        """Read a mapping of names to texts, sorted by name."""
        return {name: value.text() for name, value in sorted(self.members.items())}

    @property
    def _what(self) -> str:
        return self.label or "the file"

    def _member(self, key: str, node: Node, line: int) -> "Value":
        label = f"{self.label}: {quoted(key)}" if self.label else quoted(key)
        return Value(self.reading, label, node, line)

    def _merge(self, node: MappingNode, depth: int) -> dict[str, "Value"]:
        """Read the members of `node` and, where they are not among them, those of what it merges."""
        if depth > MAX_DEPTH:
            problem = f"merge keys are nested more than {MAX_DEPTH} deep."
            raise fault(self.reading.path, node.line, problem, "", "Write the file with fewer aliases.")
        members, sources = self._pairs(node)
        for source in sources:
            if isinstance(source, MappingNode):
                more = self._merge(source, depth + 1)
                members |= {key: value for key, value in more.items() if key not in members}
            else:
                kind = described(source)
                problem = f'{self._what}: "<<" takes a mapping or a list of mappings, not {kind}.'
                self.reading.fault(source.line, problem, "", "Merge an alias of a mapping.")
        return members

    def _pairs(self, node: MappingNode) -> tuple[dict[str, "Value"], tuple[Node, ...]]:
        """Read the members of `node` itself, and list the nodes behind its `<<`."""
        members: dict[str, Value] = {}
        sources: tuple[Node, ...] = ()
        first_lines: dict[str, int] = {}
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode):
                problem = f"{self._what} has {key.kind} as a key."
                cause = 'a name that begins with "[" or "{".'
                self.reading.fault(key.line, problem, cause, "Put the name in quotes.")
            elif key.text in first_lines:
                first = first_lines[key.text]
                problem = f"{self._what} has the key {quoted(key.text)} twice, first on line {first}."
                self.reading.fault(key.line, problem, "", "Keep one of the two.")
            else:
                first_lines[key.text] = key.line
                if key.text == "<<" and (key.tag == "!!merge" or (key.plain and not key.tag)):
                    sources = value.items if isinstance(value, ListNode) else (value,)
                elif key.kind == "nothing":
                    shown = quoted(key.text) if key.text else "an empty key"
                    problem = f"{self._what}: {shown} means nothing in YAML, so it is dropped with its value."
                    self.reading.warn(
                        key.line, problem, "", "Put the key in quotes if it is meant as a name."
                    )
                else:
                    name = Value(self.reading, f"a key of {self._what}", key, key.line).text()
                    members[name] = self._member(name, value, key.line)
        return members, sources

    def _scalar(self, read: Callable[[ScalarNode], _T], wanted: str, remedy: str) -> _T | None:
        if not isinstance(self.node, ScalarNode):
            self._expect(wanted)
            return None
        try:
            return read(self.node)
        except ValueError as error:
            self.reading.fault(self.node.line, f"{self._what} {error}.", "", remedy)
            return None

    def _expect(self, wanted: str) -> None:
        """Note that the value is not what is wanted, unless it is null."""
        if self.kind != "nothing":
            cause, remedy = _MISMATCH.get((wanted, self.kind), ("", f"Write {wanted}."))
            problem = f"{self._what} is {described(self.node)}, not {wanted}."
            self.reading.fault(self.node.line, problem, cause, remedy)


def described(node: Node) -> str:
    """Name what is there in a message: `nothing`, `the text "x"`, `a list` or `a mapping`."""
    if isinstance(node, ScalarNode) and node.kind == "a text":
        return f"the text {quoted(node.text)}"
    return node.kind
