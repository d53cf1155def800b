"""Count an indicator in DuckDB: all units at once; cells for everybody, each stratum, each pair of strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kangshu.kernel.indicators.cell import Cell, Count, Strata, levels_of, shown
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import label_in_sql
from kangshu.kernel.indicators.suppression import hide
from kangshu.kernel.indicators.tally import TALLY, tally_units
from kangshu.kernel.indicators.units import NOWHERE, count_units
from kangshu.kernel.lake.engine import Engine, listed, quoted


@dataclass(frozen=True, slots=True)
class Result:
    """What an indicator counts.

    cells      by period, everybody first
    unplaced   rows without a unit or a date: they belong to no period
    """

    indicator: str
    version: str
    on: date
    as_of: datetime | None
    cells: tuple[Cell, ...]
    unplaced: int
    _levels: Mapping[tuple[str, ...], list[Cell]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        levels: dict[tuple[str, ...], list[Cell]] = {}
        for cell in self.cells:
            levels.setdefault(tuple(name for name, _ in cell.strata), []).append(cell)
        object.__setattr__(self, "_levels", levels)

    def by(self, *strata: str) -> tuple[Cell, ...]:
        """The cells broken down by these strata; none: the totals."""
        return tuple(self._levels.get(tuple(sorted(strata)), ()))


def run(
    engine: Engine, indicator: Indicator, *, on: date, as_of: datetime | None = None, small_number: int = 0
) -> Result:
    """Count what happened until a day, as known now or at a time; hide what is small.

    The views the SELECT needs are in the engine. `small_number`: counts below it are hidden, and with them
    what they could be computed from. Raises `Invalid` for a SELECT that breaks its promise,
    `Unreadable` for one that fails on its rows.
    """
    count_units(engine, indicator, on=on, as_of=as_of)
    tally_units(engine, indicator)
    return result_of_tally(engine, indicator, on=on, as_of=as_of, small_number=small_number)


def result_of_tally(
    engine: Engine, indicator: Indicator, *, on: date, as_of: datetime | None = None, small_number: int = 0
) -> Result:
    """The same from units that have been added up by day, in the table `TALLY`."""
    counts = _counts(engine, indicator, on)
    unplaced = int(engine.one(f"SELECT coalesce(sum(units), 0) FROM {TALLY} WHERE month = '{NOWHERE}'"))
    hidden = hide(counts, small_number)
    cells = (shown(indicator, each, hidden.get((each.period, each.strata), ""), on) for each in counts)
    return Result(indicator.id, indicator.version, on, as_of, tuple(cells), unplaced)


def _counts(engine: Engine, indicator: Indicator, on: date) -> list[Count]:
    levels = levels_of(indicator.strata)
    sets = ", ".join(f"({listed(['period', *level])})" for level in levels)
    names = sorted(indicator.strata)
    columns = "".join(f", {quoted(name)}, grouping({quoted(name)})" for name in names)
    rows = engine.rows(
        "SELECT period, sum(numerator), sum(denominator), sum(units), sum(complete),"
        f" bit_count(bit_or(1 << (month(happened) - 1))){columns}"
        f" FROM (SELECT *, {label_in_sql(indicator.period, 'happened')} AS period FROM {TALLY})"
        f" WHERE happened <= DATE '{on}' AND month <> '{NOWHERE}' GROUP BY GROUPING SETS ({sets})"
    )
    counts = [_count(indicator, names, row) for row in rows]
    return sorted(counts, key=lambda each: (each.period, order_of(each.strata)))


def _count(indicator: Indicator, names: list[str], row: tuple[Any, ...]) -> Count:
    period, numerator, denominator, units, complete, months, *rest = row
    pairs = zip(names, rest[::2], rest[1::2], strict=True)
    strata: Strata = tuple((name, value) for name, value, rolled_up in pairs if not rolled_up)
    return Count(
        period,
        strata,
        numerator,
        denominator if indicator.denominator else None,
        int(units),
        int(complete),
        months,
    )


def order_of(strata: Strata) -> tuple[int, list[tuple[str, bool, str]]]:
    """For sorting: everybody first, then by name and value, what is not known last."""
    return len(strata), [(name, value is None, value or "") for name, value in strata]
