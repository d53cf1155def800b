"""What was noted when kept views were last made: when, how many rows, how long it took, and what went wrong.

The notes are a small table of the lake, a row for each table of a kept view, written in one commit at the
end of a turn in which something was made. Killed before that, they tell of the turn before; the views
themselves are as they were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from kangshu.kernel.base.time import Clock
from kangshu.kernel.lake.engine import Engine, engine, literal
from kangshu.kernel.lake.store import Lake

TABLE = "refreshed"
_COLUMNS = {
    "made_of": "VARCHAR",
    "view": "VARCHAR",
    "county": "VARCHAR",
    "made": "TIMESTAMP",
    "rows": "BIGINT",
    "seconds": "DOUBLE",
    "failed": "TIMESTAMP",
    "problem": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class RefreshNote:
    """What is known of one table. `failed` and `problem` are of the last time, if it went wrong."""

    table: str
    view: str
    county: str | None
    made: datetime | None = None
    rows: int | None = None
    seconds: float | None = None
    failed: datetime | None = None
    problem: str = ""


def read_notes(lake: Lake) -> Mapping[str, RefreshNote]:
    """All notes, by table."""
    held = lake.held(TABLE)
    if held is None:
        return {}
    with engine(lake.scratch) as work:
        held.offer(work, TABLE)
        return {row[0]: _note(*row) for row in work.rows(f"SELECT {', '.join(_COLUMNS)} FROM {TABLE}")}


def _note(
    table: str,
    view: str,
    county: str | None,
    made: datetime | None,
    rows: int | None,
    seconds: float | None,
    failed: datetime | None,
    problem: str,
) -> RefreshNote:
    return RefreshNote(table, view, county, _utc(made), rows, seconds, _utc(failed), problem)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


@dataclass
class Turn:
    """The notes of one turn, written when it ends. Threads may note at once, each of its own tables."""

    lake: Lake
    clock: Clock
    _found: dict[str, RefreshNote] = field(default_factory=dict[str, RefreshNote])

    def made(self, table: str, view: str, county: str | None, rows: int, began: datetime) -> None:
        """A table was made."""
        now = self.clock()
        self._found[table] = RefreshNote(table, view, county, now, rows, (now - began).total_seconds())

    def failed(self, table: str, view: str, county: str | None, problem: str) -> None:
        """It was not: what was kept before stays."""
        before = read_notes(self.lake).get(table) or RefreshNote(table, view, county)
        self._found[table] = replace(before, failed=self.clock(), problem=problem)

    def write(self) -> None:
        """Put the notes in the place of those of the same tables."""
        if not self._found:
            return
        with engine(self.lake.scratch) as work:
            _fill(work, self._found.values())
            condition = f"made_of IN ({', '.join(literal(table) for table in sorted(self._found))})"
            self.lake.keep(TABLE, work.arrow("FROM notes"), {}, condition=condition)


def _fill(work: Engine, notes: Iterable[RefreshNote]) -> None:
    work.run(f"CREATE TABLE notes ({', '.join(f'{name} {type_}' for name, type_ in _COLUMNS.items())})")
    for each in notes:
        made, failed = (moment and moment.astimezone(UTC).replace(tzinfo=None) for moment in _moments(each))
        row = [each.table, each.view, each.county, made, each.rows, each.seconds, failed, each.problem]
        work.run("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _moments(note: RefreshNote) -> tuple[datetime | None, datetime | None]:
    return note.made, note.failed
