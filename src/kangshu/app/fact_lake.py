"""The lake of facts: what the change feed brings, as columns, one table for each type.

Every version is there with its body, so that what was known at a time can be asked for. Killed anywhere, the
next turn does the last stretch again, and nothing is missing or doubled. The tables can be deleted at any
time: they are made again from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import stretch as feed
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.exclusive import exclusive
from kangshu.kernel.facts.stretch import Place, Stretch
from kangshu.kernel.facts.stretch_rows import VERSION_COLUMNS, write_versions
from kangshu.kernel.lake.engine import engine, literal
from kangshu.kernel.lake.store import Lake

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

    def forget(self) -> None:
        """Delete the tables: the next turn makes them again."""
        with self.database.statements() as session, exclusive(session, READER):
            for table in self.lake.tables():
                if is_of_facts(table.name):
                    self.lake.forget(table.name)
            with self.database.connection() as connection:
                epoch = feed.place_of(connection, READER).epoch
                feed.move(connection, READER, Place(epoch, 0), self.clock())

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
