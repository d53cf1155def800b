"""What the pages of evaluation share: the place and its county, the year that is asked for, drawings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import PlaceContent
from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.page import Call
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.kernel.base.errors import NotFound


@dataclass(frozen=True, slots=True)
class Drawing:
    """`spec` is JSON for the browser, `svg` the same drawing made here."""

    spec: Markup
    svg: Markup


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is about: a place, over facts from its county, until a day.

    years  that can be chosen, the newest first
    """

    place: str
    content: PlaceContent
    county: str | None
    on: date
    years: tuple[int, ...]


def asked_of(platform: Platform, call: Call) -> Asked:
    """The place of the address or the first, and the year of the query or this one. Raises `NotFound`."""
    places = platform.planning.places
    if not places:
        raise NotFound("There is no place with indicators.")
    place = str(call.parts.get("place", next(iter(places))))
    content = platform.planning.place(place)
    today = today_of(call)
    years = tuple(range(today.year, today.year - 4, -1))
    written = call.query.get("year", "")
    year = int(written) if written.isdecimal() and int(written) in years else today.year
    county = next((plan.county for plan in content.plans.values()), None)
    return Asked(place, content, county, min(today, date(year, 12, 31)), years)


def drawing_of(spec: dict[str, Any]) -> Drawing:
    """A Vega-Lite specification, drawn."""
    return Drawing(*drawn(spec))
