"""`kangshu plan enter, progress, publish …`: what the commission writes about plans."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated

import typer
from rich.table import Table

from kangshu.app.platform import Platform
from kangshu.app.publishing import issued, publish_known
from kangshu.interfaces.cli.console import out, platform
from kangshu.interfaces.cli.indicator import numbers_grant
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.publication import Published
from kangshu.kernel.policies.definition import Grant, Principal, Resource

app = typer.Typer()

Place = Annotated[str, typer.Argument(help="A place pack.")]
Source = Annotated[str, typer.Option(help="The document or system it is from.")]
Evidence = Annotated[
    str, typer.Option(help="Where in it, or where the proof is kept; nothing about persons.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command()
def enter(
    place: Place,
    indicator: Annotated[str, typer.Argument(help="One of its indicators.")],
    period: Annotated[str, typer.Argument(help="2025, 2025Q3 or 2025-07, as the indicator has it.")],
    value: Annotated[str, typer.Option(help="The number; nothing takes back what was entered.")] = "",
    source: Source = "",
    evidence: Evidence = "",
) -> None:
    """Enter a value that the platform cannot count, with its source and evidence.

    Example: kangshu plan enter xinyi smoking 2024 --value 21.3 --source 吸烟调查报告 --evidence 第3页
    """
    row = {"period": period, "value": value, "source": source, "evidence": evidence}
    with platform() as built:
        content = built.planning.place(place)
        entry = built.planning.books.enter(writing(built, "enter"), content, indicator, row)
    told = "taken back" if entry.value is None else f"{entry.value:f}"
    print(f"{indicator}\t{entry.period.label}\t{told}")


@app.command()
def progress(
    place: Place,
    project: Annotated[str, typer.Argument(help="The number of one of its projects.")],
    day: Annotated[str, typer.Argument(help="As of which day: 2025-06-30.")],
    paid: Annotated[str, typer.Option(help="Paid since the beginning, in 10,000 CNY.")] = "",
    work: Annotated[str, typer.Option(help="Works that stand, in %.")] = "",
    source: Source = "",
    evidence: Evidence = "",
) -> None:
    """Enter how far a project has come; neither money nor works takes back that day's entry.

    Example: kangshu plan progress xinyi 1 2024-06-30 --paid 8000 --work 35 --source 项目月报 --evidence 附件2
    """
    row = {"day": day, "paid": paid, "work": work, "source": source, "evidence": evidence}
    with platform() as built:
        content = built.planning.place(place)
        built.planning.books.enter_progress(writing(built, "enter"), content, project, row)
    print(f"{project}\t{day}")


@app.command()
def projects(place: Place, as_json: AsJson = False) -> None:
    """Say how the projects of a place stand: money and works beside the time.

    Example: kangshu plan projects xinyi
    """
    with platform() as built:
        content = built.planning.place(place)
        found = built.planning.books.projects(numbers_grant(built), content, on=built.clock().date())
    names = ("no", "project", "total", "paid", "spent", "work", "time", "course", "stale")
    rows = [
        (
            each.project.no,
            each.project.project,
            each.project.total,
            each.paid,
            each.spent,
            each.work,
            each.time,
            each.course,
            each.stale,
        )
        for each in found
    ]
    if as_json:
        for row in rows:
            print(json.dumps(dict(zip(names, row, strict=True)), default=str, ensure_ascii=False))
        return
    table = Table("", "project", "total", "paid", "paid %", "works %", "time %", "course", "stale")
    for row in rows:
        table.add_row(*("" if each is None else str(each) for each in row[:-1]), "stale" if row[-1] else "")
    out.print(table)


@app.command()
def publish(
    place: Place,
    indicators: Annotated[list[str], typer.Argument(help="Its indicators, and at the end the period.")],
) -> None:
    """Publish a closed period of indicators, all of them or none; what was published stays.

    Example: kangshu plan publish xinyi smoking health_literacy 2023
    """
    *names, period = indicators
    with platform() as built:
        if not names:
            raise Invalid(
                "It is not said which indicators, or of which period.",
                remedy="Name indicators, and behind them the period: smoking 2023.",
            )
        content = built.planning.place(place)
        cells = publish_known(
            built.planning,
            numbers_grant(built),
            writing(built, "publish"),
            content,
            names,
            period,
            on=built.clock().date(),
        )
    print(f"{period}\t{len(names)}\t{len(cells)}")


@app.command()
def published(place: Place, as_json: AsJson = False) -> None:
    """Say what was published, and what is known of it now.

    Example: kangshu plan published xinyi
    """
    with platform() as built:
        content = built.planning.place(place)
        found = issued(built.planning, numbers_grant(built), content, on=built.clock().date())
    names = ("indicator", "period", "published", "now", "changed_cells", "redefined", "recorded")
    rows = [
        (
            each.indicator.id,
            each.period,
            _said(each.total),
            _said(each.now),
            len(each.restatements),
            each.redefined,
            each.cells[0].recorded.isoformat(),
        )
        for each in found
    ]
    if as_json:
        for row in rows:
            print(json.dumps(dict(zip(names, row, strict=True)), default=str, ensure_ascii=False))
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*("" if each is None else str(each) for each in row))
    out.print(table)


def writing(built: Platform, action: str) -> Grant:
    """Leave to enter or publish."""
    return built.policies.decide(_commission(), action, Resource("indicator"), "oversight")


def _commission() -> Principal:
    return Principal("command-line", "command line", "city_commission")


def _said(cell: Published | Cell | None) -> Decimal | str | None:
    return None if cell is None else cell.hidden or cell.value
