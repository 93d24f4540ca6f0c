"""Read YAML into a tree that keeps the source text: the dialect of yaml.v3, which faas-cli uses.

    A: 1.10   ->   MappingNode(1, ((ScalarNode(1, "A"), ScalarNode(1, "1.10")),))

PyYAML's constructors turn `on` into true, `010` into 8 and `1.10` into 1.1,
and its composer has no limit on depth. So we take the events of libyaml, which
yaml.v3 is a port of, and build the tree ourselves, with limits on size, depth
and number. PyYAML's own parser is no substitute: it refuses a tab behind a
value, which stack files have.

The price: PyYAML must have been installed as a wheel, or with libyaml.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import yaml

from openfaas_build.errors import MachineError
from openfaas_build.stack.substitution import LINE_BREAK, Substitution
from openfaas_build.stack.yaml_faults import character_fault, fault, syntax_fault
from openfaas_build.untrusted import quoted

MAX_BYTES = 2 * 2**20
MAX_DEPTH = 64
MAX_NODES = 100_000

# What a node is, in the words of messages.
Kind: TypeAlias = Literal["nothing", "a text", "a list", "a mapping"]

_CORE = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode:
    """A scalar as written, after unquoting; `tag` is empty, `!!int` or the like."""

    line: int
    text: str
    tag: str = ""
    plain: bool = True

    @property
    def kind(self) -> Kind:
        """What this is: nothing for `~`, `null` or an empty value without quotes."""
        null = self.text in _NULLS and (self.tag == "!!null" or (self.plain and not self.tag))
        return "nothing" if null else "a text"


@dataclass(frozen=True, slots=True, eq=False)
class ListNode:
    """A list."""

    line: int
    items: tuple["Node", ...]
    kind: ClassVar[Kind] = "a list"


@dataclass(frozen=True, slots=True, eq=False)
class MappingNode:
    """A mapping as written: repeated and merge keys are still there."""

    line: int
    pairs: tuple[tuple["Node", "Node"], ...]
    kind: ClassVar[Kind] = "a mapping"


Node: TypeAlias = ScalarNode | ListNode | MappingNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The first document of a file; null if there is none.

    `aliased` are the nodes that an alias stands for; `rest` is
    the line from which on nothing was read, or 0.
    """

    root: Node
    aliased: frozenset[Node] = frozenset()
    rest: int = 0

    def is_aliased(self, node: Node) -> bool:
        """Tell whether an alias stands for `node` or for something inside it."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node in self.aliased:
                return True
            if isinstance(node, ListNode):
                waiting += node.items
            elif isinstance(node, MappingNode):
                waiting += (part for pair in node.pairs for part in pair)
        return False


def decode(data: bytes, path: str) -> str:
    """Decode a file that must be UTF-8; a byte order mark is dropped.

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
    """Build the tree of the first document; what follows it is not parsed.

    Lines are those of the source. Raises BuildError for what is not YAML, for
    control characters, and beyond the limits on depth and number.
    """
    if len(source.text) > MAX_BYTES:
        raise fault(path, 0, f"the file has more than {MAX_BYTES} characters after substitution.")
    if found := _FORBIDDEN.search(source.text):
        line = source.source_line(len(LINE_BREAK.findall(source.text[: found.start()])) + 1)
        raise character_fault(found[0], source, path, line)
    try:
        return _Composer(source, path).document()
    except yaml.MarkedYAMLError as error:
        raise syntax_fault(error, source, path) from None


class _Composer:
    """Turn the events of libyaml into nodes."""

    def __init__(self, source: Substitution, path: str) -> None:
        self._source = source
        self._path = path
        self._events = _events(source.text)
        self._nodes = 0
        self._sizes: dict[Node, int] = {}
        self._anchors: dict[str, Node | None] = {}
        self._aliased: set[Node] = set()

    def document(self) -> Document:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                root = self._node(next(self._events), 0)
                rest = self._rest(root)
                return Document(root=root, aliased=frozenset(self._aliased), rest=rest)
        return Document(root=ScalarNode(0, ""))

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = self._line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._target(event.anchor or "", line)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        before = self._nodes
        if isinstance(event, yaml.ScalarEvent):
            node: Node = ScalarNode(line, event.value, _short_tag(event.tag), not event.style)
        else:
            if depth == MAX_DEPTH:
                raise fault(self._path, line, f"nested more than {MAX_DEPTH} deep.")
            if event.anchor:
                self._anchors[event.anchor] = None
            items = tuple(self._items(depth + 1))
            if isinstance(event, yaml.SequenceStartEvent):
                node = ListNode(line, items)
            else:
                node = MappingNode(line, tuple(zip(items[::2], items[1::2], strict=True)))
        self._count(1, line)
        if event.anchor:
            self._anchors[event.anchor] = node
            self._sizes[node] = self._nodes - before
        return node

    def _items(self, depth: int) -> Iterator[Node]:
        """Read the nodes of a list or mapping, which are keys and values by turns, up to its end."""
        for event in self._events:
            if isinstance(event, yaml.CollectionEndEvent):
                return
            yield self._node(event, depth)

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            problem = f"the file holds more than {MAX_NODES} values, those of aliases counted each time."
            raise fault(self._path, line, problem)

    def _target(self, name: str, line: int) -> Node:
        """Find the node that the alias `*name` stands for."""
        if node := self._anchors.get(name):
            self._aliased.add(node)
            self._count(self._sizes[node], line)
            return node
        alias = quoted(f"*{name}")
        if name in self._anchors:
            problem = f"the alias {alias} stands inside the value that it names."
            raise fault(self._path, line, problem, "", "Write out what is meant.")
        remedy = f"Write {quoted(f'&{name}')} at the value that is meant, or quotes around a text."
        raise fault(self._path, line, f"the alias {alias} has no anchor before it.", "", remedy)

    def _rest(self, root: Node) -> int:
        """Find the line on which something begins that the first document does not hold, or 0."""
        starts = (self._line(event) for event in self._events if isinstance(event, yaml.DocumentStartEvent))
        try:
            return next(starts, 0)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            if not mark or "document start" not in (error.problem or "") or not isinstance(root, MappingNode):
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
        raise MachineError.of(problem=problem, cause=cause, remedy=remedy)
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
