"""Read the name that BuildKit gives to the vertex of a numbered instruction."""

import re
from dataclasses import dataclass

_PLATFORM = r"[a-z0-9]+/[a-z0-9]+(?:/[a-z0-9.]+)?(?:->[a-z0-9]+(?:/[a-z0-9.]+)*)?"
_NUMBERED = re.compile(rf"\[(?:({_PLATFORM}) )?(?:([^\s\]]+) )?\s*(\d{{1,9}})/(\d{{1,9}})\] (.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepName:
    """The parts of such a name; `platform` and `stage` are empty where the name has none."""

    platform: str
    stage: str
    index: int
    of: int
    instruction: str

    @property
    def is_base_image(self) -> bool:
        """Say whether it is a `FROM`, which BuildKit numbers although it is no step."""
        return self.instruction.startswith("FROM ")


def step_name(name: str) -> StepName | None:
    """Read the name of a vertex; None when it is not numbered.

    >>> step_name("[linux/arm64 build 2/6] RUN make")
    StepName(platform='linux/arm64', stage='build', index=2, of=6, instruction='RUN make')
    >>> step_name("[internal] load build context") is None
    True
    """
    match = _NUMBERED.match(name)
    if not match:
        return None
    platform, stage, index, of, instruction = match.groups("")
    return StepName(platform=platform, stage=stage, index=int(index), of=int(of), instruction=instruction)
