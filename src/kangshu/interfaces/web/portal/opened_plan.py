"""What every page of the cockpit opens first: the plan, what was counted for it, how each row stands."""

from __future__ import annotations

from dataclasses import dataclass

from kangshu.app.counted import Counted
from kangshu.app.platform import Platform
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.policies.definition import Resource


@dataclass(frozen=True, slots=True)
class OpenedPlan:
    """A plan with how it stands. `plans`: (place, plan) of all there are; `address`: of its page."""

    place: str
    content: PlaceContent
    plan: Plan
    plans: tuple[tuple[str, Plan], ...]
    counted: Counted
    standings: tuple[Standing, ...]

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"/plans/{self.place}/{self.plan.name}"

    def standing(self, indicator: str) -> Standing:
        """How an indicator of the plan stands. Raises `NotFound`."""
        for each in self.standings:
            if each.indicator.id == indicator:
                return each
        raise NotFound(f"The plan {self.plan.name} has no indicator {indicator}.")


def open_plan(platform: Platform, call: Call) -> OpenedPlan:
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
    if place in platform.planning.refused:
        raise NotFound(f"The place {place} is left out: its pack is wrong.")
    content = platform.planning.place(place)
    plan = content.plan(str(call.parts.get("plan", first.name)))
    on = today_of(call)
    counted = platform.counted_plans.counted(grant, content, plan, on=on, now=call.now)
    found = platform.counted_plans.standings(grant, content, plan, counted, on=on)
    return OpenedPlan(place, content, plan, known, counted, found)
