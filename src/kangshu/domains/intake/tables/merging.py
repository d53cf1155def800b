"""What is new among the things of a delivery, and its way into the lake.

A thing that is stored already with the same content is unchanged; one with other content is a new version.
So landing the same file again, or the same things in another file, adds nothing, and a process killed
between two commits can simply do it all again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from kangshu.domains.intake.tables.staging import FAULTS
from kangshu.kernel.lake.engine import Engine, listed, literal, quoted
from kangshu.kernel.lake.model import Column, Model
from kangshu.kernel.lake.store import COUNTY, HASH, MESSAGE, RECORDED, REPLACES, ROW, SOURCE, Lake
from kangshu.kernel.lake.versions import newest


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a delivery is from, which message of the journal it is, when that came and when it is landed."""

    source: str
    county: str
    message: int
    received: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """How many things were new or changed, and how many were there already or came twice."""

    stored: int
    unchanged: int


def gather(engine: Engine, model: Model) -> str:
    """Put things and their parts together, each with a hash of its content; the name of the relation."""
    columns = listed([column.name for column in model.columns])
    if not model.parts:
        name = f"thing_{model.table}"
        engine.run(
            f"CREATE VIEW {name} AS SELECT unit, row, {columns},"
            f" CAST(hash({columns}) >> 1 AS BIGINT) AS {HASH} FROM {quoted(model.table)}"
        )
        return name
    name = f"thing_{model.table}"
    joins = "".join(
        f" LEFT JOIN (SELECT unit, list({_struct(part.columns)} ORDER BY row) AS {quoted(part.name)}"
        f" FROM {quoted(part.name)} GROUP BY unit) AS {quoted('g ' + part.name)} USING (unit)"
        for part in model.parts
    )
    lists = ", ".join(f"coalesce({quoted(part.name)}, []) AS {quoted(part.name)}" for part in model.parts)
    names = listed([part.name for part in model.parts])
    own = ", ".join(f"m.{quoted(column.name)}" for column in model.columns)
    engine.run(
        f"CREATE TABLE {name} AS SELECT *, CAST(hash({columns}, {names}) >> 1 AS BIGINT) AS {HASH} FROM"
        f" (SELECT m.unit, m.row, {own}, {lists} FROM {quoted(model.table)} AS m{joins})"
    )
    return name


def note_duplicates(engine: Engine, model: Model, things: str) -> None:
    """Note things whose key stands in the file before with other content."""
    key = listed(model.key)
    engine.run(
        f"CREATE TABLE twice_{model.table} AS SELECT {key}, min(unit) AS first FROM {things} GROUP BY {key}"
        " HAVING count(*) > 1"
    )
    engine.run(
        f"INSERT INTO {FAULTS} SELECT {literal(model.name)}, '', t.row, t.unit, {literal(model.key[-1])},"
        f" 'duplicate' FROM {things} AS t JOIN twice_{model.table} AS w USING ({key})"
        f" JOIN {things} AS f ON f.unit = w.first WHERE t.unit > w.first AND t.{HASH} <> f.{HASH}"
    )


def merge(engine: Engine, lake: Lake, model: Model, things: str, origin: Origin) -> Merged:
    """Append what is new or changed among the sound things."""
    total = int(engine.one(f"SELECT count(*) FROM {things}"))
    fresh = _fresh(engine, lake, model, things, origin)
    stored = int(engine.one(f"SELECT count(*) FROM {fresh}"))
    if stored:
        lake.append(model.table, engine.arrow(_rows(model, things, fresh, origin)))
    return Merged(stored, total - stored)


def _fresh(engine: Engine, lake: Lake, model: Model, things: str, origin: Origin) -> str:
    """The numbers of things that are to be stored: each key once, and only if its content is new."""
    key = listed(model.key)
    again = (
        f"EXISTS (SELECT 1 FROM twice_{model.table} AS w WHERE {_same(model, 't', 'w')} AND w.first < t.unit)"
    )
    where = f" WHERE NOT {again}" if engine.one(f"SELECT count(*) FROM twice_{model.table}") else ""
    fresh = f"fresh_{model.table}"
    start = f"CREATE OR REPLACE TABLE {fresh} AS SELECT unit"
    if not lake.offer(engine, "stored", model.table):
        engine.run(f"{start}, false AS {REPLACES} FROM {things} AS t{where}")
        return fresh
    # Of what is stored, only the keys that came: a day is not to cost what all days before it hold.
    mine = newest(model, "stored", condition=f"{SOURCE} = {literal(origin.source)}")
    engine.run(
        f"CREATE OR REPLACE TABLE known AS SELECT {key}, {HASH} FROM ({mine})"
        f" SEMI JOIN {things} USING ({key})"
    )
    engine.run(
        f"{start}, k.{HASH} IS NOT NULL AS {REPLACES} FROM (SELECT * FROM {things} AS t{where}) AS t"
        f" LEFT JOIN known AS k ON {_same(model, 't', 'k')} WHERE k.{HASH} IS DISTINCT FROM t.{HASH}"
    )
    return fresh


def _rows(model: Model, things: str, fresh: str, origin: Origin) -> str:
    names = [*(column.name for column in model.columns), *(part.name for part in model.parts)]
    recorded = origin.now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return (
        f"SELECT {literal(origin.source)} AS {SOURCE}, {literal(origin.county)} AS {COUNTY},"
        f" {origin.message}::BIGINT AS {MESSAGE}, row AS {ROW}, TIMESTAMP {literal(recorded)} AS {RECORDED},"
        f" {HASH}, {REPLACES}, {listed(names)} FROM {things} JOIN {fresh} USING (unit)"
    )


def _same(model: Model, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{quoted(name)} = {right}.{quoted(name)}" for name in model.key)


def _struct(columns: tuple[Column, ...]) -> str:
    return "{" + ", ".join(f"{literal(each.name)}: {quoted(each.name)}" for each in columns) + "}"
