"""Tell what a run did: (FunctionResults) -> CacheReport -> report.json. Pure."""

from openfaas_build.report.cache_report import (
    CacheReport,
    ExportReport,
    Failure,
    FirstMiss,
    FunctionReport,
    FunctionResult,
    ImportReport,
    Totals,
)
from openfaas_build.report.make_report import make_report
from openfaas_build.report.report_json import from_document, merge, to_document
