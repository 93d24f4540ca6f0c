"""Generate the project that is built: a stack of Python functions on templates of the usual shape.

Its steps do real work without the network: packages are installed by apt from
files and Python's by pip from wheels, which lie in a base image that is made
once. In place of the download that they are spared stands a sleep of three
seconds for apt and of one for pip.
"""

import os
import subprocess
from pathlib import Path

BASE_DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends python3-pip \\
 && mkdir -p /packages/partial \\
 && apt-get install -y --no-install-recommends --download-only -o Dir::Cache::archives=/packages \\
      libpq5 libxslt1.1 libtiff6 \\
 && pip download --quiet --dest /wheels {wheels} \\
 && rm -rf /var/lib/apt/lists/* /packages/partial /packages/lock
"""
WHEELS = ("flask", "waitress", "requests", "pyyaml", "jsonschema", "sqlalchemy", "pydantic", "rich")
SHARED_WHEELS = ("flask", "waitress")
DOCKERFILE = """\
FROM {base}
ARG ADDITIONAL_PACKAGE
RUN --network=none sleep 3 && apt-get install -y --no-install-recommends /packages/*.deb
WORKDIR /home/app
COPY index.py requirements.txt /home/app/
{shared}
COPY function/requirements.txt /home/app/function/
RUN --network=none sleep 1 && {pip} -r function/requirements.txt
CMD ["python3", "index.py"]
COPY {link}function /home/app/function
"""
PIP = "pip install --quiet --no-cache-dir --no-index --find-links /wheels --target /home/app/python --upgrade"


class Project:
    """A project whose images lie below a place of its own in the registry.

    All `templates` begin with the same step of apt; of one template's steps,
    `shared_steps` install Python packages once for all of its functions.
    """

    def __init__(
        self, root: Path, place: str, *, functions: int, templates: int, shared_steps: int, link: bool
    ) -> None:
        self.root = root
        self.place = place
        self.is_new = True
        self.changed = ""
        self.names = [f"fn-{number:03}" for number in range(functions)]
        for number in range(templates):
            self._write_template(f"python-{number}", shared_steps, link=link)
        lines = ["version: 1.0", "provider: {name: openfaas}", "functions:"]
        for number, name in enumerate(self.names):
            (root / name).mkdir()
            own = WHEELS[len(SHARED_WHEELS) + number % (len(WHEELS) - len(SHARED_WHEELS))]
            (root / name / "requirements.txt").write_text(f"# {name} at {place}\n{own}\n")
            self._write_handler(name, "first")
            lines.append(
                f"  {name}: {{lang: python-{number % templates}, handler: ./{name}, image: '{place}/{name}'}}"
            )
        (root / "stack.yml").write_text("\n".join(lines) + "\n")

    def change_one(self) -> None:
        """Write the first function's handler anew."""
        self.changed = self.names[0]
        self._write_handler(self.changed, "second")

    def _write_handler(self, name: str, text: str) -> None:
        (self.root / name / "handler.py").write_text(f"# {text}: {name} at {self.place}\n")

    def image(self, name: str) -> str:
        """Give a function's image, as all ways of building tag it."""
        return f"{self.place}/{name}:latest"

    def cache(self, name: str) -> tuple[str, str]:
        """Give the cache import and export of a function."""
        ref = f"type=registry,ref={self.place}/{name}:buildcache"
        return ref, f"{ref},mode=max"

    def _write_template(self, lang: str, shared_steps: int, *, link: bool) -> None:
        folder = self.root / "template" / lang
        folder.mkdir(parents=True)
        shared = [
            f"RUN --network=none sleep 1 && {PIP} {SHARED_WHEELS[number % len(SHARED_WHEELS)]} # {number}"
            for number in range(shared_steps)
        ]
        (folder / "template.yml").write_text(f"language: {lang}\n")
        (folder / "index.py").write_text(f"# {lang} at {self.place}\n")
        (folder / "requirements.txt").write_text("\n".join(SHARED_WHEELS) + "\n")
        (folder / "Dockerfile").write_text(
            DOCKERFILE.format(
                base=base_image(), shared="\n".join(shared), pip=PIP, link="--link " if link else ""
            )
        )


def base_image() -> str:
    """Name the base image."""
    return f"{os.environ['LAB_REGISTRY']}/bench/base:1"


def make_base(folder: Path) -> None:
    """Make the base image, which needs the network, and push it; a few seconds when it is there already."""
    if subprocess.run(
        ["docker", "buildx", "imagetools", "inspect", base_image()], capture_output=True, check=False
    ).returncode:
        (folder / "Dockerfile").write_text(BASE_DOCKERFILE.format(wheels=" ".join(WHEELS)))
        subprocess.run(["docker", "build", "--quiet", "--push", "--tag", base_image(), folder], check=True)
