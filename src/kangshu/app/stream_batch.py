"""A batch of a stream: journalled messages of one institution into facts, in the order they came."""

from __future__ import annotations

from collections.abc import Sequence

from kangshu.app.intake import whole
from kangshu.app.platform import Platform
from kangshu.domains.intake.unit import Unit
from kangshu.domains.intake.work import TooEarly
from kangshu.kernel.base.errors import Invalid, TooCostly
from kangshu.kernel.facts import journal, quarantine
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.policies.definition import Principal, Resource

Waiting = tuple[int, bytes | None]
"""(message, its bytes if they are still in memory)"""


def work_through(platform: Platform, source: str, batch: Sequence[Waiting]) -> None:
    """Turn journalled messages of one institution into facts, in order, in one transaction if they can."""
    units: list[tuple[int, Unit]] = []
    batch = [each for each in batch if each[1] is not None or not _is_finished(platform, each[0])]
    for number, raw in batch:
        unit = _unit(platform, source, number, raw)
        if unit is None:
            break
        units.append((number, unit))
    if units:
        _together(platform, source, units)
    for number, _ in batch[len(units) :]:
        platform.intake.work_through(platform.intake.messages.message(number))
    if batch:
        _note(platform, source, len(batch))


def _note(platform: Platform, source: str, count: int) -> None:
    """Messages of an institution were taken in: a use of the leave to load, as any other way in is."""
    listener = Principal("hl7v2-listener", "HL7 v2 listener", "operator", org=source)
    grant = platform.policies.decide(listener, "load", Resource("operations"), "operations")
    platform.note(grant, Use(None, (), (), count))


def _is_finished(platform: Platform, number: int) -> bool:
    """Whether it was worked through in an earlier try; again would put an old state on a newer one."""
    return platform.intake.messages.message(number).counts is not None


def _unit(platform: Platform, source: str, number: int, raw: bytes | None) -> Unit | None:
    """The one unit of a message; None for one that has several, which is worked through by itself."""
    try:
        parts = [raw] if raw is not None else platform.intake.messages.content(number)
        found = list(platform.intake.hl7.units(parts, source))
    except (Invalid, TooCostly) as error:
        return Unit([], bad=[(-1 - at, problem) for at, problem in enumerate(error.as_problems())])
    return found[0] if len(found) == 1 else None


def _together(platform: Platform, source: str, units: Sequence[tuple[int, Unit]]) -> None:
    origin = platform.intake.origin(source)

    def work(session: Session) -> None:
        results = platform.pipeline.take(session, whole(session, units, source), origin)
        for taken in results:
            if taken.bad:
                quarantine.set_aside(session, taken.message, taken.bad, origin.now)
        journal.finish_all(session, [(taken.message, taken.tally.as_json()) for taken in results], origin.now)

    try:
        platform.database.transact(work)
    except (Invalid, TooEarly):
        # One of them holds what cannot be stored: one after the other, it only spoils itself.
        for number, _ in units:
            platform.intake.work_through(platform.intake.messages.message(number))
