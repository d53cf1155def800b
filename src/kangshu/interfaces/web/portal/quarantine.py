"""The operator's list of what could not be used: places and problems, never content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.policies.definition import Resource


@dataclass(frozen=True, slots=True)
class Held:
    """Part `position` of a message that waits for a fix."""

    id: int
    message: int
    source: str
    type: str
    position: int
    received: datetime
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class QuarantinePage(Page):
    """held: oldest first."""

    template: ClassVar[str] = "quarantine.html"
    title: ClassVar[str] = "quarantine.title"
    section: ClassVar[str] = "quarantine"

    held: tuple[Held, ...]


def quarantine(platform: Platform, call: Call) -> QuarantinePage:
    """What waits in quarantine. Raises `Refused`."""
    grant = grant_for(platform, call.principal, "operate", Resource("operations"))
    return QuarantinePage(
        tuple(
            Held(
                each.id,
                each.message,
                platform.institutions.get(each.source).name,
                each.type,
                each.position,
                each.arrived_at,
                each.problems,
            )
            for each in platform.quarantine(grant)
        )
    )
