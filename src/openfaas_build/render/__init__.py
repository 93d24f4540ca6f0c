"""Tell what happened: (CacheReport) -> job summary, terminal table, annotations, outputs. Pure.

Everything that comes from others is made visible and harmless for the page
that it goes to; nothing else in the package writes Markdown. The price: a
text is shortened where a page has no room for it, report.json has it whole.
"""

from openfaas_build.render.annotations import Annotation, Level, annotations
from openfaas_build.render.json_documents import outputs, plan_document, plan_matrix
from openfaas_build.render.markdown import summary_markdown
from openfaas_build.render.report_table import table_text
