"""Make the action's Python environment, once per machine, and print the path of its interpreter.

action.yml runs this with `python3 -I` before anything of ours is installed, so it imports the
standard library alone. The environment's folder bears a digest of the lock and of the interpreter,
and lies in the runner's tool cache, where later jobs of a self-hosted runner find it, else in the
job's temporary folder. It is whole when its folder has its name: it grows beside it, under a file
lock, and is renamed in the end. What was damaged afterwards is found by a list of its files.

pip of the interpreter that runs this installs into it: to give it a pip of its own takes longer
than all the rest. Old ones are left alone, as another job may be running in them.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

LOCK = Path(__file__).resolve().with_name("requirements.txt")
EXIT_MACHINE = 3
_LIST = "complete"


class SetUpError(Exception):
    """The environment cannot be made; its text is for the user."""


def main(env: Mapping[str, str]) -> int:
    """Print the interpreter of a whole environment, or say why there is none."""
    try:
        python = find_or_make(env)
    except SetUpError as error:
        text = str(error).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::error title=openfaas-build::{text}", file=sys.stderr)
        return EXIT_MACHINE
    print(python)
    return 0


def find_or_make(env: Mapping[str, str]) -> Path:
    """Return the interpreter of the environment, in the first of the two folders that takes one."""
    refused = []
    for name in ("RUNNER_TOOL_CACHE", "RUNNER_TEMP"):
        folder = env.get(name, "")
        if not os.path.isabs(folder):  # noqa: PTH117  # an empty Path is "."
            continue
        try:
            return _provide(Path(folder) / "openfaas-build" / _key(), env)
        except OSError as error:
            refused.append(f"{name} ({folder}): {error.strerror or error}")
            print(f"Nothing can be kept in {refused[-1]}.", file=sys.stderr)
    said = "; ".join(refused) or "neither RUNNER_TOOL_CACHE nor RUNNER_TEMP is set"
    raise SetUpError(f"There is no folder for the action's Python packages: {said}.")


def _key() -> str:
    """Name all that an environment depends on: the lock, the interpreter, the machine, how it is made."""
    parts = (
        LOCK.read_bytes(),
        Path(__file__).read_bytes(),
        os.path.realpath(sys.executable).encode(),
        sys.implementation.name.encode(),
        sys.version.encode(),
        str(sysconfig.get_config_var("SOABI")).encode(),
        os.uname().machine.encode(),
    )
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:32]


def _provide(home: Path, env: Mapping[str, str]) -> Path:
    python = home / "bin" / "python"
    if _is_whole(home):
        return python
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        # Ends with the process, however that ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_whole(home):
            return python
        part = home.with_name(f"{home.name}.part")
        for old in (home, part):
            if old.exists():
                shutil.rmtree(old)
        try:
            _make(part, env)
            (part / _LIST).write_text(_listing(part), encoding="utf-8")
            part.rename(home)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return python


def _make(part: Path, env: Mapping[str, str]) -> None:
    has_pip = importlib.util.find_spec("pip") is not None
    if not has_pip and importlib.util.find_spec("ensurepip") is None:
        raise SetUpError(
            f"{sys.executable} has neither pip nor ensurepip.\n"
            "Run actions/setup-python before, or install pip (Debian and Ubuntu: python3-pip)."
        )
    # Symlinks, as interpreters with a shared library do not run from a copy.
    venv.create(part, symlinks=True, with_pip=not has_pip)
    (packages,) = part.glob("lib/*/site-packages")
    python = sys.executable if has_pip else str(part / "bin" / "python")
    command = [python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--requirement", str(LOCK), "--target", str(packages)]
    # PIP_USER=1 of a self-hosted machine and --target exclude each other. The other is no flag in pip 22.0.
    quiet = {"PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    done = subprocess.run(command, env={**env, **quiet}, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SetUpError(
            "The action's Python packages could not be installed; pip says why above.\n"
            "Likely cause: the package index cannot be reached; "
            "PIP_INDEX_URL in the step's env names another."
        )


def _is_whole(home: Path) -> bool:
    try:
        expected = (home / _LIST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return expected == _listing(home) and os.access(home / "bin" / "python", os.X_OK)


def _listing(home: Path) -> str:
    return "".join(sorted(_lines(home)))


def _lines(home: Path) -> Iterator[str]:
    """Write a line for each file, with its size; byte code comes and goes."""
    for folder, folders, files in os.walk(home):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            path = Path(folder, name)
            if path != home / _LIST:
                yield f"{path.lstat().st_size} {path.relative_to(home)}\n"


if __name__ == "__main__":
    sys.exit(main(os.environ))
