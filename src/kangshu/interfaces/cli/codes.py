"""`kangshu codes`: code systems in, codes looked up, local codes led to standard ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Shown

from kangshu.app.code_tables import Imported, descriptions, import_described, import_table
from kangshu.domains.terminology.table import SEPARATORS, Description, Table
from kangshu.interfaces.cli.console import (
    WITH_PROBLEMS,
    err,
    operator_grant,
    out,
    platform,
    progress_bar,
)
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.base.ids import derived_id
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.lookup import look_up

app = typer.Typer(no_args_is_help=True, help="Code systems, and the way from local codes to standard ones.")

_TOLD = 20
"""Problems of a table that are listed; the rest is counted."""


@app.command("import")
def import_(
    names: Annotated[
        list[str],
        typer.Argument(help="What packs describe (see `kangshu codes list`), or one table with --system."),
    ],
    folder: Annotated[list[Path] | None, typer.Option("--from", help="Folder the tables are in.")] = None,
    system: Annotated[str, typer.Option(help="URI of the code system that a table of your own is.")] = "",
    title: Annotated[str, typer.Option(help="Its title.")] = "",
    version: Annotated[str, typer.Option(help="Its version.")] = "1",
    columns: Annotated[
        str, typer.Option(help="Its columns: code, name and, if there is one, that of the code above.")
    ] = "code,name",
    separator: Annotated[str, typer.Option(help=f"One of {', '.join(SEPARATORS)}.")] = "comma",
    encoding: Annotated[str, typer.Option(help="Of the file: utf-8, gb18030 …")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per code system.")] = False,
) -> None:
    """Import code systems. Each becomes a CodeSystem, stored like any other message.

    The same tables again change nothing. Rows that are wrong are left out and told with their line.

    Example: kangshu codes import icd10_cn icd9cm3_cn --from tables/
    """
    with platform() as built, progress_bar("Importing") as progress:
        grant = operator_grant(built, "load")
        done: list[Imported] = []
        for number, each in enumerate(names):
            progress(number, len(names))
            if system:
                described = _own(Path(each), system, title, version, columns, separator, encoding)
                done.append(import_table(built, grant, described, [Path(each).parent]))
            else:
                done.append(import_described(built, grant, each, folder or []))
        progress(len(names), len(names))
    for one in done:
        _tell(one, as_json=as_json)
    if any(one.made.problems or one.tally.quarantined for one in done):
        raise typer.Exit(WITH_PROBLEMS)


def _own(
    path: Path, system: str, title: str, version: str, columns: str, separator: str, encoding: str
) -> Description:
    if separator not in SEPARATORS:
        raise Invalid("There is no such separator.", remedy=f"There are {', '.join(SEPARATORS)}.")
    named = [each.strip() for each in columns.split(",")]
    if not 2 <= len(named) <= 3:
        raise Invalid("The columns are not two or three.", remedy="Write --columns code,name,parent.")
    parent = named[2] if len(named) == 3 else ""
    table = Table(path.name, named[0], named[1], parent=parent, separator=separator, encoding=encoding)
    return Description(
        id=derived_id("CodeSystem", system, version),
        url=system,
        name=f"Table{derived_id(system)[:8]}",
        title=title or path.stem,
        version=version,
        publisher=title or path.stem,
        tables=(table,),
    )


def _tell(one: Imported, *, as_json: bool) -> None:
    state = "quarantined" if one.tally.quarantined else "stored" if one.tally.stored else "unchanged"
    if as_json:
        told = {"system": one.description.url, "concepts": one.made.count, "state": state}
        print(json.dumps(told | {"problems": len(one.made.problems)}, ensure_ascii=False))
    else:
        out.print(f"{one.description.title}: {one.made.count} codes, {state}", highlight=False)
    for problem in one.made.problems[:_TOLD]:
        err.print(f"{problem.path}: {problem.message}", highlight=False, markup=False)
    if len(one.made.problems) > _TOLD:
        err.print(f"… and {len(one.made.problems) - _TOLD} more.", highlight=False)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List the code systems that are stored, and those that packs describe and nobody has imported yet.

    Example: kangshu codes list
    """
    with platform() as built:
        library = built.codes.library()
        described = descriptions(built)
    rows = [
        (found.title or found.name, url, version, str(len(found.concepts)), "")
        for url in sorted(library.systems)
        for version, found in sorted(library.system_versions(url).items())
    ]
    rows += [
        (each.title, each.url, each.version, "-", name)
        for name, (each, _) in sorted(described.items())
        if each.url not in library.systems
    ]
    if as_json:
        for title, url, version, count, name in rows:
            told = {"title": title, "system": url, "version": version, "concepts": count, "import": name}
            print(json.dumps(told, ensure_ascii=False))
        return
    table = Shown("title", "system", "version", "codes", "kangshu codes import …")
    for row in rows:
        table.add_row(*row)
    out.print(table)


@app.command()
def lookup(
    system: Annotated[str, typer.Argument(help="URI of the code system.")],
    code: Annotated[str, typer.Argument(help="The code.")],
) -> None:
    """Show what a code system says of a code.

    Example: kangshu codes lookup https://code.nhsa.gov.cn/icd10 I10.x00x002
    """
    with platform() as built:
        context = Context(built.codes.library())
        if context.system(system) is None:
            raise NotFound("There is no such code system here.", remedy="See `kangshu codes list`.")
        found = look_up(context, Coding(system, code))
    out.print(f"{found.concept.code}  {found.display}", highlight=False, markup=False)
    for name, _, value, description in found.properties:
        out.print(f"  {name}: {value} {description}".rstrip(), highlight=False, markup=False)
    for each in found.designations:
        out.print(f"  {each.language or '-'}: {each.value}", highlight=False, markup=False)
