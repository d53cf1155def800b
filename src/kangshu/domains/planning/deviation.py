"""The deviation: a row of a plan that is off course, why, and where it is worst.

Why, the gravest first:
- missed: the plan's own period is closed, and its target not met
- unlikely: by the forecast the target will not be met
- worse: the target is not met, and the last value is worse than the one before
- behind: the value lies on the wrong side of the straight way from the base to the target
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

from kangshu.domains.planning.breakdown import Group, breakdown
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import Plan
from kangshu.kernel.indicators.cell import rounded
from kangshu.kernel.indicators.judge import Judgement, with_unit
from kangshu.kernel.indicators.run import Result

Why = Literal["missed", "unlikely", "worse", "behind"]
WHYS: tuple[Why, ...] = get_args(Why)

PLACES = ("town", "institution")
"""Strata that are asked where it is worst, unless the target names one."""
MOST = 3
"""Places that are named."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row that is off course.

    due      where the straight way from the base to the target would be by now; None where there is none
    stratum  what `worst` is by; the worst first, only what may be shown and falls short
    """

    standing: Standing
    why: Why
    due: Decimal | None
    sentence: str
    sentence_en: str
    stratum: str
    worst: tuple[Group, ...]


def deviations(
    plan: Plan, standings: Sequence[Standing], results: Mapping[str, Result]
) -> tuple[Deviation, ...]:
    """What is off course, the gravest first, otherwise in the order of the plan."""
    found = [
        each
        for standing in standings
        if (each := _deviation(plan, standing, results.get(standing.indicator.id))) is not None
    ]
    return tuple(sorted(found, key=lambda each: WHYS.index(each.why)))


def _deviation(plan: Plan, standing: Standing, result: Result | None) -> Deviation | None:
    now, latest = standing.now, standing.latest
    if now is None or latest is None:
        return None
    plan = plan.by(standing.indicator.period)
    due = _due(plan, standing)
    why = _why(plan, standing, now, due)
    if why is None:
        return None
    stratum = _stratum(standing, now)
    worst = _worst(standing, result, stratum, now) if result and stratum else ()
    told, told_en = _told(standing, why, now, due)
    return Deviation(standing, why, due, told, told_en, stratum, worst)


def _why(plan: Plan, standing: Standing, now: Judgement, due: Decimal | None) -> Why | None:
    latest = standing.latest
    if now.verdict == "not_met" and latest and latest.closed and latest.period == plan.period:
        return "missed"
    if standing.forecast is not None and standing.forecast.reach == "unlikely":
        return "unlikely"
    if now.verdict != "not_met":
        return None
    if standing.trend == "worse":
        return "worse"
    if due is None or now.value is None or now.value == due:
        return None
    return "behind" if (now.value < due) == (standing.indicator.direction == "up") else None


def _due(plan: Plan, standing: Standing) -> Decimal | None:
    """None where base or limit is not known, or the latest value is that of the base itself."""
    latest, whole = standing.latest, standing.judgement
    base = next((each.value for each in standing.points if each.period == plan.base), None)
    if latest is None or whole is None or whole.limit is None or base is None:
        return None
    if not plan.base < latest.period <= plan.period or plan.base.kind != latest.period.kind:
        return None
    gone = Fraction(latest.period.number - plan.base.number, plan.period.number - plan.base.number)
    way = Fraction(whole.limit) - Fraction(base)
    return rounded(Fraction(base) + gone * way, standing.indicator.decimals)


def _stratum(standing: Standing, now: Judgement) -> str:
    if now.target.each is not None:
        return now.target.each
    return next((each for each in PLACES if each in standing.indicator.strata), "")


def _worst(standing: Standing, result: Result, stratum: str, now: Judgement) -> tuple[Group, ...]:
    groups = breakdown(
        standing.indicator, result, stratum, now.period.label, target=now.target, limit=now.limit
    )
    short = [each for each in groups if each.verdict == "not_met" and each.name is not None]
    return tuple(reversed(short))[:MOST]


def _told(standing: Standing, why: Why, now: Judgement, due: Decimal | None) -> tuple[str, str]:
    year = " 年" if now.period.kind == "year" else ""
    told, told_en = f"{now.period.label}{year} {now.sentence}", f"{now.period.label}: {now.sentence_en}"
    if why == "unlikely" and standing.forecast is not None:
        return standing.forecast.sentence, standing.forecast.sentence_en
    if why == "worse" and standing.change is not None:
        by = standing.change.copy_abs()
        unit = standing.indicator.unit
        return (
            f"{told}且比上一期变差 {with_unit(standing.indicator, by)}。",
            f"{told_en} Worse than before by {by} {unit}.",
        )
    if why == "behind" and due is not None:
        return (
            f"{told}按基期到目标的直线，此时应为 {with_unit(standing.indicator, due)}。",
            f"{told_en} On a straight way from the base to the target it would be {due} by now.",
        )
    return told, told_en
