"""Data quality: the ranking of institutions for the commission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.quality.scores import Place, Score, ranking
from kangshu.domains.quality.scoring import Scoring
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.quality_chart import QualityChart, drawing_of, lines_of
from kangshu.interfaces.web.portal.quality_names import rule_titles
from kangshu.interfaces.web.portal.quality_of import InstitutionQualityPage, institution_page
from kangshu.interfaces.web.portal.quality_ranked import DAYS, Ranked, ranked_of, today_of
from kangshu.kernel.policies.definition import Resource

DRAWN = 4
"""Institutions in the chart: the lowest and those that fell most."""


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


def quality(platform: Platform, call: Call) -> QualityPage | InstitutionQualityPage:
    """The ranking; for staff of an institution the page of their own. Raises `Refused`."""
    if call.principal.org is not None:
        return institution_page(platform, call, call.principal.org)
    grant = grant_for(platform, call.principal, "see_quality", Resource("table"))
    reader = platform.quality(grant)
    until = today_of(call)
    scores = reader.scores(since=until - timedelta(days=2 * DAYS - 1), until=until)
    places = ranking(scores, reader.scoring, until=until, days=DAYS)
    titles = rule_titles(platform, call)
    ranked = tuple(ranked_of(platform, reader, place, until, titles) for place in places)
    return QualityPage(
        ranked,
        _drawing_of_all(platform, call, places, scores, reader.scoring),
        DAYS,
        reader.scoring,
    )


def _drawing_of_all(
    platform: Platform, call: Call, places: Sequence[Place], scores: Sequence[Score], scoring: Scoring
) -> QualityChart | None:
    """The lowest institutions, and those that fell most. A feed of one day only is no course."""
    fell = sorted((place for place in places if place.change is not None), key=lambda each: each.change or 0)
    chosen = list(dict.fromkeys([place.source for place in (*places[: DRAWN // 2], *fell[: DRAWN // 2])]))
    lines: dict[str, Sequence[tuple[date, Decimal]]] = {}
    for source in chosen:
        own = [score for score in scores if score.source == source]
        found = {feed: line for feed, line in lines_of(platform, call, own, scoring).items() if len(line) > 1}
        name = platform.institutions.get(source).name
        lines |= {name if len(found) == 1 else f"{name} · {feed}": line for feed, line in found.items()}
    return drawing_of(lines)
