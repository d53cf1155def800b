"""A plan's report for programs: stable keys, numbers as texts so that none is rounded."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kangshu.domains.planning.ledger import Progress, ProjectStanding
from kangshu.domains.planning.publishing import Issue
from kangshu.domains.planning.report import Report
from kangshu.domains.planning.report_row import STATUSES, ReportRow
from kangshu.kernel.indicators.forecast import Forecast
from kangshu.kernel.indicators.series import Point


def plan_data(report: Report, *, made: datetime, synthetic: bool) -> dict[str, Any]:
    """The report as JSON has it. `synthetic`: its data is invented."""
    return {
        "place": report.place,
        "plan": report.plan.name,
        "title": report.plan.title,
        "kind": report.kind,
        "period": report.until.label,
        "base": report.plan.base.label,
        "target_period": report.plan.period.label,
        "on": report.on.isoformat(),
        "as_of": _time(report.as_of),
        "made": _time(made),
        "source": report.plan.source,
        "synthetic": synthetic,
        "tallies": [
            {"weight": each.weight, "rows": each.rows, **dict(zip(STATUSES, each.counts, strict=True))}
            for each in report.tallies
        ],
        "first": [each.standing.row.no for each in report.first],
        "rows": [_row(each) for each in report.rows],
        "published": [_issue(each) for each in report.issues],
        "projects": [_project(each) for each in report.projects],
        "parameters": [
            {
                "name": each.name,
                "title": each.title,
                "unit": each.unit,
                "value": str(each.value.value),
                "from": each.value.since.isoformat(),
                "basis": each.value.basis,
            }
            for each in report.parameters
        ],
    }


def _row(row: ReportRow) -> dict[str, Any]:
    one = row.standing
    judged, now = one.judgement, one.now
    return {
        "no": one.row.no,
        "category": one.row.category,
        "indicator": one.indicator.id,
        "named": one.row.named,
        "unit": one.indicator.unit,
        "version": one.indicator.version,
        "weight": row.weight,
        "status": row.status,
        "base": _number(row.base.value if row.base else None),
        "value": _number(one.latest.value if one.latest else None),
        "value_period": one.latest.period.label if one.latest else None,
        "target": judged.target.form if judged else None,
        "limit": _number(judged.limit if judged else None),
        "distance": _number(now.distance if now else None),
        "trend": one.trend,
        "change": _number(one.change),
        "way": _number(row.way),
        "time": _number(row.time),
        "gaps": list(row.gaps),
        "forecast": _forecast(one.forecast),
        "sentence": judged.sentence if judged else None,
        "basis": judged.target.basis if judged else None,
        "values": [_value(each) for each in one.points],
    }


def _issue(issue: Issue) -> dict[str, Any]:
    total = issue.total
    return {
        "indicator": issue.indicator.id,
        "period": issue.period,
        "published": _number(total.value if total else None),
        "now": _number(issue.now.value if issue.now else None),
        "changed_cells": len(issue.restatements),
        "redefined": issue.redefined,
        "recorded": _time(issue.cells[0].recorded),
    }


def _value(point: Point) -> dict[str, Any]:
    entry, cell = point.entry, point.cell
    return {
        "period": point.period.label,
        "value": _number(point.value),
        "origin": point.origin,
        "closed": point.closed,
        "hidden": cell.hidden if cell else "",
        "numerator": _number(cell.numerator if cell else None),
        "denominator": _number(cell.denominator if cell else None),
        "source": entry.source if entry else None,
        "evidence": entry.evidence if entry else None,
        "recorded": _time(entry.recorded) if entry else None,
    }


def _forecast(ahead: Forecast | None) -> dict[str, Any] | None:
    if ahead is None:
        return None
    return {
        "value": _number(ahead.value),
        "low": _number(ahead.low),
        "high": _number(ahead.high),
        "points": ahead.points,
        "reach": ahead.reach,
    }


def _project(one: ProjectStanding) -> dict[str, Any]:
    project = one.project
    return {
        "no": project.no,
        "project": project.project,
        "from": project.period_start,
        "to": project.period_end,
        "total": _number(project.total),
        "planned": _number(project.planned),
        "builder": project.builder,
        "status": project.status,
        "paid": _number(one.paid),
        "spent": _number(one.spent),
        "work": _number(one.work),
        "time": _number(one.time),
        "course": one.course,
        "stale": one.stale,
        "entries": [_progress(each) for each in one.history],
    }


def _progress(entry: Progress) -> dict[str, Any]:
    return {
        "day": _day(entry.day),
        "paid": _number(entry.paid),
        "work": _number(entry.work),
        "source": entry.source,
        "evidence": entry.evidence,
        "recorded": _time(entry.recorded),
    }


def _number(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _day(day: date) -> str:
    return day.isoformat()


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
