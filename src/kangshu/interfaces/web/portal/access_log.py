"""The overseer's page: who looked at what over the whole platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.looks import Look, looks_of
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.policies.definition import Resource

COUNT = 100
"""Entries read for a page; looks that follow each other are one line."""


@dataclass(frozen=True, slots=True)
class AccessLogPage(Page):
    """looks: newest first; before: where the next page begins, None on the last; first: the newest page."""

    template: ClassVar[str] = "access_log.html"
    title: ClassVar[str] = "log.title"
    section: ClassVar[str] = "access_log"

    looks: tuple[Look, ...]
    before: int | None
    first: bool


def access_log(platform: Platform, call: Call) -> AccessLogPage:
    """The newest accesses; `?before=NUMBER` those before an entry. Raises `Refused`."""
    grant = grant_for(platform, call.principal, "see_access_log", Resource("access_log"))
    before = call.number("before")
    found = platform.accesses(grant, before=before, count=COUNT)
    looks = looks_of(platform, call, [entry for _, entry in found])
    return AccessLogPage(looks, found[-1][0] if len(found) == COUNT else None, before is None)
