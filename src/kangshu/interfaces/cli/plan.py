"""`kangshu plan`: plans of places, what is counted for them, and how each row stands."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from kangshu.app.platform import Platform
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.report import KINDS
from kangshu.interfaces.cli.console import out, platform
from kangshu.interfaces.cli.plan_books import app as books
from kangshu.interfaces.cli.plan_books import reading
from kangshu.interfaces.cli.plan_files import write_report

app = typer.Typer(
    no_args_is_help=True,
    help="Plans of places and their indicators.\n\nExample: kangshu plan report xinyi plan_2025",
)

app.add_typer(books)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
Day = Annotated[
    datetime | None, typer.Option("--on", help="Whose targets and parameters apply.", formats=["%Y-%m-%d"])
]
Known = Annotated[
    datetime | None,
    typer.Option(help="What was known then, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
]


_CELL = ("period", "value", "hidden", "numerator", "denominator", "complete")


@app.command(name="list")
def list_plans() -> None:
    """Name the plans and indicators of the place packs.

    Example: kangshu plan list
    """
    with platform() as built:
        for place, content in built.planning.places.items():
            for plan in content.plans.values():
                print(f"{place}\t{plan.name}\t{plan.title}\t{len(plan.rows)}")
            for each in content.indicators.indicators:
                print(f"{place}\t{each.id}\t{each.title}\t{each.kind}")


@app.command()
def count(
    place: Annotated[str, typer.Argument(help="A place pack.")],
    indicator: Annotated[str, typer.Argument(help="One of its indicators that is computed.")],
    county: Annotated[str | None, typer.Option(help="Only facts from this county.")] = None,
    on: Day = None,
    as_of: Known = None,
    by: Annotated[list[str] | None, typer.Option(help="Broken down by this; may come again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Count an indicator over the facts of this installation, by period.

    Example: kangshu plan count xinyi hypertension_management --by town
    """
    with platform() as built:
        content = built.planning.place(place)
        chosen = content.indicators.get(indicator)
        counted = built.planning.count(
            reading(built), content, [chosen], on=_day(built, on), as_of=_utc(as_of), county=county
        )
    result = counted.get(indicator)
    cells = result.by(*(by or ())) if result else ()
    if as_json:
        for cell in cells:
            told = {name: getattr(cell, name) for name in _CELL}
            print(json.dumps({**told, **dict(cell.strata)}, default=str, ensure_ascii=False))
        return
    table = Table("period", *(by or ()), "numerator", "denominator", chosen.unit or "value", "complete %")
    for cell in cells:
        strata = dict(cell.strata)
        numbers = [_plain(each) for each in (cell.numerator, cell.denominator)]
        value = cell.hidden or _plain(cell.value)
        groups = [strata.get(name, "") for name in by or ()]
        table.add_row(cell.period, *groups, *numbers, value, _plain(cell.complete))
    out.print(table)


@app.command()
def report(
    place: Annotated[str, typer.Argument(help="A place pack.")],
    plan: Annotated[str, typer.Argument(help="One of its plans.")],
    kind: Annotated[str, typer.Option(help=f"{', '.join(KINDS)}; for a file.")] = "yearly",
    year: Annotated[str | None, typer.Option(help="Of which period; else the last that is over.")] = None,
    output: Annotated[
        Path | None, typer.Option("--out", help="A file to write: .pdf, .xlsx, .html or .json.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of the file: zh or en.")] = "zh",
    on: Day = None,
    as_of: Known = None,
    as_json: AsJson = False,
) -> None:
    """Say how every row of a plan stands, or write its report as a file.

    Example: kangshu plan report xinyi plan_2025 --kind midterm --out report.pdf
    """
    with platform() as built:
        content = built.planning.place(place)
        chosen = content.plan(plan)
        if output is not None:
            write_report(built, content, chosen, kind, year, output, language, _day(built, on), _utc(as_of))
            return
        found = built.planning.standings(
            reading(built), content, chosen, on=_day(built, on), as_of=_utc(as_of)
        )
    if as_json:
        for each in found:
            print(json.dumps(_row(each), default=str, ensure_ascii=False))
        return
    table = Table(
        "", "indicator", "value", "of", "trend", "target", "distance", "forecast", title=chosen.title
    )
    for each in found:
        row = _row(each)
        names = ("no", "named", "value", "period", "trend", "limit", "distance", "reach")
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    out.print(table)


def _row(standing: Standing) -> dict[str, Any]:
    latest, judged = standing.latest, standing.judgement
    return {
        "no": standing.row.no,
        "named": standing.row.named,
        "indicator": standing.indicator.id,
        "value": latest.value if latest else None,
        "period": latest.period.label if latest else None,
        "trend": standing.trend,
        "limit": judged.limit if judged else None,
        "verdict": judged.verdict if judged else None,
        "distance": standing.now.distance if standing.now else None,
        "reach": standing.forecast.reach if standing.forecast else None,
        "forecast": standing.forecast.sentence if standing.forecast else None,
        "sentence": judged.sentence if judged else None,
    }


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"


def _day(built: Platform, on: datetime | None) -> date:
    return on.date() if on else built.clock().date()


def _utc(as_of: datetime | None) -> datetime | None:
    return as_of.replace(tzinfo=UTC) if as_of else None
