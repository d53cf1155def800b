"""Resources and fairness: how evenly beds, doctors and nurses are spread over the towns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.planning.fairness import Spread
from kangshu.interfaces.web.portal.drawing import Drawing, drawing, template
from kangshu.interfaces.web.portal.evaluated import Asked, Table, asked_of, evaluation_file, newest, table
from kangshu.interfaces.web.portal.explained import Explained, explained
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import period_of
from kangshu.kernel.params.definition import Dated
from kangshu.kernel.policies.definition import Resource


@dataclass(frozen=True, slots=True)
class ResourcesPage(Page):
    """address, query: of this page; spreads: one for each resource that was counted; missing: those that
    nobody has reported of the year; drawing: their Lorenz curves; alert: the Gini above which a spread is
    called uneven; explained: the indicators, by id."""

    template: ClassVar[str] = "resources.html"
    title: ClassVar[str] = "resources.title"
    section: ClassVar[str] = "evaluation"

    address: str
    query: str
    asked: Asked
    spreads: tuple[Spread, ...]
    missing: tuple[Indicator, ...]
    drawing: Drawing | None
    alert: Dated
    explained: Mapping[str, Explained]


def resources(platform: Platform, call: Call) -> ResourcesPage:
    """The page. Raises `Refused`, and `NotFound` for a place nobody has."""
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))

    def look(asked: Asked) -> tuple[Spread, ...]:
        year = period_of(asked.on, "year")
        found = platform.planning.fairness(
            grant, asked.content, on=asked.counted, county=asked.county, year=year
        )
        # Nobody has no beds at all: as long as no institution has reported of a year, nothing is known of it.
        return tuple(each for each in found if each.total is not None and each.total.numerator != 0)

    asked, found = newest(asked_of(platform, call), look, lambda found: any(each.curve for each in found))
    indicators = [each.indicator for each in found]
    wanted = [asked.content.indicators.get(each.indicator) for each in asked.content.shared]
    known = {each.id for each in indicators}
    return ResourcesPage(
        address=f"/resources/{asked.place}",
        query=f"?year={asked.on.year}",
        asked=asked,
        spreads=found,
        missing=tuple(each for each in wanted if each.id not in known),
        drawing=_curves(call.words, found),
        alert=asked.content.parameters.on("gini_alert", asked.on),
        explained=explained(platform, call, asked.content, indicators, asked.on),
    )


def resources_file(platform: Platform, call: Call) -> tuple[str, str, bytes]:
    """The curves, or all towns of all resources. Raises `Refused`, `NotFound`."""
    page = resources(platform, call)
    return evaluation_file(
        call, call.words.say("resources.title"), page.asked, page.drawing, _table(call, page)
    )


def _curves(words: Words, spreads: Sequence[Spread]) -> Drawing | None:
    if not any(spread.curve for spread in spreads):
        return None
    spec = template("lorenz")
    titles = (words.say("resources.of_people"), words.say("resources.of_amount"))
    for axis, title in zip(("x", "y"), titles, strict=True):
        spec["encoding"][axis]["axis"]["title"] = title
    spec["data"]["values"] = [
        {
            "people": round(float(people * 100), 2),
            "amount": round(float(amount * 100), 2),
            "line": _title(spread, words),
            "said": words.say(
                "resources.point", people=f"{float(people):.0%}", amount=f"{float(amount):.0%}"
            ),
        }
        for spread in spreads
        for people, amount in spread.curve
    ]
    rows = [
        [each["line"], f"{each['people']:.1f}", f"{each['amount']:.1f}"] for each in spec["data"]["values"]
    ]
    return drawing(
        "lorenz", words.say("resources.curve"), spec, [words.say("resources.resource"), *titles], rows
    )


def _table(call: Call, page: ResourcesPage) -> Table:
    words = call.words
    columns = [
        words.say(f"resources.{name}") for name in ("resource", "year", "town", "people", "amount", "each")
    ]
    return table(
        "towns",
        [*columns, words.say("resources.unit")],
        (
            [_title(spread, words), spread.period, *_cell(cell, words), spread.indicator.unit]
            for spread in page.spreads
            for cell in (*spread.cells, *spread.left_out)
        ),
    )


def _cell(cell: Cell, words: Words) -> tuple[str, str, str, str]:
    town = cell.strata[0][1] or words.say("resources.unknown")
    if cell.hidden:
        return town, "", "", words.say("cockpit.hidden")
    told = (cell.denominator, cell.numerator)
    people, amount = ("" if each is None else f"{each.normalize():f}" for each in told)
    return town, people, amount, "" if cell.value is None else f"{cell.value:f}"


def _title(spread: Spread, words: Words) -> str:
    return spread.indicator.title_en if words.language == "en" else spread.indicator.title
