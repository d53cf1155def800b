"""`kangshu demo-city`: a synthetic city as files of tables, or in the running installation."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from kangshu.app.demonstration_city import land_city, read_place
from kangshu.app.settings import read_settings
from kangshu.domains.intake.tally import Tally
from kangshu.domains.synthetic.city.order import Order, first_day
from kangshu.domains.synthetic.city.write import Delivery, write_city, write_day
from kangshu.interfaces.cli.console import (
    WITH_PROBLEMS,
    err,
    errors_told,
    operator_grant,
    out,
    platform,
    progress_bar,
)
from kangshu.interfaces.cli.tally_table import tally_table
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.time import utc_now

_DAY = ["%Y-%m-%d"]


def command(
    residents: Annotated[int, typer.Option(help="How many residents on the first day.")] = 2000,
    years: Annotated[int, typer.Option(help="How many years of care.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The last day; default: of last year.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Folder for the files, and for the truth.")] = None,
    land: Annotated[bool, typer.Option("--land", help="Land them in the running installation.")] = False,
    day: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Only the next day, of the city in the folder.")
    ] = None,
) -> None:
    """Invent a city of the kind of Xinyi: everybody in it, and their care, as its data centre would send it.

    Everybody and every number is synthetic. What was put in, and what engines should find, is in the folder
    `truth`, which is never landed.

    Example: kangshu demo-city --residents 5000 --out city --land
    """
    with errors_told():
        if to is None and (day is not None or not land):
            raise Invalid("It is not said where to.", remedy="Name a folder with --out, or give --land.")
        place = read_place(read_settings().packs)
        with _folder(to) as folder:
            if day is not None:
                files = write_day(day.date(), place, folder)
            else:
                last = until.date() if until else date(utc_now().year - 1, 12, 31)
                order = Order(residents, seed, first_day(last, years), last)
                with progress_bar("Inventing a city") as progress:
                    files = write_city(order, place, folder, progress)
            size = sum(each.path.stat().st_size for each in files)
            err.print(f"{len(files)} files, {size / 1e6:,.1f} MB.", highlight=False)
            if land:
                _land(files)


@contextmanager
def _folder(named: Path | None) -> Generator[Path]:
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="kangshu-city-") as folder:
        yield Path(folder)


def _land(files: list[Delivery]) -> None:
    with platform() as built:
        operator_grant(built, "load")
        with progress_bar("Landing it") as progress:
            tally = land_city(built, read_place(built.settings.packs), files, progress)
    _tell(tally)
    if tally.quarantined:
        raise typer.Exit(WITH_PROBLEMS)


def _tell(tally: Tally) -> None:
    out.print(tally_table("model", tally.as_json()))
