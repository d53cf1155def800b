"""Count an indicator in DuckDB: all units at once; cells for everybody, each stratum, each pair of strata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.indicators.cell import Cell, Count, Strata, levels_of, shown
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.keys import parameters_in
from kangshu.kernel.indicators.period import label_in_sql
from kangshu.kernel.indicators.suppression import hide
from kangshu.kernel.lake.engine import Engine, listed, quoted

COUNTED = "counted_unit"
"""The table of units that `count_units` makes."""

_NUMBER = "DECIMAL(38, 6)"
_ALWAYS = datetime(9999, 12, 31)  # noqa: DTZ001 - DuckDB's TIMESTAMP has no zone


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

    def by(self, *strata: str) -> tuple[Cell, ...]:
        """The cells broken down by these strata; none: the totals."""
        wanted = tuple(sorted(strata))
        return tuple(each for each in self.cells if tuple(name for name, _ in each.strata) == wanted)


def run(
    engine: Engine, indicator: Indicator, *, on: date, as_of: datetime | None = None, small_number: int = 0
) -> Result:
    """Count what happened until a day, as known now or at a time; hide what is small.

    The views the SELECT needs are in the engine. `small_number`: counts below it are hidden, and with them
    what they could be computed from. Raises `Invalid` for a SELECT that breaks its promise,
    `Unreadable` for one that fails on its rows.
    """
    unplaced = count_units(engine, indicator, on=on, as_of=as_of)
    counts = _counts(engine, indicator)
    hidden = hide(counts, small_number)
    cells = (shown(indicator, each, hidden.get((each.period, each.strata), ""), on) for each in counts)
    return Result(indicator.id, indicator.version, on, as_of, tuple(cells), unplaced)


def count_units(engine: Engine, indicator: Indicator, *, on: date, as_of: datetime | None) -> int:
    """Make the table of counted units; how many had no place in a period."""
    columns = set(plain_names(engine, indicator))
    refuse_columns(indicator, columns)
    if as_of is not None and not ("recorded" in columns or "as_of" in parameters_in(indicator.sql)):
        raise NotSupported(
            f"The indicator {indicator.id} cannot say what was known at a time.",
            remedy="Its SELECT needs a column recorded, or the parameter $as_of.",
        )
    known = as_of.astimezone(UTC).replace(tzinfo=None) if as_of else _ALWAYS
    engine.run(f"DROP TABLE IF EXISTS {COUNTED}")
    chosen = _chosen(indicator, columns)
    for number, (since, until, values) in enumerate(_spans(indicator, on)):
        given = values | {"on": on, "as_of": known}
        bound = {name: given[name] for name in parameters_in(indicator.sql)}
        bound |= {"_since": since, "_until": until}
        time = ""
        if as_of is not None and "recorded" in columns:
            time, bound["_known"] = " AND CAST(recorded AS TIMESTAMP) <= $_known", known
        start = f"CREATE TEMP TABLE {COUNTED} AS" if number == 0 else f"INSERT INTO {COUNTED}"
        engine.read(
            f"{start} SELECT {chosen} FROM ({indicator.sql}) AS counted"
            " WHERE (CAST(happened AS DATE) BETWEEN $_since AND $_until"
            f" OR happened IS NULL AND {number} = 0){time}",
            bound,
        )
    twice = engine.one(
        f"SELECT count(*) - count(DISTINCT (unit, happened)) FROM {COUNTED}"
        " WHERE happened IS NOT NULL AND unit IS NOT NULL"
    )
    if twice:
        raise Invalid(
            f"The indicator {indicator.id} counts {twice} units more than once.",
            remedy="Its SELECT must give one row for each unit and day: look at its joins.",
        )
    return int(engine.one(f"SELECT count(*) FROM {COUNTED} WHERE happened IS NULL OR unit IS NULL"))


def refuse_columns(indicator: Indicator, columns: set[str]) -> None:
    """Raise `Invalid` with every column the SELECT lacks, or has and did not announce."""
    needed = {"unit", "numerator", "happened", *indicator.strata}
    needed |= {"denominator"} if indicator.denominator else set()
    wrong = [f"has no column {name}" for name in sorted(needed - columns)]
    wrong += [
        f"has a column {name} that is no stratum"
        for name in sorted(columns - needed - {"recorded", "complete", "denominator"})
    ]
    if "denominator" in columns and not indicator.denominator:
        wrong.append("has a column denominator, which the TOML says nothing of")
    if wrong:
        raise Invalid(
            f"The SELECT of {indicator.id} {', '.join(wrong)}.", remedy="Correct the SELECT or strata."
        )


def _chosen(indicator: Indicator, columns: set[str]) -> str:
    denominator = f"CAST(denominator AS {_NUMBER})" if indicator.denominator else f"CAST(NULL AS {_NUMBER})"
    known = ["numerator IS NOT NULL", *(f"{quoted(name)} IS NOT NULL" for name in indicator.strata)]
    known += ["denominator IS NOT NULL"] if indicator.denominator else []
    known += ["coalesce(CAST(complete AS INTEGER), 0) <> 0"] if "complete" in columns else []
    strata = "".join(f", CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in indicator.strata)
    return (
        f"CAST(unit AS VARCHAR) AS unit, coalesce(CAST(numerator AS {_NUMBER}), 0) AS numerator,"
        f" coalesce({denominator}, 0) AS denominator, CAST(happened AS DATE) AS happened,"
        f" {label_in_sql(indicator.period, 'CAST(happened AS DATE)')} AS period,"
        f" {' AND '.join(known)} AS complete{strata}"
    )


def _spans(indicator: Indicator, on: date) -> Iterator[tuple[date, date, dict[str, Any]]]:
    """Stretches of days in which the parameters stay the same, with their values, until the last day."""
    start = indicator.since or date(1, 1, 1)
    first = max((dated[0].since for dated in indicator.params.values()), default=start)
    start = max(start, first)
    breaks = {each.since for dated in indicator.params.values() for each in dated if start < each.since <= on}
    starts = [start, *sorted(breaks)]
    for since, following in zip(starts, [*starts[1:], None], strict=True):
        until = following - timedelta(days=1) if following else on
        yield since, until, _values(indicator, since)


def _values(indicator: Indicator, day: date) -> dict[str, Any]:
    return {
        name: [each.value for each in dated if each.since <= day][-1]
        for name, dated in indicator.params.items()
    }


def _counts(engine: Engine, indicator: Indicator) -> list[Count]:
    levels = levels_of(indicator.strata)
    sets = ", ".join(f"({listed(['period', *level])})" for level in levels)
    names = sorted(indicator.strata)
    columns = "".join(f", {quoted(name)}, grouping({quoted(name)})" for name in names)
    rows = engine.rows(
        "SELECT period, sum(numerator), sum(denominator), count(*), count(*) FILTER (complete),"
        f" bit_count(bit_or(1 << (month(happened) - 1))){columns} FROM {COUNTED}"
        f" WHERE happened IS NOT NULL AND unit IS NOT NULL GROUP BY GROUPING SETS ({sets})"
    )
    counts = [_count(indicator, names, row) for row in rows]
    return sorted(counts, key=lambda each: (each.period, order_of(each.strata)))


def _count(indicator: Indicator, names: list[str], row: tuple[Any, ...]) -> Count:
    period, numerator, denominator, units, complete, months, *rest = row
    pairs = zip(names, rest[::2], rest[1::2], strict=True)
    strata: Strata = tuple((name, value) for name, value, rolled_up in pairs if not rolled_up)
    return Count(
        period, strata, numerator, denominator if indicator.denominator else None, units, complete, months
    )


def order_of(strata: Strata) -> tuple[int, list[tuple[str, bool, str]]]:
    """For sorting: everybody first, then by name and value, what is not known last."""
    return len(strata), [(name, value is None, value or "") for name, value in strata]


def plain_names(engine: Engine, indicator: Indicator) -> list[str]:
    """The columns of the SELECT, in lower case. Raises `Unreadable` where DuckDB does not understand it."""
    sql = indicator.sql
    for name in sorted(parameters_in(sql), key=len, reverse=True):
        sql = sql.replace(f"${name}", "NULL")
    return [name.lower() for name in engine.names_read(f"SELECT * FROM ({sql})")]
