"""The change feed: every version in the order of the transactions that stored it, each exactly once.

A sequence number is given out before its transaction commits, so a reader that remembered the highest
number seen would miss whoever commits late. Transactions are numbered too, and PostgreSQL tells below
which number none is running any more: only those are handed out, in order (transaction, number).

Two versions of one thing may come the wrong way round, when the transaction that stored the later one
had started first. Whoever keeps only what is current compares `version`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.rows import READ_COLUMNS, fact_of

FIRST_STRIDE = 8
"""How many transactions are looked at in one go to begin with; doubled as long as they bring too little."""

LAST_SEQ = 2**62
"""Behind every version of a transaction."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Behind this version: the epoch of the database, the transaction, the number."""

    epoch: int
    tx: int
    seq: int


def read(
    connection: Connection[TupleRow], type: str | None, cursor: str | None, limit: int
) -> tuple[list[Fact], str]:
    """Up to `limit` versions behind the cursor (None: from the beginning) and the cursor behind them.

    With a type only versions of that type; the cursor is then good for that type. Fewer than `limit`
    means that there is no more at present. Not a door to anybody's data: for what the platform itself
    derives from facts.

    Raises `Invalid` for a cursor that is none, or is from before a restore.
    """
    epoch, horizon = _epoch(connection), _horizon(connection)
    place = _Place(epoch, 0, 0) if cursor is None else _parse(cursor)
    if place.epoch != epoch:
        raise _invalid("The database was restored since this cursor was given out.")
    facts: list[Fact] = []
    for low, high in _strides(place.tx, horizon):
        for row in _rows(connection, type, place, (low, high), limit - len(facts)):
            facts.append(fact_of(row[1:]))
            place = _Place(epoch, row[0], facts[-1].seq)
        if len(facts) >= limit:
            return facts, _written(place)
    # Nothing more can come below the horizon, so the next call need not look there again.
    return facts, _written(_Place(epoch, horizon - 1, LAST_SEQ))


def _epoch(connection: Connection[TupleRow]) -> int:
    return _one(connection, "SELECT epoch FROM feed_epoch")


def _horizon(connection: Connection[TupleRow]) -> int:
    """The first transaction that may still run. Asked before rows are read, so all below it are seen."""
    return _one(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def _one(connection: Connection[TupleRow], statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def _strides(tx: int, horizon: int) -> Iterator[tuple[int, int]]:
    """Stretches of transactions [low, high): a page reads its own stretch of the table, not all of it."""
    stride = FIRST_STRIDE
    while tx < horizon:
        yield tx, min(tx + stride, horizon)
        tx += stride
        stride *= 2


def _rows(
    connection: Connection[TupleRow], type: str | None, place: _Place, stretch: tuple[int, int], limit: int
) -> list[tuple[Any, ...]]:
    of_type = "" if type is None else "type = %(type)s AND "
    values = {
        "type": type,
        "low": stretch[0],
        "high": stretch[1],
        "tx": place.tx,
        "seq": place.seq,
        "limit": limit,
    }
    sql = (
        f"SELECT tx, {READ_COLUMNS} FROM fact WHERE {of_type} tx >= %(low)s AND tx < %(high)s"
        " AND (tx, seq) > (%(tx)s, %(seq)s) ORDER BY tx, seq LIMIT %(limit)s"
    )
    return connection.execute(sql, values).fetchall()  # pyright: ignore[reportArgumentType]


def _written(place: _Place) -> str:
    text = json.dumps([place.epoch, place.tx, place.seq], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse(cursor: str) -> _Place:
    try:
        content: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise _invalid("This is not a cursor of the change feed.") from None
    match content:
        case [int(epoch), int(tx), int(seq)] if 0 <= tx < 2**62 and 0 <= seq <= LAST_SEQ:
            return _Place(epoch, tx, seq)
        case _:
            raise _invalid("This is not a cursor of the change feed.")


def _invalid(message: str) -> Invalid:
    return Invalid(
        message,
        remedy="Start over without a cursor; what was taken in before comes again.",
        problems=(Problem("error", "value", "cursor", message),),
    )
