"""`kangshu codes`: code systems in, codes looked up, local codes led to standard ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Shown

from kangshu.app import local_codes, retranslation
from kangshu.app.code_tables import Imported, descriptions, import_described, import_table
from kangshu.app.platform import Platform
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
from kangshu.kernel.codes.ucum import UCUM
from kangshu.kernel.policies.definition import Grant, Principal, Resource

app = typer.Typer(
    no_args_is_help=True,
    help="Code systems, and the way from local codes to standard ones.\n\nExample: kangshu codes list",
)

_STEWARD = Principal("command-line", "command line", "steward")
"""Without a county: the steward of the whole city."""

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
    version: Annotated[str, typer.Option(help="Version of the tables, if not the one described.")] = "",
    columns: Annotated[
        str, typer.Option(help="Its columns: code, name and, if there is one, that of the code above.")
    ] = "code,name",
    separator: Annotated[str, typer.Option(help=f"One of {', '.join(SEPARATORS)}.")] = "comma",
    encoding: Annotated[str, typer.Option(help="Of the file: utf-8, gb18030 …")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per code system.")] = False,
) -> None:
    """Import code systems, value sets and concept maps. Each is stored like any other message.

    The same tables again change nothing. Rows that are wrong are left out and told with their line.

    Example: kangshu codes import icd10_cn icd9cm3_cn --from tables/
    """
    with platform() as built, progress_bar("Importing") as progress:
        grant = operator_grant(built, "load")
        done: list[Imported] = []
        for number, each in enumerate(names):
            progress(number, len(names))
            if system:
                described = _own(Path(each), system, title, version or "1", columns, separator, encoding)
                done.append(import_table(built, grant, described, [Path(each).parent]))
            else:
                done.append(import_described(built, grant, each, folder or [], version))
        progress(len(names), len(names))
    for one in done:
        _tell(one, as_json=as_json)
    if any(one.problems or one.tally.quarantined for one in done):
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
        told = {"system": one.system, "concepts": one.count, "state": state}
        print(json.dumps(told | {"problems": len(one.problems)}, ensure_ascii=False))
    else:
        out.print(f"{one.title}: {one.count} codes, {state}", highlight=False)
    for problem in one.problems[:_TOLD]:
        err.print(f"{problem.path}: {problem.message}", highlight=False, markup=False)
    if len(one.problems) > _TOLD:
        err.print(f"… and {len(one.problems) - _TOLD} more.", highlight=False)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List the code systems that are stored, and what packs describe and nobody has imported yet.

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
        if not (
            library.system_versions(each.url) or library.value_set(each.url) or library.concept_map(each.url)
        )
    ]
    if UCUM not in library.systems:
        rows.append(("UCUM", UCUM, "", "-", "ucum"))
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


# -- local codes


@app.command()
def scan() -> None:
    """Look through everything stored for local codes that lead to no standard, and put them on the list.

    Example: kangshu codes scan
    """
    with platform() as built, progress_bar("Scanning") as progress:
        operator_grant(built, "load")
        read = retranslation.scan(built, progress)
    out.print(f"{read} facts read.", highlight=False)


@app.command("work-list")
def work_list(
    state: Annotated[str, typer.Option(help="open, approved or rejected.")] = "open",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 30,
    suggest: Annotated[bool, typer.Option(help="Show the three likeliest standard codes of each.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List local codes that lead to no standard, the most frequent first, with what they may mean.

    Example: kangshu codes work-list --limit 10
    """
    if state not in ("open", "approved", "rejected"):
        raise typer.BadParameter("It is open, approved or rejected.", param_hint="--state")
    with platform() as built:
        rows = local_codes.work_list(built, _steward(built), state=state, limit=limit)
        found = {row.id: local_codes.suggestions(built, row)[:3] if suggest else [] for row in rows}
    if as_json:
        for row in rows:
            told = asdict(row) | {"suggestions": [asdict(each) for each in found[row.id]]}
            print(json.dumps(told, default=str, ensure_ascii=False))
        return
    table = Shown("id", "institution", "local code", "name", "seen", "standard code, or what it may be")
    for row in rows:
        told = (
            [f"{row.target_code} {row.target_display}"]
            if row.target_code
            else [f"{each.code} {each.display} ({each.score:.2f})" for each in found[row.id]]
        )
        table.add_row(str(row.id), row.org, row.code, row.display, str(row.occurrences), "\n".join(told))
    out.print(table)


@app.command()
def approve(
    identifier: Annotated[int, typer.Argument(help="Number on the work list.")],
    code: Annotated[str, typer.Argument(help="The standard code it leads to.")],
    equivalence: Annotated[str, typer.Option(help=", ".join(local_codes.EQUIVALENCES))] = "equivalent",
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Decide which standard code a local code leads to. Messages that come later are translated by it.

    Example: kangshu codes approve 7 I10.x00x002
    """
    with platform() as built:
        row = local_codes.approve(
            built, _steward(built), identifier, code, equivalence=equivalence, note=note
        )
    out.print(f"{row.code} → {row.target_code} {row.target_display}", highlight=False, markup=False)
    out.print("Run `kangshu codes retranslate` for what was stored before.", highlight=False)


@app.command()
def reject(
    identifier: Annotated[int, typer.Argument(help="Number on the work list.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Decide that a local code leads nowhere.

    Example: kangshu codes reject 9 --note "internal marker"
    """
    with platform() as built:
        row = local_codes.reject(built, _steward(built), identifier, note=note)
    out.print(f"{row.code}: rejected", highlight=False, markup=False)


@app.command()
def retranslate() -> None:
    """Take what was approved to facts stored before: new versions, the standard coding beside the local one.

    May be stopped and started again.

    Example: kangshu codes retranslate
    """
    with platform() as built, progress_bar("Translating") as progress:
        operator_grant(built, "load")
        done = retranslation.retranslate(built, progress)
    out.print(f"{done.codes} codes, {done.facts} facts translated.", highlight=False)


def _steward(built: Platform) -> Grant:
    return built.policies.decide(_STEWARD, "steward", Resource("work_item"), "operations")
