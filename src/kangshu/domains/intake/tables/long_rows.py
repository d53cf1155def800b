"""Rows of CSV without end: those with far too many cells, and a quote that never closes.

The parser notes every cell too many together with its row, so that two rows of a hundred thousand cells hold
it up for minutes; they are cut here first, and stay rows with too many cells. And it takes all lines behind
a quote that never closes for one cell of one row, so that they would be lost without a word.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from kangshu.domains.intake.tables.refusal import refusal

MOST_CELL = 16 << 20
"""The parser drops rows longer than that."""
_LAST = "\x01"
_MOST_QUOTED = 1_000
"""Separators beyond the last column that a line inside quotes may have."""


def shortened(path: Path, place: str, delimiter: str, most: int) -> Path:
    """The file itself, or a copy in which no row has more than so many cells."""
    mark = delimiter.encode()
    with path.open("rb") as file:
        if not any(line.count(mark) >= most for line in file):
            return path
    copy = path.with_name(f"{path.stem}.short")
    with path.open("rb") as file, copy.open("wb") as target:
        target.writelines(_cut(file, place, delimiter, most))
    return copy


def _cut(lines: Iterator[bytes], place: str, delimiter: str, most: int) -> Iterator[bytes]:
    mark = delimiter.encode()
    inside = False
    for number, line in enumerate(lines, 1):
        odd = line.count(b'"') % 2 == 1
        if line.count(mark) < most:
            yield line
        elif b'"' not in line and not inside:
            yield mark.join(line.rstrip(b"\r\n").split(mark, most)[:most]) + b"\n"
        elif not odd and not inside:
            yield _cut_quoted(line, delimiter, most)
        elif line.count(mark) < most + _MOST_QUOTED:
            yield line
        else:
            raise refusal(
                f"{place} line {number}",
                "It has too many separators, some of them within quotes.",
                "Look for a quote that does not end.",
                code="too-costly",
            )
        inside ^= odd


def _cut_quoted(line: bytes, delimiter: str, most: int) -> bytes:
    csv.field_size_limit(MOST_CELL)
    [row] = csv.reader([line.decode().rstrip("\r\n")], delimiter=delimiter)
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(row[:most])
    return out.getvalue().encode()


def refuse_open_quote(path: Path, place: str, delimiter: str) -> None:
    """Raises `Invalid` naming the line where a cell begins whose quote never closes."""
    with path.open("rb") as file:
        quotes = sum(piece.count(b'"') for piece in iter(lambda: file.read(1 << 20), b""))
    if quotes % 2 == 0:
        return
    line = _open_since(path, delimiter)
    if line:
        raise refusal(
            f"{place} line {line}",
            "A quote begins there that never ends: all behind it would be one cell.",
            "End it, or double it if it belongs to the cell.",
        )


def _open_since(path: Path, delimiter: str) -> int:
    """The line in which the last row begins, if its last cell is not closed; 0 if it is."""
    csv.field_size_limit(MOST_CELL)
    began, following = 1, 1
    row: list[str] = []
    with path.open("r", encoding="utf-8", newline="") as file:
        rows = csv.reader(chain(file, ("\n", _LAST)), delimiter=delimiter)
        try:
            for row in rows:  # noqa: B007 - the last one counts
                began, following = following, rows.line_num + 1
        except csv.Error:
            return following
    return 0 if row == [_LAST] else began
