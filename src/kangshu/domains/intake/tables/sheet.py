"""One sheet of an Excel file, .xlsx or .xls, as a Parquet file of texts: the work of a process of its own.

Values are what Excel last computed, so formulas are read as their results. Cells merged over several rows or
columns hold their value in each. A number in a column of texts is written as people see it; one so long that
Excel has dropped digits of it is damaged, and told so.

The reader asks for the memory a file says it needs, and its process ends where that is not to be had. So it
runs in one that may end: `workbook` starts it, gives it a `Request` and reads its `Answer`.
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from kangshu.domains.intake.tables.names import UNNAMED, how_many, refuse_duplicates
from kangshu.domains.intake.tables.raw import DAMAGED, HEADED
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.domains.intake.tables.sheet_xml import Cells, look_ahead
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.arrow import pa, pq

MOST_MEMORY = 6 << 30
MOST_SECONDS = 300
"""Of processor time."""
ROW = "_row"
"""The column with the number of each row in the sheet."""

_EXACT = 10**15
"""From here on a double no longer holds every integer that Excel shows fifteen digits of."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to read. `sheet` '': the only visible one that is not empty; `header_row` 0: look for it."""

    path: str
    target: str
    place: str
    sheet: str
    header_row: int
    promised: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read: where it stood, the sheet and its columns; or the words of a refusal."""

    place: str
    sheet: str = ""
    names: Sequence[str] = ()
    message: str = ""
    remedy: str = ""
    code: str = ""


def main() -> None:
    """Read a request from standard input and answer on standard output."""
    for kind, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        given = resource.getrlimit(kind)[1]
        bound = most if given == resource.RLIM_INFINITY else min(most, given)
        resource.setrlimit(kind, (bound, bound))
    request = Request(**json.load(sys.stdin))
    try:
        answer = read(request)
    except Invalid as error:
        place = error.problems[0].path or request.place
        words = error.message.removeprefix(f"{place}: ")
        answer = Answer(place, message=words, remedy=error.remedy, code=error.code)
    json.dump(asdict(answer), sys.stdout)


def read(request: Request) -> Answer:
    """Write the rows of a sheet that hold anything to the target. Raises `Invalid` naming the place."""
    place = request.place
    try:
        lost = look_ahead(Path(request.path), place)
        book: CalamineWorkbook = cast(Any, CalamineWorkbook).from_path(request.path)
        found = _sheet(book, request.sheet, place)
        where = f"{place} sheet {found.name}"
        rows: list[list[Any]] = found.to_python(skip_empty_area=False)
        _mark(rows, lost.get(book.sheet_names.index(found.name), set()))
        _fill_merged(rows, found)
    except (CalamineError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
        raise refusal(place, "It cannot be read as an Excel file.", "Save it again as .xlsx.") from None
    start = _heading(rows, request.header_row, request.promised, where)
    names = [_name(cell, where) or f"{UNNAMED}{number}" for number, cell in enumerate(rows[start], 1)]
    refuse_duplicates(names, f"{where} heading")
    body = [
        (number, row)
        for number, row in enumerate(rows[start + 1 :], start + 2)
        if any(cell not in ("", None) for cell in row)
    ]
    columns = list(zip(*(row for _, row in body), strict=True)) or [() for _ in names]
    arrays = [pa.array([_cell(value) for value in column], pa.string()) for column in columns]
    numbers = pa.array([number for number, _ in body], pa.int64())
    pq.write_table(pa.table([*arrays, numbers], names=[*names, ROW]), request.target)
    return Answer(where, found.name, names)


def _mark(rows: list[list[Any]], lost: Cells) -> None:
    for row, column in lost:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = DAMAGED


def _sheet(book: CalamineWorkbook, wanted: str, place: str) -> CalamineSheet:
    names = book.sheet_names
    if wanted and wanted not in names:
        raise refusal(
            place, f"There is no sheet {wanted}.", f"The sheets are {', '.join(names)}.", code="not-found"
        )
    if wanted:
        return book.get_sheet_by_name(wanted)
    seen = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    filled = [each for each in map(book.get_sheet_by_name, seen) if each.height > 0]
    if len(filled) != 1:
        what = "Several sheets have something in them" if filled else "No sheet has anything in it"
        raise refusal(place, f"{what}: {', '.join(seen)}.", "Say in the feed which one it is (file).")
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


def _name(cell: Any, where: str) -> str:
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


if __name__ == "__main__":
    main()
