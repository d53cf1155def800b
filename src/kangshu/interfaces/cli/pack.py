"""`kangshu pack`: the packs of this installation, and what is wrong with them."""

from __future__ import annotations

from typing import Annotated

import typer

from kangshu.app.pack_check import check_pack
from kangshu.app.settings import read_settings
from kangshu.interfaces.cli.console import err, errors_told
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.find import find_packs

app = typer.Typer(
    no_args_is_help=True,
    help="Packs: what standards, programmes and places bring.\n\nExample: kangshu pack check xinyi",
)


@app.command(name="list")
def list_packs() -> None:
    """Name the packs, with kind, version and title, and the folder they are in.

    Example: kangshu pack list
    """
    with errors_told():
        root = read_settings().packs
        err.print(f"Packs of {root}", highlight=False, markup=False, soft_wrap=True)
        for pack in find_packs(root).values():
            told = pack.manifest
            print(f"{told.name}\t{told.kind}\t{told.version}\t{told.title}")


@app.command()
def check(name: Annotated[str, typer.Argument(help="The name of a pack.")]) -> None:
    """Say everything that is wrong with the views, indicators and plans of a pack, by file and key.

    Neither a database nor a server is needed, and none is touched.

    Example: kangshu pack check xinyi
    """
    with errors_told():
        root = read_settings().packs
        problems = check_pack(root, name)
        if problems:
            raise Invalid(
                f"The pack {name} has {len(problems)} problem{'s' if problems[1:] else ''}.",
                remedy="Correct the files named. See the pages `write-a-pack` and `define-an-indicator`.",
                problems=tuple(problems),
            )
        print(f"{name}: nothing is wrong.")
