"""Run the commands of a plan (`entrypoint.py plan`) on the schedule of our build, and do nothing else.

Arguments: the plan's file, then the functions whose cache is exported.
"""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PARALLEL = 4
ENVIRONMENT = {**os.environ, "BUILDX_METADATA_PROVENANCE": "disabled"}  # as our build sets it
EXPORTING = '"name":"exporting to image"'


def main() -> int:
    """Build and export; the exit code of the worst."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    buildx = find_buildx()
    teams: dict[str, list[dict]] = {}
    for function in plan["functions"]:
        teams.setdefault(function["lang"], []).append(function)
    exported = [function for function in plan["functions"] if function["name"] in sys.argv[2:]]

    def build(function: dict, leads: threading.Event | None = None) -> int:
        return run([*buildx, *function["commands"]["build"][2:]], leads)

    def build_team(team: list[dict]) -> list[int]:
        leads = threading.Event()
        first = pool.submit(build, team[0], leads)
        leads.wait()
        return [*pool.map(build, team[1:]), first.result()]

    with ThreadPoolExecutor(PARALLEL) as pool, ThreadPoolExecutor(PARALLEL) as captains:
        codes = [code for team in captains.map(build_team, teams.values()) for code in team]
    with ThreadPoolExecutor(PARALLEL) as pool:
        codes += pool.map(lambda function: run([*buildx, *function["commands"]["export"][2:]]), exported)
    return max(codes)


def find_buildx() -> list[str]:
    """Give the path of the plugin: without `docker` in between, as our build starts it."""
    question = ["docker", "info", "--format", "{{json .ClientInfo.Plugins}}"]
    plugins = json.loads(subprocess.run(question, capture_output=True, check=True).stdout)
    return [plugin["Path"] for plugin in plugins if plugin["Name"] == "buildx"]


def run(argv: list[str], exporting: threading.Event | None = None) -> int:
    """Run one command; what it writes is read, and shown when it fails. `exporting`: all steps are done."""
    lines = []
    with subprocess.Popen(
        argv, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            lines.append(line)
            if exporting and EXPORTING in line:
                exporting.set()
    if exporting:
        exporting.set()
    if process.returncode:
        print("".join(lines))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
