"""The assessment of public hospitals: every indicator of a list with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from urllib.parse import urlencode

from kangshu.app.institutions import Institution
from kangshu.app.platform import Platform
from kangshu.domains.planning.assessment import Assessed, Assessment
from kangshu.interfaces.web.portal.drawing import Drawing
from kangshu.interfaces.web.portal.evaluated import Asked, asked_of, evaluation_file, newest
from kangshu.interfaces.web.portal.explained import Explained, explained
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.performance_table import (
    by_category,
    change_of,
    known_drawing,
    rows_table,
    value_of,
)
from kangshu.kernel.indicators.period import period_of
from kangshu.kernel.policies.definition import Resource

HOSPITALS = ("city", "county", "3", "2")
"""Levels of institutions that are hospitals of the second or third grade."""


@dataclass(frozen=True, slots=True)
class PerformancePage(Page):
    """address, query: of this page; lists: all there are; groups: the rows of the chosen one by category;
    changes: since the year before, by indicator; told: of how many there is a value; hospitals: that can be
    chosen; institution: the one that is, '' for all together; drawing: of how many rows of each category
    there is one; explained: the indicators, by id."""

    template: ClassVar[str] = "performance.html"
    title: ClassVar[str] = "performance.title"
    section: ClassVar[str] = "evaluation"

    address: str
    query: str
    asked: Asked
    assessment: Assessment
    lists: tuple[Assessment, ...]
    groups: tuple[tuple[str, tuple[Assessed, ...]], ...]
    changes: Mapping[str, Decimal]
    told: int
    hospitals: tuple[Institution, ...]
    institution: str
    drawing: Drawing
    explained: Mapping[str, Explained]


def performance(platform: Platform, call: Call) -> PerformancePage:
    """A list for all institutions, or one. Raises `Refused`, and `NotFound` for a list nobody has."""
    return _found(platform, call)[0]


def performance_file(platform: Platform, call: Call) -> tuple[str, str, bytes]:
    """The drawing, or all rows of the list. Raises `Refused`, `NotFound`."""
    page, rows = _found(platform, call)
    title = page.assessment.title if call.words.language == "zh" else page.assessment.title_en
    named = platform.institutions.get(page.institution).name if page.institution else ""
    whole = rows_table(rows, call.words)
    return evaluation_file(call, "-".join(filter(None, (title, named))), page.asked, page.drawing, whole)


def _found(platform: Platform, call: Call) -> tuple[PerformancePage, Sequence[Assessed]]:
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    opened = asked_of(platform, call)
    lists = tuple(sorted(opened.content.assessments.values(), key=lambda each: each.name, reverse=True))
    chosen = opened.content.assessment(str(call.parts.get("list", lists[0].name if lists else "")))
    hospitals = tuple(
        each
        for each in platform.institutions
        if each.level in HOSPITALS and opened.county in (None, each.county)
    )
    written = call.query.get("institution", "")
    institution = written if any(each.code == written for each in hospitals) else ""

    def look(asked: Asked) -> tuple[Assessed, ...]:
        year = period_of(asked.on, "year")
        one = institution or None
        return platform.planning.assess(
            grant, asked.content, chosen, year, on=asked.counted, county=asked.county, institution=one
        )

    asked, found = newest(opened, look, lambda found: any(value_of(each) is not None for each in found))
    query = {"year": asked.on.year} | ({"institution": institution} if institution else {})
    page = PerformancePage(
        address=f"/performance/{asked.place}/{chosen.name}",
        query=f"?{urlencode(query)}",
        asked=asked,
        assessment=chosen,
        lists=lists,
        groups=tuple((category, tuple(rows)) for category, rows in by_category(found).items()),
        changes={each.indicator.id: change for each in found if (change := change_of(each)) is not None},
        told=sum(1 for each in found if value_of(each) is not None),
        hospitals=hospitals,
        institution=institution,
        drawing=known_drawing(found, call.words),
        explained=explained(platform, call, asked.content, [each.indicator for each in found], asked.on),
    )
    return page, found
