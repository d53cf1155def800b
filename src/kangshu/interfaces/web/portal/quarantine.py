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

ROWS = 25


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem as people read it: what it is called here, the element, and what the check said, if more."""

    code: str
    title: str
    path: str
    said: str


@dataclass(frozen=True, slots=True)
class Held:
    """Part `position` of a message that waits for a fix; -1: the message as a whole."""

    id: int
    message: int
    source: str
    type: str
    position: int
    received: datetime
    problems: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class QuarantinePage(Page):
    """held: oldest first; after: where the next page begins, None on the last; first: nothing before it."""

    template: ClassVar[str] = "quarantine.html"
    title: ClassVar[str] = "quarantine.title"
    section: ClassVar[str] = "quarantine"

    held: tuple[Held, ...]
    after: int | None
    first: bool


def quarantine(platform: Platform, call: Call) -> QuarantinePage:
    """What waits in quarantine; `?after=ID` goes on behind an entry. Raises `Refused`."""
    grant = grant_for(platform, call.principal, "operate", Resource("operations"))
    after = call.number("after") or 0
    found = platform.quarantine(grant, after=after, limit=ROWS + 1)
    held = tuple(
        Held(
            each.id,
            each.message,
            platform.institutions.get(each.source).name,
            _type(platform, call, each.type),
            each.position,
            each.arrived_at,
            tuple(_trouble(platform, call, problem) for problem in each.problems),
        )
        for each in found[:ROWS]
    )
    return QuarantinePage(held, held[-1].id if len(found) > ROWS else None, after == 0)


def _type(platform: Platform, call: Call, name: str) -> str:
    if name == "?":  # what came could not be read far enough to say
        return call.words.say("model.none")
    known = platform.tables.models.by_name.get(name)
    if known is None:
        return call.words.say_or(f"type.{name}", name)
    return known.title_en if call.words.language == "en" else known.title


def _trouble(platform: Platform, call: Call, problem: Problem) -> Trouble:
    """Rules and faults of tables say all in their title; checks of FHIR say more, in English only."""
    tables = platform.tables
    titles = tables.titles_en() if call.words.language == "en" else tables.titles()
    if problem.code in titles:
        return Trouble(problem.code, titles[problem.code], problem.path, "")
    title = call.words.say_or(f"problem.{problem.code}", problem.code)
    return Trouble(problem.code, title, problem.path, problem.message)
