"""The back part of a plan's report: gaps, projects, evidence, parameters, method."""

from __future__ import annotations

from decimal import Decimal

from kangshu.domains.planning.ledger import ProjectStanding
from kangshu.domains.planning.publishing import Issue
from kangshu.domains.planning.report import Report, Used
from kangshu.domains.planning.report_row import ReportRow
from kangshu.interfaces.web.portal.reports import plan_words as said
from kangshu.interfaces.web.portal.reports.document import Cell, Column, Section, number_cell
from kangshu.interfaces.web.portal.spelling import stamp_text
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.cell import Cell as Counted
from kangshu.kernel.indicators.publication import Published
from kangshu.kernel.indicators.series import Point

_METHODS = ("origin", "small", "status", "way", "forecast", "late")


def gaps_section(report: Report, words: Words) -> Section:
    """What the numbers are lacking."""
    say = words.say
    columns = (
        Column(say("plan.no"), wide=0.4),
        Column(say("plan.indicator"), wide=2),
        Column(say("plan.value"), "number", 1),
        Column(say("plan_report.gap"), wide=4),
    )
    return Section(
        "gaps",
        say("plan_report.gaps"),
        columns,
        tuple(_gap(each, words) for each in report.gaps),
        empty=say("plan_report.gaps_none"),
    )


def _gap(row: ReportRow, words: Words) -> tuple[Cell, ...]:
    one = row.standing
    told = words.say("plan_report.and").join(words.say(f"plan_report.gap_{each}") for each in row.gaps)
    return (
        Cell(one.row.no),
        said.name_cell(one, words),
        said.value_cell(one.latest, words),
        Cell(told, note=one.indicator.verify),
    )


def restated_section(report: Report, words: Words) -> Section:
    """What was published of the plan's indicators, beside what is known now."""
    say = words.say
    columns = (
        Column(say("plan.indicator"), wide=2.4),
        Column(say("plan.period"), wide=0.7),
        Column(say("plan_published.published"), "number"),
        Column(say("plan_published.now"), "number"),
        Column(say("plan_published.change"), "number", 1.2),
        Column(say("plan_published.definition"), "sign", 0.8),
        Column(say("plan_published.when"), wide=1.5),
    )
    rows = tuple(_issue(each, words) for each in report.issues)
    return Section("restated", say("plan_published.title"), columns, rows, hint=say("plan_published.hint"))


def _issue(issue: Issue, words: Words) -> tuple[Cell, ...]:
    say = words.say
    total = next((each for each in issue.restatements if not each.published.strata), None)
    parts = len(issue.restatements) - (1 if total else 0)
    note = say("plan_published.cells", count=parts) if parts else ""
    if total is None:
        change = Cell(say("plan_published.same"), Decimal(0), note=note)
    elif total.change is None:
        change = Cell(say("plan_published.changed"), None, "warn", note)
    else:
        change = Cell(f"{total.change:+f}", total.change, "bad", note)
    redefined = "changed" if issue.redefined else "unchanged"
    indicator = issue.indicator
    return (
        Cell(indicator.title if words.language == "zh" else indicator.title_en, note=indicator.unit),
        Cell(issue.period),
        _shown(issue.total, words),
        _shown(issue.now, words),
        change,
        Cell(say(f"plan_published.{redefined}"), tone="warn" if issue.redefined else ""),
        Cell(stamp_text(issue.cells[0].recorded)),
    )


def _shown(cell: Published | Counted | None, words: Words) -> Cell:
    if cell is None:
        return Cell(words.say("plan_published.gone"), tone="soft")
    hidden = Cell(words.say("plan_report.hidden"), tone="soft")
    return hidden if cell.hidden else number_cell(cell.value)


def projects_section(report: Report, words: Words) -> Section:
    """Projects with their money and how far they are."""
    say = words.say
    columns = (
        Column(say("plan.no"), wide=0.4),
        Column(say("plan.project"), wide=3),
        Column(say("plan.years"), wide=1),
        Column(say("plan.total"), "number", 1.1),
        Column(say("plan.planned"), "number", 1.2),
        Column(say("plan_projects.paid"), "number", 1.1),
        Column(say("plan_projects.work"), "number"),
        Column(say("plan_projects.time"), "number"),
        Column(say("plan_projects.course"), "sign", 0.9),
        Column(say("plan_projects.source"), wide=2.4),
    )
    rows = [_project(each, words) for each in report.projects]
    if report.money:
        money = report.money
        sums = (number_cell(money.total), number_cell(money.planned), number_cell(money.paid))
        rest = tuple(Cell("") for _ in range(4))
        rows.append((Cell(""), Cell(say("plan_projects.sum")), Cell(""), *sums, *rest))
    return Section("projects", say("plan.projects"), columns, tuple(rows), hint=say("plan_projects.hint"))


