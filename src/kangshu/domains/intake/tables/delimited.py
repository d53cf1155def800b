"""CSV: any of the usual encodings and line ends, quotes and line breaks inside cells, ragged rows found.

DuckDB parses; here its way is prepared. A row with cells too few or too many is not an error of the file
but a faulty row, so the table gets spare columns on the right, and missing cells are told from empty ones.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kangshu.domains.intake.tables.encoding import as_utf8
from kangshu.domains.intake.tables.feed import DELIMITERS
from kangshu.domains.intake.tables.long_rows import MOST_CELL, refuse_open_quote, shortened
from kangshu.domains.intake.tables.names import UNNAMED, how_many, refuse_duplicates
from kangshu.domains.intake.tables.raw import HEADED, MOST_COLUMNS, RawTable
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.kernel.lake.engine import Engine, Unreadable, literal, quoted

SAMPLE = 1 << 20


SPARE = 8
"""Cells beyond the last column that are kept as such; a row with more is dropped by the parser."""

MISSING = "\x01"
"""No cell holds this; the parser takes it for NULL, so that only cells that are not there are NULL."""


@dataclass(frozen=True, slots=True)
class _Head:
    names: tuple[str, ...]
    lines: int


def read_csv(
    engine: Engine,
    path: Path,
    place: str,
    *,
    encoding: str,
    delimiter: str,
    header_row: int,
    promised: Sequence[str],
) -> RawTable:
    """Make a CSV file readable as a table. Raises `Invalid` naming the place where it is not one."""
    if path.stat().st_size == 0:
        raise refusal(place, "The file is empty.", "Send a file with a heading.")
    ready = as_utf8(path, place, encoding)
    head = _head(ready, place, delimiter, header_row, promised)
    _refuse_head(head.names, place)
    refuse_open_quote(ready, place, delimiter)
    ready = shortened(ready, place, delimiter, len(head.names) + SPARE)
    table = f"csv_{path.stem}"
    names = [*head.names, *(f"_spare{number}" for number in range(SPARE))]
    _load(engine, table, ready, names, head, delimiter, place)
    row = _number(engine, table, head.lines)
    last, spare = quoted(head.names[-1]), quoted("_spare0")
    return RawTable(
        place=place,
        relation=table,
        names=head.names,
        row=row,
        ragged=f"({last} IS NULL OR {spare} IS NOT NULL)",
        hint=_hint(head.names, delimiter, promised),
    )


def _head(path: Path, place: str, delimiter: str, header_row: int, promised: Sequence[str]) -> _Head:
    """The row that names the columns: the one the feed says, else the first with a promised name, else the
    first."""
    with path.open("r", encoding="utf-8", newline="") as file:
        sample = file.read(SAMPLE)
        more = bool(file.read(1))
    rows = _first_rows(sample, place, delimiter, more=more)
    if not rows:
        if more:
            raise refusal(
                f"{place} line 1",
                f"The heading is longer than {SAMPLE >> 20} MB.",
                f"A table has at most {MOST_COLUMNS} columns.",
                code="too-costly",
            )
        raise refusal(place, "There is no heading.", "The first line names the columns.")
    if header_row:
        if len(rows) < header_row:
            raise refusal(place, f"There is no row {header_row} for the heading.", "Correct header_row.")
        return rows[header_row - 1]
    return next((head for head in rows if how_many(head.names, promised)), rows[0])


def _first_rows(sample: str, place: str, delimiter: str, *, more: bool) -> list[_Head]:
    """Up to twenty rows that lie in the sample whole."""
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    lines = sample.count("\n") + 1
    rows: list[_Head] = []
    try:
        for row in reader:
            if len(rows) == HEADED or (more and reader.line_num >= lines):
                break
            names = tuple(
                cell.strip().removeprefix("\ufeff") or f"{UNNAMED}{number}"
                for number, cell in enumerate(row, 1)
            )
            rows.append(_Head(names, reader.line_num))
    except csv.Error:
        raise refusal(f"{place} line {reader.line_num}", "It cannot be read as CSV.", "Look there.") from None
    return rows


def _refuse_head(names: Sequence[str], place: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise refusal(
            f"{place} line 1",
            f"The heading names {len(names)} columns.",
            f"A table has at most {MOST_COLUMNS}.",
            code="too-costly",
        )
    refuse_duplicates(names, f"{place} heading")
    if all(name.startswith(UNNAMED) for name in names):
        raise refusal(f"{place} heading", "It names no column.", "The first line names the columns.")


def _load(
    engine: Engine, table: str, path: Path, names: list[str], head: _Head, delimiter: str, place: str
) -> None:
    """All rows as text, in order. Line breaks in quotes can only be followed by one thread, so that is tried
    second."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    options = (
        f"header=false, skip={head.lines}, delim={literal(delimiter)}, quote='\"', escape='\"',"
        f" all_varchar=true, auto_detect=false, null_padding=true, nullstr={literal(MISSING)},"
        f" columns={{{columns}}}, store_rejects=true, rejects_table='rejected_{table}',"
        f" rejects_scan='rejected_scan_{table}', max_line_size={16 << 20}"
    )
    for parallel in ("", ", parallel=false"):
        try:
            engine.run(f"DROP TABLE IF EXISTS {table}")
            engine.read(
                f"CREATE TABLE {table} AS SELECT * FROM read_csv({literal(str(path))}, {options}{parallel})"
            )
            break
        except Unreadable as error:
            if parallel:
                raise refusal(place, "It cannot be read as CSV.", _where(str(error))) from None


def _number(engine: Engine, table: str, heading: int) -> str:
    """SQL for the number of each row. Rows the parser dropped count, and come back as rows with nothing in
    them."""
    dropped = sorted(row[0] for row in engine.rows(f"SELECT DISTINCT line - {heading} FROM rejected_{table}"))
    if not dropped:
        return "rowid + 1"
    engine.run(f"CREATE TABLE dropped_{table} AS SELECT unnest({dropped}::BIGINT[]) AS number")
    engine.run(f"ALTER TABLE {table} ADD COLUMN _number BIGINT")
    kept = (
        f"SELECT number, row_number() OVER (ORDER BY number) AS nth"
        f" FROM range(1, (SELECT count(*) FROM {table}) + {len(dropped)} + 1) AS r(number)"
        f" WHERE number NOT IN (SELECT number FROM dropped_{table})"
    )
    engine.run(f"UPDATE {table} SET _number = k.number FROM ({kept}) AS k WHERE {table}.rowid + 1 = k.nth")
    engine.run(f"INSERT INTO {table} (_number) SELECT number FROM dropped_{table}")
    return "_number"


def _where(message: str) -> str:
    """The line DuckDB names, without its words: they repeat what stands there."""
    first = message.partition("\n")[0]
    _, found, rest = first.partition("on Line: ")
    number = rest.split()[0] if found and rest.split() else ""
    place = f"Look at line {number}" if number.isdigit() else "Look for a quote that does not end"
    return f"{place}: quotes inside a cell are doubled, and a cell with a line break is in quotes."


def _hint(names: Sequence[str], delimiter: str, promised: Sequence[str]) -> str:
    """What to say when columns are missing because another separator is used."""
    for other in DELIMITERS if len(names) <= 2 else ():
        cells = [cell for name in names for cell in name.split(other)]
        if other != delimiter and how_many(cells, promised) > 1:
            return f"The columns seem to be separated by {other!r}; the feed says {delimiter!r}."
    return ""
