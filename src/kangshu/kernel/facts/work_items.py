"""Work items: what a program may not decide and a person must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from kangshu.kernel.base.errors import NotFound


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something to be decided. `details` names addresses and reasons, never copies of personal data."""

    id: int
    kind: str
    org: str
    county: str
    details: Mapping[str, Any]
    created_at: datetime
    closed_at: datetime | None
    closed_by: str | None


_SELECT = "SELECT id, kind, org, county, details, created_at, closed_at, closed_by FROM work_item"


def open_item(
    connection: Connection[TupleRow],
    *,
    kind: str,
    dedupe_key: str,
    org: str,
    county: str,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Open an item, unless the same one was opened before."""
    connection.execute(
        "INSERT INTO work_item (kind, dedupe_key, org, county, details, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (dedupe_key) DO NOTHING",
        (kind, dedupe_key, org, county, Jsonb(dict(details)), now),
    )


def waiting(connection: Connection[TupleRow], *, after: int = 0, limit: int = 100) -> list[WorkItem]:
    """Open items, oldest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE closed_at IS NULL AND id > %s ORDER BY id LIMIT %s", (after, limit)
    )
    return [WorkItem(*row) for row in rows]


def one(connection: Connection[TupleRow], identifier: int) -> WorkItem:
    """The item of that number. Raises `NotFound`."""
    row = connection.execute(f"{_SELECT} WHERE id = %s", (identifier,)).fetchone()
    if row is None:
        raise NotFound(f"There is no work item {identifier}.")
    return WorkItem(*row)


def close(connection: Connection[TupleRow], identifier: int, by: str, now: datetime) -> None:
    """Close an item. Closing twice changes nothing."""
    connection.execute(
        "UPDATE work_item SET closed_at = %s, closed_by = %s WHERE id = %s AND closed_at IS NULL",
        (now, by, identifier),
    )