def _project(one: ProjectStanding, words: Words) -> tuple[Cell, ...]:
    project, latest = one.project, one.latest
    share = "" if one.spent is None else f"{one.spent:f}%"
    source = f"{latest.day.isoformat()} {latest.source}" if latest else words.say("plan_projects.nothing")
    note = latest.evidence if latest else ""
    stale = words.say("plan_projects.stale") if one.stale else ""
    return (
        Cell(project.no),
        Cell(project.project, note=project.builder),
        Cell(f"{project.period_start}–{project.period_end}", note=project.status),
        number_cell(project.total),
        number_cell(project.planned),
        number_cell(one.paid, note=share),
        percent_cell(one.work),
        percent_cell(one.time),
        said.course_cell(one.course, words),
        Cell(source, tone="" if latest else "soft", note=" ".join(each for each in (note, stale) if each)),
    )


def percent_cell(number: Decimal | None) -> Cell:
    """A share in per cent."""
    return Cell("–") if number is None else Cell(f"{number:f}%", number)


def evidence_section(report: Report, words: Words) -> Section:
    """Every value behind the report, with where it is from."""
    say = words.say
    columns = (
        Column(say("plan.no"), wide=0.4),
        Column(say("plan.indicator"), wide=2),
        Column(say("plan.period"), wide=0.7),
        Column(say("plan_report.value"), "number"),
        Column(say("plan.origin"), "sign", 0.9),
        Column(say("plan_report.from"), wide=4),
    )
    rows = [
        _evidence(row, point, words)
        for row in report.rows
        for point in sorted(row.standing.points, key=lambda each: each.period, reverse=True)
    ]
    return Section("evidence", say("plan_report.evidence"), columns, tuple(rows), empty=say("plan.nothing"))


def _evidence(row: ReportRow, point: Point, words: Words) -> tuple[Cell, ...]:
    one, entry, cell = row.standing, point.entry, point.cell
    source, note = "", ""
    if entry:
        source, note = entry.source, entry.evidence
    elif cell and cell.hidden:
        source = words.say("plan.hidden")
    elif cell:
        counted = [
            f"{each.normalize():,f}" for each in (cell.numerator, cell.denominator) if each is not None
        ]
        source = words.say("plan_report.counted", counts=" / ".join(counted), version=one.indicator.version)
        note = one.indicator.basis
    return (
        Cell(one.row.no),
        Cell(said.name_of(one, words)),
        Cell(point.period.label),
        number_cell(point.value, note=one.indicator.unit),
        Cell(words.say(f"plan.{point.origin}"), tone="good" if point.origin == "computed" else "soft"),
        Cell(source, note=note),
    )


def parameters_section(report: Report, words: Words) -> Section:
    """The parameters that applied, with what they rest on."""
    say = words.say
    columns = (
        Column(say("plan_report.parameter"), wide=3),
        Column(say("plan_report.value"), "number", 0.7),
        Column(say("plan_report.since"), wide=1),
        Column(say("plan.basis"), wide=4),
    )
    rows = tuple(_parameter(each) for each in report.parameters)
    return Section("parameters", say("plan_report.parameters"), columns, rows)


def _parameter(used: Used) -> tuple[Cell, ...]:
    value = used.value.value
    text = f"{value} {used.unit}".strip()
    number = Decimal(value) if isinstance(value, int | Decimal) else None
    return (
        Cell(used.title, note=used.name),
        Cell(text, number),
        Cell(used.value.since.isoformat()),
        Cell(used.value.basis),
    )


def method_section(report: Report, words: Words) -> Section:
    """How the numbers are made, judged, hidden and restated."""
    say = words.say
    columns = (
        Column(say("plan_report.method_about"), wide=1),
        Column(say("plan_report.method_told"), wide=5),
    )
    rows = tuple(
        (Cell(say(f"plan_report.method_{name}")), Cell(say(f"plan_report.method_{name}_told")))
        for name in _METHODS
        if report.kind != "final" or name not in ("way", "forecast")
    )
    return Section("method", say("plan_report.method"), columns, rows)
