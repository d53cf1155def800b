"""Plans: how every indicator of a plan stands, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import Plan, Project
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.policies.definition import Resource


@dataclass(frozen=True, slots=True)
class PlanPage(Page):
    """plans: (place, plan) of all there are; met: rows that meet their target now; open: without a value."""

    template: ClassVar[str] = "plan.html"
    title: ClassVar[str] = "plan.title"
    section: ClassVar[str] = "plans"

    place: str
    plan: Plan
    plans: tuple[tuple[str, Plan], ...]
    standings: tuple[Standing, ...]
    met: int
    open: int
    projects: tuple[Project, ...]


def plans(platform: Platform, call: Call) -> PlanPage:
    """The plan of the address, or the newest. Raises `Refused`, and `NotFound` for a plan nobody has."""
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    known = tuple(
        (place, plan)
        for place, content in platform.planning.places.items()
        for plan in sorted(content.plans.values(), key=lambda each: each.period, reverse=True)
    )
    if not known:
        raise NotFound("There is no plan.")
    name, first = known[0]
    place = str(call.parts.get("place", name))
    content = platform.planning.place(place)
    plan = content.plan(str(call.parts.get("plan", first.name)))
    found = platform.planning.standings(grant, content, plan, on=today_of(call))
    verdicts = [each.now.verdict if each.now else "open" for each in found]
    return PlanPage(
        place, plan, known, found, verdicts.count("met"), verdicts.count("open"), content.projects_of(plan)
    )
