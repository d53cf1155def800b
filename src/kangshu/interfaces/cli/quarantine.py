"""`kangshu quarantine`: what could not be used, why, and trying again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from kangshu.interfaces.cli.console import WITH_PROBLEMS, operator_grant, out, platform

app = typer.Typer(
    no_args_is_help=True,
    help="What could not be used, why, and trying again.\n\nExample: kangshu quarantine list",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only messages from this institution.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what waits in quarantine, oldest first.

    Example: kangshu quarantine list --source H44099900001
    """
    with platform() as built:
        entries = built.quarantine(operator_grant(built, "operate"), source=source, limit=limit)
    if as_json:
        for entry in entries:
            print(json.dumps(asdict(entry), default=str))
        return
    table = Table("id", "source", "message", "place", "type", "problems", "first problem")
    for entry in entries:
        first = entry.problems[0] if entry.problems else None
        place = "whole" if entry.position < 0 else str(entry.position)
        what = f"{first.path}: {first.message}" if first else ""
        table.add_row(
            str(entry.id), entry.source, str(entry.message), place, entry.type, str(len(entry.problems)), what
        )
    out.print(table)


@app.command()
def show(
    entry: Annotated[int, typer.Argument(help="Number of the entry, as `list` gives it.")],
    as_json: AsJson = False,
) -> None:
    """Show every problem of an entry. Its content is not shown: that takes a clinical role, in the portal.

    Example: kangshu quarantine show 17
    """
    with platform() as built:
        found = built.quarantined(operator_grant(built, "operate"), entry)
    if as_json:
        print(json.dumps(asdict(found), default=str))
        return
    out.print(f"entry {found.id}, message {found.message} from {found.source}, {found.type}")
    for problem in found.problems:
        out.print(f"  {problem.severity} {problem.code} {problem.path}: {problem.message}", highlight=False)


@app.command()
def replay(
    entry: Annotated[int, typer.Argument(help="Number of the entry, as `list` gives it.")],
    as_json: AsJson = False,
) -> None:
    """Work through the message of an entry again, after rules or reference data were mended.

    Example: kangshu quarantine replay 17
    """
    with platform() as built:
        tally = built.replay(operator_grant(built, "operate"), entry)
    counts = tally.as_json()
    print(
        json.dumps(counts)
        if as_json
        else ", ".join(f"{name} {sum(of.values())}" for name, of in counts.items())
    )
    if tally.quarantined:
        raise typer.Exit(WITH_PROBLEMS)
