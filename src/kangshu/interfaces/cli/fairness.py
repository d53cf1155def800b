"""`kangshu fairness`: how evenly resources are spread over the towns of a county."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer
from rich.table import Table

from kangshu.domains.planning.fairness import Spread
from kangshu.interfaces.cli.console import out, platform
from kangshu.interfaces.cli.indicator import numbers_grant


def fairness(
    place: Annotated[str, typer.Argument(help="A place pack.")],
    on: Annotated[datetime | None, typer.Option(help="Counted until then.", formats=["%Y-%m-%d"])] = None,
    county: Annotated[str | None, typer.Option(help="Only facts from this county.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Say how fairly beds, doctors and nurses are spread: Gini, Theil, and each town.

    Example: kangshu fairness xinyi --on 2025-12-31
    """
    with platform() as built:
        content = built.planning.place(place)
        day = on.date() if on else built.clock().date()
        found = built.planning.fairness(numbers_grant(built), content, on=day, county=county)
    for spread in found:
        if as_json:
            print(json.dumps(_told(spread), default=str, ensure_ascii=False))
        else:
            out.print(_table(spread))
    if not found:
        out.print("Nothing is counted: no monthly reports have landed, or no residents are known.")


def _told(spread: Spread) -> dict[str, object]:
    return {
        "indicator": spread.indicator.id,
        "period": spread.period,
        "gini": None if spread.gini is None else round(float(spread.gini), 4),
        "covers": None if spread.covers is None else round(float(spread.covers), 4),
        "judged": spread.is_judged,
        "theil": None if spread.theil is None else round(spread.theil.whole, 4),
        "groups": {str(each.strata[0][1]): each.value for each in spread.cells},
        "left_out": [each.strata[0][1] for each in spread.left_out],
    }


def _table(spread: Spread) -> Table:
    gini = "" if spread.gini is None else f"Gini {float(spread.gini):.3f}"
    whole = "" if spread.theil is None else f"Theil {spread.theil.whole:.3f}"
    covers = f"of {float(spread.covers or 0):.0%} of the people"
    title = f"{spread.indicator.title} {spread.period} {gini} {whole} {covers}"
    table = Table(spread.stratum, "people", "amount", spread.indicator.unit, title=title)
    for cell in spread.cells:
        people, amount = (
            f"{(each or Decimal(0)).normalize():f}" for each in (cell.denominator, cell.numerator)
        )
        table.add_row(str(cell.strata[0][1]), people, amount, f"{cell.value}")
    for cell in spread.left_out:
        table.add_row(str(cell.strata[0][1] or "?"), "", "", "not shown" if cell.hidden else "")
    return table
