"""What the XML of an .xlsx says that its reader does not: how far cells reach, which results are missing."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from kangshu.domains.intake.tables.raw import MOST_COLUMNS
from kangshu.domains.intake.tables.refusal import refusal

MOST_CELLS = 30_000_000
"""A sheet is held in memory whole, empty cells between far ones too."""
MOST_XML = 2 << 30

_PIECE = 4 << 20
_CARRIED = 1 << 15
"""A formula has at most 8,192 characters."""
_ROW = re.compile(rb'<row [^>]*?\br="(\d{1,9})"')
_CELL = re.compile(rb'\br="([A-Z]{1,3})\d')
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_ERROR = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,8})"[^>]*? t="e"')
_NO_RESULT = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,8})"(?![^>]* t="str")[^>]*>'
    rb"<f(?:/>|[^>]*/>|[^>]*>[^<]*</f>)(?:<v/>|<v></v>)?</c>"
)

Cells = set[tuple[int, int]]
"""Rows and columns, from 0."""


def look_ahead(path: Path, place: str) -> dict[int, Cells]:
    """Cells of which a formula failed or has no result in the file, by the number of their sheet: the reader
    does not tell them from empty ones. Raises `Invalid` where cells reach too far or the file unpacks to too
    much."""
    if not zipfile.is_zipfile(path):
        return {}
    found: dict[int, Cells] = {}
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_XML:
            raise refusal(place, "It unpacks to too much.", "Send CSV.", code="too-costly")
        for member in archive.infolist():
            number = _SHEET.fullmatch(member.filename)
            if number is not None:
                found[int(number[1]) - 1] = _lost(archive, member, place)
    return found


def _lost(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: str) -> Cells:
    rows, columns, rest = 0, 0, b""
    lost: Cells = set()
    with archive.open(member) as file:
        while piece := file.read(_PIECE):
            text = rest + piece
            rows = max([rows, *map(int, _ROW.findall(text))])
            columns = max([columns, *map(_column_number, set(_CELL.findall(text)))])
            for kind in (_ERROR, _NO_RESULT):
                lost |= {(int(row) - 1, _column_number(col) - 1) for col, row in kind.findall(text)}
            rest = text[-_CARRIED:]
    if columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        raise refusal(
            f"{place} {member.filename.rsplit('/', 1)[-1]}",
            f"The sheet reaches to row {rows}, column {columns}.",
            f"It may have {MOST_COLUMNS} columns and {MOST_CELLS} cells. Delete far cells, or send CSV.",
            code="too-costly",
        )
    return lost


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
