"""Fetch the templates that are missing: decide where from, clone each repository once, copy."""

import contextlib
import difflib
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from openfaas_build.errors import BuildError, MachineError, Notice, raise_all
from openfaas_build.stack import StackFile
from openfaas_build.templates.address import Source, read_source
from openfaas_build.templates.git import clone
from openfaas_build.templates.install import install
from openfaas_build.templates.lookup import Wanted, find_template, printable, wanted
from openfaas_build.templates.store import STORE_URL, choose, read_store

_CLONE_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A template that was fetched: from `source`, at `ref` ("": its default branch), commit `sha`."""

    lang: str
    source: str
    ref: str
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A template to fetch: `name` is its folder in `source`, which `line` of the stack file names."""

    want: Wanted
    name: str
    source: Source
    line: int = 0


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
    faults: list[Notice] = []
    missing: list[Wanted] = []
    for lang in sorted(set(langs)):
        try:
            if find_template(root, lang, stack) is None:
                missing.append(wanted(lang, stack))
        except BuildError as error:
            faults += error.notices
    if not missing:
        raise_all(faults)
        return ()
    jobs = _decide(root, stack, missing, faults, env=env, template_url=template_url, store_url=store_url)
    fetched: list[Fetched] = []
    folder = root / "template"
    existed = folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        # Beside their places, so that the last step is a rename.
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            for number, source in enumerate(dict.fromkeys(job.source for job in jobs)):
                own = [job for job in jobs if job.source == source]
                fetched += _take(root, source, own, Path(scratch, str(number)), faults, env, timeout_s)
    except OSError as error:
        raise BuildError(Notice(problem=f'cannot write to "template": {error}.')) from error
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()
    raise_all(dict.fromkeys(faults))
    return tuple(sorted(fetched, key=lambda one: one.lang))


def _decide(
    root: Path,
    stack: StackFile,
    missing: Iterable[Wanted],
    faults: list[Notice],
    *,
    env: Mapping[str, str],
    template_url: str,
    store_url: str,
) -> list[_Job]:
    """Say where each template comes from; what cannot be said is added to `faults`."""
    jobs: list[_Job] = []
    from_store: list[Wanted] = []
    for want in missing:
        entry = next((entry for entry in stack.templates if entry.name == want.lang), None)
        text = entry.source if entry else template_url
        if not text:
            from_store.append(want)
            continue
        line = entry.line if entry else 0
        try:
            source = read_source(text, root, ref=want.ref)
        except BuildError as error:
            faults += _placed(error, [want], line) if entry else _of_input(error)
        else:
            jobs.append(_Job(want=want, name=want.name, source=source, line=line))
    if not from_store:
        return jobs
    try:
        entries = read_store(store_url, env=env)
    except BuildError as error:
        faults += _placed(error, from_store, 0)
        return jobs
    for want in from_store:
        found = choose(entries, want)
        if not found:
            faults.append(_unknown(want, [entry.name for entry in entries]))
            continue
        try:
            # The list comes from the network: it names no path of this machine.
            source = read_source(found.repository, root, ref=want.ref, local=False)
        except BuildError as error:
            faults += _placed(error, [want], 0)
        else:
            jobs.append(_Job(want=want, name=found.name, source=source))
    return jobs


def _take(
    root: Path,
    source: Source,
    jobs: list[_Job],
    scratch: Path,
    faults: list[Notice],
    env: Mapping[str, str],
    timeout_s: float,
) -> Iterable[Fetched]:
    """Clone `source` in `scratch` and install the templates of `jobs`."""
    scratch.mkdir()
    repository = scratch / "repository"
    try:
        sha = clone(source, repository, env=env, timeout_s=timeout_s)
    except MachineError:
        raise
    except BuildError as error:
        faults += _placed(error, [job.want for job in jobs], jobs[0].line)
        return
    for number, job in enumerate(jobs):
        part, place = scratch / str(number), root / "template" / job.want.lang
        try:
            install(repository, job.name, part, want=job.want, shown=source.shown)
            place.parent.mkdir(parents=True, exist_ok=True)
            part.rename(place)
        except BuildError as error:
            faults += error.notices
        except OSError:
            # Another run may have been faster; what is there is not refreshed.
            if not place.is_dir():
                raise
        else:
            yield Fetched(lang=job.want.lang, source=source.shown, ref=source.ref, sha=sha)


def _placed(error: BuildError, wants: list[Wanted], line: int) -> list[Notice]:
    """Give the error's notices the first function that is concerned, and name all templates."""
    first = wants[0]
    langs = ", ".join(f'"{printable(want.lang)}"' for want in wants)
    lead = f"template {langs}" if len(wants) == 1 else f"templates {langs}"
    return [
        replace(
            notice,
            problem=f"{first.subject}: {lead}: {notice.problem}",
            file=first.file,
            line=line or first.line,
        )
        for notice in error.notices
    ]


def _of_input(error: BuildError) -> list[Notice]:
    return [replace(notice, problem=f'input "template-url": {notice.problem}') for notice in error.notices]


def _unknown(want: Wanted, names: list[str]) -> Notice:
    near = difflib.get_close_matches(want.name, names, n=1)
    problem = f'there is no template "{printable(want.name)}" in template/ or in the template store.'
    if near:
        lang = printable(near[0]) + ("@" + printable(want.ref) if want.ref else "")
        return want.notice(problem, f'a typing error; "{lang}" is there.', want.change(lang))
    return want.notice(
        problem,
        "a typing error, or a template of a repository that the stack file does not name.",
        'Name its repository under "configuration.templates", or in the input "template-url".',
    )
