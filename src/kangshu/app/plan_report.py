"""Reports of plans: what is counted, entered and published of one, put together."""

from __future__ import annotations

from datetime import date, datetime

from kangshu.app.planning import Planning
from kangshu.app.publishing import issued
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.domains.planning.report import Kind, Report, period_of_report, report
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.policies.definition import Grant


def report_on(
    planning: Planning,
    grant: Grant,
    content: PlaceContent,
    plan: Plan,
    kind: Kind,
    *,
    on: date,
    as_of: datetime | None = None,
    until: Period | None = None,
) -> Report:
    """The report of a plan: yearly, mid-term or final; without `until` of the last period that is over.

    Raises `Invalid` for a period that is not one of the plan's.
    """
    until = period_of_report(plan, kind, on, until)
    found = planning.standings(grant, content, plan, on=on, as_of=as_of, until=until)
    theirs = content.projects_of(plan)
    projects = planning.books.projects(grant, content, on=on, as_of=as_of) if theirs else ()
    issues = issued(planning, grant, content, on=on, as_of=as_of)
    return report(content, plan, kind, found, projects, until=until, on=on, as_of=as_of, issues=issues)
