"""Write and read report.json (schema 1), and merge several into one."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from openfaas_build.errors import BuildError, Notice
from openfaas_build.report.cache_report import (
    CacheReport,
    ExportReport,
    Failure,
    FirstMiss,
    FunctionReport,
    ImportReport,
)
from openfaas_build.report.make_report import total
from openfaas_build.solve import Step

SCHEMA = 1
_STEP_FIELDS = ("stage", "index", "of", "platform", "instruction", "status", "duration_s")


def to_document(report: CacheReport) -> dict[str, Any]:
    """Return the report as the JSON document that the design names."""
    return {
        "schema": SCHEMA,
        "totals": dataclasses.asdict(report.totals),
        "functions": [_function_document(function) for function in report.functions],
        "warnings": [warning.as_warning() for warning in report.warnings],
        "interrupted": report.interrupted,
    }


def from_document(document: Mapping[str, Any], path: str) -> CacheReport:
    """Read what `to_document` wrote; raises BuildError naming `path` otherwise."""
    try:
        if document["schema"] != SCHEMA:
            raise ValueError
        functions = tuple(_function(dict(flat)) for flat in document["functions"])
        return CacheReport(
            totals=total(functions, float(document["totals"]["duration_s"])),
            functions=functions,
            warnings=tuple(Notice(**flat) for flat in document["warnings"]),
            interrupted=bool(document["interrupted"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BuildError.of(
            problem="this is no report of openfaas-build that this version can read.",
            cause="another file, or a report of another version.",
            remedy="Give the report.json files that `build` wrote.",
            file=path,
        ) from None


def merge(reports: Sequence[CacheReport]) -> CacheReport:
    """Make one report of several shards'; the longest of them gives the duration."""
    functions = tuple(
        sorted((item for report in reports for item in report.functions), key=lambda item: item.name)
    )
    warnings = dict.fromkeys(warning for report in reports for warning in report.warnings)
    longest = max((report.totals.duration_s for report in reports), default=0.0)
    return CacheReport(
        totals=total(functions, longest),
        functions=functions,
        warnings=tuple(warnings),
        interrupted=any(report.interrupted for report in reports),
    )


def _function_document(function: FunctionReport) -> dict[str, Any]:
    """Write one function; `hints` and `error` repeat in one list and one text what stands at its place."""
    failure = function.failure
    explained = (*function.imports, function.export, failure)
    hints = [*(part.hint for part in explained if part and part.hint), *function.suggestions]
    flat = dataclasses.asdict(function)
    del flat["imports"], flat["export"]
    return flat | {
        "steps": [{key: getattr(step, key) for key in _STEP_FIELDS} for step in function.steps],
        "cache": {"imports": [_part(item) for item in function.imports], "export": _part(function.export)},
        "failure": _part(failure),
        "suggestions": [hint.as_hint() for hint in function.suggestions],
        "hints": [hint.as_hint() for hint in dict.fromkeys(hints)],
        "error": failure.log if failure else None,
    }


def _part(part: ImportReport | ExportReport | Failure | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {**dataclasses.asdict(part), "hint": part.hint.as_hint() if part.hint else None}


def _function(flat: dict[str, Any]) -> FunctionReport:
    cache = flat.pop("cache")
    del flat["hints"], flat["error"]
    return FunctionReport(
        **flat
        | {
            "steps": tuple(Step(**step) for step in flat["steps"]),
            "imports": tuple(ImportReport(**_with_hint(item)) for item in cache["imports"]),
            "export": ExportReport(**_with_hint(cache["export"])) if cache["export"] else None,
            "first_miss": FirstMiss(**flat["first_miss"]) if flat["first_miss"] else None,
            "failure": Failure(**_with_hint(flat["failure"])) if flat["failure"] else None,
            "suggestions": tuple(Notice(**hint) for hint in flat["suggestions"]),
        }
    )


def _with_hint(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {**flat, "hint": Notice(**flat["hint"]) if flat["hint"] else None}
