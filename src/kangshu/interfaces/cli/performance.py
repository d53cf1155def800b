"""`kangshu performance`: the lists of indicators by which institutions are assessed."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import typer
from rich.table import Table

from kangshu.domains.planning.assessment import Assessed
from kangshu.interfaces.cli.console import out, platform
from kangshu.interfaces.cli.indicator import numbers_grant
from kangshu.kernel.indicators.period import period_of


def performance(
    place: Annotated[str, typer.Argument(help="A place pack.")],
    name: Annotated[str, typer.Argument(help="One of its lists.")] = "tertiary_2025",
    on: Annotated[
        datetime | None, typer.Option(help="Counted until then; the year is its year.", formats=["%Y-%m-%d"])
    ] = None,
    institution: Annotated[str | None, typer.Option(help="One institution, by its code.")] = None,
    county: Annotated[str | None, typer.Option(help="Only facts from this county.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Say what is known of every indicator by which hospitals are assessed (国考).

    Example: kangshu performance xinyi tertiary_2025 --on 2025-12-31
    """
    with platform() as built:
        content = built.planning.place(place)
        day = on.date() if on else built.clock().date()
        found = built.planning.assess(
            numbers_grant(built),
            content,
            content.assessment(name),
            period_of(day, "year"),
            on=day,
            county=county,
            institution=institution,
        )
        title = content.assessment(name).title
    if as_json:
        for each in found:
            print(json.dumps(_row(each), default=str, ensure_ascii=False))
        return
    out.print(_table(found, title, day))


def _table(found: tuple[Assessed, ...], title: str, day: date) -> Table:
    table = Table("", "indicator", "unit", "status", str(day.year), str(day.year - 1), title=title)
    for each in found:
        row = _row(each)
        names = ("no", "named", "unit", "status", "value", "before")
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    return table


def _row(each: Assessed) -> dict[str, str | bool | Decimal | None]:
    stated = each.entry.value if each.entry else None
    return {
        "no": each.row.no,
        "named": each.row.named,
        "indicator": each.row.indicator,
        "unit": each.indicator.unit,
        "nature": each.row.nature,
        "direction": each.row.direction,
        "status": each.row.status,
        "monitored": each.row.monitored,
        "value": each.now.value if each.now else stated,
        "hidden": each.now.hidden if each.now else "",
        "before": each.before.value if each.before else None,
    }
