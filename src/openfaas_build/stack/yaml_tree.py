"""Read YAML into a tree that keeps the source text: the dialect of yaml.v3, which faas-cli uses.

PyYAML's constructors turn `on` into true, `010` into 8 and `1.10` into 1.1,
and its composer recurses, in C, as deep as a file is nested. So we take the
events of libyaml, which yaml.v3 is a port of, and build the tree ourselves,
with bounds on size, depth and number. PyYAML's own parser is no substitute: it
refuses a tab behind a value, which stack files have.

The price: PyYAML must have been installed as a wheel, or with libyaml.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from openfaas_build.errors import MachineError, Notice
from openfaas_build.stack.substitution import Substitution
from openfaas_build.stack.syntax import LINE_BREAK, character_fault, fault, syntax_fault
from openfaas_build.stack.wording import quoted

MAX_BYTES = 2 * 2**20
MAX_DEPTH = 64
MAX_NODES = 100_000

_CORE = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A scalar as written, after unquoting; `tag` is empty, `!!int` or the like."""

    line: int
    text: str
    tag: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Tell whether this stands for nothing at all."""
        return self.text in _NULLS and (self.tag == "!!null" or (self.plain and not self.tag))


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    line: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A mapping as written: repeated and merge keys are still there."""

    line: int
    pairs: tuple[tuple["Node", "Node"], ...]


Node: TypeAlias = Text | Sequence | Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The first document of a file.

    `root` is None for a file without any. `nodes` counts the nodes as written,
    an alias not at all; `aliased` are the nodes that an alias names; `rest` is
    the line from which on nothing was read, or 0.
    """

    root: Node | None
    nodes: int = 0
    aliased: frozenset[Node] = frozenset()
    rest: int = 0

    def is_named(self, node: Node) -> bool:
        """Tell whether an alias names `node` or something inside it."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node in self.aliased:
                return True
            if isinstance(node, Sequence):
                waiting += node.items
            elif isinstance(node, Mapping):
                waiting += (part for pair in node.pairs for part in pair)
        return False


def decode(data: bytes, path: str) -> str:
    """Give the text of a file that must be UTF-8; a byte order mark is dropped.

    Raises BuildError with the line of the first byte that is wrong.
    """
    if len(data) > MAX_BYTES:
        raise fault(path, 0, f"the file has {len(data)} bytes; at most {MAX_BYTES} are read.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise fault(path, 1, "the file is UTF-16.", "", "Save it as UTF-8.") from None
        line = len(re.findall(rb"\r\n?|\n", data[: error.start])) + 1
        problem = f"the byte 0x{data[error.start]:02x} is not UTF-8."
        raise fault(path, line, problem, "the file was saved as Latin-1.", "Save it as UTF-8.") from None


def compose(source: Substitution, path: str) -> Document:
    """Build the tree of the first document; what follows it is not even parsed.

    Lines are those of the source. Raises BuildError for what is not YAML, for
    control characters, and beyond the limits on depth and number.
    """
    if len(source.text) > MAX_BYTES:
        raise fault(path, 0, f"the file has more than {MAX_BYTES} characters after substitution.")
    if found := _FORBIDDEN.search(source.text):
        line = source.source_line(len(LINE_BREAK.findall(source.text[: found.start()])) + 1)
        raise character_fault(found[0], source, path, line)
    composer = _Composer(source, path)
    try:
        return composer.document()
    except yaml.MarkedYAMLError as error:
        raise syntax_fault(error, source, path) from None


class _Composer:
    """Turn events into nodes without recursion."""

    def __init__(self, source: Substitution, path: str) -> None:
        self._source = source
        self._path = path
        self._events = _events(source.text)
        self._nodes = 0
        self._anchors: dict[str, Node | None] = {}
        self._aliased: set[Node] = set()

    def document(self) -> Document:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                root = self._root()
                rest = self._rest(root)
                return Document(root=root, nodes=self._nodes, aliased=frozenset(self._aliased), rest=rest)
        return Document(root=None)

    def _root(self) -> Node:
        top: list[Node] = []
        open_nodes: list[tuple[yaml.NodeEvent, list[Node]]] = []
        children = top
        for event in self._events:
            match event:
                case yaml.ScalarEvent():
                    node = Text(self._line(event), event.value, _short_tag(event.tag), not event.style)
                    self._add(event, node, children)
                case yaml.AliasEvent():
                    children.append(self._target(event))
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    if len(open_nodes) == MAX_DEPTH:
                        raise fault(self._path, self._line(event), f"nested more than {MAX_DEPTH} deep.")
                    if event.anchor:
                        self._anchors[event.anchor] = None
                    open_nodes.append((event, children := []))
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    start, items = open_nodes.pop()
                    children = open_nodes[-1][1] if open_nodes else top
                    line = self._line(start)
                    if isinstance(event, yaml.SequenceEndEvent):
                        self._add(start, Sequence(line, tuple(items)), children)
                    else:
                        pairs = tuple(zip(items[::2], items[1::2], strict=True))
                        self._add(start, Mapping(line, pairs), children)
            if not open_nodes:
                break
        return top[0]

    def _add(self, event: yaml.NodeEvent, node: Node, children: list[Node]) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise fault(self._path, node.line, f"the file holds more than {MAX_NODES} values.")
        if event.anchor:
            self._anchors[event.anchor] = node
        children.append(node)

    def _target(self, event: yaml.AliasEvent) -> Node:
        name = event.anchor or ""
        node = self._anchors.get(name)
        if node is not None:
            self._aliased.add(node)
            return node
        alias = quoted(f"*{name}")
        if name in self._anchors:
            problem = f"the alias {alias} stands inside the value that it names."
            raise fault(self._path, self._line(event), problem, "", "Write out what is meant.")
        problem = f"the alias {alias} has no anchor before it."
        remedy = f"Write {quoted(f'&{name}')} at the value that is meant, or quotes around a text."
        raise fault(self._path, self._line(event), problem, "", remedy)

    def _rest(self, root: Node) -> int:
        """Find where something begins that the first document does not hold."""
        starts = (self._line(event) for event in self._events if isinstance(event, yaml.DocumentStartEvent))
        try:
            return next(starts, 0)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            if mark is None or "document start" not in (error.problem or "") or not isinstance(root, Mapping):
                raise
            return self._source.source_line(mark.line + 1)

    def _line(self, event: yaml.Event) -> int:
        mark = event.start_mark
        return self._source.source_line(mark.line + 1) if mark else 0


def _events(text: str) -> Iterator[yaml.Event]:
    if not yaml.__with_libyaml__:
        problem = "PyYAML was installed without libyaml."
        cause = "it was built from source on this machine."
        remedy = "Install its wheel: pip install --force-reinstall --only-binary :all: PyYAML"
        raise MachineError(Notice(problem=problem, cause=cause, remedy=remedy))
    parser = yaml.CLoader(text)
    try:
        while (event := parser.get_event()) is not None:
            yield event
    finally:
        parser.dispose()


def _short_tag(tag: str | None) -> str:
    if not tag or tag == "!":
        return ""
    return f"!!{tag[len(_CORE) :]}" if tag.startswith(_CORE) else tag
