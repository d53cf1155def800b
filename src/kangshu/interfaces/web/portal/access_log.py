"""The overseer's page: who looked at what over the whole platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.looks import Look, looks_of
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.policies.definition import Resource

COUNT = 300


@dataclass(frozen=True, slots=True)
class AccessLogPage(Page):
    """looks: newest first."""

    template: ClassVar[str] = "access_log.html"
    title: ClassVar[str] = "log.title"
    section: ClassVar[str] = "access_log"

    looks: tuple[Look, ...]


def access_log(platform: Platform, call: Call) -> AccessLogPage:
    """The newest accesses. Raises `Refused`."""
    grant = grant_for(platform, call.principal, "see_access_log", Resource("access_log"))
    entries = [entry for _, entry in platform.accesses(grant, count=COUNT)]
    return AccessLogPage(looks_of(platform, call, entries))
