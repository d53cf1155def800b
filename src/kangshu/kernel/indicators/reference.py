"""The same in plain Python, slow and obvious: what `run.py` and `suppression.py` are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from kangshu.kernel.indicators.cell import Count, Strata, levels_of
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import period_of
from kangshu.kernel.indicators.suppression import Key, Line


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a SELECT gives it."""

    unit: str
    numerator: Decimal | None
    denominator: Decimal | None
    happened: date | None
    recorded: datetime
    strata: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])


def count(indicator: Indicator, rows: Sequence[Row], on: date, as_of: datetime | None) -> list[Count]:
    """The counts of every cell that has a unit, in no order."""
    cells: dict[Key, list[Row]] = {}
    for row in rows:
        if row.happened is None or row.happened > on or (as_of is not None and row.recorded > as_of):
            continue
        for level in levels_of(indicator.strata):
            strata: Strata = tuple((name, row.strata[name]) for name in level)
            cells.setdefault((period_of(row.happened, indicator.period).label, strata), []).append(row)
    return [_added_up(indicator, key, found) for key, found in cells.items()]


def _added_up(indicator: Indicator, key: Key, rows: Sequence[Row]) -> Count:
    numerator = sum((row.numerator or Decimal(0) for row in rows), Decimal(0))
    denominator = sum((row.denominator or Decimal(0) for row in rows), Decimal(0))
    complete = [
        row
        for row in rows
        if row.numerator is not None
        and (row.denominator is not None or not indicator.denominator)
        and all(row.strata[name] is not None for name in indicator.strata)
    ]
    months = {(row.happened.year, row.happened.month) for row in rows if row.happened}
    return Count(
        *key,
        numerator,
        denominator if indicator.denominator else None,
        len(rows),
        len(complete),
        len(months),
    )


def can_be_computed(lines: Sequence[Line], hidden: set[Key], key: Key) -> bool:
    """Whether a hidden cell follows from those shown: it does if saying it adds nothing to the equations."""
    names = sorted(hidden, key=repr)
    rows = [
        [Fraction((name in parts) - (name == whole)) for name in names]
        for whole, parts in lines
        if hidden & {whole, *parts}
    ]
    said = [Fraction(name == key) for name in names]
    return _rank([*rows, said]) == _rank(rows)


def _rank(rows: Sequence[Sequence[Fraction]]) -> int:
    left, rank = [list(row) for row in rows], 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((n for n in range(rank, len(left)) if left[n][column]), None)
        if pivot is None:
            continue
        left[rank], left[pivot] = left[pivot], left[rank]
        for n in range(rank + 1, len(left)):
            times = left[n][column] / left[rank][column]
            left[n] = [a - times * b for a, b in zip(left[n], left[rank], strict=True)]
        rank += 1
    return rank
