"""The assessment of public hospitals: every indicator of a list with what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.institutions import Institution
from kangshu.app.platform import Platform
from kangshu.domains.planning.assessment import Assessed, Assessment
from kangshu.interfaces.web.portal.evaluated import Asked, asked_of
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.indicators.period import period_of
from kangshu.kernel.policies.definition import Resource

HOSPITALS = ("city", "county", "3", "2")
"""Levels of institutions that are hospitals of the second or third grade."""


@dataclass(frozen=True, slots=True)
class PerformancePage(Page):
    """lists: all there are; groups: the rows of the chosen one by category; told: of how many there is a
    value; hospitals: that can be chosen; institution: the one that is, '' for all together."""

    template: ClassVar[str] = "performance.html"
    title: ClassVar[str] = "performance.title"
    section: ClassVar[str] = "evaluation"

    asked: Asked
    assessment: Assessment
    lists: tuple[Assessment, ...]
    groups: tuple[tuple[str, tuple[Assessed, ...]], ...]
    told: int
    hospitals: tuple[Institution, ...]
    institution: str


def performance(platform: Platform, call: Call) -> PerformancePage:
    """A list for all institutions, or one. Raises `Refused`, and `NotFound` for a list nobody has."""
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    asked = asked_of(platform, call)
    lists = tuple(sorted(asked.content.assessments.values(), key=lambda each: each.name, reverse=True))
    chosen = asked.content.assessment(str(call.parts.get("list", lists[0].name if lists else "")))
    hospitals = tuple(
        each
        for each in platform.institutions
        if each.level in HOSPITALS and asked.county in (None, each.county)
    )
    written = call.query.get("institution", "")
    institution = written if any(each.code == written for each in hospitals) else ""
    found = platform.planning.assess(
        grant,
        asked.content,
        chosen,
        period_of(asked.on, "year"),
        on=asked.on,
        county=asked.county,
        institution=institution or None,
    )
    told = sum(1 for each in found if _has_value(each))
    return PerformancePage(asked, chosen, lists, _grouped(found), told, hospitals, institution)


def _has_value(each: Assessed) -> bool:
    return each.entry is not None or (each.now is not None and each.now.value is not None)


def _grouped(found: Sequence[Assessed]) -> tuple[tuple[str, tuple[Assessed, ...]], ...]:
    by_category: dict[str, list[Assessed]] = {}
    for each in found:
        by_category.setdefault(each.row.category, []).append(each)
    return tuple((category, tuple(rows)) for category, rows in by_category.items())
