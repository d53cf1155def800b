"""Monitoring: each indicator of a plan with value, trend, distance to the target, forecast, evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from kangshu.domains.planning.plan import PlaceContent, Plan, PlanRow
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import Entry, known
from kangshu.kernel.indicators.forecast import Forecast, forecast
from kangshu.kernel.indicators.judge import Judgement, Part, Values, judge, judge_each, values_of
from kangshu.kernel.indicators.period import Period, period_of
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.indicators.series import Point, series
from kangshu.kernel.indicators.target import applying_target
from kangshu.kernel.lake.engine import Engine

Trend = Literal["better", "worse", "same", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one row of a plan stands.

    points     the series, counted and entered, each with its origin and evidence
    latest     the last value that is known, at most of the plan's period
    trend      from the value before it
    now        the latest value against the target
    judgement  the value of the plan's own period against it; open until there is one
    parts      where a target is for each town or institution: how each stands in the latest period
    """

    row: PlanRow
    indicator: Indicator
    points: tuple[Point, ...]
    latest: Point | None
    trend: Trend
    change: Decimal | None
    now: Judgement | None
    judgement: Judgement | None
    forecast: Forecast | None
    parts: tuple[Part, ...] = ()


def counted(
    engine: Engine,
    content: PlaceContent,
    views: Sequence[str],
    *,
    on: date,
    as_of: datetime | None = None,
    small_number: int | None = None,
) -> dict[str, Result]:
    """What can be counted: every computed indicator of which the views are in the engine.

    `small_number`: None means the parameter of the place.
    """
    small = int(content.parameters.on("small_number", on).value) if small_number is None else small_number
    return {
        each.id: run(engine, each, on=on, as_of=as_of, small_number=small)
        for each in content.indicators.indicators
        if each.kind == "computed" and set(each.needs) <= set(views)
    }


def standings(
    content: PlaceContent,
    plan: Plan,
    *,
    on: date,
    as_of: datetime | None = None,
    results: Mapping[str, Result] | None = None,
    entries: Sequence[Entry] = (),
    until: Period | None = None,
) -> tuple[Standing, ...]:
    """Every row of a plan, in its order. `entries`: those of the lake, beside those of the documents.

    `until`: values of later periods are left out.
    """
    there = known([*content.entries, *entries], as_of)
    last = min(until, plan.period) if until else plan.period
    return tuple(
        _standing(content, plan, row, on, (results or {}).get(row.indicator), there, last)
        for row in plan.rows
    )


def review(content: PlaceContent, plan: Plan, *, on: date) -> tuple[Judgement, ...]:
    """A plan at its end: each row judged by what its documents state; rows without a target are left out."""
    found = standings(content, plan, on=on)
    return tuple(each.judgement for each in found if each.judgement is not None)


def is_told(plan: Plan, standing: Standing) -> bool:
    """Whether anything is known of a row after the period its plan starts from."""
    return standing.latest is not None and standing.latest.period > plan.base


def _standing(
    content: PlaceContent,
    plan: Plan,
    row: PlanRow,
    on: date,
    result: Result | None,
    entries: Sequence[Entry],
    last: Period,
) -> Standing:
    indicator = content.indicators.get(row.indicator)
    plan, last = plan.by(indicator.period), period_of(last.last, indicator.period)
    cells = result.by() if result else ()
    points = series(indicator, on=on, cells=cells, entries=entries)
    points = tuple(each for each in points if each.period <= last)
    values = values_of(points)
    told = [each for each in points if each.value is not None]
    latest = told[-1] if told else None
    trend, change = _trend(indicator, told)
    target = applying_target(indicator.targets, plan.period, on)
    if target is None:
        return Standing(row, indicator, points, latest, trend, change, None, None, None)
    whole = judge(indicator, target, values, plan.period)
    now = judge(indicator, target, values, latest.period) if latest else None
    told_of = latest.period if latest else plan.period
    parts = judge_each(indicator, target, values, told_of, result.cells) if result and target.each else ()
    ahead = _forecast(indicator, values, whole)
    return Standing(row, indicator, points, latest, trend, change, now, whole, ahead, parts)


def _forecast(indicator: Indicator, values: Values, judgement: Judgement) -> Forecast | None:
    """None where the period has its value: there is nothing left to foretell."""
    return forecast(indicator, values, judgement) if judgement.value is None else None


def _trend(indicator: Indicator, told: Sequence[Point]) -> tuple[Trend, Decimal | None]:
    if len(told) < 2 or told[-1].value is None or told[-2].value is None:
        return "unknown", None
    change = told[-1].value - told[-2].value
    if change == 0:
        return "same", change
    return ("better" if (change > 0) == (indicator.direction == "up") else "worse"), change
