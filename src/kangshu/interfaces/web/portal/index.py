"""A composite index of institutions: their ranking, with what each dimension contributes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kangshu.app.indexes import index_of_institutions
from kangshu.app.platform import Platform
from kangshu.domains.planning.composite import Ranked
from kangshu.domains.planning.index_definition import Edition, Index
from kangshu.interfaces.web.portal.evaluated import Asked, Drawing, asked_of, drawing_of
from kangshu.interfaces.web.portal.grants import grant_for, may
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.policies.definition import Resource

SHOWN = 20
"""Institutions of a page."""

_CHART = (Path(__file__).parent / "charts" / "index.vl.json").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class IndexPage(Page):
    """ranked: those of this page; names: of institutions, and of indicators by component; total: how many
    there are; unranked: of whom too little is known; page, pages: which this is, of how many."""

    template: ClassVar[str] = "index.html"
    title: ClassVar[str] = "index.title"
    section: ClassVar[str] = "evaluation"

    asked: Asked
    index: Index
    edition: Edition
    ranked: tuple[Ranked, ...]
    names: Mapping[str, str]
    total: int
    unranked: int
    page: int
    pages: int
    drawing: Drawing | None


def index(platform: Platform, call: Call) -> IndexPage:
    """The ranking of the year. Raises `Refused`, and `NotFound` for an index nobody has."""
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    asked = asked_of(platform, call)
    chosen = asked.content.index(str(call.parts.get("index", "digital")))
    edition = chosen.on(asked.on)
    quality = None
    if may(platform, call.principal, "see_quality", Resource("table")):
        quality = platform.quality(grant_for(platform, call.principal, "see_quality", Resource("table")))
    found = index_of_institutions(
        platform.planning, quality, grant, asked.content, edition, on=asked.on, county=asked.county
    )
    scored = [each for each in found if each.rank is not None]
    pages = max(1, -(-len(scored) // SHOWN))
    written = call.query.get("page", "")
    page = min(pages, max(1, int(written))) if written.isdecimal() else 1
    ranked = tuple(scored[(page - 1) * SHOWN : page * SHOWN])
    names = _names(platform, call, asked, ranked, edition)
    drawing = _bars(call, ranked, names) if ranked else None
    return IndexPage(
        asked, chosen, edition, ranked, names, len(scored), len(found) - len(scored), page, pages, drawing
    )


def _names(
    platform: Platform, call: Call, asked: Asked, ranked: Sequence[Ranked], edition: Edition
) -> dict[str, str]:
    english = call.words.language == "en"
    found = {each.scored.unit: platform.institutions.get(each.scored.unit).name for each in ranked}
    for component in edition.components:
        if not component.indicator:
            found[component.key] = call.words.say(f"index.{component.source}")
            continue
        indicator = asked.content.indicators.get(component.indicator)
        found[component.key] = indicator.title_en if english else indicator.title
    return found


def _bars(call: Call, ranked: Sequence[Ranked], names: Mapping[str, str]) -> Drawing:
    english = call.words.language == "en"
    spec: dict[str, Any] = json.loads(_CHART)
    rows: list[dict[str, Any]] = []
    for each in ranked:
        named = {part.component.dimension: part.component.dimension_en for part in each.scored.parts}
        for order, (dimension, points) in enumerate(each.scored.dimensions().items()):
            told = named[dimension] if english else dimension
            rows.append(
                {
                    "name": f"{each.rank} {names[each.scored.unit]}",
                    "dimension": told,
                    "points": round(float(points), 2),
                    "order": order,
                    "said": f"{names[each.scored.unit]} {told} {float(points):.1f}",
                }
            )
    spec["data"]["values"] = rows
    return drawing_of(spec)
