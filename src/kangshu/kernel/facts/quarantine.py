"""The quarantine: what of messages could not be used, with every problem named. Holds no content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from kangshu.kernel.base.errors import NotFound, Problem


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A part of a message that could not be used. Holds no content: that stays in the journal."""

    id: int
    message: int
    source: str
    position: int
    type: str
    problems: tuple[Problem, ...]
    arrived_at: datetime


def set_aside(
    connection: Connection[TupleRow],
    identifier: int,
    entries: Sequence[tuple[int, str, Sequence[Problem]]],
    now: datetime,
) -> None:
    """Set parts of a message aside, as (position, type, problems). Again: problems are replaced."""
    connection.cursor().executemany(
        "INSERT INTO quarantine (message, position, type, problems, arrived_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (message, position) DO UPDATE SET problems = EXCLUDED.problems, resolved_at = NULL",
        [
            (identifier, position, type_, _problems_json(problems), now)
            for position, type_, problems in entries
        ],
    )


def _problems_json(problems: Sequence[Problem]) -> Jsonb:
    return Jsonb(
        [{"severity": p.severity, "code": p.code, "path": p.path, "message": p.message} for p in problems]
    )


_QUARANTINED = (
    "SELECT q.id, q.message, m.source, q.position, q.type, q.problems, q.arrived_at"
    " FROM quarantine q JOIN message m ON m.id = q.message"
)


def waiting(
    connection: Connection[TupleRow], *, source: str | None = None, after: int = 0, limit: int = 100
) -> list[Quarantined]:
    """What is in quarantine, oldest first."""
    rows = connection.execute(
        f"{_QUARANTINED} WHERE q.resolved_at IS NULL AND q.id > %(after)s"
        " AND (%(source)s::text IS NULL OR m.source = %(source)s) ORDER BY q.id LIMIT %(limit)s",
        {"after": after, "source": source, "limit": limit},
    )
    return [_read(row) for row in rows]


def entry(connection: Connection[TupleRow], identifier: int) -> Quarantined:
    """One entry of the quarantine. Raises `NotFound`."""
    row = connection.execute(f"{_QUARANTINED} WHERE q.id = %s", (identifier,)).fetchone()
    if row is None:
        raise NotFound(
            f"There is no entry {identifier} in quarantine.", remedy="See `kangshu quarantine list`."
        )
    return _read(row)


def _read(row: TupleRow) -> Quarantined:
    identifier, message_id, source, position, type_, problems, arrived_at = row
    found = tuple(Problem(**problem) for problem in problems)
    return Quarantined(identifier, message_id, source, position, type_, found, arrived_at)


def resolve(
    connection: Connection[TupleRow], identifier: int, keep_positions: Sequence[int], now: datetime
) -> None:
    """Mark what is no longer wrong with a message as resolved: all but the positions given."""
    connection.execute(
        "UPDATE quarantine SET resolved_at = %s WHERE message = %s AND resolved_at IS NULL"
        " AND NOT position = ANY(%s)",
        (now, identifier, list(keep_positions)),
    )
