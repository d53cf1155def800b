"""What a stretch of the change feed holds, written into files for another engine.

Rows come as CSV, as COPY writes it; times are UTC. Not a door to anybody's data, as `stretch` is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from kangshu.kernel.facts.stretch import Stretch


def write_facts(connection: Connection[TupleRow], stretch: Stretch, types: Sequence[str], path: Path) -> None:
    """Every version of the stretch into a file; the body of those that are current, and of these types."""
    _copy(
        connection,
        sql.SQL(
            "SELECT f.line, f.type, f.id, f.version, f.message, f.org, f.county, f.person, {happened},"
            " {recorded}, {received}, m.media, m.channel, f.superseded_at IS NULL AND NOT f.deleted,"
            " CASE WHEN f.superseded_at IS NULL AND NOT f.deleted AND f.type = ANY({types}) THEN f.body END"
            " FROM fact f JOIN message m ON m.id = f.message WHERE f.tx >= {low} AND f.tx < {high}"
        ).format(**_TIMES, types=sql.Literal(list(types)), **_bounds(stretch)),
        path,
    )


FACT_COLUMNS = {
    "line": "BIGINT",
    "type": "VARCHAR",
    "id": "VARCHAR",
    "version": "BIGINT",
    "message": "BIGINT",
    "org": "VARCHAR",
    "county": "VARCHAR",
    "person": "BIGINT",
    "happened": "TIMESTAMP",
    "recorded": "TIMESTAMP",
    "received": "TIMESTAMP",
    "media": "VARCHAR",
    "channel": "VARCHAR",
    "current": "BOOLEAN",
    "body": "VARCHAR",
}
"""What `write_facts` and `write_known` write, in order."""


def write_versions(connection: Connection[TupleRow], stretch: Stretch, path: Path) -> None:
    """Every version of the stretch into a file, with its body; that of a deletion is empty."""
    _copy(
        connection,
        sql.SQL(
            "SELECT f.tx, f.type, f.id, f.version, f.message, f.org, f.county, f.person, {happened},"
            " {recorded}, f.deleted, CASE WHEN NOT f.deleted THEN f.body END"
            " FROM fact f WHERE f.tx >= {low} AND f.tx < {high}"
        ).format(**_TIMES, **_bounds(stretch)),
        path,
    )


VERSION_COLUMNS = {
    "tx": "BIGINT",
    "type": "VARCHAR",
    "id": "VARCHAR",
    "version": "BIGINT",
    "message": "BIGINT",
    "org": "VARCHAR",
    "county": "VARCHAR",
    "person": "BIGINT",
    "happened": "TIMESTAMP",
    "recorded": "TIMESTAMP",
    "deleted": "BOOLEAN",
    "body": "VARCHAR",
}
"""What `write_versions` writes, in order."""


def write_known(
    connection: Connection[TupleRow],
    stretch: Stretch,
    addresses: Sequence[tuple[str, str]],
    occasions: Sequence[tuple[str, int, datetime | None]],
    path: Path,
) -> None:
    """What is current outside the stretch: under these addresses (type, id), and of these occasions (type,
    person, when it happened; None: whatever has no time)."""
    connection.execute(_BY_KEY)
    parts = [
        _KNOWN.format(**_TIMES, **_bounds(stretch), condition=condition)
        for condition in (*_of_addresses(addresses), *_of_occasions(occasions))
    ]
    path.write_bytes(b"")
    for part in parts:
        _copy(connection, part, path)


def write_earlier(connection: Connection[TupleRow], stretch: Stretch, path: Path) -> None:
    """(message, type, id) of the versions that versions of the stretch came in the place of."""
    connection.execute(_BY_KEY)
    _copy(
        connection,
        sql.SQL(
            "SELECT DISTINCT o.message, n.type, n.id FROM fact n JOIN fact o"
            " ON o.type = n.type AND o.id = n.id AND o.version < n.version"
            " WHERE n.version > 1 AND n.tx >= {low} AND n.tx < {high}"
        ).format(**_bounds(stretch)),
        path,
    )


def write_messages(connection: Connection[TupleRow], stretch: Stretch, path: Path) -> None:
    """The messages finished in the stretch, with what became of them (JSON: see `intake.tally`)."""
    _copy(
        connection,
        sql.SQL(
            "SELECT m.id, m.source, m.channel, m.media, {received}, m.counts::text FROM message m"
            " WHERE m.finished_at IS NOT NULL AND m.finished_tx >= {low} AND m.finished_tx < {high}"
        ).format(received=_TIMES["received"], **_bounds(stretch)),
        path,
    )


MESSAGE_COLUMNS = {
    "message": "BIGINT",
    "source": "VARCHAR",
    "channel": "VARCHAR",
    "media": "VARCHAR",
    "received": "TIMESTAMP",
    "counts": "VARCHAR",
}
"""What `write_messages` writes, in order."""


def write_quarantine(connection: Connection[TupleRow], stretch: Stretch, path: Path) -> None:
    """(message, position, type) of what waits in quarantine of the messages finished in the stretch."""
    _copy(
        connection,
        sql.SQL(
            "SELECT q.message, q.position, q.type FROM quarantine q JOIN message m ON m.id = q.message"
            " WHERE q.resolved_at IS NULL AND m.finished_at IS NOT NULL"
            " AND m.finished_tx >= {low} AND m.finished_tx < {high}"
        ).format(**_bounds(stretch)),
        path,
    )


_BY_KEY = b"SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""A little of much is looked up, whatever the statistics of a table that was just loaded say."""

