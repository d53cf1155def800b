"""The institutions connected to the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.grants import directory_grant
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.policies.definition import Grant


@dataclass(frozen=True, slots=True)
class Listed:
    """One institution; `level` is a key of the strings (city, county, township, village)."""

    code: str
    name: str
    level: str
    county: str


@dataclass(frozen=True, slots=True)
class InstitutionsPage(Page):
    """institutions: those of the reader's county, of all counties for the city."""

    template: ClassVar[str] = "institutions.html"
    title: ClassVar[str] = "institutions.title"
    section: ClassVar[str] = "institutions"

    institutions: tuple[Listed, ...]


def institutions(platform: Platform, call: Call) -> InstitutionsPage:
    """The institutions the place packs list. Raises `Refused`."""
    grant: Grant = directory_grant(platform, call.principal)
    county = grant.principal.county
    return InstitutionsPage(
        tuple(
            Listed(each.code, each.name, each.level, each.county)
            for each in platform.institutions
            if county is None or each.county == county
        )
    )
