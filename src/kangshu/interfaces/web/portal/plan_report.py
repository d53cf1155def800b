"""The report of a plan: as a page and as files to take along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar
from urllib.parse import urlencode

from markupsafe import Markup

from kangshu.app.plan_report import report_on
from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import Plan
from kangshu.domains.planning.report import KINDS, Kind, Report, parse_kind
from kangshu.domains.record.moment import BEIJING
from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plan_place import open_plan
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.interfaces.web.portal.reports.document import Document, Section
from kangshu.interfaces.web.portal.reports.files import FORMS, MEDIA, file_of
from kangshu.interfaces.web.portal.reports.plan_document import plan_document
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.indicators.period import Period, parse_period


@dataclass(frozen=True, slots=True)
class PlanReportPage(Page):
    """document: the report; pictures: its charts, by section; kind, year, known: which it is, and until which
    day what was known is looked at; kinds, years: which there are; forms: files it can be had as; query: what
    to ask them with; has_projects: whether the plan has any."""

    template: ClassVar[str] = "plan_report.html"
    title: ClassVar[str] = "plan_report.title"
    section: ClassVar[str] = "plans"

    place: str
    plan: Plan
    has_projects: bool
    document: Document
    pictures: Mapping[str, tuple[tuple[str, Markup], ...]]
    kind: Kind
    kinds: tuple[Kind, ...]
    year: str
    years: tuple[str, ...]
    known: str
    forms: tuple[str, ...]
    query: str


def plan_report(platform: Platform, call: Call) -> PlanReportPage:
    """The report that was asked for. Raises `Invalid`, `NotFound`, `Refused`."""
    report = _report(platform, call)
    plan, document = report.plan, plan_document(report, call.words, made=call.now)
    years = range(plan.base.number + 1, plan.period.number + 1)
    return PlanReportPage(
        report.place,
        plan,
        bool(platform.planning.place(report.place).projects_of(plan)),
        document,
        {each.id: pictures_of(each) for each in document.sections},
        report.kind,
        KINDS,
        report.until.label,
        tuple(Period(number, plan.period.kind).label for number in years),
        call.query.get("known", "") if report.as_of else "",
        FORMS,
        urlencode({"kind": report.kind, "year": report.until.label, "known": call.query.get("known", "")}),
    )


def plan_report_file(platform: Platform, call: Call) -> tuple[str, str, bytes]:
    """The report as a file: its name, its media type, its content."""
    form = str(call.parts["form"])
    if form not in MEDIA:
        raise NotFound("There is no such file.", remedy=f"There are {', '.join(FORMS)}.")
    report = _report(platform, call)
    name = f"{report.place}-{report.plan.name}-{report.kind}-{report.until.label}.{form}"
    content = file_of(report, form, call.words, made=call.now, synthetic=platform.settings.demo)
    return name, MEDIA[form], content


def pictures_of(section: Section) -> tuple[tuple[str, Markup], ...]:
    """The charts of a section: title and drawing."""
    return tuple((each.title, drawn(each.spec)[1]) for each in section.drawings)


def _report(platform: Platform, call: Call) -> Report:
    opened = open_plan(platform, call)
    kind = parse_kind(call.query.get("kind", "yearly"))
    year = call.query.get("year", "")
    return report_on(
        platform.planning,
        opened.grant,
        opened.content,
        opened.plan,
        kind,
        on=today_of(call),
        until=parse_period(year) if year else None,
        as_of=_end_of(call.query.get("known", "")),
    )


def _end_of(day: str) -> datetime | None:
    """The end of a day in Beijing; None for no day. Raises `Invalid`."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.max, BEIJING)
    except ValueError as error:
        raise Invalid(
            "The day until which things were known is no day.", remedy="Write 2025-06-30."
        ) from error
