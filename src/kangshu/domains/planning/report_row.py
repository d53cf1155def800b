"""A row of a report of a plan: how it stands, how far it has come, and what its value is lacking.

How a row stands in a report (its *status*):

- met, not_met   the period of the target has its value, judged; or an earlier value has reached the target
- on_course      it has not, and the whole interval of the forecast meets the target; where there is no
                 forecast with an interval, the value has come as far from base to target as time has
- off_course     the same the other way round
- unclear        the forecast leaves it open, or there is nothing to hold the value against
- no_value       nothing is known after the base period
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

from kangshu.domains.planning.monitoring import Standing, is_told
from kangshu.domains.planning.plan import Plan
from kangshu.kernel.indicators.cell import rounded
from kangshu.kernel.indicators.judge import satisfies, test_of
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.indicators.series import Point
from kangshu.kernel.indicators.target import Weight

Status = Literal["met", "not_met", "on_course", "off_course", "unclear", "no_value"]
Gap = Literal["no_value", "old", "hidden", "no_base", "running", "incomplete"]

STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of the plan.

    base     the value the plan starts from
    way      % of the distance from base to target that has been covered; None where the base is there already
    time     % of the time from base to target that had passed with the latest value
    gaps     what the value is lacking
    """

    standing: Standing
    status: Status
    base: Point | None
    way: Decimal | None
    time: Decimal | None
    gaps: tuple[Gap, ...]

    @property
    def weight(self) -> Weight | None:
        """Binding or expected; None for a row without a target."""
        return self.standing.judgement.target.kind if self.standing.judgement else None


def report_row(plan: Plan, standing: Standing, until: Period, enough: Decimal) -> ReportRow:
    """A row as it stood in the period `until`. `enough`: % of the units that are to be complete."""
    base = next((each for each in standing.points if each.period == plan.base), None)
    way, time = _way(plan, standing, base), _time(plan, standing)
    gaps = _gaps(plan, standing, base, until, enough)
    return ReportRow(standing, _status(plan, standing, way, time), base, way, time, gaps)


def _status(plan: Plan, standing: Standing, way: Decimal | None, time: Decimal | None) -> Status:
    judged, now, ahead = standing.judgement, standing.now, standing.forecast
    if judged is not None and judged.verdict != "open":
        return judged.verdict
    if not is_told(plan, standing):
        return "no_value"
    if now is not None and now.verdict == "met":
        return "met"
    if ahead is not None and ahead.low is not None:
        known: dict[str, Status] = {"likely": "on_course", "unlikely": "off_course"}
        return known.get(ahead.reach, "unclear")
    if way is None or time is None:
        return "unclear"
    return "on_course" if way >= time else "off_course"


def _way(plan: Plan, standing: Standing, base: Point | None) -> Decimal | None:
    if base is None or base.value is None or standing.judgement is None:
        return None
    latest, limit = standing.latest, standing.judgement.limit
    if latest is None or latest.value is None or limit is None:
        return None
    target = standing.judgement.target
    there = satisfies(test_of(standing.indicator, target), base.value, limit, target.tolerance)
    if there or base.value == limit or latest.period <= plan.base:
        return None
    return rounded(Fraction(latest.value - base.value) * 100 / Fraction(limit - base.value), 1)


def _time(plan: Plan, standing: Standing) -> Decimal | None:
    whole = plan.period.number - plan.base.number
    if standing.latest is None or standing.latest.period <= plan.base or whole <= 0:
        return None
    return rounded(Fraction(100 * (standing.latest.period.number - plan.base.number), whole), 1)


def _gaps(
    plan: Plan, standing: Standing, base: Point | None, until: Period, enough: Decimal
) -> tuple[Gap, ...]:
    found: list[Gap] = []
    latest = standing.latest
    if latest is None or (latest.period <= plan.base and until > plan.base):
        found.append("no_value")
    elif latest.period < until:
        found.append("old")
    target = standing.judgement.target if standing.judgement else None
    if target is not None and target.base is not None and (base is None or base.value is None):
        found.append("no_base")
    last = next((each for each in standing.points if each.period == until), None)
    if last is not None and last.cell is not None and last.cell.hidden:
        found.append("hidden")
    if latest is not None and not latest.closed:
        found.append("running")
    if latest is not None and latest.cell is not None and (latest.cell.complete or 0) < enough:
        found.append("incomplete")
    return tuple(found)
