"""The sub-command `doctor`: look at everything that a build needs, and say how to mend the rest."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from openfaas_build import engine, references, registry
from openfaas_build.app.run import Run
from openfaas_build.buildx import BUILDX
from openfaas_build.errors import EXIT_MACHINE, EXIT_OK, BuildError, Faults, Notice
from openfaas_build.hints import hint_for

_BACKENDS = ("inline", "registry", "local", "gha", "s3", "azblob")


def examine(run: Run) -> int:
    """Print a line for each thing that works and the three parts for each that does not."""
    with engine.Machine(run.env, run.inputs.builder) as machine:
        return _check(run, machine)


def _check(run: Run, machine: engine.Machine) -> int:
    faulty = False
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("engine", lambda: _engine(machine)),
        ("buildx", lambda: f"buildx {machine.buildx_version}"),
        ("builder", lambda: _builder(machine)),
        ("git", lambda: _git(run.env)),
        ("GitHub cache", lambda: _credentials(run)),
        ("logins", lambda: _logins(run.env)),
        ("stack file", lambda: _stack(run)),
        ("registries", lambda: _registries(run)),
    )
    for title, check in checks:
        try:
            run.console.say(f"✓ {title}: {check()}")
        except BuildError as error:
            faulty = True
            run.console.say(f"✗ {title}")
            for notice in error.notices:
                run.console.foreign([f"  {line}" for line in notice.text().splitlines()])
    return EXIT_MACHINE if faulty else EXIT_OK


def _engine(machine: engine.Machine) -> str:
    info = machine.engine
    store = dict(info.get("DriverStatus") or []).get("driver-type", "")
    kind = "containerd image store" if "containerd" in store else "classic image store"
    return f"Docker {info.get('ServerVersion')}, {kind}"


def _builder(machine: engine.Machine) -> str:
    found = machine.builder
    able = [name for name in _BACKENDS if name in found.exports]
    unable = [name for name in _BACKENDS if name not in found.exports]
    lacks = f", not {', '.join(unable)}" if unable else ""
    return f'"{found.name}" ({found.driver} driver) exports caches to {", ".join(able)}{lacks}'


def _git(env: Mapping[str, str]) -> str:
    path = shutil.which("git", path=env.get("PATH"))
    if not path:
        raise BuildError(
            Notice(problem="git is not installed.", remedy="Install it: templates are fetched with it.")
        )
    return path


def _credentials(run: Run) -> str:
    if run.credentials.get("ACTIONS_RUNTIME_TOKEN"):
        return "its credentials are here"
    return "no credentials, so cache-mode gha would do nothing here (expected outside of GitHub Actions)"


def _logins(env: Mapping[str, str]) -> str:
    folder = Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME", "/")) / ".docker")
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        config = {}
    hosts = sorted({*config.get("auths", {}), *config.get("credHelpers", {})})
    helper = f", helper {config['credsStore']}" if config.get("credsStore") else ""
    return f"logged in to {', '.join(hosts)}{helper}" if hosts else f"no login stored{helper}"


def _stack(run: Run) -> str:
    plan = run.gather(layout=False).plan
    return f"{plan.stack_file}, {len(plan.to_build)} functions to build"


def _registries(run: Run) -> str:
    """Ask each registry of the stack file for one of its images: that tells reach, login and read access."""
    images = {references.host(build.image): build.image for build in run.gather(layout=False).plan.to_build}
    answers, faults = [], Faults()
    for host, image in sorted(images.items()):
        said = registry.look_up(run.env, BUILDX, image)
        hint = hint_for(said, action="import", host=host) if said else None
        if hint:
            remedy = f"{hint.remedy} {hint.url}"
            faults.add([Notice(problem=f"{host}: {said}", cause=hint.cause, remedy=remedy)])
        else:
            answers.append(f"{host} answers" + (f" ({image} is not there yet)" if said else ""))
    faults.raise_all()
    return ", ".join(answers) or "none is named"
