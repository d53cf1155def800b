"""`kangshu index`: a composite index of institutions or counties, ranked and taken apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import typer
from rich.table import Table

from kangshu.app.indexes import index_of_counties, index_of_institutions
from kangshu.domains.planning.composite import Ranked
from kangshu.interfaces.cli.console import out, platform
from kangshu.interfaces.cli.indicator import numbers_grant
from kangshu.kernel.policies.definition import Resource


def index(
    place: Annotated[str, typer.Argument(help="A place pack.")],
    name: Annotated[str, typer.Argument(help="One of its indexes.")] = "digital",
    on: Annotated[
        datetime | None, typer.Option(help="Counted until then; the year is its year.", formats=["%Y-%m-%d"])
    ] = None,
    county: Annotated[str | None, typer.Option(help="Only facts from this county.")] = None,
    by: Annotated[Literal["institution", "county"], typer.Option(help="What is ranked.")] = "institution",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Rank institutions or counties by a composite index, with what each dimension contributes.

    Example: kangshu index xinyi --on 2025-12-31
    """
    with platform() as built:
        content = built.planning.place(place)
        day = on.date() if on else built.clock().date()
        grant = numbers_grant(built)
        seen = built.policies.decide(grant.principal, "see_quality", Resource("table"), "oversight")
        edition = content.index(name).on(day)
        quality = built.quality(seen)
        if by == "institution":
            found = index_of_institutions(
                built.planning, quality, grant, content, edition, on=day, county=county
            )
            names = {each.scored.unit: built.institutions.get(each.scored.unit).name for each in found}
        else:
            counties = built.institutions.by_county()
            found = index_of_counties(built.planning, quality, grant, content, edition, counties, on=day)
            names = {each: each for each in counties}
        title = content.index(name).title
    if as_json:
        for each in found:
            print(json.dumps(_told(each, names), ensure_ascii=False))
        return
    out.print(_table(found, names, f"{title} {day.year}"))


def _told(each: Ranked, names: dict[str, str]) -> dict[str, object]:
    score = each.scored.score
    return {
        "unit": each.scored.unit,
        "name": names[each.scored.unit],
        "rank": each.rank,
        "from": each.best,
        "to": each.worst,
        "score": None if score is None else round(float(score), 2),
        "known": round(float(each.scored.known), 3),
        "parts": [
            {
                "component": part.component.key,
                "dimension": part.component.dimension,
                "value": None if part.value is None else float(part.value),
                "points": None if part.points is None else round(float(part.points), 2),
                "share": round(float(part.share), 4),
                "contributes": round(float(part.contributes), 2),
            }
            for part in each.scored.parts
        ],
    }


def _table(found: Sequence[Ranked], names: dict[str, str], title: str) -> Table:
    dimensions = list(found[0].scored.dimensions()) if found else []
    table = Table("", "", "index", "rank from–to", *dimensions, title=title)
    for each in found:
        score = each.scored.score
        parts = each.scored.dimensions().values() if score is not None else ()
        table.add_row(
            str(each.rank or "–"),
            names[each.scored.unit],
            "–" if score is None else f"{float(score):.1f}",
            f"{each.best}–{each.worst}" if each.rank else "",
            *(f"{float(part):.1f}" for part in parts),
        )
    return table
