"""What is behind a number: its units, page by page.

Units are addresses of facts. Whoever shows them has a grant for those facts: this room knows no policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.cell import Strata
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import months_in, parse_period
from kangshu.kernel.indicators.units import COUNTED, count_units
from kangshu.kernel.lake.engine import Engine, literal, quoted

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


@dataclass(frozen=True, slots=True)
class Asked:
    """Which units of one cell: all, those in the numerator (`reached`), or those not in it (`missed`).

    after  those behind that one
    skip   leave out so many, for who keeps no place between pages
    """

    period: str
    strata: Strata = ()
    which: Which = "all"
    after: tuple[str, date] | None = None
    skip: int = 0
    limit: int = 50


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
    """Count, and list the units of one cell."""
    count_units(engine, indicator, on=on, as_of=as_of)
    return _units(engine, indicator, Asked(period, strata, which, after, limit=limit), COUNTED)


def keep_units(engine: Engine, indicator: Indicator, period: str, path: Path, *, on: date) -> None:
    """Write down the units of a period, so that they can be listed without counting.

    The file is there when it is whole.
    """
    count_units(engine, indicator, on=on, as_of=None, months=months_in(parse_period(period)))
    fresh = path.with_suffix(".new")
    engine.run(
        f"COPY (SELECT * FROM {COUNTED} WHERE happened IS NOT NULL AND unit IS NOT NULL"
        f" ORDER BY unit, happened) TO {literal(str(fresh))} (FORMAT parquet)"
    )
    fresh.replace(path)


def kept_units(engine: Engine, indicator: Indicator, asked: Asked, path: Path) -> Page:
    """The units of a cell, of what was written down."""
    return _units(engine, indicator, asked, f"read_parquet({literal(str(path))})")


def _units(engine: Engine, indicator: Indicator, asked: Asked, source: str) -> Page:
    unknown = sorted({name for name, _ in asked.strata} - set(indicator.strata))
    if unknown:
        raise Invalid(
            f"The indicator {indicator.id} has no stratum {', '.join(unknown)}.",
            remedy=f"It has {', '.join(indicator.strata) or 'none'}.",
        )
    tests = ["period = $period", "unit IS NOT NULL"]
    given: dict[str, Any] = {"period": asked.period}
    for number, (name, value) in enumerate(asked.strata):
        tests.append(f"{quoted(name)} IS NOT DISTINCT FROM $s{number}")
        given[f"s{number}"] = value
    tests += {"all": [], "reached": ["numerator <> 0"], "missed": ["numerator = 0"]}[asked.which]
    if asked.after is not None:
        tests.append("(unit, happened) > ($unit, $happened)")
        given |= {"unit": asked.after[0], "happened": asked.after[1]}
    size = max(1, min(asked.limit, MOST))
    rows = engine.rows(
        f"SELECT unit, happened, numerator, denominator, complete FROM {source}"
        f" WHERE {' AND '.join(tests)} ORDER BY unit, happened"
        f" LIMIT {size + 1} OFFSET {max(0, asked.skip)}",
        given,
    )
    found = tuple(_unit(indicator, row) for row in rows[:size])
    more = len(rows) > size
    return Page(found, (found[-1].unit, found[-1].happened) if more else None)


def _unit(indicator: Indicator, row: tuple[Any, ...]) -> Unit:
    unit, happened, numerator, denominator, complete = row
    return Unit(unit, happened, numerator, denominator if indicator.denominator else None, complete)
