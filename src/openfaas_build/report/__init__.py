"""Tell what a run did: (FunctionRuns) -> CacheReport -> report.json. Pure."""

from openfaas_build.report.document import from_document, merge, to_document
from openfaas_build.report.make import build_hint, make_report
from openfaas_build.report.model import (
    CacheReport,
    ExportReport,
    FirstMiss,
    FunctionReport,
    FunctionRun,
    ImportReport,
    ReportStep,
    Totals,
)
from openfaas_build.report.outcomes import needs_export

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
