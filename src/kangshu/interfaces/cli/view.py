"""`kangshu view`: flat tables made from facts by ViewDefinitions."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast, get_args

import orjson
import typer
from rich.table import Column, Table

from kangshu.app.identity_provider.client_token import principal_of_token
from kangshu.app.view_lineage import ViewState, state_as_json
from kangshu.app.views import FORMS, Form
from kangshu.interfaces.cli.console import err, out, platform
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.policies.definition import Principal, Resource
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.parsing import parse_view

app = typer.Typer(
    no_args_is_help=True,
    help="Flat tables made from facts by SQL-on-FHIR ViewDefinitions.\n\nExample: kangshu view check v.json",
)

_OPERATOR = Principal("command-line", "command line", "operator")

File = Annotated[Path, typer.Argument(help="A ViewDefinition as JSON.")]


@app.command()
def run(
    view: Annotated[str, typer.Argument(help="A view of the packs, or a file with a ViewDefinition.")],
    token: Annotated[
        str, typer.Option(envvar="KANGSHU_TOKEN", help="Whose leave is used: see `kangshu token`.")
    ] = "",
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMS)}.")] = "ndjson",
    out_: Annotated[
        Path | None, typer.Option("--out", help="File to write; otherwise standard output.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(help="What was known then, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Rows at most.")] = None,
) -> None:
    """Run a view over the facts the token lets through.

    Example: kangshu view run patient --format csv --token "$(kangshu token --client me)"
    """
    with platform() as built:
        if form not in get_args(Form):
            raise Invalid(f"There is no format {form}.", remedy=f"There are {', '.join(FORMS)}.")
        if not token:
            raise Invalid("No token is given.", remedy="Give one with --token; `kangshu token` makes it.")
        principal = principal_of_token(built.settings.home, built.clock, token)
        purpose = built.policies.usual_purpose(principal)
        known = as_of.replace(tzinfo=UTC) if as_of else None
        definition = None if view in built.views.views.names else _found(view)
        type_ = definition.resource if definition else None
        grant = built.policies.decide(principal, "export", Resource("fact", type_), purpose)
        with tempfile.TemporaryDirectory(prefix="kangshu-view-") as folder:
            path = out_ or Path(folder) / "rows"
            chosen = cast(Form, form)
            if definition is None:
                rows = built.views.write_named(view, grant, path, form=chosen, as_of=known, limit=limit)
            else:
                rows = built.views.write(definition, grant, path, form=chosen, as_of=known, limit=limit)
            if out_ is None:
                with path.open("rb") as written:
                    while piece := written.read(1 << 20):
                        sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
        err.print(f"{rows:,} rows.")


@app.command(name="list")
def list_views() -> None:
    """Name the views of the packs, with what each reads.

    Example: kangshu view list
    """
    with platform() as built:
        views = built.views.views
        for name in views.names:
            about = views.selects[name].about if name in views.selects else views.definitions[name].resource
            print(f"{name}\t{about}\t{', '.join(sorted(views.needs_of(name)))}")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Say how views are kept: when each was made, rows, seconds, what is checked, what has gone wrong.

    Example: kangshu view status --json
    """
    with platform() as built:
        grant = built.policies.decide(_OPERATOR, "read", Resource("view"), "operations")
        found = built.view_lineage.states(grant)
    if as_json:
        for line in (line for state in found for line in state_as_json(state)):
            print(orjson.dumps(line).decode())
        return
    table = Table(
        Column("view", no_wrap=True), "of", "made (UTC)", "rows", "seconds", "state", "checks", "problem"
    )
    for state in found:
        for one in state.tables:
            note = one.note
            made = f"{note.made:%Y-%m-%d %H:%M:%S}" if note.made else ""
            numbers = ("" if each is None else f"{each:,}" for each in (note.rows, note.seconds))
            checks = ", ".join(_checks(state))
            table.add_row(note.view, note.county, made, *numbers, one.state, checks, note.problem)
    out.print(table)


def _checks(state: ViewState) -> Iterator[str]:
    if state.is_kept and state.view.key:
        yield f"key {', '.join(state.view.key)}"
    if state.least is not None:
        yield f"least {state.least:,}"
    if state.shrinks is not None:
        yield f"shrinks {state.shrinks}"


@app.command()
def check(file: File) -> None:
    """Say everything that is wrong with a view, or which columns it brings.

    Example: kangshu view check patients.view.json
    """
    with platform() as built:
        compiled = built.views.compile(_read(file))
        for column in compiled.columns:
            print(f"{column.name}\t{column.type}\t{column.description}")
        for problem in compiled.warnings:
            err.print(f"{problem.path}: {problem.message}")


@app.command()
def sql(file: File) -> None:
    """Print the SELECT a view becomes, over a relation `facts` with a column `body`.

    Example: kangshu view sql patients.view.json
    """
    with platform() as built:
        print(built.views.compile(_read(file)).sql)


def _found(view: str) -> ViewDefinition:
    if not Path(view).exists():
        raise NotFound(
            f"There is no view {view} in the packs, and no file of that name.",
            remedy="`kangshu view list` names the views.",
        )
    return _read(Path(view))


def _read(file: Path) -> ViewDefinition:
    try:
        return parse_view(orjson.loads(file.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise Invalid(
            f"{file.name} is not JSON: line {error.lineno}, column {error.colno}.",
            remedy="Correct it there; a ViewDefinition is one JSON object.",
        ) from None
