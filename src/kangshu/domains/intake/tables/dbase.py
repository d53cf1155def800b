"""DBF: files of dBase and FoxPro, in the code page of the file or the feed. Deleted records are left out."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

from dbfread import DBF, FieldParser  # pyright: ignore[reportMissingTypeStubs]

from kangshu.domains.intake.tables.names import refuse_duplicates
from kangshu.domains.intake.tables.raw import DAMAGED, MOST_COLUMNS, RawTable
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import BATCH, Engine, quoted

_HEADER = 32
_UNKNOWN_PAGES = frozenset({0x00})
"""Written by programs that do not care; Chinese files with it are GB18030."""


def read_dbf(engine: Engine, path: Path, place: str, *, encoding: str) -> RawTable:
    """Make a DBF file readable as a table. Raises `Invalid` where it is not one."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if len(head) < _HEADER:
        raise refusal(place, "The file is empty or cut off.", "Export it again.")
    if encoding == "auto" and head[29] in _UNKNOWN_PAGES:
        encoding = "gb18030"
    try:
        found: Any = DBF(
            str(path),
            encoding=None if encoding == "auto" else encoding,
            parserclass=_Lenient,
            char_decode_errors="replace",
            ignore_missing_memofile=True,
        )
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


class _Lenient(FieldParser):
    """A cell that cannot be read spoils its row, not the file."""

    def parse(self, field: Any, data: bytes) -> Any:
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
    if len(names) > MOST_COLUMNS:
        raise refusal(
            place, f"It has {len(names)} columns.", f"A table has at most {MOST_COLUMNS}.", code="too-costly"
        )
    refuse_duplicates(names, place)


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
