"""What became of the messages of the journal, counted per institution and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import Connection
from psycopg.rows import TupleRow

_SUM = "coalesce((SELECT sum(e.value::bigint) FROM jsonb_each_text(counts->'{}') AS e), 0)"


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """Entries of the messages an institution sent on a day, and how many of them are in quarantine."""

    source: str
    day: date
    received: int
    quarantined: int


def intake_counts(
    connection: Connection[TupleRow], *, since: date, until: date, zone: str, without: str
) -> list[IntakeCount]:
    """Of messages received in the span, in days of the zone, but those whose media begins with `without`."""
    day = "(received_at AT TIME ZONE %(zone)s)::date"
    counted = f"{_SUM.format('received')}), sum({_SUM.format('quarantined')}"
    query = (
        f"SELECT source, {day}, sum({counted}) FROM message WHERE channel = 'intake' AND counts IS NOT NULL"
        f" AND {day} BETWEEN %(since)s AND %(until)s AND NOT starts_with(media, %(without)s)"
        " GROUP BY 1, 2 ORDER BY 2, 1"
    )
    values = {"zone": zone, "since": since, "until": until, "without": without}
    rows = connection.execute(query.encode(), values)
    return [IntakeCount(source, on, int(received), int(bad)) for source, on, received, bad in rows]
