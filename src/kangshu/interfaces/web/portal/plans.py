"""Plans: a wall of all indicators of a plan, and what is off course."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import ClassVar

from kangshu.app.described_views import DescribedView
from kangshu.app.platform import Platform
from kangshu.domains.planning.deviation import Deviation, deviations
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import Plan
from kangshu.domains.planning.project import Project
from kangshu.interfaces.web.portal.explained import views_of
from kangshu.interfaces.web.portal.group_names import names_in, stratum_title
from kangshu.interfaces.web.portal.opened_plan import open_plan
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plan_spark import plan_spark
from kangshu.interfaces.web.portal.sparkline import Sparkline
from kangshu.interfaces.web.portal.standing_words import StandingWords, standing_words
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.definition import Indicator


@dataclass(frozen=True, slots=True)
class Card:
    """An indicator on the wall; `why`: why it is off course, '' if it is not."""

    standing: Standing
    told: StandingWords
    spark: Sparkline | None
    why: str


@dataclass(frozen=True, slots=True)
class Off:
    """What is off course; `where`: (group, value) where it is worst, by the `stratum` in words."""

    deviation: Deviation
    stratum: str
    where: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlanPage(Page):
    """plans: (place, plan) of all there are; cards: by category; met: rows that meet their target now; open:
    without a verdict; no_value: of which nothing is known since the base; counted_at: when what is shown was
    counted; views: what the numbers are counted from, and how many of them."""

    template: ClassVar[str] = "plan.html"
    title: ClassVar[str] = "plan.title"
    section: ClassVar[str] = "plans"

    place: str
    address: str
    plan: Plan
    plans: tuple[tuple[str, Plan], ...]
    off: tuple[Off, ...]
    cards: tuple[tuple[str, tuple[Card, ...]], ...]
    rows: int
    met: int
    not_met: int
    open: int
    no_value: int
    counted_at: datetime
    views: tuple[tuple[DescribedView, int], ...]
    projects: tuple[Project, ...]


def plans(platform: Platform, call: Call) -> PlanPage:
    """The plan of the address, or the newest. Raises `Refused`, and `NotFound` for a plan nobody has."""
    opened = open_plan(platform, call)
    found = opened.standings
    off = deviations(opened.plan, found, opened.counted.results)
    why = {each.standing.row.no + each.standing.indicator.id: each.why for each in off}
    cards = [_card(opened.plan, each, why, call.words) for each in found]
    states = [each.told.state for each in cards]
    return PlanPage(
        place=opened.place,
        address=opened.address,
        plan=opened.plan,
        plans=opened.plans,
        off=tuple(_off(platform, call, each) for each in off),
        cards=tuple(
            (category, tuple(them))
            for category, them in groupby(cards, key=lambda each: each.standing.row.category)
        ),
        rows=len(found),
        met=states.count("met"),
        not_met=states.count("not_met"),
        open=states.count("open"),
        no_value=states.count("no_value"),
        counted_at=opened.counted.at,
        views=_views(platform, call, [each.indicator for each in found]),
        projects=opened.content.projects_of(opened.plan),
    )


def _card(plan: Plan, standing: Standing, why: Mapping[str, str], words: Words) -> Card:
    told = standing_words(plan, standing, words)
    key = standing.row.no + standing.indicator.id
    return Card(standing, told, plan_spark(standing, told.state), why.get(key, ""))


def _views(
    platform: Platform, call: Call, indicators: Sequence[Indicator]
) -> tuple[tuple[DescribedView, int], ...]:
    """Those that most are counted from come first."""
    chosen = {each.id: each for each in indicators if each.kind == "computed"}
    found = [view for views in views_of(platform, call, chosen.values()).values() for view in views]
    named = {view.name: view for view in found}
    return tuple((named[name], count) for name, count in Counter(view.name for view in found).most_common())


def _off(platform: Platform, call: Call, deviation: Deviation) -> Off:
    name_of = names_in(platform, deviation.stratum, call.words)
    where = tuple((name_of(each.name), f"{each.cell.value:f}") for each in deviation.worst)
    return Off(deviation, stratum_title(deviation.stratum, call.words), where)
