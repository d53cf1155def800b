"""An institution in the ranking of data quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from kangshu.app.platform import Platform
from kangshu.domains.quality.read import QualityReader
from kangshu.domains.quality.scores import HOURS_AHEAD, Place
from kangshu.interfaces.web.portal.page import Call
from kangshu.kernel.rules.definition import DIMENSIONS

DAYS = 30


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


def ranked_of(
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


def today_of(call: Call) -> date:
    return (call.now + timedelta(hours=HOURS_AHEAD)).date()
