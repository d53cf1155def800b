"""Small tables given to an engine: those of a pack, all text, and those of an example, by type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.columns import SQL_TYPES
from kangshu.kernel.lake.engine import Engine, literal, quoted


def offer_rows(engine: Engine, name: str, rows: Sequence[Mapping[str, str]]) -> None:
    """A small table of texts under a name."""
    names = list(rows[0]) if rows else ["empty"]
    engine.offer(name, pa.table({each: pa.array([row[each] for row in rows], pa.string()) for each in names}))


def make_table(
    engine: Engine, name: str, types: Mapping[str, str], rows: Sequence[Mapping[str, str]] = ()
) -> None:
    """A table with columns of those types (`text`, `date` …); empty cells are NULL.

    Raises `Invalid` for a column the table has not, `Unreadable` for what is not of its type.
    """
    unknown = sorted({key for row in rows for key in row} - types.keys())
    if unknown:
        raise Invalid(f"The view {name} has no column {', '.join(unknown)}.")
    heads = ", ".join(f"{quoted(column)} {SQL_TYPES[type_]}" for column, type_ in types.items())
    engine.run(f"CREATE TABLE {quoted(name)} ({heads})")
    for row in rows:
        given = {key: text for key, text in row.items() if text}
        if not given:
            continue
        names = ", ".join(quoted(key) for key in given)
        values = ", ".join(f"CAST({literal(text)} AS {SQL_TYPES[types[key]]})" for key, text in given.items())
        engine.read(f"INSERT INTO {quoted(name)} ({names}) VALUES ({values})")
