"""Composite indexes of institutions: what is counted, what was stated, and the quality of what was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from kangshu.app.planning import Planning
from kangshu.domains.planning.composite import Ranked, rank
from kangshu.domains.planning.index_definition import Edition
from kangshu.domains.planning.plan import PlaceContent
from kangshu.domains.quality.read import QualityReader
from kangshu.domains.quality.scores import joined, ranking
from kangshu.kernel.indicators.entry import known
from kangshu.kernel.indicators.period import period_of
from kangshu.kernel.policies.definition import Grant

INSTITUTION = "institution"


def index_of_institutions(
    planning: Planning,
    quality: QualityReader | None,
    grant: Grant,
    content: PlaceContent,
    edition: Edition,
    *,
    on: date,
    county: str | None = None,
    until: date | None = None,
) -> tuple[Ranked, ...]:
    """Every institution that sent or stated anything in the year of a day, ranked, as counted on that day.

    `until`: the last day that is looked at, where that is in an earlier year
    `quality`: None for who may not see it; that component is then not known
    """
    indicators = [content.indicators.get(each.indicator) for each in edition.components if each.indicator]
    results = planning.count(grant, content, indicators, on=on, county=county)
    until = until or on
    period = period_of(until, "year")
    values: dict[str, dict[str, Decimal]] = {}
    for institution, entries in content.stated.items():
        for entry in known(entries):
            if entry.period == period and entry.value is not None:
                values.setdefault(institution, {})[entry.indicator] = entry.value
    for name, result in results.items():
        for cell in result.by(INSTITUTION):
            institution = dict(cell.strata)[INSTITUTION]
            if cell.period == period.label and cell.value is not None and institution is not None:
                values.setdefault(institution, {})[name] = cell.value
    # Of a county only who is counted in it has an index: quality alone says nothing of where somebody is.
    seen = quality if values or county is None else None
    for institution, score in _quality(seen, period.first, until).items():
        if institution in values or county is None:
            values.setdefault(institution, {})["quality"] = score
    asked = {each.key for each in edition.components}
    return rank(
        edition,
        {
            unit: {name: value for name, value in given.items() if name in asked}
            for unit, given in values.items()
        },
    )


def index_of_counties(
    planning: Planning,
    quality: QualityReader | None,
    grant: Grant,
    content: PlaceContent,
    edition: Edition,
    counties: Mapping[str, Collection[str]],
    *,
    on: date,
) -> tuple[Ranked, ...]:
    """Counties, ranked by what is counted over all of each. `counties`: code -> its institutions."""
    indicators = [content.indicators.get(each.indicator) for each in edition.components if each.indicator]
    period = period_of(on, "year")
    scores = quality.scores(since=period.first, until=on) if quality else []
    values: dict[str, dict[str, Decimal]] = {}
    for county, institutions in counties.items():
        results = planning.count(grant, content, indicators, on=on, county=county)
        found = values.setdefault(county, {})
        for name, result in results.items():
            for cell in result.by():
                if cell.period == period.label and cell.value is not None:
                    found[name] = cell.value
        together = joined([each for each in scores if each.source in institutions])
        if quality is not None and together is not None:
            found["quality"] = together.total(quality.scoring)
    return rank(edition, values)


def _quality(quality: QualityReader | None, since: date, until: date) -> Mapping[str, Decimal]:
    if quality is None:
        return {}
    scores = quality.scores(since=since, until=until)
    days = (until - since).days + 1
    return {each.source: each.total for each in ranking(scores, quality.scoring, until=until, days=days)}
