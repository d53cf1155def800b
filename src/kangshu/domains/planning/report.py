"""The report of a plan: what a yearly, mid-term or final evaluation says of it, as data.

How a row stands in a report (its *status*):

- met, not_met   the period of the target has its value, judged; or an earlier value has reached the target
- on_course      it has not, and the whole interval of the forecast meets the target; where there is no
                 forecast with an interval, the value has come as far from base to target as time has
- off_course     the same the other way round
- unclear        the forecast leaves it open, or there is nothing to hold the value against
- no_value       nothing is known after the base period
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

from kangshu.domains.planning.ledger import ProjectStanding
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.domains.planning.publishing import Issue
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.cell import rounded
from kangshu.kernel.indicators.judge import satisfies, test_of
from kangshu.kernel.indicators.period import Period, parse_period, period_of
from kangshu.kernel.indicators.series import Point
from kangshu.kernel.indicators.target import Weight
from kangshu.kernel.params.definition import Dated

Kind = Literal["yearly", "midterm", "final"]
Status = Literal["met", "not_met", "on_course", "off_course", "unclear", "no_value"]
Gap = Literal["no_value", "old", "hidden", "no_base", "running", "incomplete"]

KINDS: tuple[Kind, ...] = get_args(Kind)
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


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of a weight (None: all) have which status, in the order of `STATUSES`."""

    weight: Weight | None
    rows: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """The rows of a category of the plan, in its order."""

    name: str
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class Money:
    """All projects together, in units of 10,000 CNY. `told`: of how many the payments are known."""

    total: Decimal
    planned: Decimal
    paid: Decimal
    told: int


@dataclass(frozen=True, slots=True)
class Used:
    """A parameter as it applied."""

    name: str
    title: str
    unit: str
    value: Dated


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    until     the period it is of
    on        whose targets and parameters apply; as_of: what was known then, None: all that is known
    first     rows to look at first: binding ones before expected ones, not met before off course
    issues    what was published of its indicators until that period, beside what is known now
    """

    place: str
    plan: Plan
    kind: Kind
    until: Period
    on: date
    as_of: datetime | None
    rows: tuple[ReportRow, ...]
    tallies: tuple[Tally, ...]
    categories: tuple[Category, ...]
    first: tuple[ReportRow, ...]
    gaps: tuple[ReportRow, ...]
    issues: tuple[Issue, ...]
    projects: tuple[ProjectStanding, ...]
    money: Money | None
    parameters: tuple[Used, ...]


def parse_kind(text: str) -> Kind:
    """The kind of report of that name. Raises `Invalid`."""
    for kind in KINDS:
        if kind == text:
            return kind
    raise Invalid("There is no such kind of report.", remedy=f"There are {', '.join(KINDS)}.")


def period_of_report(plan: Plan, kind: Kind, on: date, until: Period | None = None) -> Period:
    """The period a report is of: for the final one that of the plan, else the last that is over.

    Raises `Invalid` for one that is not between base and target.
    """
    if kind == "final":
        until = until or plan.period
    current = period_of(on, plan.period.kind)
    until = until or max(min(Period(current.number - 1, current.kind), plan.period), plan.base)
    if until.kind != plan.period.kind or not plan.base <= until <= plan.period:
        raise Invalid(
            f"The plan {plan.name} has no {until.label}.",
            remedy=f"It goes from {plan.base.label} to {plan.period.label}.",
        )
    return until


def report(
    content: PlaceContent,
    plan: Plan,
    kind: Kind,
    standings: Sequence[Standing],
    projects: Sequence[ProjectStanding],
    *,
    until: Period,
    on: date,
    as_of: datetime | None = None,
    issues: Sequence[Issue] = (),
) -> Report:
    """Put a report together. `standings`: as they stood in the period `until`; `issues`: of the place."""
    enough = content.number("complete_enough", on)
    rows = tuple(
        _row(plan.by(each.indicator.period), each, period_of(until.last, each.indicator.period), enough)
        for each in standings
    )
    names = dict.fromkeys(each.standing.row.category for each in rows)
    categories = tuple(
        Category(name, tuple(each for each in rows if each.standing.row.category == name)) for name in names
    )
    weights: tuple[Weight | None, ...] = (None, "binding", "expected")
    return Report(
        content.place,
        plan,
        kind,
        until,
        on,
        as_of,
        rows,
        tuple(_tally(rows, weight) for weight in weights),
        categories,
        _first(rows),
        tuple(each for each in rows if each.gaps),
        _issues(plan, issues, until),
        tuple(projects),
        money_of(projects),
        _parameters(content, on),
    )


def _row(plan: Plan, standing: Standing, until: Period, enough: Decimal) -> ReportRow:
    base = next((each for each in standing.points if each.period == plan.base), None)
    way, time = _way(plan, standing, base), _time(plan, standing)
    gaps = _gaps(plan, standing, base, until, enough)
    return ReportRow(standing, _status(plan, standing, way, time), base, way, time, gaps)


def _status(plan: Plan, standing: Standing, way: Decimal | None, time: Decimal | None) -> Status:
    judged, now, ahead = standing.judgement, standing.now, standing.forecast
    if judged is not None and judged.verdict != "open":
        return judged.verdict
    if standing.latest is None or standing.latest.period <= plan.base:
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


def _first(rows: Sequence[ReportRow]) -> tuple[ReportRow, ...]:
    order: tuple[tuple[Weight, Status], ...] = (
        ("binding", "not_met"),
        ("binding", "off_course"),
        ("expected", "not_met"),
        ("expected", "off_course"),
    )
    return tuple(each for key in order for each in rows if (each.weight, each.status) == key)


def _issues(plan: Plan, issues: Sequence[Issue], until: Period) -> tuple[Issue, ...]:
    names = {row.indicator for row in plan.rows}
    return tuple(
        each
        for each in issues
        if each.indicator.id in names
        and plan.base <= period_of(parse_period(each.period).last, until.kind) <= until
    )


def _tally(rows: Sequence[ReportRow], weight: Weight | None) -> Tally:
    chosen = [each.status for each in rows if weight is None or each.weight == weight]
    return Tally(weight, len(chosen), tuple(chosen.count(status) for status in STATUSES))


def money_of(projects: Sequence[ProjectStanding]) -> Money | None:
    """The money of projects together; None where there are none."""
    if not projects:
        return None
    paid = [each.paid for each in projects]
    told = [each for each in paid if each is not None]
    zero = Decimal(0)
    return Money(
        sum((each.project.total for each in projects), zero),
        sum((each.project.planned for each in projects), zero),
        sum(told, zero),
        len(told),
    )


def _parameters(content: PlaceContent, on: date) -> tuple[Used, ...]:
    nearest = {name: each for layer in reversed(content.parameters.layers) for name, each in layer.items()}
    return tuple(
        Used(name, each.title, each.unit, content.parameters.on(name, on))
        for name, each in nearest.items()
        if each.values[0].since <= on
    )
