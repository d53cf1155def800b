"""Excel: .xlsx and .xls, the sheets as tables.

Values are what Excel last computed, so formulas are read as their results. Cells merged over several rows or
columns hold their value in each. A number in a column of texts is written as people see it; one so long that
Excel has dropped digits of it is damaged, and told so.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from kangshu.domains.intake.tables.delimited import HEADED
from kangshu.domains.intake.tables.names import UNNAMED, how_many, refuse_duplicates
from kangshu.domains.intake.tables.raw import DAMAGED, MOST_COLUMNS, RawTable
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import Engine

MOST_CELLS = 30_000_000
"""A sheet is held in memory whole, empty cells between far ones too."""
MOST_SHEET_BYTES = 2 << 30

_ROW = re.compile(rb'<row [^>]*?\br="(\d{1,9})"')
_CELL = re.compile(rb'\br="([A-Z]{1,3})\d')
_ERROR = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,8})"[^>]*? t="e"')
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_EXACT = 10**15
"""From here on a double no longer holds every integer that Excel shows fifteen digits of."""


def read_sheet(
    engine: Engine, path: Path, place: str, *, sheet: str, header_row: int, promised: Sequence[str]
) -> RawTable:
    """Make a sheet readable as a table. `sheet` '': the only one that is not empty."""
    errors = _look_ahead(path, place)
    try:
        book: CalamineWorkbook = cast(Any, CalamineWorkbook).from_path(str(path))
        found = _sheet(book, sheet, place)
        where = f"{place} sheet {found.name}"
        rows: list[list[Any]] = found.to_python(skip_empty_area=False)
        _mark(rows, errors.get(book.sheet_names.index(found.name), set()))
        _fill_merged(rows, found)
    except CalamineError:
        raise refusal(place, "It cannot be read as an Excel file.", "Save it again as .xlsx.") from None
    start = _heading(rows, header_row, promised, where)
    names = [_text(cell, where) or f"{UNNAMED}{number}" for number, cell in enumerate(rows[start], 1)]
    refuse_duplicates(names, f"{where} heading")
    body = rows[start + 1 :]
    while body and not any(cell not in ("", None) for cell in body[-1]):
        body.pop()
    table = f"excel_{re.sub(r'[^a-z0-9]', '_', path.stem)}_{abs(hash(found.name))}"
    columns = list(zip(*body, strict=True)) if body else [() for _ in names]
    arrays = [pa.array([_cell(value) for value in column], pa.string()) for column in columns]
    offset = start + 1
    engine.offer(f"{table}_in", pa.table(arrays, names=names))
    engine.run(f"CREATE TABLE {table} AS SELECT * FROM {table}_in")
    return RawTable(where, table, tuple(names), row=f"rowid + {offset + 1}")


def _look_ahead(path: Path, place: str) -> dict[int, set[tuple[int, int]]]:
    """Refuse an .xlsx whose cells reach too far, before anything holds them all. Cells in which a formula
    failed, by the place of their sheet in the file: the reader does not tell them from empty ones."""
    if not zipfile.is_zipfile(path):
        return {}
    found: dict[int, set[tuple[int, int]]] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            number = _SHEET.fullmatch(member.filename)
            if number is None:
                continue
            if member.file_size > MOST_SHEET_BYTES:
                raise refusal(place, "A sheet is too large.", "Send CSV.", code="too-costly")
            found[int(number[1]) - 1] = _errors(archive, member, place)
    return found


def _errors(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: str) -> set[tuple[int, int]]:
    rows, columns, rest = 0, 0, b""
    errors: set[tuple[int, int]] = set()
    with archive.open(member) as file:
        while piece := file.read(4 << 20):
            text = rest + piece
            rows = max([rows, *map(int, _ROW.findall(text))])
            columns = max([columns, *map(_column_number, set(_CELL.findall(text)))])
            errors |= {(int(row) - 1, _column_number(col) - 1) for col, row in _ERROR.findall(text)}
            rest = text[-256:]
    if columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        raise refusal(
            f"{place} {member.filename.rsplit('/', 1)[-1]}",
            f"The sheet reaches to row {rows}, column {columns}.",
            f"It may have {MOST_COLUMNS} columns and {MOST_CELLS} cells. Delete far cells, or send CSV.",
            code="too-costly",
        )
    return errors


def _mark(rows: list[list[Any]], errors: set[tuple[int, int]]) -> None:
    for row, column in errors:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = DAMAGED


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet(book: CalamineWorkbook, wanted: str, place: str) -> CalamineSheet:
    names = book.sheet_names
    if wanted and wanted not in names:
        raise refusal(
            place, f"There is no sheet {wanted}.", f"The sheets are {', '.join(names)}.", code="not-found"
        )
    if wanted:
        return book.get_sheet_by_name(wanted)
    filled = [each for each in map(book.get_sheet_by_name, names) if each.height > 0]
    if len(filled) != 1:
        what = "Several sheets have something in them" if filled else "No sheet has anything in it"
        raise refusal(place, f"{what}: {', '.join(names)}.", "Say in the feed which one it is (file).")
    return filled[0]


def _fill_merged(rows: list[list[Any]], sheet: CalamineSheet) -> None:
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [value] * len(row[left : right + 1])


def _heading(rows: list[list[Any]], header_row: int, promised: Sequence[str], where: str) -> int:
    if not rows:
        raise refusal(where, "The sheet is empty.", "The first row names the columns.")
    if header_row:
        if len(rows) < header_row:
            raise refusal(where, f"There is no row {header_row} for the heading.", "Correct header_row.")
        return header_row - 1
    for number, row in enumerate(rows[:HEADED]):
        # A title merged over the whole width is no heading, even if it should be called like a column.
        if how_many([str(cell) for cell in row], promised) > min(1, len(promised) - 1):
            return number
    return 0


def _text(cell: Any, where: str) -> str:
    if isinstance(cell, str | int | float) and not isinstance(cell, bool):
        return " ".join(str(cell).split())
    raise refusal(f"{where} heading", "It holds something that is no text.", "Name the columns in words.")


def _cell(value: Any) -> str | None:
    """As a CSV file of the same table would have it."""
    if isinstance(value, str):
        return value
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        if abs(value) >= _EXACT:
            return DAMAGED
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
