"""A document as an Excel workbook: a sheet for each section, numbers as numbers, charts that Excel draws."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Literal

import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from kangshu.interfaces.web.portal.reports.document import Cell, Column, Document, Section, Tone

_COLOURS: Mapping[Tone, str] = {
    "": "#14211F",
    "good": "#084F49",
    "bad": "#B3261E",
    "warn": "#8A5200",
    "soft": "#5D6E6A",
}
Part = Literal["cell", "number", "note"]

_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
_WIDTH = 11


@dataclass(frozen=True, slots=True)
class Labels:
    """What columns of small print and of numbers behind words are called."""

    note: str
    number: str


def workbook_of(document: Document, *, made: datetime, labels: Labels) -> bytes:
    """The workbook."""
    buffer = BytesIO()
    # Texts that begin with "=" or look like an address stay texts.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book: Any = xlsxwriter.Workbook(buffer, options)
    book.set_properties(
        {"title": document.title, "subject": document.subtitle, "created": made.replace(tzinfo=None)}
    )
    formats = _Formats(book)
    _front(book, formats, document)
    used: set[str] = {document.title[:_LONGEST_NAME].lower()}
    for section in document.sections:
        _sheet(book, formats, section, _name(section.title, used), labels)
    book.close()
    return buffer.getvalue()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Any] = {}

    def of(self, **said: Any) -> Any:
        """The format of properties."""
        key = tuple(sorted(said.items()))
        if key not in self._made:
            base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top", "text_wrap": True}
            self._made[key] = self._book.add_format(base | said)
        return self._made[key]


def _front(book: Any, formats: _Formats, document: Document) -> None:
    sheet = book.add_worksheet(_FORBIDDEN.sub(" ", document.title)[:_LONGEST_NAME])
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, document.title, formats.of(bold=True, font_size=16, text_wrap=False))
    sheet.write_string(1, 0, document.subtitle, formats.of(font_color="#5D6E6A", text_wrap=False))
    sheet.write_string(2, 0, document.notice, formats.of(bold=True, font_color="#8A5200", text_wrap=False))
    row = 3
    for label, value in document.facts:
        sheet.write_string(row, 0, label, formats.of(font_color="#5D6E6A"))
        sheet.write_string(row, 1, value, formats.of())
        row += 1
    for point in (*document.points, document.footer):
        row += 1
        sheet.write_string(row, 1, point, formats.of())


def _sheet(book: Any, formats: _Formats, section: Section, name: str, labels: Labels) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, section.title, formats.of(bold=True, font_size=13, text_wrap=False))
    sheet.write_string(1, 0, section.hint or "", formats.of(font_color="#5D6E6A", text_wrap=False))
    heads = _heads(section)
    head = formats.of(bold=True, bg_color="#E1F1EE", bottom=1, valign="vcenter")
    for place, (number, part) in enumerate(heads):
        column = section.columns[number]
        wide = 1 if part == "number" else max(0.8, min(column.wide, 3.5))
        sheet.set_column(place, place, _WIDTH * wide)
        label = {"cell": "", "number": f" · {labels.number}", "note": f" · {labels.note}"}[part]
        sheet.write_string(3, place, column.label + label, head)
    for line, row in enumerate(section.rows, 4):
        for place, (number, part) in enumerate(heads):
            _write(sheet, formats, line, place, row[number], section.columns[number], part)
    last = 3 + len(section.rows)
    if section.rows:
        sheet.autofilter(3, 0, last, len(heads) - 1)
    sheet.freeze_panes(4, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)
    if section.sums and section.rows:
        _chart(book, sheet, section, name, [number for number, part in heads if part == "cell"])


def _heads(section: Section) -> list[tuple[int, Part]]:
    """The columns of a sheet: small print, and numbers behind words, have columns of their own, so that every
    column can be sorted and calculated with."""
    found: list[tuple[int, Part]] = []
    for number, column in enumerate(section.columns):
        cells = [row[number] for row in section.rows]
        found.append((number, "cell"))
        if column.kind != "number" and any(each.number is not None for each in cells):
            found.append((number, "number"))
        if any(each.note for each in cells):
            found.append((number, "note"))
    return found


def _write(
    sheet: Any, formats: _Formats, line: int, place: int, cell: Cell, column: Column, part: Part
) -> None:
    if part == "note":
        sheet.write_string(line, place, cell.note, formats.of(font_color=_COLOURS["soft"]))
        return
    colour = _COLOURS[cell.tone]
    if cell.number is not None and (column.kind == "number" or part == "number"):
        decimals = max(-int(cell.number.as_tuple().exponent), 0)
        shape = "#,##0" + ("." + "0" * decimals if decimals else "")
        sheet.write_number(line, place, float(cell.number), formats.of(font_color=colour, num_format=shape))
        return
    text = "" if cell.text == "–" or part == "number" else cell.text
    sheet.write_string(line, place, text, formats.of(font_color=colour))


def _chart(book: Any, sheet: Any, section: Section, name: str, places: list[int]) -> None:
    chart = book.add_chart({"type": "bar", "subtype": "stacked"})
    last = 3 + len(section.rows)
    for number in section.sums:
        place = places.index(number)
        chart.add_series(
            {
                "name": [name, 3, place],
                "categories": [name, 4, 0, last, 0],
                "values": [name, 4, place, last, place],
            }
        )
    chart.set_title({"name": section.title, "name_font": {"size": 11}})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 620, "height": 120 + 28 * len(section.rows)})
    sheet.insert_chart(last + 2, 0, chart)


def _name(title: str, used: set[str]) -> str:
    """A name for a sheet: at most 31 characters, none that Excel forbids, and no other sheet's."""
    plain = _FORBIDDEN.sub(" ", title).strip("'")[:_LONGEST_NAME]
    name, number = plain, 2
    while name.lower() in used:
        name = f"{plain[: _LONGEST_NAME - 4]} ({number})"
        number += 1
    used.add(name.lower())
    return name
