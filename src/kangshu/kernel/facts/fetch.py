"""Rows of the table `fact`, fetched as facts or counted."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.rows import READ_COLUMNS, fact_of

COLUMNS = ", ".join(f"f.{name}" for name in READ_COLUMNS.split(", "))
"""What `fact_of` reads, of a row `f`."""


def fetch(session: Connection[TupleRow], source: str, values: dict[str, Any]) -> list[Fact]:
    """The facts of `FROM source`, in which they are called `f`."""
    return [fact_of(row) for row in session.execute(f"SELECT {COLUMNS} FROM {source}", values)]  # pyright: ignore[reportArgumentType]


def count_of(session: Connection[TupleRow], where: str, values: dict[str, Any]) -> int:
    """How many facts `f` satisfy the condition."""
    row = session.execute(f"SELECT count(*) FROM fact f WHERE {where}", values).fetchone()  # pyright: ignore[reportArgumentType]
    return row[0] if row else 0
