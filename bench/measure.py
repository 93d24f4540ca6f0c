"""Run one way in one scenario on an emptied builder, and take its time, memory and traffic."""

import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_SAMPLE_S = 0.1
_UPLOAD = re.compile(r"(?P<repository>.+)/blobs/uploads/[^?]*\?(?:.*&)?digest=(?P<digest>[^&]+)")
_REQUEST = re.compile(r'"(?P<method>[A-Z]+) (?P<path>/v2/\S+) HTTP/[\d.]+" (?P<status>\d+) (?P<size>\d+)')


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What a registry was asked; bytes are those of blobs and manifests, without headers."""

    requests: int
    blobs_up: int
    bytes_up: int
    bytes_down: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One run: wall time, the peak of the memory of all its processes together, and of the first alone."""

    seconds: float
    peak_mib: float
    own_mib: float
    traffic: Traffic


def measure(commands: Sequence[Sequence[str]], folder: Path, log: Path) -> Figures:
    """Run commands one after the other; `log` is the registry's. SystemExit with what a failing one wrote."""
    offset = log.stat().st_size
    peak = own = 0.0
    began = time.monotonic()
    for argv in commands:
        with (folder / "bench.log").open("wb") as output:
            process = subprocess.Popen(argv, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
            watch = _Watch(process.pid)
            watch.start()
            code = process.wait()
            watch.stop()
        if code:
            sys.exit(f"bench: {' '.join(argv[:6])} … failed:\n{(folder / 'bench.log').read_text()[-3000:]}")
        peak, own = max(peak, watch.peak_mib), max(own, watch.own_mib)
    seconds = time.monotonic() - began
    return Figures(seconds=seconds, peak_mib=peak, own_mib=own, traffic=_read_traffic(log, offset))


def empty(builder: str) -> None:
    """Remove every image and every cache record: a builder as new as in CI."""
    listed = _output(
        "docker", "image", "ls", "--no-trunc", "--format", "{{.ID}} {{.Repository}}"
    ).splitlines()
    # Not the one that a builder in a container runs from.
    images = {image for image, repository in map(str.split, listed) if repository != "moby/buildkit"}
    if images:
        _output("docker", "image", "rm", "--force", *images)
    _output("docker", "buildx", "prune", "--builder", builder, "--all", "--force")


class _Watch(threading.Thread):
    """Samples the memory (RSS) of a process and of all below it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.peak_mib = 0.0
        self.own_mib = 0.0

    def run(self) -> None:
        while not self._ended.wait(_SAMPLE_S):
            sizes = [_rss_mib(pid) for pid in _tree(self._pid)]
            self.peak_mib = max(self.peak_mib, sum(sizes))
            self.own_mib = max(self.own_mib, *sizes[:1], 0.0)

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _rss_mib(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except (OSError, IndexError):
        return 0.0


def _read_traffic(log: Path, offset: int) -> Traffic:
    """Read the registry's own log of requests; the size of what was put is asked for afterwards."""
    with log.open("rb") as file:
        file.seek(offset)
        requests = list(_REQUEST.finditer(file.read().decode(errors="replace")))
    put = [each["path"] for each in requests if each["method"] == "PUT" and each["status"] == "201"]
    blobs = [found for path in put if (found := _UPLOAD.match(path))]
    manifests = [path for path in put if "/manifests/" in path]
    sizes = [_size(f"{blob['repository']}/blobs/{unquote(blob['digest'])}") for blob in blobs]
    return Traffic(
        requests=len(requests),
        blobs_up=len(blobs),
        bytes_up=sum(sizes) + sum(map(_size, manifests)),
        bytes_down=sum(int(each["size"]) for each in requests if each["method"] == "GET"),
    )


def _size(path: str) -> int:
    accept = {"Accept": "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"}
    request = urllib.request.Request(
        f"http://{os.environ['LAB_REGISTRY']}{path}", headers=accept, method="HEAD"
    )
    with urllib.request.urlopen(request) as answer:
        return int(answer.headers["Content-Length"])


def _output(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench: {' '.join(argv[:6])} … failed:\n{done.stderr[-2000:]}")
    return done.stdout
