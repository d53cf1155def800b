"""A plan's report as a file: PDF, workbook, page, JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from kangshu.domains.planning.report import Report
from kangshu.interfaces.web.portal.reports.html import html_of
from kangshu.interfaces.web.portal.reports.pdf import pdf_of
from kangshu.interfaces.web.portal.reports.plan_data import plan_data
from kangshu.interfaces.web.portal.reports.plan_document import plan_document
from kangshu.interfaces.web.portal.reports.workbook import Labels, workbook_of
from kangshu.interfaces.web.portal.words import Words

MEDIA: Mapping[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}
FORMS = tuple(MEDIA)


def file_of(report: Report, form: str, words: Words, *, made: datetime, synthetic: bool = False) -> bytes:
    """The content of the file. `form`: one of `FORMS`; `synthetic`: the data is invented."""
    if form == "json":
        return json.dumps(
            plan_data(report, made=made, synthetic=synthetic), ensure_ascii=False, indent=1
        ).encode()
    document = plan_document(report, words, made=made, synthetic=synthetic)
    if form == "pdf":
        return pdf_of(document, made=made)
    if form == "xlsx":
        labels = Labels(words.say("plan_report.note"), words.say("plan_report.number"))
        return workbook_of(document, made=made, labels=labels)
    return html_of(document, words).encode()
