"""Make the build arguments of a function, and sort its builder flags."""

from collections.abc import Sequence

from openfaas_build.errors import Faults, Notice
from openfaas_build.inputs import Inputs
from openfaas_build.plan.build_plan import Facts
from openfaas_build.stack import Function

_OWNED_FLAGS = {"--metadata-file", "--progress", "--iidfile", "--output", "--push", "--load", "--file"}
_OWNED_SHORT = {"-o": "--output", "-f": "--file"}
_FALSE = ("false", "f", "0")  # as Go reads it


def build_args(inputs: Inputs, function: Function, facts: Facts) -> dict[str, str]:
    """Merge the build arguments, low to high: proxies, stack file, input, packages of build options.

    Raises BuildError for options that the template does not have.
    """
    args = dict(function.build_args)
    packages: list[str] = []
    for key, value in inputs.build_args:
        if key == "ADDITIONAL_PACKAGE":
            packages.append(value)
        args[key] = " ".join(packages) if key == "ADDITIONAL_PACKAGE" else value
    template = facts.templates.get(function.lang)
    known = template.build_options if template else {}
    options = tuple(dict.fromkeys(inputs.build_options + function.build_options))
    Faults(
        Notice(
            problem=f'build option "{option}" is not one of the template "{function.lang}".',
            remedy=f"It has: {', '.join(sorted(known))}." if known else "It has no build options at all.",
        )
        for option in options
        if option not in known
    ).raise_all()
    # faas-cli splits at blanks alone: a newline stays inside a word.
    words = {word for option in options for word in known[option]}
    words |= {word.strip() for word in args.get("ADDITIONAL_PACKAGE", "").split(" ")}
    # Always passed, also when empty: an unset argument is another cache key.
    args["ADDITIONAL_PACKAGE"] = " ".join(sorted(words - {""}, key=str.encode))
    return dict(facts.proxies) | dict(sorted(args.items()))


def refused_flags(flags: Sequence[str]) -> list[Notice]:
    """Name the builder flags that are ours to give."""
    faults = []
    for flag in flags:
        name = flag.partition("=")[0]
        name = _OWNED_SHORT.get(flag[:2], name) if not flag.startswith("--") else name
        if name in _OWNED_FLAGS:
            faults.append(
                Notice(
                    problem=f'builder flag "{flag}" cannot be given: {name} is ours.',
                    cause="where the result goes and how progress is read is decided by the inputs.",
                    remedy='Use the inputs "push" and "load" instead.',
                )
            )
    return faults


def split_flags(flags: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part `--cache-to` from the other flags, as an export has a solve of its own."""
    build: list[str] = []
    export: list[str] = []
    previous = ""
    for flag in flags:
        to = flag.startswith("--cache-to=") or "--cache-to" in (flag, previous)
        (export if to else build).append(flag)
        previous = flag
    return tuple(build), tuple(export)


def ask_for_fresh(flags: Sequence[str]) -> bool:
    """Say whether builder flags make steps run though a cache has them."""
    return any(
        name == "--no-cache-filter" or (name == "--no-cache" and value.lower() not in _FALSE)
        for name, _, value in (flag.partition("=") for flag in flags)
    )
