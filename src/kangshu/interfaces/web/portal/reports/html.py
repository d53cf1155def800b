"""A document as one file of HTML that needs nothing else: styles and drawings are in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from markupsafe import Markup

from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.page import Page, environment
from kangshu.interfaces.web.portal.reports.document import Document
from kangshu.interfaces.web.portal.words import Words

_STATIC = Path(__file__).parents[1] / "static"


@dataclass(frozen=True, slots=True)
class ReportFile(Page):
    """document: what it says; pictures: its charts by section; styles: the style sheets."""

    template: ClassVar[str] = "report_file.html"
    title: ClassVar[str] = "plan_report.title"

    document: Document
    pictures: Mapping[str, tuple[tuple[str, Markup], ...]]
    styles: Markup


def html_of(document: Document, words: Words) -> str:
    """The file."""
    pictures = {
        each.id: tuple((one.title, drawn(one.spec)[1]) for one in each.drawings) for each in document.sections
    }
    page = environment(words.language).get_template(ReportFile.template)
    return page.render(document=document, pictures=pictures, styles=_styles())


@cache
def _styles() -> Markup:
    texts = ((_STATIC / name).read_text("utf-8") for name in ("portal.css", "report.css"))
    return Markup("\n".join(texts))  # noqa: S704 own style sheets
