"""JSON: one object per thing, with its parts as arrays; objects one a line or over several, or in one array.

Two forms are known: the columns of the thing beside its parts, as the JSON Schema of the model has it; and
the thing as an object of its own beside them (`{"setlinfo": {…}, "diseinfo": […]}`), as the insurance
interface has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from kangshu.domains.intake.tables.encoding import as_utf8
from kangshu.domains.intake.tables.raw import RawTable
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import Engine, Unreadable, literal, quoted

MOST_OBJECT = 64 << 20
_PEEK = 1 << 20


def read_json(
    engine: Engine, path: Path, place: str, *, main: str, parts: Mapping[str, tuple[str, ...]]
) -> RawTable:
    """Make a JSON file readable as a table.

    `parts`: columns of the thing under `main`, of lists under their names.

    Everything comes as text. A line that is no object becomes a row with nothing in it.
    """
    path = _readable(path, place)
    with path.open("rb") as file:
        start = file.read(_PEEK).lstrip()
    if not start:
        raise refusal(place, "The file is empty.", "Send one object per line.")
    if start[:1] not in b"{[":
        raise refusal(f"{place} line 1", "It is not JSON.", "Send one object per line.")
    wrapped = re.search(rb'"%s"\s*:\s*\{' % main.encode(), start) is not None
    heads = {main: _struct(parts[main])} if wrapped else dict.fromkeys(parts[main], "VARCHAR")
    heads |= {name: f"{_struct(columns)}[]" for name, columns in parts.items() if name != main}
    columns = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in heads.items())
    table = f"json_{path.stem}"
    chosen = f"{quoted(main)}.*, * EXCLUDE ({quoted(main)})" if wrapped else "*"
    try:
        engine.read(
            f"CREATE TABLE {table} AS SELECT {chosen} FROM read_json({literal(str(path))}, {_form(start)},"
            f" columns={{{columns}}}, maximum_object_size={MOST_OBJECT})"
        )
    except Unreadable as error:
        number = re.search(r"line (\d+)", str(error))
        where = f"{place} line {number[1]}" if number else place
        raise refusal(where, "It cannot be read as JSON.", "Send one object per line.") from None
    return RawTable(place, table, tuple(engine.names(f"SELECT * FROM {table}")))


def _readable(path: Path, place: str) -> Path:
    """The file, or a copy in UTF-8; where bytes are of no encoding, their lines will be faulty rows."""
    try:
        return as_utf8(path, place, "auto")
    except Invalid:
        return path


def _form(start: bytes) -> str:
    """Objects one a line, of which a broken one harms no other; an array; or objects over several lines."""
    if start[:1] == b"[":
        return "format='array'"
    first, _, rest = start.partition(b"\n")
    if first.rstrip().endswith(b"}") or not rest.strip() or rest.lstrip().startswith(b"{"):
        return "format='newline_delimited', ignore_errors=true"
    return "format='unstructured'"


def _struct(columns: tuple[str, ...]) -> str:
    return f"STRUCT({', '.join(f'{quoted(name)} VARCHAR' for name in columns)})"
