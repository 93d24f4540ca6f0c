"""Find functions that get in each other's way: one image, one place for two caches."""

from collections.abc import Sequence

from openfaas_build import references
from openfaas_build.errors import Notice
from openfaas_build.plan.build_plan import FunctionBuild
from openfaas_build.untrusted import listed, quoted


def caches_onto_images(path: str, builds: Sequence[FunctionBuild]) -> list[Notice]:
    """Name every registry export that would replace an image of this run; an error."""
    images: dict[tuple[str, ...], str] = {
        ("registry", references.canonical(tag)): build.name for build in builds for tag in build.tags
    }
    return [
        Notice(
            problem=f'function "{build.name}": cache export "{entry.text}" would overwrite the image '
            f'"{ref}" of function "{images[entry.place]}".',
            cause="a cache in a registry is an image of its own and needs its own tag.",
            remedy=f'Export to another tag, such as "{references.repository(ref)}:buildcache".',
            file=path,
        )
        for build in builds
        for entry in build.cache.exports
        if entry.place in images and (ref := entry.attributes["ref"])
    ]


def shared_places(builds: Sequence[FunctionBuild]) -> list[Notice]:
    """Name functions that share an image or a place for their caches; a warning."""
    places: dict[tuple[str, ...], list[str]] = {}
    images: dict[str, list[str]] = {}
    for build in builds:
        for place in dict.fromkeys(entry.place for entry in build.cache.exports):
            places.setdefault(place, []).append(build.name)
        for tag in build.tags:
            images.setdefault(references.canonical(tag), []).append(build.name)
    of_caches = [
        Notice(
            problem=f"functions {listed(map(quoted, names))} export their caches "
            f"to the same {place[0]} place.",
            cause="the last export replaces the others, so all but one are lost.",
            remedy='Write "scope={function}" (gha), or another reference ({repository}:cache).',
        )
        for place, names in places.items()
        if len(names) > 1
    ]
    of_images = [
        Notice(
            problem=f'functions {listed(map(quoted, names))} write the same image "{image}".',
            cause="the one that is pushed last replaces the others.",
            remedy="Give each function an image of its own.",
        )
        for image, names in images.items()
        if len(names) > 1
    ]
    return of_caches + of_images
