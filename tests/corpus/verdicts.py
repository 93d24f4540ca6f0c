"""The stack files with recorded verdicts of faas-cli: where they are, and how a test goes through them.

The probes and the generated files are ours and stand beside this module. The
files of other projects are theirs: they stay outside the repository, and
tests read them from `../shared/corpus` where somebody has put it.
"""

import json
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import pytest

CORPUS = Path(__file__).parent
BESIDE = CORPUS.parents[1] / "../shared/corpus"

Case = TypeVar("Case")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A set of stack files, the file that holds their verdicts, and how many there are."""

    root: Path
    verdicts: str
    folders: tuple[str, ...]
    count: int

    def read(self) -> dict[str, Any]:
        """Return the verdicts, as README.md describes them, of the files in `folders` alone."""
        whole = json.loads((self.root / self.verdicts).read_text(encoding="utf-8"))
        return {**whole, "files": {name: whole["files"][name] for name in self.own(whole["files"])}}

    def own(self, names: Collection[str]) -> set[str]:
        """Return those of `names` that belong to this source.

        A name belongs to it by its folder, also where there is no such file:
        then a table that still names the file makes its test fail.
        """
        return {name for name in names if name.startswith(self.folders)}


PROBES = Source(root=CORPUS, verdicts="probes.json", folders=("probes/",), count=198)
THIRD_PARTY = Source(
    root=BESIDE, verdicts="expected.json", folders=("stacks/", "provider-rewritten/"), count=267
)
# Parameters for each test that is made for both.
SOURCES = [
    pytest.param(PROBES, id="probes"),
    pytest.param(
        THIRD_PARTY,
        id="third-party",
        marks=pytest.mark.skipif(
            not BESIDE.is_dir(),
            reason="wants ../shared/corpus beside the checkout: third-party files are not in the repository",
        ),
    ),
]


def check_each(cases: Mapping[str, Case], check: Callable[[str, Case], None]) -> None:
    """Call `check(name, case)` for each case, and fail with the names of all that failed and why.

    One test for hundreds of files: pytest's work for a test takes longer than
    most of the checks.
    """
    failures = []
    for name, case in cases.items():
        try:
            check(name, case)
        except (Exception, pytest.fail.Exception):
            failures.append(f"{name}:\n{traceback.format_exc(limit=-1)}")
    assert not failures, f"{len(failures)} of {len(cases)} failed\n\n" + "\n".join(failures)


def secret_paths(paths: Mapping[str, str]) -> dict[str, str]:
    """Return the paths of secrets as they are compared: `$PROJECT/s/x`, `./s/x` -> `s/x`."""
    return {name: str(PurePosixPath(path.removeprefix("$PROJECT/"))) for name, path in paths.items()}
