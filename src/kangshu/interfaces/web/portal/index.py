"""A composite index of institutions: their ranking, with what each dimension contributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kangshu.app.indexes import index_of_institutions
from kangshu.app.platform import Platform
from kangshu.domains.planning.composite import Ranked
from kangshu.domains.planning.index_definition import Edition, Index
from kangshu.interfaces.web.portal.drawing import BAR, Drawing, drawing, template
from kangshu.interfaces.web.portal.evaluated import Asked, Table, asked_of, evaluation_file, newest, table
from kangshu.interfaces.web.portal.explained import Explained, explained
from kangshu.interfaces.web.portal.grants import grant_for, may
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.policies.definition import Resource

SHOWN = 20
"""Institutions of a page."""


@dataclass(frozen=True, slots=True)
class IndexPage(Page):
    """address, query: of this page; ranked: those of it; names: of institutions, and of indicators by
    component; total: how many there are; unranked: of whom too little is known; page, pages: which this is,
    of how many; explained: the indicators, by id."""

    template: ClassVar[str] = "index.html"
    title: ClassVar[str] = "index.title"
    section: ClassVar[str] = "evaluation"

    address: str
    query: str
    asked: Asked
    index: Index
    edition: Edition
    ranked: tuple[Ranked, ...]
    names: Mapping[str, str]
    total: int
    unranked: int
    page: int
    pages: int
    drawing: Drawing | None
    explained: Mapping[str, Explained]


@dataclass(frozen=True, slots=True)
class _Found:
    """The whole ranking of a year; `drawn`: the bars of one page of it."""

    page: IndexPage
    whole: tuple[Ranked, ...]


def index(platform: Platform, call: Call) -> IndexPage:
    """The ranking of the year. Raises `Refused`, and `NotFound` for an index nobody has."""
    return _found(platform, call).page


def index_file(platform: Platform, call: Call) -> tuple[str, str, bytes]:
    """The drawing of the page, or the whole ranking with its components. Raises `Refused`, `NotFound`."""
    found = _found(platform, call)
    title = found.page.index.title if call.words.language == "zh" else found.page.index.title_en
    whole = _table(platform, call, found)
    return evaluation_file(call, title, found.page.asked, found.page.drawing, whole)


def _found(platform: Platform, call: Call) -> _Found:
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    quality = None
    if may(platform, call.principal, "see_quality", Resource("table")):
        quality = platform.quality(grant_for(platform, call.principal, "see_quality", Resource("table")))
    opened = asked_of(platform, call)
    chosen = opened.content.index(str(call.parts.get("index", "digital")))

    def look(asked: Asked) -> tuple[Ranked, ...]:
        edition = chosen.on(asked.on)
        return index_of_institutions(
            platform.planning,
            quality,
            grant,
            asked.content,
            edition,
            on=asked.counted,
            county=asked.county,
            until=asked.on,
        )

    asked, whole = newest(opened, look, lambda found: any(each.rank is not None for each in found))
    edition = chosen.on(asked.on)
    scored = [each for each in whole if each.rank is not None]
    pages = max(1, -(-len(scored) // SHOWN))
    written = call.query.get("page", "")
    page = min(pages, max(1, int(written))) if written.isdecimal() and len(written) < 6 else 1
    ranked = tuple(scored[(page - 1) * SHOWN : page * SHOWN])
    names = _names(platform, call, asked, ranked, edition)
    indicators = [
        asked.content.indicators.get(each.indicator) for each in edition.components if each.indicator
    ]
    shown = IndexPage(
        address=f"/index/{asked.place}",
        query=f"?year={asked.on.year}&page={page}",
        asked=asked,
        index=chosen,
        edition=edition,
        ranked=ranked,
        names=names,
        total=len(scored),
        unranked=len(whole) - len(scored),
        page=page,
        pages=pages,
        drawing=_bars(call, ranked, names) if ranked else None,
        explained=explained(platform, call, asked.content, indicators, asked.on),
    )
    return _Found(shown, whole)


def _names(
    platform: Platform, call: Call, asked: Asked, ranked: Sequence[Ranked], edition: Edition
) -> dict[str, str]:
    english = call.words.language == "en"
    name_of = platform.institutions.naming()
    found = {each.scored.unit: name_of(each.scored.unit) for each in ranked}
    for component in edition.components:
        if not component.indicator:
            found[component.key] = call.words.say(f"index.{component.source}")
            continue
        indicator = asked.content.indicators.get(component.indicator)
        found[component.key] = indicator.title_en if english else indicator.title
    return found


def _bars(call: Call, ranked: Sequence[Ranked], names: Mapping[str, str]) -> Drawing:
    words, spec = call.words, template("index")
    titles = _dimensions(ranked, english=words.language == "en")
    values: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    for each in ranked:
        name, added = names[each.scored.unit], each.scored.dimensions()
        known = {part.component.dimension for part in each.scored.parts if part.points is not None}
        points = {one: float(added[one]) for one in titles if one in known}
        values += [
            {
                "name": f"{each.rank} {name}",
                "dimension": titles[one],
                "points": round(point, 2),
                "order": order,
                "said": f"{name} {titles[one]} {point:.1f}",
            }
            for order, (one, point) in enumerate(points.items())
        ]
        told = (f"{points[one]:.1f}" if one in known else "" for one in titles)
        rows.append([str(each.rank), name, f"{float(each.scored.score or 0):.1f}", *told])
    # A dimension of which nothing is known of anybody has no colour to look for.
    shown = {each["dimension"] for each in values}
    spec["data"]["values"], spec["height"] = values, BAR * len(ranked)
    spec["encoding"]["color"]["scale"]["domain"] = [each for each in titles.values() if each in shown]
    columns = [words.say("cockpit.rank"), words.say("index.institution"), words.say("index.score")]
    return drawing("bars", words.say("index.bars"), spec, [*columns, *titles.values()], rows)


def _dimensions(ranked: Sequence[Ranked], *, english: bool) -> dict[str, str]:
    """What the dimensions are called, in the order of the edition."""
    parts = [part.component for each in ranked[:1] for part in each.scored.parts]
    return {each.dimension: each.dimension_en if english else each.dimension for each in parts}


def _table(platform: Platform, call: Call, found: _Found) -> Table:
    """A row for each institution, two columns for each component: its value and its points."""
    words, page, name_of = call.words, found.page, platform.institutions.naming()
    columns = [
        words.say("cockpit.rank"),
        words.say("index.code"),
        words.say("index.institution"),
        words.say("index.score"),
        words.say("index.best"),
        words.say("index.worst"),
        words.say("index.known_share"),
    ]
    for component in page.edition.components:
        name = page.names[component.key]
        columns += [name, f"{name}（{words.say('index.points')}）"]
    return table("ranking", columns, (_line(name_of, each) for each in found.whole))


def _line(name_of: Callable[[str], str], each: Ranked) -> list[str]:
    scored = each.scored
    line = ["" if each.rank is None else str(each.rank), scored.unit]
    line.append(name_of(scored.unit))
    line.append("" if scored.score is None else f"{float(scored.score):.1f}")
    line += ["" if place is None else str(place) for place in (each.best, each.worst)]
    line.append(f"{float(scored.known) * 100:.0f}")
    for part in scored.parts:
        line.append("" if part.value is None else f"{part.value:f}")
        line.append("" if part.points is None else f"{float(part.points):.1f}")
    return line
