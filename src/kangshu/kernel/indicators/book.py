"""A book: what people write about the numbers of a place, in a table of the lake that is only appended to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kangshu.kernel.base.errors import Refused
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.reader import Note, condition_of
from kangshu.kernel.lake.store import COUNTY, RECORDED, SOURCE, Lake
from kangshu.kernel.policies.definition import Grant


@dataclass(frozen=True, slots=True)
class Book:
    """A book, for who has a grant. `columns` are texts, `place` among them; each row has its moment."""

    lake: Lake
    grant: Grant
    note: Note
    table: str
    columns: tuple[str, ...]

    def check(self, county: str) -> None:
        """Raises `Refused` for a county the grant does not open."""
        scope = self.grant.scope
        if not (scope.everything or county in scope.counties):
            raise Refused("The grant is not for this county.")

    def add(self, county: str, rows: Sequence[tuple[datetime, Mapping[str, str | None]]]) -> None:
        """Add rows, each with when it was written, all or none. Raises `Refused`."""
        self.check(county)
        self.note(self.grant, self.table, len(rows))
        texts = [(name, pa.string()) for name in (SOURCE, COUNTY, *self.columns)]
        schema = pa.schema([*texts, (RECORDED, pa.timestamp("us", tz="UTC"))])
        whole = [{SOURCE: "", COUNTY: county, RECORDED: recorded, **row} for recorded, row in rows]
        self.lake.append_whole(self.table, pa.Table.from_pylist(whole, schema=schema))

    def read(self, place: str) -> list[tuple[datetime, tuple[Any, ...]]]:
        """Every row of a place, its texts in the order of the columns; in the order they were written."""
        with engine(self.lake.scratch) as work:
            if not self.lake.offer(work, "book", self.table):
                return []
            rows = work.rows(
                f"SELECT epoch_us({RECORDED}), {', '.join(self.columns)} FROM book"
                f" WHERE place = ? AND {condition_of(self.grant)} ORDER BY {RECORDED}",
                [place],
            )
        self.note(self.grant, self.table, len(rows))
        return [(datetime.fromtimestamp(micros / 1_000_000, UTC), tuple(texts)) for micros, *texts in rows]


def written(value: Any) -> str | None:
    """A number as a book has it; None for none."""
    return None if value is None else format(value, "f")
