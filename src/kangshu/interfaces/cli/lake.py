"""`kangshu lake`: the tables of the lake, and what is made from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from kangshu.app.fact_lake import is_of_facts
from kangshu.app.kept_views import is_kept
from kangshu.app.platform import Platform
from kangshu.interfaces.cli.console import out, platform, progress_bar
from kangshu.kernel.policies.definition import Principal, Resource

app = typer.Typer(
    no_args_is_help=True,
    help="The tables of the lake, and what is made from them.\n\nExample: kangshu lake list",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command(name="list")
def list_tables(as_json: AsJson = False) -> None:
    """Name the tables of the lake: what has landed, facts, kept views, tallies; with rows, files, bytes.

    Example: kangshu lake list --json
    """
    with platform() as built:
        _ask_leave(built)
        found = built.tables.lake.tables()
    if as_json:
        for each in found:
            print(
                json.dumps({"table": each.name, "rows": each.rows, "files": each.files, "bytes": each.bytes})
            )
        return
    table = Table("table", "rows", "files", "MB", "version")
    for each in found:
        numbers = (f"{each.rows:,}", f"{each.files:,}", f"{each.bytes / 1e6:,.1f}", str(each.version))
        table.add_row(each.name, *numbers)
    out.print(table)


@app.command()
def refresh() -> None:
    """Bring the lake of facts, kept views and the tallies of all plans up to date.

    A server does so by itself; whoever asks for a view or an indicator waits for what is behind.

    Example: kangshu lake refresh
    """
    with platform() as built:
        _ask_leave(built)
        _refresh(built)
    out.print("The lake is up to date.")


@app.command()
def tidy() -> None:
    """Join small files of the lake and delete what no version of the last week needs.

    Example: kangshu lake tidy
    """
    with platform() as built:
        _ask_leave(built)
        lake = built.tables.lake
        for table in lake.tables():
            gone = lake.tidy(table.name)
            out.print(f"{table.name}: {table.rows} rows in {table.files} files; {gone} files deleted")


@app.command()
def rebuild() -> None:
    """Delete what is made from the database and from landed tables, and make it again.

    What has landed stays: it is nowhere else but in the journal.

    Example: kangshu lake rebuild
    """
    with platform() as built:
        _ask_leave(built)
        asked = built.views.over_everything()
        built.planning.forget()
        _refresh(built, asked)
        made = [each for each in built.tables.lake.tables() if is_of_facts(each.name) or is_kept(each.name)]
    out.print(f"{len(made)} tables made again, {sum(each.rows for each in made):,} rows.")


def _refresh(built: Platform, also: Iterable[str] = ()) -> None:
    with progress_bar("Lake of facts") as advance:
        built.views.facts.follow(progress=advance)
    with progress_bar("Views") as advance:
        built.views.refresh(advance, also=also)
    with progress_bar("Indicators") as advance:
        built.planning.refresh(on=built.clock().date(), progress=advance)


def _ask_leave(built: Platform) -> None:
    """Leave to tend tables without reading them: what the command line may see of quality."""
    principal = Principal("command-line", "command line", "operator")
    built.policies.decide(principal, "count_quality", Resource("table"), "operations")
