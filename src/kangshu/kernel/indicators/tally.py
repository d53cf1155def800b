"""The tally: counted units added up by day and all strata, small enough to keep and to add to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.units import COUNTED, NOWHERE, count_units, months_of
from kangshu.kernel.lake.arrow import Arrow
from kangshu.kernel.lake.engine import Engine, listed, literal

TALLY = "tally"
"""The table of tallies: month (`NOWHERE`: units without a place), happened, the strata, numerator,
denominator, units, complete."""


_HELD = 3_000_000
"""Units that are held at once."""


def tally_units(engine: Engine, indicator: Indicator) -> None:
    """Make the tally of the counted units in the engine."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE {TALLY} AS {_tallied(indicator)}")


def tally_months(engine: Engine, indicator: Indicator, *, on: date, months: list[str] | None = None) -> None:
    """Make the tally some months at a time, so that not all units are held at once.

    `months`: of these only; None: of all there are. For an indicator in which no unit depends on others.
    """
    count_units(engine, indicator, on=on, as_of=None, months=())
    tally_units(engine, indicator)
    sizes = months_of(engine, indicator, on=on) if months is None else dict.fromkeys(months, _HELD // 3)
    for some in _together(sizes):
        count_units(engine, indicator, on=on, as_of=None, months=some)
        theirs = f"month IN ({', '.join(map(literal, some))})"
        engine.run(f"INSERT INTO {TALLY} SELECT * FROM ({_tallied(indicator)}) WHERE {theirs}")


def add_tallies(engine: Engine, news: Sequence[Arrow]) -> list[str]:
    """Add new tallies to the one in the engine, of which the months that have something new stay; these.

    For units that are counted nowhere else, of an indicator in which no unit depends on others.
    """
    for number, each in enumerate(news):
        engine.offer(f"new_tally_{number}", each)
    new = " UNION ALL BY NAME ".join(f"FROM new_tally_{number}" for number in range(len(news)))
    months = (
        [month for (month,) in engine.rows(f"SELECT DISTINCT month FROM ({new}) ORDER BY 1")] if news else []
    )
    theirs = f"month IN ({', '.join(map(literal, months or ['']))})"
    both = f"SELECT * FROM {TALLY} WHERE {theirs}" + (f" UNION ALL BY NAME ({new})" if news else "")
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {TALLY} AS SELECT * EXCLUDE (numerator, denominator, units, complete),"
        f" {_SUMS} FROM ({both}) GROUP BY ALL"
    )
    return months


def _together(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Months in groups that are held at once: each reads everything below, so the fewer the better."""
    some: list[str] = []
    held = 0
    for month, size in sizes.items():
        if some and held + size > _HELD:
            yield some
            some, held = [], 0
        some.append(month)
        held += size
    if some:
        yield some


_SUMS = ", ".join(
    f"CAST(sum({name}) AS {type_}) AS {name}"
    for name, type_ in (
        ("numerator", "DECIMAL(38, 6)"),
        ("denominator", "DECIMAL(38, 6)"),
        ("units", "BIGINT"),
        ("complete", "BIGINT"),
    )
)


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
