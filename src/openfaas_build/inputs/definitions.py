"""The one list of inputs: action.yml, the README and the reusable workflow agree with it by test."""

from dataclasses import dataclass
from typing import Literal

TAG_MODES = ("latest", "sha", "branch", "describe", "digest")
CACHE_MODES = ("stack", "off", "inline", "max", "registry", "gha", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: `kind` says how its text is read, `words` or `least` what it may be."""

    name: str
    kind: Literal["text", "word", "bool", "count", "lines", "words", "pairs", "secrets"]
    default: str = ""
    words: tuple[str, ...] = ()
    least: int = 1
    help: str

    @property
    def field(self) -> str:
        """Name the attribute of Inputs."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """Name the environment variable."""
        return f"INPUT_{self.field.upper()}"

    @property
    def is_list(self) -> bool:
        """Say whether a flag may be given several times."""
        return self.kind in ("lines", "words", "pairs", "secrets")


INPUTS = (
    Input(
        name="stack-file",
        kind="text",
        help="the stack file, or a glob for several; else stack.yaml, then stack.yml",
    ),
    Input(
        name="functions",
        kind="words",
        help="names or globs, one a line or comma separated; `regex:` in front of a regular expression",
    ),
    Input(
        name="cache-mode",
        kind="word",
        default="stack",
        words=CACHE_MODES,
        help="cache of the functions that have no build_cache of their own; `off`: for all, none",
    ),
    Input(name="cache-from", kind="lines", help="cache imports, in place of what the stack file says"),
    Input(name="cache-to", kind="lines", help="cache exports, in place of what the stack file says"),
    Input(
        name="cache-ref",
        kind="text",
        default="{repository}:buildcache",
        help="the registry cache's reference for mode max; placeholders as in every cache value",
    ),
    Input(
        name="cache-write",
        kind="word",
        default="auto",
        words=("auto", "always", "never"),
        help="whether caches are exported; `auto`: not on pull requests",
    ),
    Input(
        name="strict-cache",
        kind="bool",
        default="false",
        help="a failed cache import or export fails the function",
    ),
    Input(
        name="reuse",
        kind="bool",
        default="false",
        help="do not build what is in the registry with the same inputs and base images",
    ),
    Input(name="push", kind="bool", default="false", help="push the images"),
    Input(
        name="load",
        kind="word",
        default="auto",
        words=("auto", "true", "false"),
        help="keep the images in the engine; `auto`: when nothing is pushed and there is one platform",
    ),
    Input(name="platforms", kind="words", help="platforms, in place of what the stack file says"),
    Input(name="tag", kind="word", default="latest", words=TAG_MODES, help="how faas-cli's tag is made"),
    Input(name="extra-tags", kind="lines", help="further tags or whole references"),
    Input(name="build-args", kind="pairs", help="build arguments, KEY=VALUE, over those of the stack file"),
    Input(name="build-options", kind="words", help="build options of the template, before the stack file's"),
    Input(name="copy-extra", kind="lines", help="paths to copy into every function's context"),
    Input(name="labels", kind="pairs", help="image labels, KEY=VALUE"),
    Input(name="secrets", kind="secrets", help="build secrets: id=NAME,src=FILE or id=NAME,env=VARIABLE"),
    Input(name="builder-flags", kind="lines", help="flags for docker buildx build, as they stand"),
    Input(name="builder", kind="text", help="the buildx builder; else the current one, else our own"),
    Input(name="parallel", kind="count", default="4", help="how many functions are built at the same time"),
    Input(
        name="fail-fast", kind="bool", default="false", help="start no further function after one has failed"
    ),
    Input(name="no-cache", kind="bool", default="false", help="run every step, whatever the cache holds"),
    Input(name="pull", kind="bool", default="false", help="look for newer base images"),
    Input(
        name="provenance",
        kind="text",
        help="provenance attestation: true, false, mode=min, mode=max; else buildx's default",
    ),
    Input(name="sbom", kind="text", help="SBOM attestation: true, false or attributes"),
    Input(
        name="envsubst",
        kind="bool",
        default="true",
        help="substitute ${VARIABLES} in the stack file, as faas-cli does",
    ),
    Input(name="template-url", kind="text", help="git repository that holds the missing templates"),
    Input(name="template-store-url", kind="text", help="template store to look missing templates up in"),
    Input(
        name="shards",
        kind="count",
        default="1",
        least=0,
        words=("auto",),
        help="into how many parts the plan's matrix is cut; `auto`: about six functions each",
    ),
    Input(
        name="shard",
        kind="count",
        default="0",
        least=0,
        help="build this part of the matrix alone, from 1; 0: everything",
    ),
    Input(name="report-file", kind="text", help="where report.json goes"),
    Input(
        name="summary",
        kind="text",
        default="auto",
        help="where the Markdown summary goes: `auto` (job summary, and beside the report), `off`, or a file",
    ),
)
