"""The publication: what was made public of a closed period, word for word, and what is known of it now.

Late facts change what a period is; they do not change what was published. Both stay visible.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.indicators.book import Book, written
from kangshu.kernel.indicators.cell import Cell, Strata
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.indicators.run import Result, order_of
from kangshu.kernel.indicators.series import is_closed
from kangshu.kernel.lake.reader import Note
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.definition import Grant

TABLE = "indicator_publication"

_TEXTS = ("place", "indicator", "version", "period", "strata", "value", "hidden", "who")


@dataclass(frozen=True, slots=True)
class Published:
    """One cell as it was published; `version` is that of the indicator's definition."""

    place: str
    indicator: str
    version: str
    period: str
    strata: Strata
    value: Decimal | None
    hidden: str
    who: str
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Restatement:
    """What was published of a cell, and what is known now. `redefined`: the definition is another one too."""

    published: Published
    now: Cell | None
    redefined: bool

    @property
    def change(self) -> Decimal | None:
        """By how much the value is another one; None where either is not shown."""
        before, after = self.published.value, self.now.value if self.now else None
        return None if before is None or after is None else after - before


def publish(
    indicator: Indicator, result: Result, period: str, *, place: str, who: str, recorded: datetime
) -> tuple[Published, ...]:
    """The cells of a closed period as they are published. Raises `Invalid` while it is open."""
    if not is_closed(indicator, parse_period(period), result.on):
        raise Invalid(
            f"{indicator.id} of {period} is not closed on {result.on}.",
            remedy=f"It closes {indicator.closes} days after the end of the period.",
        )
    return tuple(
        Published(
            place, indicator.id, result.version, period, each.strata, each.value, each.hidden, who, recorded
        )
        for each in result.cells
        if each.period == period
    )


def compare(published: Sequence[Published], result: Result) -> tuple[Restatement, ...]:
    """Each published cell of the indicator beside what is known now, where that is something else."""
    now = {(each.period, each.strata): each for each in result.cells}
    pairs = [
        Restatement(each, now.get((each.period, each.strata)), each.version != result.version)
        for each in published
        if each.indicator == result.indicator
    ]
    return tuple(
        each
        for each in pairs
        if each.now is None or (each.now.value, each.now.hidden) != _said(each.published)
    )


class PublicationBook:
    """What a county has published, for who has a grant."""

    def __init__(self, lake: Lake, grant: Grant, note: Note) -> None:
        self._book = Book(lake, grant, note, TABLE, _TEXTS)

    def add(self, county: str, cells: Sequence[Published]) -> None:
        """Add a publication, all or nothing. Raises `Conflict` where that period is published already, and
        `Refused` for a county the grant does not open."""
        self._book.check(county)
        known = (
            {(each.indicator, each.period) for each in self.read(cells[0].place)}
            if cells
            else set[tuple[str, str]]()
        )
        twice = sorted(known & {(each.indicator, each.period) for each in cells})
        if twice:
            raise Conflict(
                f"{twice[0][0]} of {twice[0][1]} has been published.",
                remedy="What was published stays; what is known now is shown beside it.",
            )
        self._book.add(county, [(each.recorded, _row(each)) for each in cells])

    def read(self, place: str) -> tuple[Published, ...]:
        """Everything a place has published, in the order it was."""
        found = [_published(recorded, *texts) for recorded, texts in self._book.read(place)]
        return tuple(
            sorted(found, key=lambda it: (it.recorded, it.indicator, it.period, order_of(it.strata)))
        )


def _row(cell: Published) -> dict[str, str | None]:
    return {name: getattr(cell, name) for name in _TEXTS} | {
        "strata": json.dumps(cell.strata, ensure_ascii=False),
        "value": written(cell.value),
    }


def _published(recorded: datetime, *texts: Any) -> Published:
    place, indicator, version, period, strata, value, hidden, who = texts
    pairs = cast("list[list[str | None]]", json.loads(strata))
    return Published(
        place,
        indicator,
        version,
        period,
        tuple((str(name), said) for name, said in pairs),
        None if value is None else Decimal(value),
        hidden,
        who,
        recorded,
    )


def _said(published: Published) -> tuple[Decimal | None, str]:
    return published.value, published.hidden
