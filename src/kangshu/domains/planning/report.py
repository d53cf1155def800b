"""The report of a plan: what a yearly, mid-term or final evaluation says of it, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

from kangshu.domains.planning.ledger import ProjectStanding
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.domains.planning.publishing import Issue
from kangshu.domains.planning.report_row import STATUSES, ReportRow, Status, report_row
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.period import Period, parse_period, period_of
from kangshu.kernel.indicators.target import Weight
from kangshu.kernel.params.definition import Dated

Kind = Literal["yearly", "midterm", "final"]

KINDS: tuple[Kind, ...] = get_args(Kind)


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
        report_row(plan.by(each.indicator.period), each, period_of(until.last, each.indicator.period), enough)
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
