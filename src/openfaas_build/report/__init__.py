"""Tell what a run did: (FunctionRuns) -> CacheReport -> report.json. Pure."""

from openfaas_build.report.cache_outcomes import needs_export
from openfaas_build.report.cache_report import (
    CacheReport,
    ExportReport,
    FirstMiss,
    FunctionReport,
    FunctionRun,
    ImportReport,
    ReportStep,
    Totals,
)
from openfaas_build.report.make_report import build_hint, make_report
from openfaas_build.report.report_json import from_document, merge, to_document

__all__ = [
    "CacheReport",
    "ExportReport",
    "FirstMiss",
    "FunctionReport",
    "FunctionRun",
    "ImportReport",
    "ReportStep",
    "Totals",
    "build_hint",
    "from_document",
    "make_report",
    "merge",
    "needs_export",
    "to_document",
]
