"""Run the commands of a plan (`entrypoint.py plan`) side by side, as our build does, and nothing else.

Arguments: the plan's file, then the functions whose cache is exported.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PARALLEL = 4


def main() -> int:
    """Build and export; the exit code of the worst."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    # The first of each template leads, so that the others find what they share.
    first: dict[str, dict] = {}
    for function in plan["functions"]:
        first.setdefault(function["lang"], function)
    rest = [function for function in plan["functions"] if function not in first.values()]
    with ThreadPoolExecutor(PARALLEL) as builds, ThreadPoolExecutor(PARALLEL) as exports:
        waiting = []

        def build(function: dict) -> int:
            code = run(function["commands"]["build"])
            if function["name"] in sys.argv[2:]:
                waiting.append(exports.submit(run, function["commands"]["export"]))
            return code

        codes = [*builds.map(build, first.values()), *builds.map(build, rest)]
        return max(*codes, *(future.result() for future in waiting), 0)


def run(argv: list[str]) -> int:
    """Run one command; what it writes is read, and shown when it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
