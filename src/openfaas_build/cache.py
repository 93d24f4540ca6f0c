"""Turn `build_cache` and the cache inputs into cache imports and exports.

The table of proposal 940 (faas-cli issue 940, its second comment), and what
we add to it: short forms become whole buildx values, values with `type=` pass
unchanged, placeholders are filled in. Pure.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from openfaas_build.errors import BuildError, Notice

PLACEHOLDERS = ("image", "repository", "function", "platform", "branch", "base_branch")
LOCAL_FOLDER = ".buildcache/{function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSpec:
    """The cache of one function, as buildx takes it.

    `mode` is the word that was asked for (`custom` for lists of values, `off`
    for none), `imports` and `exports` are values of `--cache-from` and
    `--cache-to`, `inline` asks for BUILDKIT_INLINE_CACHE=1. `withheld` says
    why an export that was asked for is left out.
    """

    mode: str = "off"
    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    inline: bool = False
    withheld: str = ""


def cache_for_word(word: str, cache_ref: str, names: Mapping[str, str], stable: str) -> CacheSpec:
    """Give the cache that one word stands for; `names` fills the placeholders.

    `stable` is the image's reference before the tag mode: when the tag changes
    with each commit, only what carries that one can have an inline cache.
    """
    match word:
        case "off" | "stack" | "":
            return CacheSpec()
        case "inline":
            return CacheSpec(
                mode="inline", imports=tuple(dict.fromkeys((names["image"], stable))), inline=True
            )
        case "max" | "registry":
            ref = f"type=registry,ref={fill(cache_ref, names)}"
            imports = [ref]
            if "{branch}" in cache_ref and names["base_branch"]:
                # A new branch has no cache yet; the one that it started from does.
                base = fill(cache_ref, {**names, "branch": names["base_branch"]})
                imports.append(f"type=registry,ref={base}")
            return CacheSpec(
                mode="max", imports=tuple(dict.fromkeys(imports)), exports=(f"{ref},mode=max",), inline=True
            )
        case "gha":
            scope = f"type=gha,scope={names['function']}"
            return CacheSpec(mode="gha", imports=(scope,), exports=(f"{scope},mode=max",))
        case "local":
            folder = fill(LOCAL_FOLDER, names)
            return CacheSpec(
                mode="local",
                imports=(f"type=local,src={folder}",),
                exports=(f"type=local,dest={folder},mode=max",),
            )
    raise ValueError(word)


def cache_for_lists(
    imports: tuple[str, ...], exports: tuple[str, ...], names: Mapping[str, str]
) -> CacheSpec:
    """Give the cache of `{from, to}`.

    A value with `type=` passes unchanged; one with other parameters gets
    `type=registry,` in front, an export without `mode` also `mode=max`. A
    plain reference stays plain when nothing is exported (inline cache), else
    it is a registry cache too.
    """
    return CacheSpec(
        mode="custom",
        imports=tuple(_expand(fill(value, names), export=False, plain=not exports) for value in imports),
        exports=tuple(_expand(fill(value, names), export=True, plain=False) for value in exports),
        inline=True,
    )


def fill(value: str, names: Mapping[str, str]) -> str:
    """Fill the placeholders of a cache value.

    Raises BuildError for a placeholder that does not exist, or that has no
    value here (`{base_branch}` outside a pull request).
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name not in PLACEHOLDERS:
            raise BuildError(
                Notice(
                    problem=f'cache value "{value}" has an unknown placeholder "{{{name}}}".',
                    remedy=f"Use one of {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}.",
                )
            )
        if not names.get(name):
            raise BuildError(
                Notice(
                    problem=f'cache value "{value}": "{{{name}}}" has no value in this run.',
                    cause="{base_branch} is known on pull requests alone, {branch} in a git checkout.",
                    remedy="Write the branch's name itself, or leave this value out here.",
                )
            )
        return names[name]

    return re.sub(r"\{(\w+)\}", replace, value)


def attributes(value: str) -> dict[str, str]:
    """Split a cache value into its attributes; a plain reference is a registry's `ref`."""
    fields = [field.strip() for field in value.split(",")]
    if not any("=" in field for field in fields):
        return {"type": "registry", "ref": value}
    pairs = (field.partition("=") for field in fields)
    return {key.strip().lower(): text.strip() for key, _, text in pairs}


def scope_word(function: str) -> str:
    """Make a name fit for a cache value; one that had to change gets a digest, so that none clash."""
    word = re.sub(r"[^A-Za-z0-9._-]", "-", function)
    if word == function:
        return word
    return f"{word}-{hashlib.sha256(function.encode()).hexdigest()[:8]}"


def kind(value: str) -> str:
    """Name the back-end of a cache value, such as `registry`, `gha` or `local`."""
    return attributes(value).get("type", "")


def place(value: str) -> tuple[str, ...]:
    """Name the place that a cache value reads or writes: equal places, equal cache.

    A folder is the same place as `src` and as `dest`; gha's default scope is
    BuildKit's (`buildkit`).
    """
    found = attributes(value)
    match found.get("type", ""):
        case "registry":
            return ("registry", found.get("ref", ""))
        case "gha":
            return ("gha", found.get("scope") or "buildkit")
        case "local":
            folder = found.get("dest") or found.get("src") or ""
            return ("local", folder.rstrip("/"), found.get("tag", "latest"))
        case kind:
            keys = ("bucket", "container", "account_url", "prefix", "name")
            return (kind, *(found.get(key, "") for key in keys))


def _expand(value: str, *, export: bool, plain: bool) -> str:
    if "," not in value and "=" not in value:
        if plain:
            return value
        value = f"ref={value}"
    found = attributes(value)
    if "type" in found:
        return value
    mode = ",mode=max" if export and "mode" not in found else ""
    return f"type=registry,{value}{mode}"
