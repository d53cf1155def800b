"""Where the entries of the ledger are kept: a table of the lake, appended to, for who has a grant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kangshu.domains.planning.ledger import Progress
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.reader import Note, condition_of
from kangshu.kernel.lake.store import COUNTY, RECORDED, SOURCE, Lake
from kangshu.kernel.policies.definition import Grant

TABLE = "project_progress"

_COLUMNS = ("place", "project", "day", "paid", "work", "source", "evidence", "who")


class LedgerBook:
    """The ledger of a county in the lake, for who has a grant."""

    def __init__(self, lake: Lake, grant: Grant, note: Note) -> None:
        self._lake, self._grant, self._note = lake, grant, note

    def add(self, county: str, entries: Sequence[Progress]) -> None:
        """Add entries, all or none. Raises `Refused` for a county the grant does not open."""
        scope = self._grant.scope
        if not (scope.everything or county in scope.counties):
            raise Refused("The grant is not for the county of these projects.")
        self._note(self._grant, TABLE, len(entries))
        texts = [(name, pa.string()) for name in (SOURCE, COUNTY, *_COLUMNS)]
        schema = pa.schema([*texts, (RECORDED, pa.timestamp("us", tz="UTC"))])
        rows = [_row(each, county) for each in entries]
        self._lake.append_whole(TABLE, pa.Table.from_pylist(rows, schema=schema))

    def read(self, place: str) -> tuple[Progress, ...]:
        """Every entry of a place, in the order they were recorded, also those that others have followed."""
        with engine(self._lake.scratch) as work:
            if not self._lake.offer(work, "progress", TABLE):
                return ()
            rows = work.rows(
                f"SELECT {', '.join(_COLUMNS)}, epoch_us({RECORDED}) FROM progress"
                f" WHERE place = ? AND {condition_of(self._grant)} ORDER BY {RECORDED}",
                [place],
            )
        self._note(self._grant, TABLE, len(rows))
        return tuple(_progress(row) for row in rows)


def _row(entry: Progress, county: str) -> dict[str, Any]:
    numbers = {"paid": entry.paid, "work": entry.work}
    return {
        SOURCE: "",
        COUNTY: county,
        RECORDED: entry.recorded,
        **{name: getattr(entry, name) for name in _COLUMNS},
        "day": entry.day.isoformat(),
        **{name: None if value is None else format(value, "f") for name, value in numbers.items()},
    }


def _progress(row: tuple[Any, ...]) -> Progress:
    place, project, day, paid, work, source, evidence, who, micros = row
    recorded = datetime.fromtimestamp(micros / 1_000_000, UTC)
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
