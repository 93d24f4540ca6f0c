"""Say what a plan cannot know: it is made without asking Docker, a registry or GitHub's cache."""

from openfaas_build.plan.build_plan import BuildPlan
from openfaas_build.plan.drop_caches import exported_kinds, uses_cache


def unknowns(plan: BuildPlan) -> tuple[str, ...]:
    """List in sentences how a build's commands may differ from the plan's; empty when nothing is built."""
    if not plan.to_build:
        return ()
    found = []
    if not plan.inputs.builder:
        found.append("The builder is chosen when the build starts; --builder then names it.")
    if plan.inputs.push and any(function.load for function in plan.to_build):
        found.append("The docker driver keeps what it pushes; with any other --output loads it as well.")
    if exported_kinds(plan):
        found.append("A cache that the builder cannot export is left out, with a warning.")
        found.append("An export is left out where the cache holds all of it already.")
    if uses_cache(plan, "gha"):
        found.append("type=gha is left out where the job has no credentials for it, or may only read.")
    if plan.inputs.reuse and plan.inputs.push:
        found.append("reuse adds a tag fn-… to each image, and leaves out functions whose image is there.")
    return tuple(found)
