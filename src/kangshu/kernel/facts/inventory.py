"""How much is stored: exactly, for a backup, and as figures that an operator watches."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow


@dataclass(frozen=True, slots=True)
class Inventory:
    """Exact counts of everything a backup has to bring back."""

    facts: int
    messages: int
    quarantined: int
    persons: int
    person_keys: int
    work_items: int
    access_log: int


def inventory(connection: Connection[TupleRow]) -> Inventory:
    """Count everything. Reads whole tables."""
    tables = ("fact", "message", "quarantine", "person", "person_key", "work_item", "access_log")
    row = connection.execute(
        "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # pyright: ignore[reportArgumentType]
    ).fetchone()
    assert row is not None
    return Inventory(*row)


@dataclass(frozen=True, slots=True)
class Figures:
    """Facts as estimated by the planner, entries in quarantine, messages not worked through."""

    facts: int
    quarantined: int
    unfinished: int


def figures(connection: Connection[TupleRow]) -> Figures:
    """The figures of this moment, without walking over the facts."""
    row = connection.execute(
        "SELECT (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_inherits i"
        " JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'fact'::regclass),"
        " (SELECT count(*) FROM quarantine WHERE resolved_at IS NULL),"
        " (SELECT count(*) FROM message WHERE finished_at IS NULL)"
    ).fetchone()
    assert row is not None
    return Figures(*row)
