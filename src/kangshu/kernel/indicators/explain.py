"""What is behind a number: its units, page by page.

Units are addresses of facts. Whoever shows them has a grant for those facts: this room knows no policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.cell import Strata
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.units import COUNTED, count_units
from kangshu.kernel.lake.engine import Engine, quoted

MOST = 1000
"""Units of a page at most."""

Which = Literal["all", "reached", "missed"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that was counted, and what it adds."""

    unit: str
    happened: date
    numerator: Decimal
    denominator: Decimal | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the units of a cell, in order; `after`: give it for the next page, None: there is none."""

    units: tuple[Unit, ...]
    after: tuple[str, date] | None


def units(
    engine: Engine,
    indicator: Indicator,
    *,
    period: str,
    strata: Strata = (),
    on: date,
    as_of: datetime | None = None,
    which: Which = "all",
    after: tuple[str, date] | None = None,
    limit: int = 50,
) -> Page:
    """The units of one cell: all, those in the numerator (`reached`), or those not in it (`missed`)."""
    unknown = sorted({name for name, _ in strata} - set(indicator.strata))
    if unknown:
        raise Invalid(
            f"The indicator {indicator.id} has no stratum {', '.join(unknown)}.",
            remedy=f"It has {', '.join(indicator.strata) or 'none'}.",
        )
    count_units(engine, indicator, on=on, as_of=as_of)
    tests = ["period = $period", "unit IS NOT NULL"]
    given: dict[str, Any] = {"period": period}
    for number, (name, value) in enumerate(strata):
        tests.append(f"{quoted(name)} IS NOT DISTINCT FROM $s{number}")
        given[f"s{number}"] = value
    tests += {"all": [], "reached": ["numerator <> 0"], "missed": ["numerator = 0"]}[which]
    if after is not None:
        tests.append("(unit, happened) > ($unit, $happened)")
        given |= {"unit": after[0], "happened": after[1]}
    size = max(1, min(limit, MOST))
    rows = engine.rows(
        f"SELECT unit, happened, numerator, denominator, complete FROM {COUNTED}"
        f" WHERE {' AND '.join(tests)} ORDER BY unit, happened LIMIT {size + 1}",
        given,
    )
    found = tuple(_unit(indicator, row) for row in rows[:size])
    more = len(rows) > size
    return Page(found, (found[-1].unit, found[-1].happened) if more else None)


def _unit(indicator: Indicator, row: tuple[Any, ...]) -> Unit:
    unit, happened, numerator, denominator, complete = row
    return Unit(unit, happened, numerator, denominator if indicator.denominator else None, complete)
