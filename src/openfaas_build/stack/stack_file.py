"""The values that a stack file and a template description hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from openfaas_build.errors import Notice

# The `lang` of a function whose handler is its whole build context.
DOCKERFILE = "dockerfile"

CacheWord: TypeAlias = Literal["inline", "max", "registry", "gha", "local", "off"]
CACHE_WORDS: tuple[CacheWord, ...] = get_args(CacheWord)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCache:
    """`build_cache` as written: a word, or lists of cache imports and exports (proposal 940).

    `mode` is empty where the file holds lists.
    """

    mode: CacheWord | Literal[""] = ""
    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: all fields that affect its build, as source text.

    `lines` maps a field's name to its 1-based line in the stack file; the key
    "" is the line of the function itself, and `file` is that stack file.
    `platforms` is comma separated.
    """

    name: str
    lang: str = ""
    handler: str = ""
    image: str = ""
    skip_build: bool = False
    build_options: tuple[str, ...] = ()
    build_args: Mapping[str, str]
    build_secrets: Mapping[str, str]
    platforms: str = ""
    build_cache: BuildCache | None = None
    builder_flags: tuple[str, ...] = ()
    file: str = ""
    lines: Mapping[str, int]

    def line(self, field: str) -> int:
        """Return the line of `field`, else that of the function."""
        return self.lines.get(field, self.lines.get("", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSource:
    """One entry of `configuration.templates`; an empty `source` means the template store."""

    name: str
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFile:
    """A stack file as it was read; functions are sorted by name.

    With `faults` nothing may be built. They are values and not an error, so that
    the caller can look for more (missing files, bad references) and tell all together.
    """

    path: str
    version: str = ""
    functions: tuple[Function, ...]
    templates: tuple[TemplateSource, ...] = ()
    copy: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    faults: tuple[Notice, ...] = ()
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a `template.yml` says about building; `build_options` maps a name to its packages."""

    build_options: Mapping[str, tuple[str, ...]]
    handler_folder: str = ""
    mount_ssh: bool = False
