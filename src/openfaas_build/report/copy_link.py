"""Find where a COPY without --link made BuildKit fetch layers that nothing else needed. Pure.

Such a step is made inside the files of the step before, so those are fetched
and unpacked when it runs. With --link it is a layer of its own, and the layers
below it stay where they are. That helps only when no other step that ran needs
them, and when the image goes to a registry: the engine would want them anyway.
"""

import re

from openfaas_build.dockerfile import Dockerfile
from openfaas_build.errors import Notice
from openfaas_build.report.cache_report import FunctionResult
from openfaas_build.solve import Step

_URL = "https://docs.docker.com/reference/dockerfile/#copy---link"
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|git@", re.IGNORECASE)


def link_suggestion(result: FunctionResult, dockerfile: Dockerfile | None) -> Notice | None:
    """Suggest --link, with file and line; None where it would have spared nothing."""
    record = result.record
    if (
        dockerfile is None
        or record is None
        or result.exit_code
        or result.build.load
        or not record.bytes_pulled
    ):
        return None
    final = record.steps[-1].stage if record.steps else ""
    ran = [step for step in record.steps if step.status == "run"]
    if any(step.stage != final or not (_is_linked(step) or _copies_from_context(step)) for step in ran):
        return None
    # With several platforms the same step comes several times.
    plain = {step.index: step for step in ran if not _is_linked(step)}
    if not plain:
        return None
    steps = [plain[index] for index in sorted(plain)]
    lines = [_line(step, dockerfile) for step in steps]
    first, *others = steps
    place = f"{dockerfile.path}:{lines[0]}" if lines[0] else dockerfile.path
    return Notice(
        code="copy-without-link",
        problem=f"{first.instruction} in {place} has no --link, so the layers below it were fetched.",
        cause="A step without --link is made inside the files of the steps before it.",
        remedy=" ".join(_remedy(first, others, lines[1:], steps)),
        url=_URL,
    )


def _remedy(first: Step, others: list[Step], lines: list[int], steps: list[Step]) -> list[str]:
    said = f"Write {_verb(first)} --link"
    if others and all(lines):
        said += f", in line {' and '.join(map(str, lines))} too"
    elif others:
        said += ", in the steps after it too"
    parts = [f"{said}."]
    if any(_has_relative_destination(step) for step in steps):
        parts.append("Write the destination as an absolute path.")
    if any(_has_named_owner(step) for step in steps):
        parts.append("Write --chown with numbers: names are not looked up.")
    return [*parts, "Folders on the way to the destination become root's, so let it have one of its own."]


def _line(step: Step, dockerfile: Dockerfile) -> int:
    """Find the line of a step; 0 when what stands there is something else."""
    found = dockerfile.step(step.stage, step.of - step.index)
    matches = found is not None and found.verb == _verb(step) and "--link" not in found.text.split()
    return found.line if found and matches else 0


def _verb(step: Step) -> str:
    return step.instruction.partition(" ")[0].upper()


def _flags(step: Step) -> list[str]:
    flags = []
    for word in step.instruction.split()[1:]:
        if not word.startswith("--"):
            break
        flags.append(word)
    return flags


def _is_linked(step: Step) -> bool:
    return _verb(step) in ("COPY", "ADD") and not {"--link", "--link=true"}.isdisjoint(_flags(step))


def _copies_from_context(step: Step) -> bool:
    if _verb(step) not in ("COPY", "ADD") or any(flag.startswith("--from=") for flag in _flags(step)):
        return False
    return not any(_REMOTE.match(word) for word in _paths(step))


def _paths(step: Step) -> list[str]:
    words = step.instruction.split()[1 + len(_flags(step)) :]
    if words and words[0].startswith("["):
        # BuildKit shows COPY ["a b", "/c"] without quotes.
        return " ".join(words).strip("[]").split(", ")
    return words


def _has_relative_destination(step: Step) -> bool:
    paths = _paths(step)
    # A variable that is not known yet may hold any path.
    return bool(paths) and not paths[-1].startswith(("/", "$"))


def _has_named_owner(step: Step) -> bool:
    owners = [flag.removeprefix("--chown=") for flag in _flags(step) if flag.startswith("--chown=")]
    return any(re.search(r"[a-z_]", owner, re.IGNORECASE) for owner in owners)
