"""Stretches of the change feed: what some transactions stored and finished, handed over in sets.

`feed` hands out versions one by one; this is for readers that work on many at once in another engine. Both
go by transactions, below the first that may still run, so that nothing is left out and nothing comes twice.
Not a door to anybody's data: for what the platform itself derives from facts.

What a stretch holds is written by `stretch_rows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

MOST = 100_000
"""Versions, or messages, of a stretch, unless one transaction alone has more."""
FIRST = 64
"""Transactions of the first stretch; more or fewer from then on, as they bring little or much."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything of transactions before `tx` has been read; `epoch` changes when a database is restored."""

    epoch: int
    tx: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The transactions [low, high), with how many versions they stored and messages they finished."""

    low: int
    high: int
    versions: int
    messages: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.versions or self.messages)


def place_of(connection: Connection[TupleRow], reader: str) -> Place:
    """How far a reader has come; the beginning for a new one, and after a restore."""
    epoch = int(_one(connection, "SELECT epoch FROM feed_epoch"))
    row = connection.execute("SELECT epoch, tx FROM feed_place WHERE reader = %s", (reader,)).fetchone()
    return Place(epoch, row[1]) if row and row[0] == epoch else Place(epoch, 0)


def move(connection: Connection[TupleRow], reader: str, place: Place, now: datetime) -> None:
    """Note how far a reader has come."""
    connection.execute(
        "INSERT INTO feed_place (reader, epoch, tx, moved_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (reader) DO UPDATE"
        " SET epoch = EXCLUDED.epoch, tx = EXCLUDED.tx, moved_at = EXCLUDED.moved_at",
        (reader, place.epoch, place.tx, now),
    )


def horizon(connection: Connection[TupleRow]) -> int:
    """The first transaction that may still run."""
    return int(_one(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))


def has_come(connection: Connection[TupleRow], low: int) -> bool:
    """Whether the feed brings anything to a reader who has read everything before `low`."""
    return bool(
        _one(
            connection,
            "SELECT EXISTS (SELECT 1 FROM fact WHERE tx >= %s AND tx < %s)"
            " OR EXISTS (SELECT 1 FROM message WHERE finished_at IS NOT NULL"
            " AND finished_tx >= %s AND finished_tx < %s)",
            (low, end := horizon(connection), low, end),
        )
    )


def before(connection: Connection[TupleRow], when: datetime) -> int:
    """A transaction before which nothing was stored of what was received since a time."""
    return int(
        _one(
            connection,
            "SELECT coalesce(max(finished_tx), 0) FROM message WHERE finished_at < %s - interval '1 hour'",
            (when,),
        )
    )


def next_stretch(connection: Connection[TupleRow], low: int, end: int, wide: int = FIRST) -> Stretch:
    """The stretch from `low` on, up to `end`: about `wide` transactions, fewer if they bring much.

    One that brings nothing is made wider until it does, unless a wider one brings too much.
    """
    narrowed = False
    while True:
        high = min(end, low + wide)
        versions = int(_one(connection, "SELECT count(*) FROM fact WHERE tx >= %s AND tx < %s", (low, high)))
        messages = int(
            _one(
                connection,
                "SELECT count(*) FROM message WHERE finished_at IS NOT NULL"
                " AND finished_tx >= %s AND finished_tx < %s",
                (low, high),
            )
        )
        if max(versions, messages) > MOST and wide > 1:
            narrowed, wide = True, max(1, wide // 4)
        elif versions or messages or narrowed or high >= end:
            return Stretch(low, high, versions, messages)
        else:
            wide *= 4


def _one(connection: Connection[TupleRow], statement: str, values: Any = None) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return row[0]
