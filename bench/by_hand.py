"""Run the commands of a plan (`entrypoint.py plan`) side by side, as our build does, and nothing else.

Only the followers of a template wait longer: till their leader has ended.

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
    exported = [function for function in plan["functions"] if function["name"] in sys.argv[2:]]
    with ThreadPoolExecutor(PARALLEL) as pool:
        codes = [code for group in (list(first.values()), rest) for code in pool.map(build, group)]
        codes += pool.map(lambda function: run(function["commands"]["export"]), exported)
    return max(codes)


def build(function: dict) -> int:
    """Build one function."""
    return run(function["commands"]["build"])


def run(argv: list[str]) -> int:
    """Run one command; what it writes is read, and shown when it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
