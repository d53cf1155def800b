"""Rows of a table of codes: text with separators, plain or gzip, or the first sheet of an Excel file.

Who publishes codes puts titles above the heading, so the heading is the first of the first rows that has the
columns that matter.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

from python_calamine import CalamineError, CalamineWorkbook

from kangshu.domains.terminology.table import SEPARATORS, Table
from kangshu.kernel.base.errors import Invalid, NotFound, Problem

LONGEST = 100_000
"""Characters a line may have."""

LARGEST_WORKBOOK = 256 << 20
"""Bytes of an Excel file; it is read as a whole."""

HEADED = 10
"""Rows among which the heading is looked for."""

_EXACT = 10**15
"""From here on Excel no longer shows every digit of a number: a code written as a number is damaged."""

Numbered = tuple[int, dict[str, str]]


def find(file: str, folders: Sequence[Path]) -> Path | None:
    """The file of that name, or that fits the pattern; the first folder that has one counts.

    The same table as Excel file (`.xlsx` instead of `.csv`) is as good.
    """
    stem, dot, _ = file.rpartition(".")
    for folder in folders:
        for name in (file, f"{stem}{dot}xlsx"):
            found = sorted(folder.glob(name)) if "*" in name else [folder / name]
            path = next((each for each in found if each.is_file()), None)
            if path is not None:
                return path
    return None


def find_or_refuse(file: str, folders: Sequence[Path]) -> Path:
    """Like `find`. Raises `NotFound`."""
    path = find(file, folders)
    if path is None:
        raise NotFound(f"The table {file} is not there.", remedy="Name its folder with --from.")
    return path


def rows(table: Table, path: Path) -> Iterator[Numbered]:
    """(line, row) of a table. Raises `Invalid` with every column that is missing."""
    with _opened(table, path) as lines:
        head = list(islice(lines, HEADED))
        start = _heading(head, table.columns)
        names = [each.strip() for each in head[start][1]] if head else []
        _check_columns(path.name, table.columns, names)
        places = {name: names.index(name) for name in (*table.columns, *table.spare) if name in names}
        for line, cells in chain(head[start + 1 :], lines):
            yield line, _row(table, places, cells)


def _row(table: Table, places: dict[str, int], cells: Sequence[str]) -> dict[str, str]:
    row = dict.fromkeys((*table.columns, *table.spare), "")
    for name, place in places.items():
        if place < len(cells):
            row[name] = cells[place]
    return row


def _heading(head: Sequence[tuple[int, Sequence[str]]], wanted: Sequence[str]) -> int:
    for number, (_, cells) in enumerate(head):
        if set(wanted) <= {each.strip() for each in cells}:
            return number
    return 0


def _check_columns(name: str, wanted: Sequence[str], there: Sequence[str]) -> None:
    missing = [each for each in wanted if each not in there]
    if missing:
        raise Invalid(
            f"The table {name} lacks the columns {', '.join(missing)}.",
            remedy=f"It has {', '.join(there[:20]) or 'none'}.",
            problems=tuple(Problem("error", "required", each, "The column is missing.") for each in missing),
        )


_LAST = "\x01"


@contextmanager
def _opened(table: Table, path: Path) -> Generator[Iterator[tuple[int, Sequence[str]]]]:
    if path.suffix == ".xlsx":
        yield _sheet(path)
        return
    with _text(path, table.encoding) as file:
        yield _delimited(file, path.name, table)


def _delimited(file: TextIOWrapper, name: str, table: Table) -> Iterator[tuple[int, Sequence[str]]]:
    # With a row of our own behind the last: if it does not come out as it went in, a quote is open.
    lines = chain(_checked(file, name, table.encoding), ("\n", _LAST))
    reader = csv.reader(lines, delimiter=SEPARATORS[table.separator], quoting=csv.QUOTE_MINIMAL)
    ended = 0
    try:
        for cells in reader:
            if cells == [_LAST]:
                return
            if _LAST in "".join(cells):
                break
            if cells:
                yield reader.line_num, cells
            ended = reader.line_num
    except csv.Error:
        pass
    raise Invalid(
        f"The table {name} cannot be read from line {ended + 1} on.",
        remedy="Look there for a quote that does not end.",
        code="structure",
    )


def _text(path: Path, written: str) -> TextIOWrapper:
    encoding = "utf-8-sig" if written.lower() in ("utf-8", "utf8") else written
    try:
        if path.suffix == ".gz":
            return TextIOWrapper(gzip.open(path, "rb"), encoding=encoding, newline="")
        return path.open(encoding=encoding, newline="")
    except LookupError:
        raise Invalid(f"{written} is not an encoding.", code="value") from None


def _checked(file: TextIOWrapper, name: str, encoding: str) -> Iterator[str]:
    try:
        while line := file.readline(LONGEST):
            if len(line) >= LONGEST:
                raise Invalid(f"The table {name} has a line that is too long.", code="too-costly")
            yield line
    except UnicodeDecodeError:
        raise Invalid(
            f"The table {name} is not {encoding}.", remedy="Say its encoding.", code="value"
        ) from None
    except (OSError, EOFError):
        raise Invalid(f"The table {name} cannot be unpacked.", code="structure") from None


# -- Excel


def _sheet(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    if path.stat().st_size > LARGEST_WORKBOOK:
        raise Invalid(f"{path.name} is too large.", remedy="Save it as CSV.", code="too-costly")
    try:
        book: Any = cast(Any, CalamineWorkbook).from_path(str(path))
        sheet: Any = book.get_sheet_by_index(0)
        for number, cells in enumerate(sheet.iter_rows(), (sheet.start or (0, 0))[0] + 1):
            yield number, [_cell(each) for each in cells]
    except CalamineError:
        raise Invalid(
            f"{path.name} cannot be read as an Excel file.",
            remedy="Save it again as .xlsx.",
            code="structure",
        ) from None


def _cell(value: Any) -> str:
    """As a CSV file of the same table would have it; "" for a number of which Excel has dropped digits."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        if abs(value) >= _EXACT:
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)
