"""What the pages of evaluation share: the place and its county, the year that is asked for, their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import PlaceContent
from kangshu.interfaces.web.portal.drawing import MEDIA, Drawing, csv_of, file_of
from kangshu.interfaces.web.portal.page import Call
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.kernel.base.errors import NotFound

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is about: a place, over facts from its county, in the year of a day.

    on       the last day of that year, or today
    counted  today: as of when values are counted, whichever year is looked at, so that they are counted once
    years    that can be chosen, the newest first
    chosen   whether the year was asked for
    """

    place: str
    content: PlaceContent
    county: str | None
    on: date
    counted: date
    years: tuple[int, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All rows of a page as a file; `name` stands in its address."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of texts."""
    return Table(name, tuple(columns), tuple(tuple(each) for each in rows))


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
    chosen = written.isdecimal() and int(written) in years
    year = int(written) if chosen else today.year
    county = next((plan.county for plan in content.plans.values()), None)
    return Asked(place, content, county, min(today, date(year, 12, 31)), today, years, chosen)


def newest(asked: Asked, look: Callable[[Asked], T], is_told: Callable[[T], bool]) -> tuple[Asked, T]:
    """What is known of the year that is asked for. Where none is: of this one, or, as long as nothing is
    known of it, the one before."""
    found = look(asked)
    if asked.chosen or is_told(found):
        return asked, found
    before = replace(asked, on=date(asked.on.year - 1, 12, 31))
    earlier = look(before)
    return (before, earlier) if is_told(earlier) else (asked, found)


def evaluation_file(
    call: Call, title: str, asked: Asked, drawing: Drawing | None, whole: Table
) -> tuple[str, str, bytes]:
    """The drawing of a page, or all its rows, as chosen there: name of the file, media type, content.

    Raises `NotFound` for what the page has not.
    """
    name, form = str(call.parts["drawing"]), str(call.parts["form"])
    named = f"{title}-{asked.on.year}"
    if name == whole.name and form == "csv":
        return f"{named}.csv", MEDIA["csv"], csv_of(whole.columns, whole.rows)
    if drawing is None or drawing.name != name:
        raise NotFound(f"The page has no {name}.{form}.", remedy="Its links lead to all its files.")
    content, media = file_of(drawing, form)
    return f"{named}-{name}.{'vl.json' if form == 'json' else form}", media, content
