"""Data quality: the ranking for the commission; for an institution each failing record and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from markupsafe import Markup

from kangshu.app.platform import Platform
from kangshu.app.tables import Explanation
from kangshu.domains.quality.read import Failing, QualityReader
from kangshu.domains.quality.scores import HOURS_AHEAD, Place, Score, by_day, ranking
from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.policies.definition import Grant, Resource
from kangshu.kernel.rules.definition import DIMENSIONS

DAYS = 30
DRAWN = 4
"""Institutions in the chart: the lowest and those that fell most."""
LIMIT = 100

_CHART = (Path(__file__).parent / "charts" / "quality.vl.json").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Point:
    """A score of a line on a day."""

    line: str
    day: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class QualityChart:
    """`spec` is JSON for the browser, `svg` the same drawing made here, `points` the table behind it."""

    spec: Markup
    svg: Markup
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An institution in the ranking; `worst`: the rule that found most, with its title."""

    source: str
    name: str
    total: Decimal
    change: Decimal | None
    dimensions: tuple[tuple[str, Decimal], ...]
    received: int
    aside: int
    refused: int
    worst: str
    worst_title: str


@dataclass(frozen=True, slots=True)
class QualityPage(Page):
    """ranked: worst first; drawing: none where nothing came; basis: what the scoring rests on."""

    template: ClassVar[str] = "quality.html"
    title: ClassVar[str] = "quality.title"
    section: ClassVar[str] = "quality"

    ranked: tuple[Ranked, ...]
    drawing: QualityChart | None
    days: int
    basis: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that found something at the institution, with what people need to know of it."""

    rule: str
    level: str
    dimension: str
    count: int
    things: int
    about: Explanation


@dataclass(frozen=True, slots=True)
class Record:
    """A failing record: where it is, and what its columns are called."""

    failing: Failing
    title: str
    column: str


@dataclass(frozen=True, slots=True)
class InstitutionQualityPage(Page):
    """ranked: None where nothing came lately; chosen: the rule the records are narrowed to."""

    template: ClassVar[str] = "quality_of.html"
    title: ClassVar[str] = "quality.title"
    section: ClassVar[str] = "quality"

    source: str
    name: str
    ranked: Ranked | None
    drawing: QualityChart | None
    hits: tuple[Hit, ...]
    records: tuple[Record, ...]
    chosen: str
    days: int
    limit: int


def quality(platform: Platform, call: Call) -> QualityPage | InstitutionQualityPage:
    """The ranking; for staff of an institution the page of their own. Raises `Refused`."""
    if call.principal.org is not None:
        return _institution(platform, call, call.principal.org)
    grant = grant_for(platform, call.principal, "see_quality", Resource("table"))
    reader = platform.quality(grant)
    until = _today(call)
    scores = reader.scores(since=until - timedelta(days=2 * DAYS - 1), until=until)
    places = ranking(scores, reader.scoring, until=until, days=DAYS)
    titles = platform.tables.titles()
    ranked = tuple(_ranked(platform, reader, place, until, titles) for place in places)
    return QualityPage(ranked, _drawing_of_all(platform, places, scores, reader), DAYS, reader.scoring.basis)


def quality_of(platform: Platform, call: Call) -> InstitutionQualityPage:
    """The page of one institution. Raises `Refused`."""
    return _institution(platform, call, str(call.parts["source"]))


def _institution(platform: Platform, call: Call, source: str) -> InstitutionQualityPage:
    reader = platform.quality(_grant_of(platform, call, source))
    until = _today(call)
    since = until - timedelta(days=DAYS - 1)
    scores = reader.scores(since=since - timedelta(days=DAYS), until=until, source=source)
    places = ranking(scores, reader.scoring, until=until, days=DAYS)
    name = platform.institutions.get(source).name
    about = platform.tables.explanations()
    hits = tuple(
        Hit(each.rule, each.level, each.dimension, each.count, each.things, about[each.rule])
        for each in reader.found(since=since, until=until, source=source)
        if each.rule in about
    )
    chosen = call.query.get("rule", "") if call.query.get("rule", "") in about else ""
    failing = reader.failing(since=since, until=until, source=source, rule=chosen or None, limit=LIMIT)
    titles = platform.tables.titles()
    return InstitutionQualityPage(
        source=source,
        name=name,
        ranked=_ranked(platform, reader, places[0], until, titles) if places else None,
        drawing=_drawing({name: by_day(scores, reader.scoring)}),
        hits=hits,
        records=tuple(_record(platform, each, titles) for each in failing),
        chosen=chosen,
        days=DAYS,
        limit=LIMIT,
    )


def _grant_of(platform: Platform, call: Call, source: str) -> Grant:
    county = platform.institutions.get(source).county
    return grant_for(platform, call.principal, "see_quality", Resource("table", org=source, county=county))


def _ranked(
    platform: Platform, reader: QualityReader, place: Place, until: date, titles: Mapping[str, str]
) -> Ranked:
    found = reader.found(since=until - timedelta(days=DAYS - 1), until=until, source=place.source)
    worst = found[0].rule if found else ""
    return Ranked(
        source=place.source,
        name=platform.institutions.get(place.source).name,
        total=place.total,
        change=place.change,
        dimensions=tuple((name, place.score.of(name)) for name in DIMENSIONS),
        received=place.score.received,
        aside=place.score.aside,
        refused=place.score.refused,
        worst=worst,
        worst_title=titles.get(worst, ""),
    )


def _record(platform: Platform, failing: Failing, titles: Mapping[str, str]) -> Record:
    column = platform.tables.column_title(failing.model, failing.part, failing.field)
    return Record(failing, titles.get(failing.rule, ""), column)


def _drawing_of_all(
    platform: Platform, places: Sequence[Place], scores: Sequence[Score], reader: QualityReader
) -> QualityChart | None:
    """The lowest institutions, and those that fell most."""
    fell = sorted((place for place in places if place.change is not None), key=lambda each: each.change or 0)
    chosen = list(dict.fromkeys([place.source for place in (*places[: DRAWN // 2], *fell[: DRAWN // 2])]))
    return _drawing(
        {
            platform.institutions.get(source).name: by_day(
                [score for score in scores if score.source == source], reader.scoring
            )
            for source in chosen
        }
    )


def _drawing(lines: Mapping[str, Sequence[tuple[date, Decimal]]]) -> QualityChart | None:
    points = tuple(Point(line, day, value) for line, found in lines.items() for day, value in found)
    if not points:
        return None
    spec: dict[str, Any] = json.loads(_CHART)
    spec["data"]["values"] = [
        {
            "when": point.day.isoformat(),
            "value": round(float(point.value), 2),
            "line": point.line,
            "said": f"{point.line} {point.day.isoformat()} {point.value:.1f}",
        }
        for point in points
    ]
    if len(lines) == 1:
        spec["encoding"]["color"]["legend"] = None
    return QualityChart(*drawn(spec), points)


def _today(call: Call) -> date:
    return (call.now + timedelta(hours=HOURS_AHEAD)).date()
