"""The lake of facts: what the change feed brings, as columns, one table for each type.

Every version is there with its body, so that what was known at a time can be asked for. Killed anywhere, the
next turn does the last stretch again, and nothing is missing or doubled. The tables can be deleted at any
time: they are made again from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import stretch as feed
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.exclusive import exclusive
from kangshu.kernel.facts.stretch import Place, Stretch
from kangshu.kernel.facts.stretch_rows import VERSION_COLUMNS, write_versions
from kangshu.kernel.lake.engine import engine, literal
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.definition import Scope

READER = "lake of facts"
"""Under this name it is kept how far the tables have come."""

Progress = Callable[[int, int], None]
"""Called with (transactions done, transactions in all)."""


_TABLE = "fact_of_"


def table_of(type_: str) -> str:
    """The table that holds the facts of a type."""
    return f"{_TABLE}{type_.lower()}"


def is_of_facts(table: str) -> bool:
    """Whether a table of the lake is one of these: made from the database, and again if need be."""
    return table.startswith(_TABLE)


@dataclass(frozen=True, slots=True)
class FactLake:
    """Follows the change feed into the lake. Safe to share between threads and processes."""

    database: Database
    lake: Lake
    types: Sequence[str]
    clock: Clock

    def follow(self, *, progress: Progress | None = None) -> int:
        """Take in what has come since the last time; how many versions. Waits while another is at it."""
        with self.database.statements() as session, exclusive(session, READER):
            return self._follow(progress)

    def _follow(self, progress: Progress | None) -> int:
        with self.database.connection() as session:
            place, end = feed.place_of(session, READER), feed.horizon(session)
        if place.tx == 0:
            self._empty()
        low, wide, taken = place.tx, feed.FIRST, 0
        while low < end:
            stretch = self._take(low, end, wide)
            taken += stretch.versions
            low, wide = stretch.high, 2 * (stretch.high - stretch.low)
            with self.database.connection() as session:
                feed.move(session, READER, Place(place.epoch, low), self.clock())
            if progress is not None:
                progress(low - place.tx, end - place.tx)
        return taken

    def _empty(self) -> None:
        """What is there was made from another database, or from this one before it was restored."""
        with engine(self.lake.scratch) as work:
            for table in (table_of(type_) for type_ in self.types):
                if self.lake.offer(work, table, table):
                    self.lake.replace_from(table, work.arrow(f"SELECT * FROM {table} LIMIT 0"), "tx", 0)

    def _take(self, low: int, end: int, wide: int) -> Stretch:
        with self.database.connection() as session:
            stretch = feed.next_stretch(session, low, end, wide)
        if not stretch.versions:
            return stretch
        with engine(self.lake.scratch) as work:
            path = work.folder / "versions"
            with self.database.connection() as session:
                write_versions(session, stretch, path)
            work.take_copied("version", VERSION_COLUMNS, path)
            for (type_,) in work.rows("SELECT DISTINCT type FROM version ORDER BY type"):
                rows = work.arrow(f"SELECT * FROM version WHERE type = {literal(type_)} ORDER BY tx, id")
                self.lake.replace_from(table_of(type_), rows, "tx", low)
        return stretch


def current(type_: str, name: str, scope: Scope, as_of: datetime | None, county: str | None = None) -> str:
    """A query for the facts of a type that a scope lets through, as of now or of a time.

    `name`: under which the table of the type was offered; `as_of` is in UTC; `county`: only facts from there.
    """
    # In milliseconds: as fine as `meta.lastUpdated` tells it, which is what people ask with.
    moment = literal(f"{as_of:%Y-%m-%d %H:%M:%S.%f}") if as_of else ""
    known = f" WHERE date_trunc('milliseconds', recorded) <= TIMESTAMP {moment}" if as_of else ""
    order = "row_number() OVER (PARTITION BY id ORDER BY version DESC) AS newest"
    newest = f"SELECT *, {order} FROM {name}{known}"
    there = f" AND county = {literal(county)}" if county else ""
    return f"SELECT * FROM ({newest}) WHERE newest = 1 AND NOT deleted AND {_within(type_, scope)}{there}"


def _within(type_: str, scope: Scope) -> str:
    """`Scope.lets_through` as a condition on rows of a type."""
    if type_ in scope.open_types:
        return "true"
    if scope.types is not None and type_ not in scope.types:
        return "false"
    if scope.everything:
        return "true"
    parts = [
        f"{column} IN ({', '.join(literal(each) for each in sorted(values))})"
        for column, values in (("org", scope.orgs), ("county", scope.counties))
        if values
    ]
    if scope.persons:
        parts.append(f"person IN ({', '.join(str(each) for each in sorted(scope.persons))})")
    return f"({' OR '.join(parts)})" if parts else "false"
