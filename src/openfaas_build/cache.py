"""Turn `build_cache` and the cache inputs into cache imports and exports.

The table of proposal 940 (faas-cli issue 940, its second comment), and what
we add to it: short forms become whole buildx values, values with `type=` pass
unchanged, placeholders are filled in. A value is parsed here, once; whoever
needs a part of it reads that from its CacheEntry. Pure.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from openfaas_build import references
from openfaas_build.errors import BuildError
from openfaas_build.stack import CacheWord
from openfaas_build.untrusted import quoted

BACKENDS = ("inline", "registry", "local", "gha", "s3", "azblob")
CacheMode = Literal["off", "inline", "max", "gha", "local", "custom"]

PLACEHOLDERS = ("image", "repository", "function", "platform", "branch", "base_branch")
LOCAL_FOLDER = ".buildcache/{function}"
# What tells one place of a back-end from another, beyond the type; others are told by their bucket.
_BUCKET_KEYS = ("bucket", "container", "account_url", "prefix", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """One value of `--cache-from` or `--cache-to`: the text for buildx, and what it says.

    `kind` is the back-end, mostly one of BACKENDS. `attributes` are all
    KEY=VALUE fields, keys in lower case, `type` among them. `place` is what
    the value reads or writes: equal places hold the same cache.
    """

    text: str
    attributes: Mapping[str, str] = field(compare=False)

    @property
    def kind(self) -> str:
        """The back-end, such as `registry`, `gha` or `local`."""
        return self.attributes.get("type", "")

    @property
    def place(self) -> tuple[str, ...]:
        """The back-end and what it needs to find the cache.

        A folder is the same place as `src` and as `dest`; gha's default scope
        is BuildKit's (`buildkit`); a reference counts in its full spelling.
        """
        found = self.attributes
        match self.kind:
            case "registry":
                return ("registry", references.canonical(found.get("ref", "")))
            case "gha":
                return ("gha", found.get("scope") or "buildkit")
            case "local":
                folder = found.get("dest") or found.get("src") or ""
                return ("local", folder.rstrip("/"), found.get("tag", "latest"))
            case kind:
                return (kind, *(found.get(key, "") for key in _BUCKET_KEYS))

    def with_attribute(self, key: str, value: str) -> "CacheEntry":
        """Add an attribute, unless the value has one of that name."""
        return self if key in self.attributes else parse_entry(f"{self.text},{_csv([f'{key}={value}'])}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSpec:
    """The cache of one function.

    `mode` is the word that was asked for (`custom` for lists of values, `off`
    for none), `inline` asks for BUILDKIT_INLINE_CACHE=1. `withheld` says why
    an export that was asked for is left out.
    """

    mode: CacheMode = "off"
    imports: tuple[CacheEntry, ...] = ()
    exports: tuple[CacheEntry, ...] = ()
    inline: bool = False
    withheld: str = ""


def parse_entry(text: str) -> CacheEntry:
    """Read one cache value as buildx does: one CSV record of KEY=VALUE fields, or a plain reference.

    >>> parse_entry('type=registry,"ref=a,b"').attributes
    {'type': 'registry', 'ref': 'a,b'}
    >>> parse_entry("ghcr.io/acme/fn:cache").attributes
    {'type': 'registry', 'ref': 'ghcr.io/acme/fn:cache'}

    Raises BuildError for a text that is no CSV record.

    Source: buildx 0.29, util/buildflags/cache.go.
    """
    if "=" not in text:
        return CacheEntry(text=text, attributes={"type": "registry", "ref": text})
    pairs = (part.partition("=") for part in _fields(text))
    return CacheEntry(text=text, attributes={key.lower(): value for key, _, value in pairs})


def parse_entries(texts: Iterable[str]) -> tuple[CacheEntry, ...]:
    """Read cache values, each once; plain references that are joined by commas are several, as for buildx."""
    values = [each for text in texts for each in ([text] if "=" in text else _fields(text))]
    return tuple(parse_entry(value) for value in dict.fromkeys(values))


def cache_for_word(
    word: CacheWord | Literal["stack"], cache_ref: str, names: Mapping[str, str], stable: str
) -> CacheSpec:
    """Return the cache that one word stands for; `names` fills the placeholders.

    `stable` is the image's reference before the tag mode: when the tag changes
    with each commit, only what carries that one can have an inline cache.
    """
    match word:
        case "off" | "stack":
            return CacheSpec()
        case "inline":
            return CacheSpec(mode="inline", imports=parse_entries((names["image"], stable)), inline=True)
        case "max" | "registry":
            own = _csv(["type=registry", f"ref={fill(cache_ref, names)}"])
            imports = [own]
            if "{branch}" in cache_ref and names["base_branch"]:
                # A new branch has no cache yet; the one that it started from does.
                base = fill(cache_ref, {**names, "branch": names["base_branch"]})
                imports.append(_csv(["type=registry", f"ref={base}"]))
            exports = parse_entries([f"{own},mode=max"])
            return CacheSpec(mode="max", imports=parse_entries(imports), exports=exports, inline=True)
        case "gha":
            own = f"type=gha,scope={names['function']}"
            exports = parse_entries([f"{own},mode=max"])
            return CacheSpec(mode="gha", imports=parse_entries([own]), exports=exports)
        case "local":
            folder = fill(LOCAL_FOLDER, names)
            exports = parse_entries([f"type=local,dest={folder},mode=max"])
            return CacheSpec(
                mode="local", imports=parse_entries([f"type=local,src={folder}"]), exports=exports
            )


def cache_for_lists(imports: Iterable[str], exports: Iterable[str], names: Mapping[str, str]) -> CacheSpec:
    """Return the cache of `{from, to}`.

    A value with `type=` passes unchanged; one with other parameters gets
    `type=registry,` in front, an export without `mode` also `mode=max`. A
    plain reference stays plain when nothing is exported (inline cache), else
    it is a registry cache too.
    """
    to = [fill(value, names) for value in exports]
    found = [_whole(value, plain=not to) for value in parse_entries(fill(value, names) for value in imports)]
    written = [_whole(value, export=True) for value in parse_entries(to)]
    return CacheSpec(mode="custom", imports=tuple(found), exports=tuple(written), inline=True)


def fill(value: str, names: Mapping[str, str]) -> str:
    """Fill the placeholders of a cache value.

    >>> fill("{repository}:{branch}", {"repository": "ghcr.io/acme/fn", "branch": "main"})
    'ghcr.io/acme/fn:main'

    Raises BuildError for a placeholder that does not exist, or that has no
    value here (`{base_branch}` outside a pull request).
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name not in PLACEHOLDERS:
            raise BuildError.of(
                problem=f'cache value "{value}" has an unknown placeholder "{{{name}}}".',
                remedy=f"Use one of {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}.",
            )
        if not names.get(name):
            raise BuildError.of(
                problem=f'cache value "{value}": "{{{name}}}" has no value in this run.',
                cause="{base_branch} is known on pull requests alone, {branch} in a git checkout.",
                remedy="Write the branch's name itself, or leave this value out here.",
            )
        return names[name]

    return re.sub(r"\{(\w+)\}", replace, value)


def scope_word(function: str) -> str:
    """Make a name fit for a cache value; one that had to change gets a digest, so that none clash."""
    word = re.sub(r"[^A-Za-z0-9._-]", "-", function)
    if word == function:
        return word
    return f"{word}-{hashlib.sha256(function.encode()).hexdigest()[:8]}"


def _whole(entry: CacheEntry, *, plain: bool = False, export: bool = False) -> CacheEntry:
    """Complete what the proposal's short forms leave out; `plain` keeps a plain reference as it is."""
    value = entry.text
    if "=" not in value:
        if plain:
            return entry
        value = _csv([f"ref={value}"])
    elif "type" in entry.attributes:
        return entry
    whole = parse_entry(f"type=registry,{value}")
    return whole.with_attribute("mode", "max") if export else whole


def _fields(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise BuildError.of(
            problem=f"cache value {quoted(text)} is no list of fields: {error}.",
            cause="a quotation mark that is not closed, or text behind a closing one.",
            remedy='Put quotation marks around a whole field: type=registry,"ref=a,b".',
        ) from None


def _csv(fields: list[str]) -> str:
    """Join fields with commas, in quotes where one holds a comma or a quotation mark itself."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()
