"""The units an indicator counts: its SELECT, run with the values its parameters have on each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.keys import parameters_in
from kangshu.kernel.indicators.period import Period, label_in_sql, parse_period
from kangshu.kernel.lake.engine import Engine, quoted

COUNTED = "counted_unit"
"""The table of units that `count_units` makes."""

NOWHERE = "?"
"""Stands for the month of what has no unit or no date."""

_NUMBER = "DECIMAL(38, 6)"
_ALWAYS = datetime(9999, 12, 31)  # noqa: DTZ001 - DuckDB's TIMESTAMP has no zone


def count_units(
    engine: Engine,
    indicator: Indicator,
    *,
    on: date,
    as_of: datetime | None,
    months: Sequence[str] | None = None,
) -> int:
    """Make the table of counted units; how many had no place in a period.

    `months`: what happened in these only, and what has no place if `NOWHERE` is one of them.
    """
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
    time = (
        " AND CAST(recorded AS TIMESTAMP) <= $_known" if as_of is not None and "recorded" in columns else ""
    )
    for number, (condition, values) in enumerate(_stretches(indicator, on, months)):
        bound = _bound(indicator, values, on, known)
        bound |= {"_known": known} if time else {}
        start = f"CREATE TEMP TABLE {COUNTED} AS" if number == 0 else f"INSERT INTO {COUNTED}"
        engine.read(
            f"{start} SELECT {chosen} FROM ({indicator.sql}) AS counted WHERE ({condition}){time}", bound
        )
    twice = _counted_twice(engine)
    if twice:
        raise Invalid(
            f"The indicator {indicator.id} counts {twice} units more than once.",
            remedy="Its SELECT must give one row for each unit and day: look at its joins.",
        )
    return int(engine.one(f"SELECT count(*) FROM {COUNTED} WHERE happened IS NULL OR unit IS NULL"))


def _counted_twice(engine: Engine) -> int:
    """How many rows are of a unit and day of which there is a row already."""
    placed = f"FROM {COUNTED} WHERE happened IS NOT NULL AND unit IS NOT NULL"
    # Counting hashes takes half the time, and where none is there twice nothing else is.
    if not engine.one(f"SELECT count(*) - count(DISTINCT hash(unit, happened)) {placed}"):
        return 0
    return int(engine.one(f"SELECT count(*) - count(DISTINCT (unit, happened)) {placed}"))


def months_of(engine: Engine, indicator: Indicator, *, on: date) -> dict[str, int]:
    """The months in which units happen until a day, in order, with how many; `NOWHERE`: without a place."""
    found: Counter[str] = Counter()
    for condition, values in _stretches(indicator, on, None):
        month = (
            f"CASE WHEN happened IS NULL OR unit IS NULL THEN '{NOWHERE}'"
            " ELSE strftime(CAST(happened AS DATE), '%Y-%m') END"
        )
        rows = engine.rows(
            f"SELECT {month}, count(*) FROM ({indicator.sql}) AS counted WHERE {condition} GROUP BY 1",
            _bound(indicator, values, on, _ALWAYS),
        )
        found.update(dict(rows))
    return dict(sorted(found.items()))


def _bound(indicator: Indicator, values: Mapping[str, Any], on: date, known: datetime) -> dict[str, Any]:
    given = {**values, "on": on, "as_of": known}
    return {name: given[name] for name in parameters_in(indicator.sql)}


def _stretches(
    indicator: Indicator, on: date, months: Sequence[str] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Conditions on when a unit happened, with the values of the parameters there.

    Days are literals: then the engine skips what lies outside.
    """
    day = "CAST(happened AS DATE)"
    for number, (since, until, values) in enumerate(_spans(indicator, on)):
        if months is None:
            also = " OR happened IS NULL" if number == 0 else ""
            yield f"{day} BETWEEN DATE '{since}' AND DATE '{until}'{also}", values
            continue
        days = [(max(since, each.first), min(until, each.last)) for each in _periods(months)]
        tests = [f"{day} BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in days if first <= last]
        tests += ["happened IS NULL"] if NOWHERE in months and number == 0 else []
        if tests or number == 0:
            yield " OR ".join(tests) or "false", values


def _periods(months: Sequence[str]) -> list[Period]:
    return [parse_period(month) for month in months if month != NOWHERE]


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


def plain_names(engine: Engine, indicator: Indicator) -> list[str]:
    """The columns of the SELECT, in lower case. Raises `Unreadable` where DuckDB does not understand it."""
    sql = indicator.sql
    for name in sorted(parameters_in(sql), key=len, reverse=True):
        sql = sql.replace(f"${name}", "NULL")
    return [name.lower() for name in engine.names_read(f"SELECT * FROM ({sql})")]
