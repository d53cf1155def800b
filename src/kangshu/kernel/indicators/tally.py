"""The tally: counted units added up by day and all strata, small enough to keep and to add to."""

from __future__ import annotations

from datetime import date

from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.units import COUNTED, NOWHERE, count_units, months_of
from kangshu.kernel.lake.engine import Engine, listed

TALLY = "tally"
"""The table of tallies: month (`NOWHERE`: units without a place), happened, the strata, numerator,
denominator, units, complete."""


def tally_units(engine: Engine, indicator: Indicator) -> None:
    """Make the tally of the counted units in the engine."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE {TALLY} AS {_tallied(indicator)}")


def tally_months(engine: Engine, indicator: Indicator, *, on: date, months: list[str] | None = None) -> None:
    """Make the tally month by month, so that the units of one month at most are held.

    `months`: of these only; None: of all there are. For an indicator in which no unit depends on others.
    """
    count_units(engine, indicator, on=on, as_of=None, months=())
    tally_units(engine, indicator)
    for month in months_of(engine, indicator, on=on) if months is None else months:
        count_units(engine, indicator, on=on, as_of=None, months=(month,))
        engine.run(f"INSERT INTO {TALLY} SELECT * FROM ({_tallied(indicator)}) WHERE month = '{month}'")


def _tallied(indicator: Indicator) -> str:
    strata = listed(sorted(indicator.strata))
    group = f", {strata}" if strata else ""
    nowhere = "happened IS NULL OR unit IS NULL"
    return (
        f"SELECT CASE WHEN {nowhere} THEN '{NOWHERE}' ELSE strftime(happened, '%Y-%m') END AS month,"
        f" CASE WHEN {nowhere} THEN NULL ELSE happened END AS happened{group},"
        " CAST(sum(numerator) AS DECIMAL(38, 6)) AS numerator,"
        " CAST(sum(denominator) AS DECIMAL(38, 6)) AS denominator,"
        " count(*) AS units, count(*) FILTER (complete) AS complete"
        f" FROM {COUNTED} GROUP BY ALL"
    )
