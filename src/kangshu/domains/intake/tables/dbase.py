"""DBF: files of dBase and FoxPro. Deleted records are left out.

Texts are in the code page of the file where that is one of East Asia, else in GB18030: programs write the
page of Western Europe, or none, into files full of Chinese. Memos stand in a file of their own; without it,
what was in them is lost, and told so.
"""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

from dbfread import DBF, FieldParser  # pyright: ignore[reportMissingTypeStubs]

from kangshu.domains.intake.tables.raw import DAMAGED, RawTable, check_columns
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import BATCH, Engine, quoted

MEMOS = (".fpt", ".dbt")
"""The endings of files of memos."""

_HEADER, _FIELD = 32, 32
_DECIDED = frozenset({0x13, 0x4D, 0x4E, 0x4F, 0x78, 0x79, 0x7A, 0x7B})
"""Code pages that are those of the texts where a file says so."""
_MEMO = "MGBP"
_NO_MEMO = b" 0\0"
"""What stands in a record that has none."""


def read_dbf(engine: Engine, path: Path, place: str, *, encoding: str, memo: Path | None = None) -> RawTable:
    """Make a DBF file readable as a table. Raises `Invalid` where it is not one, or is cut off."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if len(head) < _HEADER:
        raise refusal(place, "The file is empty or cut off.", "Export it again.")
    if encoding == "auto" and head[29] not in _DECIDED:
        encoding = "gb18030"
    if memo is not None:
        shutil.copyfile(memo, path.with_suffix(memo.suffix))
    try:
        found: Any = DBF(
            str(path),
            encoding=None if encoding == "auto" else encoding,
            parserclass=_Lenient,
            char_decode_errors="replace",
            ignore_missing_memofile=True,
        )
        _refuse_header(found, path.stat().st_size, place)
        names = [str(name).strip() for name in found.field_names]
        _refuse(names, place)
        table = f"dbf_{re.sub(r'[^a-z0-9]', '_', path.stem.lower())}"
        engine.run(f"CREATE TABLE {table} ({', '.join(f'{quoted(name)} VARCHAR' for name in names)})")
        _fill(engine, table, names, iter(found))
    except (struct.error, ValueError, OSError, LookupError, EOFError):
        raise refusal(
            place, "It cannot be read as DBF.", "Export it again; say the encoding in the feed."
        ) from None
    return RawTable(place, table, tuple(names))


def _refuse_header(found: Any, size: int, place: str) -> None:
    """Raises `Invalid` where the header does not fit what follows it: records would be lost or shifted."""
    head = found.header
    width = 1 + sum(field.length for field in found.fields)
    if head.recordlen != width or head.headerlen < _HEADER + _FIELD * len(found.fields):
        raise refusal(place, "Its header does not fit its columns.", "Export it again.")
    there = max(0, size - head.headerlen) // width
    if head.numrecords > there:
        raise refusal(
            place, f"It tells of {head.numrecords} records and has {there}: it is cut off.", "Send it again."
        )


class _Lenient(FieldParser):
    """A cell that cannot be read spoils its row, not the file."""

    def __init__(self, table: Any, memofile: Any = None) -> None:
        parent: Any = super()
        parent.__init__(table, memofile)
        self._memos = table.memofilename is not None

    def field_type_supported(self, field_type: str) -> bool:  # noqa: ARG002 - as the reader asks
        return True

    def parse(self, field: Any, data: bytes) -> Any:
        if field.type in "NF" and b"*" in data:
            return DAMAGED
        if field.type in _MEMO and not self._memos:
            return DAMAGED if data.strip(_NO_MEMO) else None
        try:
            parent: Any = super()
            return parent.parse(field, data)
        except (ValueError, struct.error):
            return DAMAGED


def _fill(engine: Engine, table: str, names: list[str], records: Iterator[dict[str, Any]]) -> None:
    number = 0
    while batch := list(islice(records, BATCH)):
        arrays = [pa.array([_text(record[name]) for record in batch], pa.string()) for name in batch[0]]
        engine.offer(f"{table}_{number}", pa.table(arrays, names=names))
        engine.run(f"INSERT INTO {table} SELECT * FROM {table}_{number}")
        number += 1


def _refuse(names: list[str], place: str) -> None:
    if not names:
        raise refusal(place, "It has no columns.", "Export it again.")
    check_columns(names, place)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(cast(object, value))
