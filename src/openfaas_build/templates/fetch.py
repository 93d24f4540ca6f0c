"""Fetch the templates that are missing: decide where from, clone each repository once, copy."""

import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from openfaas_build.errors import BuildError, Faults, Origin
from openfaas_build.stack import StackFile
from openfaas_build.templates.clone import clone
from openfaas_build.templates.folder import Job, find_template, install, typing_error
from openfaas_build.templates.source import read_source
from openfaas_build.templates.store import STORE_URL, StoreEntry, read_store
from openfaas_build.untrusted import escaped

_CLONE_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A template that was fetched: from `source`, at `ref` ("": its default branch), commit `sha`."""

    lang: str
    source: str
    ref: str
    sha: str


def fetch_templates(
    root: Path,
    stack: StackFile,
    langs: Collection[str],
    *,
    env: Mapping[str, str],
    template_url: str = "",
    store_url: str = STORE_URL,
    timeout_s: float = _CLONE_TIMEOUT_S,
) -> tuple[Fetched, ...]:
    """Fetch those templates of `langs` that `root/template` does not have, sorted by name.

    `langs` are what the functions to build need, without `dockerfile`. A
    template comes from the first entry of `stack.templates` that has its
    name, else from `template_url`, else, as for an entry without a source,
    from the store. `env` is the environment that git's is chosen from and
    that names the proxies; each git command gets `timeout_s` seconds.

    Raises one BuildError with all faults, also of templates that are there
    but broken; what could be fetched stays fetched. MachineError: no git.

    Source: faas-cli 0.18.12, commands/fetch_templates.go and its neighbours.
    """
    faults = Faults()
    missing: dict[str, Origin] = {}
    for lang in sorted(set(langs)):
        origin = _who_wants(lang, stack)
        with faults.catch():
            if find_template(root, lang, origin) is None:
                missing[lang] = origin
    jobs = _decide(root, stack, missing, template_url, partial(read_store, store_url, env=env), faults)
    fetched = _fetch(root, jobs, faults, env, timeout_s) if jobs else []
    faults.raise_all()
    return tuple(sorted(fetched, key=lambda one: one.lang))


def _who_wants(lang: str, stack: StackFile) -> Origin:
    """Find the first function that is built with the template `lang`."""
    for function in stack.functions:
        if function.lang == lang and not function.skip_build:
            subject = f'function "{escaped(function.name)}"'
            return Origin(subject=subject, file=stack.path, line=function.line("lang"))
    return Origin(subject=f'lang "{escaped(lang)}"', file=stack.path)


def _decide(
    root: Path,
    stack: StackFile,
    missing: Mapping[str, Origin],
    template_url: str,
    store: Callable[[], Mapping[str, StoreEntry]],
    faults: Faults,
) -> list[Job]:
    """Find out where each missing template comes from; what cannot be known is added to `faults`."""
    jobs: list[Job] = []
    from_store: dict[str, Origin] = {}
    for lang, origin in missing.items():
        entry = next((entry for entry in stack.templates if entry.name == lang), None)
        address = entry.source if entry else template_url
        if not address:
            from_store[lang] = origin
            continue
        line = entry.line if entry else 0
        about = _about([lang], origin, line) if entry else Origin(subject='input "template-url"')
        with faults.catch(about.place):
            name, _, ref = lang.partition("@")
            source = read_source(address, root, ref=ref)
            jobs.append(Job(lang=lang, name=name, source=source, origin=origin, line=line))
    if not from_store:
        return jobs
    with faults.catch(_about(from_store, next(iter(from_store.values()))).place):
        entries = store()
        for lang, origin in from_store.items():
            with faults.catch(_about([lang], origin).place):
                jobs.append(_choose(root, entries, lang, origin))
    return jobs


def _choose(root: Path, entries: Mapping[str, StoreEntry], lang: str, origin: Origin) -> Job:
    """Take a template from the store's list; raises BuildError, without a place, when it has none."""
    name, _, ref = lang.partition("@")
    entry = entries.get(lang) or entries.get(name)
    if not entry:
        cause, remedy = typing_error(lang, name, entries, origin) or (
            "a typing error, or a template of a repository that the stack file does not name.",
            'Name its repository under "configuration.templates", or in the input "template-url".',
        )
        problem = "it is neither in template/ nor in the template store."
        raise BuildError.of(problem=problem, cause=cause, remedy=remedy)
    # The list comes from the network: it names no path of this machine.
    source = read_source(entry.repository, root, ref=ref, local=False)
    return Job(lang=lang, name=entry.name, source=source, origin=origin)


def _fetch(
    root: Path, jobs: Sequence[Job], faults: Faults, env: Mapping[str, str], timeout_s: float
) -> list[Fetched]:
    fetched: list[Fetched] = []
    folder = root / "template"
    existed = folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        # Beside their places, so that the last step is a rename.
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            for number, source in enumerate(dict.fromkeys(job.source for job in jobs)):
                own = [job for job in jobs if job.source == source]
                fetched += _take(root, own, Path(scratch, str(number)), faults, env, timeout_s)
    except OSError as error:
        raise BuildError.of(problem=f'cannot write to "template": {error}.') from error
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return fetched


def _take(
    root: Path, jobs: Sequence[Job], scratch: Path, faults: Faults, env: Mapping[str, str], timeout_s: float
) -> Iterator[Fetched]:
    """Clone the one source of `jobs` in the new folder `scratch`, and install their templates."""
    scratch.mkdir()
    repository, source = scratch / "repository", jobs[0].source
    with faults.catch(_about([job.lang for job in jobs], jobs[0].origin, jobs[0].line).place):
        sha = clone(source, repository, env=env, timeout_s=timeout_s)
        for number, job in enumerate(jobs):
            part, place = scratch / str(number), root / "template" / job.lang
            with faults.catch():
                install(job, repository, part)
                try:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    part.rename(place)
                    yield Fetched(lang=job.lang, source=source.shown, ref=source.ref, sha=sha)
                except OSError:
                    # Another run may have been faster; what is there is not refreshed.
                    if not place.is_dir():
                        raise


def _about(langs: Iterable[str], origin: Origin, line: int = 0) -> Origin:
    """Name all templates that are concerned beside the first function; `line` names their source."""
    shown = [f'"{escaped(lang)}"' for lang in langs]
    subject = f"{origin.subject}: template{'s' if len(shown) > 1 else ''} {', '.join(shown)}"
    return replace(origin, subject=subject, line=line or origin.line)
