"""`kangshu plan`: plans of places, and how each row stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.report import KINDS, parse_kind
from kangshu.interfaces.cli.console import out, platform, tell_refused
from kangshu.interfaces.cli.days import Day, Known, day_of, utc
from kangshu.interfaces.cli.indicator import numbers_grant
from kangshu.interfaces.cli.plan_books import app as books
from kangshu.interfaces.cli.plan_files import write_report
from kangshu.kernel.base.errors import Invalid

app = typer.Typer(
    no_args_is_help=True,
    help="Plans of places.\n\nExample: kangshu plan report xinyi plan_2025",
)

app.add_typer(books)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command(name="list")
def list_plans() -> None:
    """Name the plans of the place packs.

    Example: kangshu plan list
    """
    with platform() as built:
        tell_refused(built)
        for place, content in built.planning.places.items():
            for plan in content.plans.values():
                print(f"{place}\t{plan.name}\t{plan.title}\t{len(plan.rows)}")


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
        parse_kind(kind)
        if output is None and (kind != "yearly" or year):
            raise Invalid("A kind and a year are of a report in a file.", remedy="Name the file with --out.")
        if output is not None:
            write_report(built, content, chosen, kind, year, output, language, day_of(built, on), utc(as_of))
            return
        found = built.planning.standings(
            numbers_grant(built), content, chosen, on=day_of(built, on), as_of=utc(as_of)
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
