"""Who has looked: entries of the access log in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.access_log import AccessEntry
from kangshu.kernel.policies.definition import Resource

TOGETHER = timedelta(minutes=30)
"""Looks of one user of one kind that follow each other within this are shown as one, with their number."""


@dataclass(frozen=True, slots=True)
class Look:
    """Who looked when, in what role, for what; `times` how often in a row, `at` the last time."""

    at: datetime
    who: str
    role: str
    institution: str
    action: str
    purpose: str
    reason: str
    times: int = 1


def looks_at(platform: Platform, call: Call, person: int, *, count: int = 200) -> tuple[Look, ...] | None:
    """Those who looked at a person's record, newest first; None if the caller may not know."""
    resource = Resource("access_log", person=person)
    try:
        grant = grant_for(platform, call.principal, "see_access_log", resource)
    except Refused:
        return None
    return looks_of(platform, call, [entry for _, entry in platform.accesses(grant, count=count)])


def looks_of(platform: Platform, call: Call, entries: Sequence[AccessEntry]) -> tuple[Look, ...]:
    """Entries in words, looks that follow each other put together."""
    found: list[Look] = []
    for entry in entries:
        look = _look(platform, call, entry)
        if found and _same(found[-1], look):
            found[-1] = replace(found[-1], times=found[-1].times + 1)
        else:
            found.append(look)
    return tuple(found)


def _look(platform: Platform, call: Call, entry: AccessEntry) -> Look:
    return Look(
        at=entry.at,
        who=_who(call, entry),
        role=entry.role,
        institution=platform.institutions.get(entry.org).name if entry.org else "",
        action=entry.action,
        purpose=entry.purpose,
        reason=platform.policies.reasons(entry.policies, call.words.language),
    )


def _who(call: Call, entry: AccessEntry) -> str:
    if entry.principal == call.principal.id:
        return call.principal.name
    # Whoever reads the log learns which member of staff looked, but not the names of residents.
    if entry.role == "resident":
        return entry.principal
    name = call.name_of(entry.principal)
    return call.words.say_or(f"principal.{name}", name)


def _same(newer: Look, older: Look) -> bool:
    same = (newer.who, newer.action, newer.purpose) == (older.who, older.action, older.purpose)
    return same and newer.at - older.at < TOGETHER
