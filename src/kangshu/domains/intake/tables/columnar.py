"""Parquet: flat tables, and things with their parts nested as lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kangshu.domains.intake.tables.names import folded
from kangshu.domains.intake.tables.raw import RawTable, check_columns
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.kernel.lake.engine import Engine, Unreadable, listed, literal, quoted

MOST_GROUPS = 10_000
"""Each group of rows costs memory, however few it holds."""


def read_parquet(engine: Engine, path: Path, place: str, *, wanted: Sequence[str]) -> RawTable:
    """Make a Parquet file readable as a table. Raises `Invalid` where it is not one.

    `wanted`: the columns that are looked at, others are not read; none: all are.
    """
    relation = f"read_parquet({literal(str(path))})"
    table = f"parquet_{path.stem}"
    try:
        names = engine.names_read(f"SELECT * FROM {relation}")
        check_columns(names, place)
        _refuse_groups(engine, path, place)
        looked_at = {folded(each) for each in wanted}
        chosen = [name for name in names if not wanted or folded(name) in looked_at] or names[:1]
        engine.read(f"CREATE TABLE {table} AS SELECT {listed(chosen)} FROM {relation}")
    except Unreadable:
        raise refusal(place, "It cannot be read as Parquet.", "Write it again; it may be cut off.") from None
    return RawTable(place, table, tuple(chosen))


def _refuse_groups(engine: Engine, path: Path, place: str) -> None:
    counted = f"SELECT num_row_groups AS number FROM parquet_file_metadata({literal(str(path))})"
    engine.read(f"CREATE OR REPLACE TABLE row_groups AS {counted}")
    groups = int(engine.one("SELECT number FROM row_groups"))
    if groups > MOST_GROUPS:
        raise refusal(
            place,
            f"Its rows are in {groups} groups.",
            f"Write larger ones; there may be {MOST_GROUPS}.",
            code="too-costly",
        )


def nested_list(engine: Engine, whole: RawTable, name: str, inherited: Sequence[str] = ()) -> RawTable | None:
    """The rows of a list of structures in a column, each with the number of its thing; None if there is none.

    `inherited`: columns that rows take from their thing where they have none of that name.
    """
    there = whole.column(name)
    if there is None:
        return None
    name = there
    type_ = engine.types(f"SELECT {quoted(name)} FROM {whole.relation}")[name]
    if not (type_.startswith("STRUCT(") and type_.endswith("[]")):
        raise refusal(f"{whole.place}.{name}", "It is not a list of rows.", "Write a list of structures.")
    table = f"{whole.relation}_{name}"
    items = f"SELECT unnest({quoted(name)}) AS item FROM {whole.relation}"
    own = set(engine.names(f"SELECT unnest(item) FROM ({items})"))
    taken = [each for each in inherited if each in whole.names]
    more = "".join(f", CAST({quoted(each)} AS VARCHAR) AS {quoted(f'of {each}')}" for each in taken)
    filled = ", ".join(
        f"coalesce(CAST({quoted(each)} AS VARCHAR), {quoted(f'of {each}')}) AS {quoted(each)}"
        if each in own
        else f"{quoted(f'of {each}')} AS {quoted(each)}"
        for each in taken
    )
    carried = "".join(f", {quoted('of ' + each)}" for each in taken)
    dropped = listed([f"of {each}" for each in taken] + [each for each in taken if each in own])
    chosen = f"* EXCLUDE ({dropped}), {filled}" if taken else "*"
    engine.run(
        f"CREATE TABLE {table} AS SELECT {chosen} FROM (SELECT unit AS _unit, unnest(item)"
        f"{carried} FROM"
        f" (SELECT {whole.row} AS unit, unnest({quoted(name)}) AS item{more} FROM {whole.relation}))"
    )
    names = [each for each in engine.names(f"SELECT * FROM {table}") if each != "_unit"]
    return RawTable(f"{whole.place}.{name}", table, tuple(names), nested=True)
