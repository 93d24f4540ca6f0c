"""Make the image references of a function: faas-cli's tag modes, extra tags, Docker's grammar."""

from openfaas_build import references
from openfaas_build.errors import BuildError, Faults, Notice
from openfaas_build.inputs import Inputs
from openfaas_build.plan.build_plan import Facts
from openfaas_build.stack import Function


def image_tags(inputs: Inputs, function: Function, facts: Facts) -> tuple[str, ...]:
    """Make the references of a function's image, the main one first; raises BuildError."""
    base = references.base_reference(function.image)
    path, digest, _ = references.split(base)
    if digest:
        raise BuildError.of(
            problem=f'image "{function.image}" is pinned by digest.',
            cause="a build makes a new digest, so Docker refuses such a name for its result.",
            remedy=f'Write "image: {path}" with a tag.',
        )
    match inputs.tag:
        case "sha":
            image = f"{base}-{facts.short_sha}"
        case "branch":
            image = f"{base}-{references.tag_word(facts.branch)}-{facts.short_sha}"
        case "describe":
            image = f"{base}-{references.tag_word(facts.describe)}"
        case "digest":
            image = f"{path}:{facts.digests.get(function.name, '')}"
        case "latest":
            image = base
    extra = [tag if "/" in tag or ":" in tag else f"{path}:{tag}" for tag in inputs.extra_tags]
    tags = tuple(dict.fromkeys((image, *map(references.base_reference, extra))))
    Faults(_reference_fault(tag) for tag in tags if references.fault(tag)).raise_all()
    return tags


def _reference_fault(reference: str) -> Notice:
    path, _, _ = references.split(reference)
    lower = reference.replace(path, path.lower(), 1)
    cause = "names of organisations on GitHub may hold upper case, image references may not."
    if references.fault(lower):
        cause = "a variable of the stack file that is not set, or a placeholder that was never replaced."
        lower = "registry/owner/name:tag"
    problem = f'image "{reference}" {references.fault(reference)}.'
    return Notice(problem=problem, cause=cause, remedy=f'Write it as "{lower}".')
