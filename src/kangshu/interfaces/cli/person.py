"""`kangshu person`: which source records are one person, and what a steward has to decide."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from kangshu.app.platform import Platform
from kangshu.interfaces.cli.console import out, platform
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.policies.definition import Grant, Principal, Resource

app = typer.Typer(
    no_args_is_help=True,
    help="Persons, and the doubts about who is who.\n\nExample: kangshu person work-items",
)

_STEWARD = Principal("command-line", "command line", "steward")
"""Without a county: the steward of the whole city, who sees identities and no clinical facts."""


def _grant(built: Platform, action: str, resource: Resource) -> Grant:
    return built.policies.decide(_STEWARD, action, resource, "operations")


@app.command()
def show(address: Annotated[str, typer.Argument(help="A source record, as Patient/ID.")]) -> None:
    """Show which source records of which institutions belong to the same person. No content is shown.

    Example: kangshu person show Patient/xry-p01000005
    """
    type_, _, id_ = address.partition("/")
    with platform() as built:
        if type_ != built.catalogue.subject_type or not id_:
            raise Invalid(f"Not the address of a source record: write {built.catalogue.subject_type}/ID.")
        grant = _grant(built, "read", Resource("fact", type_))
        person = built.person_of(type_, id_)
        if person is None:
            raise NotFound("No person has a source record at that address.")
        records = built.reader(grant).read_many(
            [(type_, one.partition("/")[2]) for one in built.patients_of(person)]
        )
        built.note(grant, Use(type_, (), (person,), len(records)))
    out.print(f"person {person}")
    for record in sorted(records, key=lambda fact: (fact.org, fact.id)):
        out.print(f"  {record.org}  {record.type}/{record.id}", highlight=False)


@app.command("work-items")
def work_items(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the doubts about identities that wait for a steward, oldest first.

    Example: kangshu person work-items
    """
    with platform() as built:
        found = built.work_items(_grant(built, "steward", Resource("work_item")), limit=limit)
    if as_json:
        for item in found:
            print(json.dumps(asdict(item), default=str))
        return
    table = Table("id", "since", "institution", "why", "record", "persons in question")
    for item in found:
        details = item.details
        candidates = ", ".join(str(person) for person in [details["person"], *details["candidates"]])
        table.add_row(
            str(item.id), f"{item.created_at:%F}", item.org, details["why"], details["address"], candidates
        )
    out.print(table)
