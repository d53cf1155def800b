"""The series: one value for each period, counted or entered, each saying where it is from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import Entry
from kangshu.kernel.indicators.period import Period, parse_period

Origin = Literal["computed", "entered"]


@dataclass(frozen=True, slots=True)
class Point:
    """The value of a period.

    cell       what was counted, for a computed value; its `hidden` says why there is no value
    entry      who entered it from where, for an entered one
    closed     whether it is final
    """

    period: Period
    value: Decimal | None
    origin: Origin
    closed: bool
    cell: Cell | None = None
    entry: Entry | None = None


def series(
    indicator: Indicator, *, on: date, cells: Sequence[Cell] = (), entries: Sequence[Entry] = ()
) -> tuple[Point, ...]:
    """The values of an indicator, oldest first. `cells`: its totals; `entries`: those that are known.

    Where both say something of a period, what was counted counts.
    """
    points: dict[Period, Point] = {}
    for entry in entries:
        if entry.indicator == indicator.id and entry.value is not None:
            period = entry.period
            points[period] = Point(
                period, entry.value, "entered", is_closed(indicator, period, on), entry=entry
            )
    for cell in cells:
        if not cell.strata:
            period = parse_period(cell.period)
            points[period] = Point(
                period, cell.value, "computed", is_closed(indicator, period, on), cell=cell
            )
    return tuple(points[period] for period in sorted(points))


def is_closed(indicator: Indicator, period: Period, on: date) -> bool:
    """Whether the value of a period is final on a day."""
    return on > period.last + timedelta(days=indicator.closes)
