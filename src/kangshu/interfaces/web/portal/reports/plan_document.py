"""The report of a plan as a document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from kangshu.domains.planning.report import Category, Report
from kangshu.domains.planning.report_row import STATUSES, ReportRow
from kangshu.interfaces.web.portal.reports import plan_words as said
from kangshu.interfaces.web.portal.reports.document import Cell, Column, Document, Section, number_cell, plain
from kangshu.interfaces.web.portal.reports.plan_annexes import (
    evidence_section,
    gaps_section,
    method_section,
    parameters_section,
    projects_section,
    restated_section,
)
from kangshu.interfaces.web.portal.reports.plan_drawings import tally_drawing, way_drawing
from kangshu.interfaces.web.portal.spelling import stamp_text
from kangshu.interfaces.web.portal.words import Words


def plan_document(report: Report, words: Words, *, made: datetime, synthetic: bool = False) -> Document:
    """The document of a report. `made`: when it is written; `synthetic`: its data is invented."""
    say = words.say
    sections = [
        _summary(report, words),
        _first(report, words),
        *(_category(report, each, number, words) for number, each in enumerate(report.categories, 1)),
        gaps_section(report, words),
        *([restated_section(report, words)] if report.issues else []),
        *([projects_section(report, words)] if report.projects else []),
        evidence_section(report, words),
        parameters_section(report, words),
        method_section(report, words),
    ]
    known = stamp_text(report.as_of) if report.as_of else say("plan_report.all_known")
    facts = (
        (say("plan_report.period"), report.until.label),
        (say("plan_report.plan"), report.plan.source),
        (say("plan_report.on"), report.on.isoformat()),
        (say("plan_report.as_of"), known),
        (say("plan_report.made"), stamp_text(made)),
    )
    return Document(
        say(f"plan_report.title_{report.kind}"),
        said.title_of(report.plan, words),
        words.language,
        facts,
        _points(report, words),
        tuple(sections),
        say("plan_report.footer"),
        say("banner.synthetic") if synthetic else "",
    )


def _points(report: Report, words: Words) -> tuple[str, ...]:
    """What the summary says in sentences; nothing is said of what does not occur."""
    whole, binding, _ = report.tallies
    counts = dict(zip(STATUSES, whole.counts, strict=True))
    told = words.say("plan_report.and").join(
        words.say("plan_report.count_of", status=words.say(f"plan_report.{name}"), count=count)
        for name, count in counts.items()
        if count
    )
    found = [words.say("plan_report.sum", rows=whole.rows, counts=told)]
    bad = [each for each in report.first if each.weight == "binding"]
    if bad:
        names = words.say("plan_report.and").join(said.name_of(each.standing, words) for each in bad)
        found.append(words.say("plan_report.binding_bad", count=len(bad), of=binding.rows, names=names))
    elif binding.rows:
        good = sum(binding.counts[STATUSES.index(name)] for name in ("met", "on_course"))
        found.append(words.say("plan_report.binding_good", of=binding.rows, count=good))
    if open_ := sum(binding.counts[STATUSES.index(name)] for name in ("unclear", "no_value")):
        found.append(words.say("plan_report.binding_open", count=open_))
    if report.gaps:
        found.append(words.say("plan_report.gaps_told", count=len(report.gaps)))
    if report.money:
        money = report.money
        found.append(
            words.say(
                "plan_report.money_told",
                count=len(report.projects),
                total=plain(money.total),
                told=money.told,
                paid=plain(money.paid),
            )
        )
    return tuple(found)


def _summary(report: Report, words: Words) -> Section:
    say = words.say
    used = [n for n, _ in enumerate(STATUSES) if report.tallies[0].counts[n]]
    columns = (
        Column(say("plan_report.weight"), wide=1.4),
        Column(say("plan_report.rows"), "number"),
        *(Column(say(f"plan_report.{STATUSES[n]}"), "number") for n in used),
    )
    rows = [
        (
            Cell(say(f"plan_report.{tally.weight or 'all'}")),
            _count(tally.rows),
            *(_count(tally.counts[n]) for n in used),
        )
        for tally in report.tallies
        if tally.rows
    ]
    rows += [_category_counts(each, used) for each in report.categories]
    return Section(
        "summary",
        say("plan_report.summary"),
        columns,
        tuple(rows),
        drawings=tuple(each for each in (tally_drawing(report, words), way_drawing(report, words)) if each),
        sums=tuple(range(2, len(columns))),
    )


def _category_counts(category: Category, used: Sequence[int]) -> tuple[Cell, ...]:
    statuses = [each.status for each in category.rows]
    counts = (_count(statuses.count(STATUSES[n])) for n in used)
    return (Cell(category.name), _count(len(statuses)), *counts)


def _count(number: int) -> Cell:
    return number_cell(Decimal(number))


def _first(report: Report, words: Words) -> Section:
    say = words.say
    columns = (
        Column(say("plan.no"), wide=0.5),
        Column(say("plan.indicator"), wide=2.6),
        Column(say("plan_report.weight"), "sign", 0.9),
        Column(say("plan.value"), "number", 1.3),
        Column(say("plan.target"), wide=1.7),
        Column(say("plan_report.distance"), "number"),
        Column(say("plan_report.status"), "sign"),
        Column(say("plan_report.sentence"), wide=3.6),
    )
    return Section(
        "first",
        say("plan_report.first"),
        columns,
        tuple(_first_row(each, words) for each in report.first),
        empty=say("plan_report.first_none"),
    )


def _first_row(row: ReportRow, words: Words) -> tuple[Cell, ...]:
    one = row.standing
    judged = one.now or one.judgement
    chinese = words.language == "zh"
    sentence = (judged.sentence if chinese else judged.sentence_en) if judged else ""
    ahead = one.forecast
    told = (ahead.sentence if chinese else ahead.sentence_en) if ahead and ahead.value is not None else ""
    return (
        Cell(one.row.no),
        said.name_cell(one, words),
        said.weight_cell(row, words),
        said.value_cell(one.latest, words),
        said.target_cell(one, words),
        said.distance_cell(one),
        said.status_cell(row.status, words),
        Cell(" ".join(each for each in (sentence, told) if each)),
    )


def _category(report: Report, category: Category, number: int, words: Words) -> Section:
    columns = (
        Column(words.say("plan.no"), wide=0.5),
        Column(words.say("plan.indicator"), wide=2.8),
        Column(words.say("plan_report.weight"), "sign", 0.9),
        *_columns(report, words),
        Column(words.say("plan_report.status"), "sign", 1.35),
    )
    rows = tuple(_row(report, each, words) for each in category.rows)
    return Section(f"category-{number}", category.name, columns, rows)


def _columns(report: Report, words: Words) -> tuple[Column, ...]:
    """Those between: what each kind of report has."""
    say = words.say
    start = (
        Column(say("plan_report.before"), "number", 1.3)
        if report.kind == "yearly"
        else Column(say("plan_report.base", period=report.plan.base.label), "number")
    )
    found = (
        start,
        Column(say("plan.value"), "number", 1.3),
        Column(say("plan.target"), wide=1.8),
        Column(say("plan_report.distance"), "number"),
        Column(say("plan.trend"), "sign"),
    )
    way = Column(say("plan_report.way"), "number", 1.1)
    if report.kind == "final":
        return found
    return (
        (*found, way)
        if report.kind == "yearly"
        else (*found, way, Column(say("plan.forecast"), "number", 1.3))
    )


def _row(report: Report, row: ReportRow, words: Words) -> tuple[Cell, ...]:
    one = row.standing
    start = said.before_cell(one, words) if report.kind == "yearly" else said.base_cell(row)
    ahead = () if report.kind == "final" else (said.way_cell(row),)
    ahead += (said.forecast_cell(one),) if report.kind == "midterm" else ()
    return (
        Cell(one.row.no),
        said.name_cell(one, words),
        said.weight_cell(row, words),
        start,
        said.value_cell(one.latest, words),
        said.target_cell(one, words),
        said.distance_cell(one),
        said.trend_cell(one, words),
        *ahead,
        said.status_cell(row.status, words),
    )