_TIMES: dict[str, sql.Composable] = {
    "happened": sql.SQL("f.happened AT TIME ZONE 'UTC'"),
    "recorded": sql.SQL("f.recorded_at AT TIME ZONE 'UTC'"),
    "received": sql.SQL("m.received_at AT TIME ZONE 'UTC'"),
}

_KNOWN = sql.SQL(
    "SELECT f.line, f.type, f.id, f.version, f.message, f.org, f.county, f.person, {happened}, {recorded},"
    " {received}, m.media, m.channel, true, f.body FROM fact f JOIN message m ON m.id = f.message"
    " WHERE f.superseded_at IS NULL AND NOT f.deleted AND NOT (f.tx >= {low} AND f.tx < {high})"
    " AND {condition}"
)


def _of_addresses(addresses: Sequence[tuple[str, str]]) -> list[sql.Composable]:
    by_type: dict[str, list[str]] = {}
    for type_, id_ in addresses:
        by_type.setdefault(type_, []).append(id_)
    return [
        sql.SQL("f.type = {} AND f.id = ANY({})").format(sql.Literal(type_), sql.Literal(ids))
        for type_, ids in sorted(by_type.items())
    ]


def _of_occasions(occasions: Sequence[tuple[str, int, datetime | None]]) -> list[sql.Composable]:
    """By type: a statement that names its type reads one table."""
    timeless: dict[str, list[int]] = {}
    timed: dict[str, list[tuple[int, datetime]]] = {}
    for type_, person, happened in occasions:
        if happened is None:
            timeless.setdefault(type_, []).append(person)
        else:
            timed.setdefault(type_, []).append((person, happened))
    found: list[sql.Composable] = [
        sql.SQL("f.type = {} AND f.person = ANY({}) AND f.happened IS NULL").format(
            sql.Literal(type_), sql.Literal(persons)
        )
        for type_, persons in sorted(timeless.items())
    ]
    for type_, pairs in sorted(timed.items()):
        persons, moments = [pair[0] for pair in pairs], [pair[1].isoformat(sep=" ") + "+00" for pair in pairs]
        found.append(
            sql.SQL(
                "f.type = {} AND (f.person, f.happened) IN"
                " (SELECT * FROM unnest({}::bigint[], {}::timestamptz[]))"
            ).format(sql.Literal(type_), sql.Literal(persons), sql.Literal(moments))
        )
    return found


def _bounds(stretch: Stretch) -> dict[str, sql.Composable]:
    return {"low": sql.Literal(stretch.low), "high": sql.Literal(stretch.high)}


def _copy(connection: Connection[TupleRow], query: sql.Composable, path: Path) -> None:
    """Add the rows of a query to a file."""
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
    with path.open("ab") as file, connection.cursor().copy(statement) as copy:
        for block in copy:
            file.write(block)
