"""`kangshu view`: flat tables made from facts by ViewDefinitions."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast, get_args

import orjson
import typer

from kangshu.app.identity_provider.client_token import principal_of_token
from kangshu.app.views import FORMS, Form
from kangshu.interfaces.cli.console import err, platform
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.policies.definition import Resource
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.parsing import parse_view

app = typer.Typer(
    no_args_is_help=True,
    help="Flat tables made from facts by SQL-on-FHIR ViewDefinitions.\n\nExample: kangshu view check v.json",
)

File = Annotated[Path, typer.Argument(help="A ViewDefinition as JSON.")]


@app.command()
def run(
    view: Annotated[str, typer.Argument(help="A view of the packs, or a file with a ViewDefinition.")],
    token: Annotated[
        str, typer.Option(envvar="KANGSHU_TOKEN", help="Whose leave is used: see `kangshu token`.")
    ] = "",
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMS)}.")] = "ndjson",
    out: Annotated[Path | None, typer.Option(help="File to write; otherwise standard output.")] = None,
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
        definition = None if view in built.views.views.names else _read(Path(view))
        type_ = definition.resource if definition else None
        grant = built.policies.decide(principal, "export", Resource("fact", type_), purpose)
        with tempfile.TemporaryDirectory(prefix="kangshu-view-") as folder:
            path = out or Path(folder) / "rows"
            chosen = cast(Form, form)
            if definition is None:
                rows = built.views.write_named(view, grant, path, form=chosen, as_of=known, limit=limit)
            else:
                rows = built.views.write(definition, grant, path, form=chosen, as_of=known, limit=limit)
            if out is None:
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


def _read(file: Path) -> ViewDefinition:
    try:
        return parse_view(orjson.loads(file.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{file.name} is not JSON: line {error.lineno}, column {error.colno}.") from None
