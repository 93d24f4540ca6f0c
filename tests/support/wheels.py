"""What the action installs, fetched once for all processes of a run."""

import fcntl
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "src" / "requirements.txt"


def fetch_wheels(folder: Path) -> Path:
    """Return a folder of wheels below `folder`, which all processes name alike; it is filled once."""
    wheels = folder / "wheels"
    with (folder / "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wheels.exists():
            part = folder / "wheels.part"
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            command += ["--no-deps", "--require-hashes", "--requirement", str(LOCK), "--dest", str(part)]
            subprocess.run(command, check=True, timeout=300)
            part.rename(wheels)
    return wheels
