"""Resources and fairness: how evenly beds, doctors and nurses are spread over the towns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.planning.fairness import Spread
from kangshu.interfaces.web.portal.evaluated import Asked, Drawing, asked_of, drawing_of
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.params.definition import Dated
from kangshu.kernel.policies.definition import Resource

_CHART = (Path(__file__).parent / "charts" / "lorenz.vl.json").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class ResourcesPage(Page):
    """spreads: one for each resource that was counted; drawing: their Lorenz curves; alert: the Gini above
    which a spread is called uneven."""

    template: ClassVar[str] = "resources.html"
    title: ClassVar[str] = "resources.title"
    section: ClassVar[str] = "evaluation"

    asked: Asked
    spreads: tuple[Spread, ...]
    drawing: Drawing | None
    alert: Dated


def resources(platform: Platform, call: Call) -> ResourcesPage:
    """The page. Raises `Refused`, and `NotFound` for a place nobody has."""
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    asked = asked_of(platform, call)
    found = platform.planning.fairness(grant, asked.content, on=asked.on, county=asked.county)
    alert = asked.content.parameters.on("gini_alert", asked.on)
    return ResourcesPage(asked, found, _curves(call, found), alert)


def _curves(call: Call, spreads: Sequence[Spread]) -> Drawing | None:
    if not any(spread.curve for spread in spreads):
        return None
    english = call.words.language == "en"
    spec: dict[str, Any] = json.loads(_CHART)
    spec["encoding"]["x"]["axis"]["title"] = call.words.say("resources.of_people")
    spec["encoding"]["y"]["axis"]["title"] = call.words.say("resources.of_amount")
    spec["data"]["values"] = [
        {
            "people": round(float(people * 100), 2),
            "amount": round(float(amount * 100), 2),
            "line": spread.indicator.title_en if english else spread.indicator.title,
            "said": call.words.say(
                "resources.point", people=f"{float(people):.0%}", amount=f"{float(amount):.0%}"
            ),
        }
        for spread in spreads
        for people, amount in spread.curve
    ]
    return drawing_of(spec)
