"""The one table of inputs; `make generate` writes from it whatever repeats names, texts and defaults.

That is: the attributes of Inputs, action.yml, the reusable workflow, and README's table. `tools/generate.py`
imports this file alone, so it imports nothing of ours.
"""

from dataclasses import KW_ONLY, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Input:
    """One input: `help` is a phrase without a full stop; `kind` says how the text of a user is read.

    "text": as it stands. "word": one of `words`. "bool": true or false.
    "count": a whole number from `least`, or one of `words`, which reads as 0.
    The others are lists of one item a line; "words" may be comma separated,
    "pairs" are KEY=VALUE.
    """

    name: str
    kind: Literal["text", "word", "bool", "count", "lines", "words", "pairs", "secrets"]
    help: str
    _: KW_ONLY
    default: str = ""
    words: tuple[str, ...] = ()
    least: int = 1

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
    Input("stack-file", "text", "the stack file, or a glob for several; else stack.yaml, then stack.yml"),
    Input(
        "functions",
        "words",
        "names or globs, one a line or comma separated; `regex:` in front of a regular expression",
    ),
    Input(
        "cache-mode",
        "word",
        "cache of the functions that have no build_cache of their own; `off`: for all, none",
        default="stack",
        words=("stack", "off", "inline", "max", "registry", "gha", "local"),
    ),
    Input("cache-from", "lines", "cache imports, in place of what the stack file says"),
    Input("cache-to", "lines", "cache exports, in place of what the stack file says"),
    Input(
        "cache-ref",
        "text",
        "the registry cache's reference for mode max; placeholders as in every cache value",
        default="{repository}:buildcache",
    ),
    Input(
        "cache-write",
        "word",
        "whether caches are exported; `auto`: not on pull requests",
        default="auto",
        words=("auto", "always", "never"),
    ),
    Input("strict-cache", "bool", "a failed cache import or export fails the function", default="false"),
    Input(
        "reuse",
        "bool",
        "do not build what is in the registry with the same inputs and base images",
        default="false",
    ),
    Input("push", "bool", "push the images", default="false"),
    Input(
        "load",
        "word",
        "keep the images in the engine; `auto`: when nothing is pushed and there is one platform",
        default="auto",
        words=("auto", "true", "false"),
    ),
    Input("platforms", "words", "platforms, in place of what the stack file says"),
    Input(
        "tag",
        "word",
        "how faas-cli's tag is made",
        default="latest",
        words=("latest", "sha", "branch", "describe", "digest"),
    ),
    Input("extra-tags", "lines", "further tags or whole references"),
    Input("build-args", "pairs", "build arguments, KEY=VALUE, over those of the stack file"),
    Input("build-options", "words", "build options of the template, before the stack file's"),
    Input("copy-extra", "lines", "paths to copy into every function's context"),
    Input("labels", "pairs", "image labels, KEY=VALUE"),
    Input("secrets", "secrets", "build secrets: id=NAME,src=FILE or id=NAME,env=VARIABLE"),
    Input("builder-flags", "lines", "flags for docker buildx build, as they stand"),
    Input("builder", "text", "the buildx builder; else the current one, else our own"),
    Input("parallel", "count", "how many functions are built at the same time", default="4"),
    Input("fail-fast", "bool", "start no further function after one has failed", default="false"),
    Input("no-cache", "bool", "run every step, whatever the cache holds", default="false"),
    Input("pull", "bool", "look for newer base images", default="false"),
    Input(
        "provenance", "text", "provenance attestation: true, false, mode=min, mode=max; else buildx's default"
    ),
    Input("sbom", "text", "SBOM attestation: true, false or attributes"),
    Input("envsubst", "bool", "substitute ${VARIABLES} in the stack file, as faas-cli does", default="true"),
    Input("template-url", "text", "git repository that holds the missing templates"),
    Input("template-store-url", "text", "template store to look missing templates up in"),
    Input(
        "shards",
        "count",
        "into how many parts the plan's matrix is cut; `auto`: about six functions each",
        default="1",
        words=("auto",),
        least=0,
    ),
    Input(
        "shard", "count", "build this part of the matrix alone, from 1; 0: everything", default="0", least=0
    ),
    Input("report-file", "text", "where report.json goes"),
    Input(
        "summary",
        "text",
        "where the Markdown summary goes: `auto` (job summary, and beside the report), `off`, or a file",
        default="auto",
    ),
)
