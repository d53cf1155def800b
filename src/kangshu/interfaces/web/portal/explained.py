"""What explains a number: the views it is counted from, the parameters that applied, where its cases are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kangshu.app.described_views import DescribedView
from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import PlaceContent
from kangshu.interfaces.web.portal.grants import may
from kangshu.interfaces.web.portal.page import Call
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.params.definition import Dated
from kangshu.kernel.policies.definition import Resource


@dataclass(frozen=True, slots=True)
class Explained:
    """Of one indicator.

    views   what it is counted from; none for who may not see views
    params  (name, value with its basis), of the day that was asked for
    page    where its values are by group, with the cases behind them; '' where no plan has it
    """

    views: tuple[DescribedView, ...]
    params: tuple[tuple[str, Dated], ...]
    page: str = ""


def explained(
    platform: Platform, call: Call, content: PlaceContent, indicators: Iterable[Indicator], on: date
) -> dict[str, Explained]:
    """By the id of the indicator; `on`: whose parameters."""
    pages = _pages_of(content)
    chosen = {each.id: each for each in indicators}
    views = views_of(platform, call, chosen.values())
    return {
        name: Explained(views[name], params_on(each, on), pages.get(name, ""))
        for name, each in chosen.items()
    }


def views_of(
    platform: Platform, call: Call, indicators: Iterable[Indicator]
) -> Mapping[str, tuple[DescribedView, ...]]:
    """By the id of the indicator, the views it is counted from; none for who may not see views."""
    if not may(platform, call.principal, "read", Resource("view")):
        return {each.id: () for each in indicators}
    described = platform.view_lineage.described
    return {
        each.id: tuple(described[name] for name in each.needs if name in described) for each in indicators
    }


def params_on(indicator: Indicator, day: date) -> tuple[tuple[str, Dated], ...]:
    """The parameters of an indicator as they applied on a day."""
    found: list[tuple[str, Dated]] = []
    for name, dated in indicator.params.items():
        known = [each for each in dated if each.since <= day]
        if known:
            found.append((name, known[-1]))
    return tuple(found)


def _pages_of(content: PlaceContent) -> Mapping[str, str]:
    """Where each indicator of a plan has its page; of several plans the newest."""
    plans = sorted(content.plans.values(), key=lambda each: each.period)
    return {
        row.indicator: f"/plans/{content.place}/{plan.name}/{row.indicator}"
        for plan in plans
        for row in plan.rows
    }
