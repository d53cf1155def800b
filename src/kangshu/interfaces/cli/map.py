"""`kangshu map`: boundaries of towns, for the maps of the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kangshu.app.maps import Maps
from kangshu.app.settings import read_settings
from kangshu.interfaces.cli.console import errors_told, out
from kangshu.kernel.base.errors import NotFound

app = typer.Typer(
    no_args_is_help=True,
    help="Boundaries of the towns of a county; without them maps are schematic.\n\n"
    "Example: kangshu map import towns.geojson --county 440983",
)

County = Annotated[str, typer.Option(help="The county, by its six digits (GB/T 2260).")]


@app.command(name="import")
def take(
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, a feature for each town.", exists=True, dir_okay=False)
    ],
    county: County,
    name: Annotated[str | None, typer.Option(help="Which property is the name of the town.")] = None,
) -> None:
    """Keep the boundaries of a county's towns, in the place of earlier ones.

    Example: kangshu map import towns.geojson --county 440983 --name XZQMC
    """
    with errors_told():
        found = _maps().take(county, file.read_bytes(), name_property=name)
    out.print(f"{len(found.shapes)} towns of {county}: {', '.join(each.name for each in found.shapes)}.")


@app.command()
def remove(county: County) -> None:
    """Forget the boundaries of a county.

    Example: kangshu map remove --county 440983
    """
    with errors_told():
        if not _maps().remove(county):
            raise NotFound(f"There are no boundaries of {county}.")
    out.print(f"The boundaries of {county} are gone.")


def _maps() -> Maps:
    return Maps(read_settings().home / "maps")
