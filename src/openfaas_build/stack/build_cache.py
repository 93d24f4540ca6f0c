"""Read `build_cache`. The key is our own, not faas-cli's, so we are strict about what it may hold."""

from openfaas_build.stack.stack_file import CACHE_WORDS, BuildCache
from openfaas_build.stack.typed_values import Value
from openfaas_build.untrusted import nearest, quoted

_WORDS = f"{', '.join(CACHE_WORDS[:-1])} or {CACHE_WORDS[-1]}"
_LISTS = ("from", "to")
_OFF_WORDS = frozenset({"false", "no", "n", "none", "never", "disabled"})


def read_build_cache(value: Value) -> BuildCache | None:
    """Read a word, or the lists `from` and `to`; None for null and for a value with a fault.

    `max` -> BuildCache(mode="max"), `{from: [a], to: b}` -> BuildCache(imports=("a",), exports=("b",))
    """
    match value.kind:
        case "a text":
            return _read_word(value)
        case "a mapping":
            return _read_lists(value)
        case "a list":
            value.fault("is a list without a name.", "", 'Put the list under "from:" or "to:".')
    return None


def _read_word(value: Value) -> BuildCache | None:
    word = value.text()
    for known in CACHE_WORDS:
        if word == known:
            return BuildCache(mode=known)
    cause, remedy = "", "Write one of these words."
    if word.lower() in _OFF_WORDS:
        remedy = 'Write "off".'
    elif near := nearest(word.lower(), CACHE_WORDS, cutoff=0.75):
        cause, remedy = "a typing error.", f"Write {quoted(near)}."
    elif "=" in word or "/" in word:
        cause, remedy = "a reference or the parameters of a cache.", 'Put it under "from:" or "to:".'
    value.fault(f"is {quoted(word)}, not one of {_WORDS}.", cause, remedy)
    return None


def _read_lists(value: Value) -> BuildCache:
    lists = {key: value.get(key) for key in _LISTS}
    unknown = [key for key in value.members if key not in _LISTS]
    for key in unknown:
        near = nearest(key.lower(), _LISTS, cutoff=0.75)
        remedy = f"Write {quoted(near)}." if near else f'Use "from" and "to", or one of {_WORDS} instead.'
        value.fault(f"has the key {quoted(key)}, which means nothing there.", "", remedy)
    cache = BuildCache(imports=_read_list(lists["from"]), exports=_read_list(lists["to"]))
    readable = all(each.kind in ("a list", "nothing") for each in lists.values())
    if cache == BuildCache() and readable and not unknown:
        remedy = f'Write a reference under "from:" or "to:", or one of {_WORDS} instead.'
        value.fault("names no cache.", "", remedy)
    return cache


def _read_list(value: Value) -> tuple[str, ...]:
    """Read a list of texts; a text alone is a list of one."""
    items = [value] if value.kind == "a text" else value.items()
    for item in items:
        if item.kind == "a text" and not item.text():
            item.fault("is empty.", "", "Write a reference or the parameters of a cache.")
    return tuple(item.text() for item in items)
