"""Write what other programs read: the step's outputs, and the plan as JSON (schema 1)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from openfaas_build.plan import BuildPlan, FunctionBuild
from openfaas_build.report import CacheReport

SCHEMA = 1
Commands = Mapping[str, tuple[Sequence[str], Sequence[str] | None]]


def outputs(report: CacheReport, *, report_path: str, matrix: Mapping[str, Any]) -> dict[str, str]:
    """Make the outputs of the action by name; lists and mappings are JSON on one line.

    `images` and `digests` name what may be deployed: functions that did not
    fail and whose digest is known. `cache-hit-rate` is from 0.00 to 1.00,
    rounded down, and empty when no step counts.
    """
    totals = report.totals
    good = [item for item in report.functions if item.status in ("built", "reused") and item.digest]
    by_status = {
        status: sorted(item.name for item in report.functions if item.status == status)
        for status in ("built", "reused", "failed")
    }
    judged = totals.steps_total - totals.steps_shared
    rate = "" if totals.hit_rate is None else _rate(totals.steps_hit, judged)
    return {
        "cache-hit-rate": rate,
        "digests": _json({item.name: item.digest for item in good}),
        "failed": _json(by_status["failed"]),
        "functions": _json(by_status["built"]),
        "images": _json({item.name: f"{item.image}@{item.digest}" for item in good}),
        "matrix": _json(matrix),
        "report": report_path,
        "reused": _json(by_status["reused"]),
        "steps-cached": str(totals.steps_hit),
        "steps-total": str(totals.steps_total),
    }


def plan_document(plan: BuildPlan, commands: Commands, unknown: Sequence[str]) -> dict[str, Any]:
    """Write the plan as the JSON document that the design names.

    `commands` are each built function's build and export command, `unknown`
    says how those of a build may differ. A secret is
    where its value comes from (`src=FILE`, `env=NAME`), never the value.
    """
    return {
        "schema": SCHEMA,
        "stack_file": plan.stack_file,
        "functions": [_function(function, commands) for function in plan.functions],
        "matrix": plan_matrix(plan),
        "warnings": [warning.as_warning() for warning in plan.warnings],
        "unknown": list(unknown),
    }


def plan_matrix(plan: BuildPlan) -> dict[str, Any]:
    """Write the shards as a job matrix, counted from 1."""
    return {
        "include": [{"shard": at, "functions": list(shard)} for at, shard in enumerate(plan.shards, start=1)]
    }


def _function(function: FunctionBuild, commands: Commands) -> dict[str, Any]:
    build, export = commands.get(function.name, ((), None))
    return {
        "name": function.name,
        "lang": function.lang,
        "handler": function.handler,
        "context": function.context,
        "image": function.image,
        "tags": list(function.tags),
        "platforms": list(function.platforms),
        "build_args": dict(sorted(function.build_args.items())),
        "secrets": {secret.id: f"{secret.kind}={secret.source}" for secret in function.secrets},
        "labels": dict(sorted(function.labels.items())),
        "cache": {
            "mode": function.cache.mode,
            "from": [entry.text for entry in function.cache.imports],
            "to": [entry.text for entry in function.cache.exports],
            "inline": function.cache.inline,
        },
        "skip": function.skip or None,
        "commands": {"build": list(build), "export": None if export is None else list(export)},
    }


def _rate(part: int, whole: int) -> str:
    hundredths = 100 * part // whole if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
