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
from kangshu.domains.quality.read import Failing, Found, QualityReader
from kangshu.domains.quality.scores import HOURS_AHEAD, Place, Score, courses, ranking
from kangshu.domains.quality.scoring import Scoring
from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.grants import grant_for, record_grant
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.definition import Grant, Resource
from kangshu.kernel.rules.definition import DIMENSIONS

DAYS = 30
LIVE = frozenset({"fhir", "hl7v2", "cda"})
"""Feeds whose records are facts."""
DRAWN = 4
"""Institutions in the chart: the lowest and those that fell most."""
ROWS = 20
"""Failing records on a page; more pages than `PAGES` nobody turns: the rules narrow them better."""
PAGES = 500
RULES = 8
"""Rules shown at once; those that found less are one touch away."""

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
class Share:
    """What one feed and model add to a score; `total` is their own. Of several the score is the mean."""

    feed: str
    model: str
    dimensions: tuple[tuple[str, Decimal], ...]
    total: Decimal
    received: int
    aside: int
    refused: int


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
    """ranked: worst first; drawing: none where nothing came; scoring: how the scores are made."""

    template: ClassVar[str] = "quality.html"
    title: ClassVar[str] = "quality.title"
    section: ClassVar[str] = "quality"

    ranked: tuple[Ranked, ...]
    drawing: QualityChart | None
    days: int
    scoring: Scoring


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that found something at the institution, with what people need to know of it."""

    rule: str
    level: str
    dimension: str
    count: int
    things: int
    title: str
    about: Explanation


@dataclass(frozen=True, slots=True)
class Record:
    """A failing record: where it is, and what its rule, feed, part and column are called. `where`: its row or
    entry, '' where its key says it all; `link`: the fact itself, '' where the reader may not see it."""

    failing: Failing
    link: str
    where: str
    title: str
    feed: str
    part: str
    column: str


@dataclass(frozen=True, slots=True)
class InstitutionQualityPage(Page):
    """ranked: None where nothing came lately; shares: what its score is the mean of; shown: rules before the
    fold; chosen: the rule the records are narrowed to; `page` of them, and whether there is `more`."""

    template: ClassVar[str] = "quality_of.html"
    title: ClassVar[str] = "quality.title"
    section: ClassVar[str] = "quality"

    source: str
    name: str
    ranked: Ranked | None
    shares: tuple[Share, ...]
    scoring: Scoring
    drawing: QualityChart | None
    hits: tuple[Hit, ...]
    shown: int
    records: tuple[Record, ...]
    chosen: str
    days: int
    page: int
    more: bool


def quality(platform: Platform, call: Call) -> QualityPage | InstitutionQualityPage:
    """The ranking; for staff of an institution the page of their own. Raises `Refused`."""
    if call.principal.org is not None:
        return _institution(platform, call, call.principal.org)
    grant = grant_for(platform, call.principal, "see_quality", Resource("table"))
    reader = platform.quality(grant)
    until = _today(call)
    scores = reader.scores(since=until - timedelta(days=2 * DAYS - 1), until=until)
    places = ranking(scores, reader.scoring, until=until, days=DAYS)
    titles = _titles(platform, call)
    ranked = tuple(_ranked(platform, reader, place, until, titles) for place in places)
    return QualityPage(
        ranked,
        _drawing_of_all(platform, call, places, scores, reader.scoring),
        DAYS,
        reader.scoring,
    )


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
    titles = _titles(platform, call)
    hits = tuple(
        _hit(each, titles, about[each.rule])
        for each in reader.found(since=since, until=until, source=source)
        if each.rule in about
    )
    chosen = call.query.get("rule", "") if call.query.get("rule", "") in about else ""
    page = _page_asked(call)
    failing = reader.failing(
        since=since,
        until=until,
        source=source,
        rule=chosen or None,
        skip=(page - 1) * ROWS,
        limit=ROWS + 1,
    )
    return InstitutionQualityPage(
        source=source,
        name=name,
        ranked=_ranked(platform, reader, places[0], until, titles) if places else None,
        shares=_shares(platform, call, places[0], reader.scoring) if places else (),
        scoring=reader.scoring,
        drawing=_drawing(_lines(platform, call, scores, reader.scoring)),
        hits=hits,
        shown=RULES,
        records=tuple(_record(platform, call, each, titles) for each in failing[:ROWS]),
        chosen=chosen,
        days=DAYS,
        page=page,
        more=len(failing) > ROWS,
    )


def _hit(found: Found, titles: Mapping[str, str], about: Explanation) -> Hit:
    return Hit(found.rule, found.level, found.dimension, found.count, found.things, titles[found.rule], about)


def _page_asked(call: Call) -> int:
    text = call.query.get("page", "1")
    return min(PAGES, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


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


def _shares(platform: Platform, call: Call, place: Place, scoring: Scoring) -> tuple[Share, ...]:
    return tuple(
        Share(
            feed=_feed_title(platform, call, part.feed),
            model=_model_title(platform, call, part.model),
            dimensions=tuple((name, part.of(name)) for name in DIMENSIONS),
            total=part.total(scoring),
            received=part.received,
            aside=part.aside,
            refused=part.refused,
        )
        for part in sorted(place.score.parts, key=lambda part: (part.feed, part.model))
    )


def _record(platform: Platform, call: Call, failing: Failing, titles: Mapping[str, str]) -> Record:
    tables = platform.tables
    return Record(
        failing,
        _link(platform, call, failing),
        _where(call, failing),
        titles.get(failing.rule, ""),
        _feed_title(platform, call, failing.feed),
        tables.part_title(failing.model, failing.part) or failing.part or "",
        tables.column_title(failing.model, failing.part, failing.field),
    )


def _where(call: Call, failing: Failing) -> str:
    """The row of a table, or the entry of a message that waits in quarantine (numbered downwards there)."""
    if failing.number is None or (failing.number > 0 and (failing.feed in LIVE or failing.message < 0)):
        return ""
    if failing.number > 0:
        return call.words.say("quality.row", row=failing.number)
    return call.words.say("quality.entry", number=-1 - failing.number) if failing.number < -1 else ""


def _link(platform: Platform, call: Call, failing: Failing) -> str:
    """The page of the fact, for whoever may see the record it belongs to."""
    type_, slash, id_ = (failing.key or "").partition("/")
    if not slash or failing.feed not in LIVE:
        return ""
    person = platform.person_of_fact(type_, id_)
    if person is None:
        return ""
    try:
        record_grant(platform, call.principal, person)
    except Refused:
        return ""
    page = "sources" if type_ == "Patient" else f"entries/{type_}/{id_}"
    return f"/residents/{person}/{page}"


def _titles(platform: Platform, call: Call) -> Mapping[str, str]:
    tables = platform.tables
    return tables.titles_en() if call.words.language == "en" else tables.titles()


def _feed_title(platform: Platform, call: Call, feed: str) -> str:
    known = platform.tables.feeds.by_name.get(feed)
    if known is None:
        return call.words.say_or(f"feed.{feed}", feed)
    return known.title_en if call.words.language == "en" else known.title


def _model_title(platform: Platform, call: Call, model: str) -> str:
    known = platform.tables.model(model)
    if known is None:
        return call.words.say_or(f"model.{model or 'none'}", model)
    return known.title_en if call.words.language == "en" else known.title


def _drawing_of_all(
    platform: Platform, call: Call, places: Sequence[Place], scores: Sequence[Score], scoring: Scoring
) -> QualityChart | None:
    """The lowest institutions, and those that fell most. A feed of one day only is no course."""
    fell = sorted((place for place in places if place.change is not None), key=lambda each: each.change or 0)
    chosen = list(dict.fromkeys([place.source for place in (*places[: DRAWN // 2], *fell[: DRAWN // 2])]))
    lines: dict[str, Sequence[tuple[date, Decimal]]] = {}
    for source in chosen:
        own = [score for score in scores if score.source == source]
        found = {feed: line for feed, line in _lines(platform, call, own, scoring).items() if len(line) > 1}
        name = platform.institutions.get(source).name
        lines |= {name if len(found) == 1 else f"{name} · {feed}": line for feed, line in found.items()}
    return _drawing(lines)


def _lines(
    platform: Platform, call: Call, scores: Sequence[Score], scoring: Scoring
) -> dict[str, Sequence[tuple[date, Decimal]]]:
    """By feed, for what came by one says nothing of what came by another."""
    return {_feed_title(platform, call, feed): line for feed, line in courses(scores, scoring).items()}


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
    return QualityChart(*drawn(spec), points)


def _today(call: Call) -> date:
    return (call.now + timedelta(hours=HOURS_AHEAD)).date()
