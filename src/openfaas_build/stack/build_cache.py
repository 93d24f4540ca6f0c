"""Read `build_cache`: our own part of the stack file, and so strict about what it holds."""

from openfaas_build.stack.stack_file import BuildCache
from openfaas_build.stack.typed_values import Struct, is_null
from openfaas_build.stack.wording import nearest, quoted
from openfaas_build.stack.yaml_tree import Mapping, Sequence, Text

MODES = ("inline", "max", "registry", "gha", "local", "off")

_WORDS = "inline, max, registry, gha, local or off"
_LISTS = ("from", "to")
_OFF_WORDS = frozenset({"false", "no", "n", "none", "never", "disabled"})


def read_build_cache(function: Struct) -> BuildCache | None:
    """Read a word, or the lists `from` and `to`; None for null and for what is faulty."""
    match function.node("build_cache"):
        case Mapping() as node:
            return _read_lists(function, node)
        case Sequence() as node:
            problem = f"{function.label('build_cache')} is a list without a name."
            function.reading.fault(node.line, problem, "", 'Put the list under "from:" or "to:".')
            return None
        case Text() as node:
            return None if node.is_null else _read_word(function, node)


def _read_word(function: Struct, node: Text) -> BuildCache | None:
    word = function.text("build_cache")
    if word in MODES:
        return BuildCache(mode=word)
    cause, remedy = "", "Write one of these words."
    if word.lower() in _OFF_WORDS:
        remedy = 'Write "off".'
    elif near := nearest(word, MODES):
        cause, remedy = "a typing error.", f"Write {quoted(near)}."
    elif "=" in word or "/" in word:
        cause, remedy = "a reference or the parameters of a cache.", 'Put it under "from:" or "to:".'
    problem = f"{function.label('build_cache')} is {quoted(word)}, not one of {_WORDS}."
    function.reading.fault(node.line, problem, cause, remedy)
    return None


def _read_lists(function: Struct, node: Mapping) -> BuildCache:
    lists = function.struct("build_cache")
    for key in sorted(lists.members.keys() - set(_LISTS)):
        near = nearest(key, _LISTS)
        remedy = f"Write {quoted(near)}." if near else f'Use "from" and "to", or one of {_WORDS} instead.'
        problem = f"{lists.what} has the key {quoted(key)}, which means nothing there."
        function.reading.fault(lists.members[key].line, problem, "", remedy)
    cache = BuildCache(imports=_read_list(lists, "from"), exports=_read_list(lists, "to"))
    readable = all(is_null(lists.node(key)) or isinstance(lists.node(key), Sequence) for key in _LISTS)
    if cache == BuildCache() and readable and lists.members.keys() <= set(_LISTS):
        remedy = f'Write a reference under "from:" or "to:", or one of {_WORDS} instead.'
        function.reading.fault(node.line, f"{lists.what} names no cache.", "", remedy)
    return cache


def _read_list(lists: Struct, key: str) -> tuple[str, ...]:
    node = lists.node(key)
    items = [node] if isinstance(node, Text) and not node.is_null else lists.items(key)
    texts = []
    for item in items:
        text = lists.reading.text(item, f"an item of {lists.label(key)}")
        if not text and isinstance(item, Text):
            problem = f"an item of {lists.label(key)} is empty."
            lists.reading.fault(item.line, problem, "", "Write a reference or the parameters of a cache.")
        texts.append(text)
    return tuple(texts)
