"""A document as a PDF: set by Typst, in a Chinese font that comes along: it looks alike everywhere."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.reports.document import Document, Drawing, Section

_TEMPLATE = (Path(__file__).parent / "report.typ").read_bytes()
_FONT = "Noto Sans SC"
_FAMILY = re.compile(r'font-family="[^"]*"')
_WIDTH = re.compile(r'<svg[^>]* width="(\d+(?:\.\d+)?)"')
_MILLIMETRES = 0.24
"""That a pixel of a chart is on paper."""


def pdf_of(document: Document, *, made: datetime) -> bytes:
    """The PDF. `made`: the time that stands in it."""
    told = {
        "title": document.title,
        "subtitle": document.subtitle,
        "lang": document.language,
        "period": document.facts[0][1] if document.facts else "",
        "facts": document.facts,
        "points": document.points,
        "footer": document.footer,
        "notice": document.notice,
        "sections": [_section(each) for each in document.sections],
    }
    compiler = typst.Compiler(_TEMPLATE, font_paths=_fonts())
    written = compiler.compile(
        format="pdf",
        sys_inputs={"document": json.dumps(told, ensure_ascii=False)},
        timestamp=made.replace(microsecond=0),
    )
    assert isinstance(written, bytes)
    return written


@cache
def _fonts() -> typst.Fonts:
    folder = pylopdf_fonts_zh_cn.sans_path().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "hint": section.hint,
        "empty": section.empty,
        "columns": [asdict(each) for each in section.columns],
        "rows": [
            [{"text": each.text, "tone": each.tone, "note": each.note} for each in row]
            for row in section.rows
        ],
        "drawings": [_drawing(each) for each in section.drawings],
    }


def _drawing(drawing: Drawing) -> dict[str, Any]:
    svg = _FAMILY.sub(f'font-family="{_FONT}"', str(drawn(drawing.spec)[1]))
    found = _WIDTH.search(svg)
    width = float(found[1]) * _MILLIMETRES if found else 100.0
    return {"title": drawing.title, "svg": svg, "width": width}
