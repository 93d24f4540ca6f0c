"""Make projects: a stack file, handlers, templates, in a folder of the test's own."""

import hashlib
import stat
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

# As in tests/recordings: two stages, seven steps, and the function's code comes late. The random
# layer makes sure that a hit comes from a cache: running the step again would give other bytes.
STAGES = """\
FROM busybox:stable AS build
WORKDIR /src/{name}
COPY go.mod .
RUN --network=none echo {name} && dd if=/dev/urandom of=/deps bs=64k count=1 2>/dev/null
COPY handler.go .
RUN --network=none cat handler.go /deps > /out

FROM busybox:stable
COPY --from=build /out /out
RUN --network=none echo {name}
"""
STEPS_BEFORE_HANDLER = {
    "WORKDIR /src",
    "COPY go.mod .",
    "RUN --network=none echo {name} && dd if=/dev/urandom of=/deps bs=64k count=1 2>/dev/null",
}
ONE_STAGE = """\
FROM busybox:stable
WORKDIR /src/{name}
COPY go.mod .
RUN --network=none echo {name} && dd if=/dev/urandom of=/deps bs=64k count=1 2>/dev/null
COPY handler.go .
RUN --network=none cat handler.go > /out
"""


class Project:
    """A project in `root` whose images are `registry/prefix/NAME:latest`."""

    def __init__(self, root: Path, registry: str, prefix: str) -> None:
        self.root = root
        self.registry = registry
        self.prefix = prefix
        self.functions: dict[str, dict[str, Any]] = {}
        self.configuration: dict[str, Any] = {}
        root.mkdir(parents=True, exist_ok=True)

    def image(self, name: str, registry: str = "") -> str:
        return f"{registry or self.registry}/{self.prefix}/{name}"

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def add(self, name: str, *, files: Mapping[str, str | bytes] | None = None, **keys: Any) -> None:
        """Add a function with a handler of its own; `keys` are those of the stack file."""
        for path, content in ({"handler.go": self._handler()} | dict(files or {})).items():
            self.write(f"{name}/{path}", content)
        image = f"{self.image(name)}:latest"
        function = {"lang": "dockerfile", "handler": f"./{name}", "image": image} | keys
        self.functions[name] = {key: value for key, value in function.items() if value is not None}
        self.write_stack()

    def add_dockerfile(
        self,
        name: str,
        dockerfile: str = STAGES,
        *,
        files: Mapping[str, str | bytes] | None = None,
        **keys: Any,
    ) -> None:
        """Add a function that brings its own Dockerfile; `{name}` in it is replaced."""
        own = {
            "Dockerfile": textwrap.dedent(dockerfile).replace("{name}", name),
            "go.mod": f"module {self.prefix}/{name}\n",
        }
        self.add(name, files={**own, **(files or {})}, **keys)

    def add_template(self, lang: str, dockerfile: str, files: Mapping[str, str] | None = None) -> None:
        self.write(f"template/{lang}/template.yml", f"language: {lang}\n")
        self.write(f"template/{lang}/Dockerfile", textwrap.dedent(dockerfile))
        for path, content in (files or {}).items():
            self.write(f"template/{lang}/{path}", content)

    def change_handler(self, name: str) -> None:
        file = self.root / name / "handler.go"
        file.write_text(f"{file.read_text()}// changed\n")

    def _handler(self) -> str:
        # No other test has it, so whatever copies it is not in the builder yet.
        return f"package function // {self.prefix}\n"

    def write_stack(self, path: str = "stack.yml") -> None:
        document: dict[str, Any] = {
            "version": "1.0",
            "provider": {"name": "openfaas", "gateway": "http://127.0.0.1:8080"},
            "functions": self.functions,
        }
        if self.configuration:
            document["configuration"] = self.configuration
        self.write(path, yaml.safe_dump(document, sort_keys=False))


def tree(folder: Path) -> dict[str, str]:
    """Give everything below a folder by name: kind, mode, and the contents' digest."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(mode) else ""
        found[str(path.relative_to(folder))] = f"{stat.filemode(mode)} {content}".strip()
    return found
