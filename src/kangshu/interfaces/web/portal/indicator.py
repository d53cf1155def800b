"""One indicator of a plan: its course and definition, who is better and who worse, the way to its facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from kangshu.app.platform import Platform
from kangshu.domains.planning.deviation import Deviation, deviations
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import Plan
from kangshu.interfaces.web.portal.cell_choice import Choice, chosen
from kangshu.interfaces.web.portal.drawing import Drawing, file_of
from kangshu.interfaces.web.portal.explained import Explained, params_on, views_of
from kangshu.interfaces.web.portal.grants import may
from kangshu.interfaces.web.portal.group_names import names_in, stratum_title
from kangshu.interfaces.web.portal.indicator_cells import IndicatorCells, Row, Sides, indicator_cells
from kangshu.interfaces.web.portal.indicator_charts import series_drawing
from kangshu.interfaces.web.portal.opened_plan import open_plan
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.standing_words import StandingWords, standing_words
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.judge import Judgement
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.policies.definition import Resource

SHOWN = 20
"""Groups shown at once; the others are one touch away."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One period of what was counted.

    choice     what was asked for; `strata`: (name, in words) of those to choose from; `inside`: the group the
               ranking stays within, in words
    total      of the period; `facts`: where its units are
    judgement  of everybody in the period, against the target that counts in it
    shown      rows before the fold
    query      the choice, for the addresses of files
    """

    choice: Choice
    strata: tuple[tuple[str, str], ...]
    inside: str
    total: Cell | None
    facts: str
    judgement: Judgement | None
    rows: tuple[Row, ...]
    shown: int
    bars: Drawing | None
    map: Drawing | None
    sides: Sides | None
    query: str


@dataclass(frozen=True, slots=True)
class IndicatorPage(Page):
    """address: of this page; told: how it stands, in words; deviation: why it is off course, if it is;
    explained: what it is counted from, with the parameters in force in the shown period; breakdown: None
    where nothing was counted; sees_facts: whether the reader may see the facts behind; counted_at: when what
    is shown was counted."""

    template: ClassVar[str] = "indicator.html"
    title: ClassVar[str] = "plan.title"
    section: ClassVar[str] = "plans"

    address: str
    place: str
    plan: Plan
    standing: Standing
    told: StandingWords
    deviation: Deviation | None
    worst: tuple[str, ...]
    series: Drawing | None
    explained: Explained
    breakdown: Breakdown | None
    sees_facts: bool
    counted_at: datetime

    def drawings(self) -> dict[str, Drawing]:
        """All drawings, by name."""
        told = self.breakdown
        found = [self.series]
        if told is not None:
            found += [told.bars, told.map, told.sides.drawing if told.sides else None]
        return {each.name: each for each in found if each is not None}


def indicator(platform: Platform, call: Call) -> IndicatorPage:
    """The page of an indicator of a plan. Raises `Refused`, `NotFound`."""
    opened = open_plan(platform, call)
    standing = opened.standing(str(call.parts["indicator"]))
    result = opened.counted.results.get(standing.indicator.id)
    choice = chosen(standing, result, call) if result else None
    address = f"{opened.address}/{standing.indicator.id}"
    told = None
    if result is not None and choice is not None:
        county = opened.plan.county
        cells = indicator_cells(platform, call.words, county, standing, result, choice, address)
        told = _breakdown(platform, call, cells)
    off = deviations(opened.plan, [standing], opened.counted.results)
    name_of = names_in(platform, off[0].stratum if off else "", call.words)
    return IndicatorPage(
        address=address,
        place=opened.place,
        plan=opened.plan,
        standing=standing,
        told=standing_words(opened.plan, standing, call.words),
        deviation=off[0] if off else None,
        worst=tuple(name_of(each.name) for each in off[0].worst) if off else (),
        series=series_drawing(standing, call.words),
        explained=_explained(platform, call, standing, choice),
        breakdown=told,
        sees_facts=may(platform, call.principal, "search", Resource("fact", county=opened.plan.county)),
        counted_at=opened.counted.at,
    )


def indicator_file(platform: Platform, call: Call) -> tuple[str, str, bytes]:
    """A drawing of the page, as chosen there: name of the file, media type, content.

    Raises `Refused`, `NotFound`.
    """
    page = indicator(platform, call)
    name, form = str(call.parts["drawing"]), str(call.parts["form"])
    found = page.drawings().get(name)
    if found is None:
        raise NotFound(f"The page has no drawing {name}.")
    content, media = file_of(found, form)
    period = f"-{page.breakdown.choice.period}" if page.breakdown and name != "series" else ""
    ending = "vl.json" if form == "json" else form
    return f"{page.standing.indicator.title}{period}-{name}.{ending}", media, content


def _breakdown(platform: Platform, call: Call, cells: IndicatorCells) -> Breakdown:
    choice, within = cells.choice, cells.choice.within
    return Breakdown(
        choice=choice,
        strata=tuple((each, stratum_title(each, call.words)) for each in cells.standing.indicator.strata),
        inside=names_in(platform, within[0], call.words)(within[1]) if within else "",
        total=cells.total(),
        facts=cells.facts(choice.strata),
        judgement=cells.judged,
        rows=cells.rows(),
        shown=SHOWN,
        bars=cells.bars(),
        map=cells.map(),
        sides=cells.sides(),
        query=f"?{urlencode(choice.query)}",
    )


def _explained(platform: Platform, call: Call, standing: Standing, choice: Choice | None) -> Explained:
    """With the parameters that applied at the end of the chosen period, or of that of the last value."""
    indicator = standing.indicator
    label = choice.period if choice else standing.latest.period.label if standing.latest else ""
    params = params_on(indicator, parse_period(label).last) if label else ()
    return Explained(views_of(platform, call, [indicator])[indicator.id], params)
