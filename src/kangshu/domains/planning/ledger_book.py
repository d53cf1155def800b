"""Where the entries of the ledger are kept: a table of the lake, appended to, for who has a grant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kangshu.domains.planning.ledger import Progress
from kangshu.kernel.indicators.book import Book, written
from kangshu.kernel.lake.reader import Note
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.definition import Grant

TABLE = "project_progress"

_COLUMNS = ("place", "project", "day", "paid", "work", "source", "evidence", "who")


class LedgerBook:
    """The ledger of a county in the lake, for who has a grant."""

    def __init__(self, lake: Lake, grant: Grant, note: Note) -> None:
        self._book = Book(lake, grant, note, TABLE, _COLUMNS)

    def add(self, county: str, entries: Sequence[Progress]) -> None:
        """Add entries, all or none. Raises `Refused` for a county the grant does not open."""
        self._book.add(county, [(each.recorded, _row(each)) for each in entries])

    def read(self, place: str) -> tuple[Progress, ...]:
        """Every entry of a place, in the order they were recorded, also those that others have followed."""
        return tuple(_progress(recorded, *texts) for recorded, texts in self._book.read(place))


def _row(entry: Progress) -> dict[str, str | None]:
    return {name: getattr(entry, name) for name in _COLUMNS} | {
        "day": entry.day.isoformat(),
        "paid": written(entry.paid),
        "work": written(entry.work),
    }


def _progress(recorded: datetime, *texts: Any) -> Progress:
    place, project, day, paid, work, source, evidence, who = texts
    return Progress(
        place,
        project,
        date.fromisoformat(day),
        None if paid is None else Decimal(paid),
        None if work is None else Decimal(work),
        source,
        evidence,
        who,
        recorded,
    )
