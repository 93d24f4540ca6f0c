"""The sub-command `doctor`: look at everything that a build needs, and say how to mend the rest."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from openfaas_build import engine, references
from openfaas_build.app.project import plan_project, read_project
from openfaas_build.app.session import Session
from openfaas_build.cache import BACKENDS
from openfaas_build.errors import EXIT_MACHINE, EXIT_OK, BuildError, Faults
from openfaas_build.hints import hint_for
from openfaas_build.plan import BuildPlan
from openfaas_build.registry import Imagetools


def examine(session: Session) -> int:
    """Print a line for each thing that works and the three parts for each that does not."""
    machine = engine.Machine(session.processes, session.env, session.inputs.builder)
    faulty = False
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("engine", lambda: _engine(machine)),
        ("buildx", lambda: f"buildx {machine.buildx_version}"),
        ("builder", lambda: _builder(machine)),
        ("git", lambda: _git(session.env)),
        ("GitHub cache", lambda: _credentials(session)),
        ("logins", lambda: _logins(session.env)),
        ("stack file", lambda: _stack(session)),
        ("registries", lambda: _registries(session)),
    )
    with machine:
        for title, check in checks:
            try:
                session.console.say(f"✓ {title}: {check()}")
            except BuildError as error:
                faulty = True
                session.console.say(f"✗ {title}")
                for notice in error.notices:
                    session.console.foreign([f"  {line}" for line in notice.text().splitlines()])
    return EXIT_MACHINE if faulty else EXIT_OK


def _engine(machine: engine.Machine) -> str:
    info = machine.engine
    store = dict(info.get("DriverStatus") or []).get("driver-type", "")
    kind = "containerd image store" if "containerd" in store else "classic image store"
    return f"Docker {info.get('ServerVersion')}, {kind}"


def _builder(machine: engine.Machine) -> str:
    found = machine.builder
    able = [name for name in BACKENDS if name in found.exports]
    unable = [name for name in BACKENDS if name not in found.exports]
    lacks = f", not {', '.join(unable)}" if unable else ""
    return f'"{found.name}" ({found.driver} driver) exports caches to {", ".join(able)}{lacks}'


def _git(env: Mapping[str, str]) -> str:
    path = shutil.which("git", path=env.get("PATH"))
    if not path:
        raise BuildError.of(
            problem="git is not installed.", remedy="Install it: templates are fetched with it."
        )
    return path


def _credentials(session: Session) -> str:
    if session.credentials.get("ACTIONS_RUNTIME_TOKEN"):
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


def _stack(session: Session) -> str:
    plan = _plan(session)
    return f"{plan.stack_file}, {len(plan.to_build)} functions to build"


def _registries(session: Session) -> str:
    """Ask each registry of the stack file for one of its images: that tells reach, login and read access."""
    images = {references.host(build.image): build.image for build in _plan(session).to_build}
    imagetools = Imagetools(processes=session.processes, env=session.env)
    answers, faults = [], Faults()
    for host, image in sorted(images.items()):
        said = imagetools.look_up(image)
        hint = hint_for(said, action="import", host=host) if said else None
        if hint:
            faults.add([replace(hint, problem=f"{host}: {said}")])
        else:
            answers.append(f"{host} answers" + (f" ({image} is not there yet)" if said else ""))
    faults.raise_all()
    return ", ".join(answers) or "none is named"


def _plan(session: Session) -> BuildPlan:
    return plan_project(session, read_project(session, layout=False))
