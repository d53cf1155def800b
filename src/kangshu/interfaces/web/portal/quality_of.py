"""Data quality of one institution: each failing record, why it fails and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.app.tables import Explanation
from kangshu.domains.quality.read import Failing, Found
from kangshu.domains.quality.scores import Place, ranking
from kangshu.domains.quality.scoring import Scoring
from kangshu.interfaces.web.portal.grants import grant_for, record_grant
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.quality_chart import QualityChart, drawing_of, lines_of
from kangshu.interfaces.web.portal.quality_names import feed_title, model_title, rule_titles
from kangshu.interfaces.web.portal.quality_ranked import DAYS, Ranked, ranked_of, today_of
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.definition import Grant, Resource
from kangshu.kernel.rules.definition import DIMENSIONS

LIVE = frozenset({"fhir", "hl7v2", "cda"})
"""Feeds whose records are facts."""
ROWS = 20
"""Failing records on a page; more pages than `PAGES` nobody turns: the rules narrow them better."""
PAGES = 500
RULES = 8
"""Rules shown at once; those that found less are one touch away."""


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


def quality_of(platform: Platform, call: Call) -> InstitutionQualityPage:
    """The page of one institution. Raises `Refused`."""
    return institution_page(platform, call, str(call.parts["source"]))


def institution_page(platform: Platform, call: Call, source: str) -> InstitutionQualityPage:
    reader = platform.quality(_grant_of(platform, call, source))
    until = today_of(call)
    since = until - timedelta(days=DAYS - 1)
    scores = reader.scores(since=since - timedelta(days=DAYS), until=until, source=source)
    places = ranking(scores, reader.scoring, until=until, days=DAYS)
    name = platform.institutions.get(source).name
    about = platform.tables.explanations()
    titles = rule_titles(platform, call)
    hits = tuple(
        _hit(each, titles, about[each.rule])
        for each in reader.found(since=since, until=until, source=source)
        if each.rule in about
    )
    chosen = call.query.get("rule", "") if call.query.get("rule", "") in about else ""
    page = min(PAGES, max(1, call.number("page") or 1))
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
        ranked=ranked_of(platform, reader, places[0], until, titles) if places else None,
        shares=_shares(platform, call, places[0], reader.scoring) if places else (),
        scoring=reader.scoring,
        drawing=drawing_of(lines_of(platform, call, scores, reader.scoring)),
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


def _grant_of(platform: Platform, call: Call, source: str) -> Grant:
    county = platform.institutions.get(source).county
    return grant_for(platform, call.principal, "see_quality", Resource("table", org=source, county=county))


def _shares(platform: Platform, call: Call, place: Place, scoring: Scoring) -> tuple[Share, ...]:
    return tuple(
        Share(
            feed=feed_title(platform, call, part.feed),
            model=model_title(platform, call, part.model),
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
        feed_title(platform, call, failing.feed),
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
