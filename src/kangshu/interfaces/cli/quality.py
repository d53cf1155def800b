"""`kangshu quality`: scores of what institutions send, and what was found wrong."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from kangshu.app.platform import Platform
from kangshu.domains.quality.scores import ranking
from kangshu.interfaces.cli.console import out, platform, progress_bar
from kangshu.kernel.policies.definition import Grant, Principal, Resource
from kangshu.kernel.rules.definition import DIMENSIONS

app = typer.Typer(
    no_args_is_help=True,
    help="Scores of what institutions send, and what was found wrong.\n\nExample: kangshu quality scores",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
Days = Annotated[int, typer.Option(min=1, help="Over how many days up to today.")]
Source = Annotated[str | None, typer.Option(help="Only this institution.")]


@app.command()
def scores(days: Days = 30, as_json: AsJson = False) -> None:
    """Rank institutions by the quality of what they sent, worst first.

    Example: kangshu quality scores --days 7 --json
    """
    with platform() as built:
        until = _today(built)
        reader = built.quality(_grant(built))
        found = reader.scores(since=until - timedelta(days=2 * days - 1), until=until)
        places = ranking(found, reader.scoring, until=until, days=days)
        names = {place.source: built.institutions.get(place.source).name for place in places}
    if as_json:
        for place in places:
            dimensions = {name: round(float(place.score.of(name)), 2) for name in DIMENSIONS}
            print(
                json.dumps(
                    {
                        "source": place.source,
                        "score": round(float(place.total), 2),
                        "change": None if place.change is None else round(float(place.change), 2),
                        "received": place.score.received,
                        "quarantined": place.score.aside,
                        "refused_messages": place.score.refused,
                        **dimensions,
                    }
                )
            )
        return
    table = Table("institution", "score", "change", *DIMENSIONS, "received", "quarantined")
    for place in places:
        change = "" if place.change is None else f"{place.change:+.1f}"
        table.add_row(
            f"{place.source} {names[place.source]}",
            f"{place.total:.1f}",
            change,
            *(f"{place.score.of(name):.1f}" for name in DIMENSIONS),
            str(place.score.received),
            str(place.score.aside),
        )
    out.print(table)


@app.command()
def findings(source: Source = None, days: Days = 30, as_json: AsJson = False) -> None:
    """What each rule found, most first. The failing records are shown in the portal, to who may see them.

    Example: kangshu quality findings --source H44099900001
    """
    with platform() as built:
        until = _today(built)
        found = built.quality(_grant(built)).found(
            since=until - timedelta(days=days - 1), until=until, source=source
        )
        titles = built.tables.titles()
    if as_json:
        for each in found:
            print(
                json.dumps(
                    {
                        "rule": each.rule,
                        "title": titles.get(each.rule, ""),
                        "level": each.level,
                        "dimension": each.dimension,
                        "feed": each.feed,
                        "findings": each.count,
                        "things": each.things,
                    },
                    ensure_ascii=False,
                )
            )
        return
    table = Table("rule", "level", "dimension", "feed", "findings", "things", "title")
    for each in found:
        table.add_row(
            each.rule,
            each.level,
            each.dimension,
            each.feed,
            str(each.count),
            str(each.things),
            titles.get(each.rule, ""),
        )
    out.print(table)


@app.command()
def check(
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Judge again what came since this day, as after a change of rules."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge the facts that came since the last pass. A server does so by itself, every minute.

    Example: kangshu quality check --since 2026-11-01
    """
    with platform() as built:
        _grant(built)
        day = None if since is None else since.date()
        with progress_bar("Judging") as progress:
            passed = built.fact_quality.check(since=day, progress=progress)
    found = {"facts": passed.facts, "messages": passed.messages, "findings": passed.findings}
    if as_json:
        print(json.dumps(found))
        return
    out.print(", ".join(f"{count} {name}" for name, count in found.items()), highlight=False)


def _grant(built: Platform) -> Grant:
    """Leave to count: what the command line may see of quality."""
    principal = Principal("command-line", "command line", "operator")
    return built.policies.decide(principal, "count_quality", Resource("table"), "operations")


def _today(built: Platform) -> date:
    return built.clock().date() + timedelta(days=1)
