"""`kangshu demo`: from nothing to a running platform with a synthetic county."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from kangshu.app.demonstration import Plan, demo_settings, is_set_up, set_up
from kangshu.app.identity_provider.build import read_directory
from kangshu.app.platform import Platform
from kangshu.app.settings import read_settings
from kangshu.app.wiring import build
from kangshu.interfaces import logs
from kangshu.interfaces.cli.console import err, errors_told, progress_bar
from kangshu.interfaces.cli.serve import serve
from kangshu.kernel.base.time import utc_now


def command(
    residents: Annotated[int, typer.Option(min=20, max=20_000, help="How many residents to invent.")] = 300,
    years: Annotated[int, typer.Option(min=1, max=20, help="Over how many years.")] = 6,
    seed: Annotated[int, typer.Option(help="The same seed gives the same county.")] = 1,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    only_load: Annotated[bool, typer.Option("--only-load", help="Set up the data and stop.")] = False,
) -> None:
    """Set up a synthetic county and serve it: open the address, log in as one of the people listed.

    The county, its institutions and every resident are invented. What is set up stays in KANGSHU_HOME;
    the next start is quick.

    Example: kangshu demo --residents 300 --port 8080
    """
    logs.configure("warning")
    with errors_told(), build(demo_settings(read_settings())).closing() as built:
        settings = built.settings
        if not is_set_up(settings):
            # Yesterday, so that nothing lies in the future wherever the reader's clock is.
            until = utc_now().date() - timedelta(days=1)
            err.print("Setting up a synthetic county. This takes a few minutes, once.", highlight=False)
            with progress_bar("Loading a synthetic county") as progress:
                tally = set_up(built, Plan(seed, residents, years, until), progress)
            err.print(f"{sum(tally.stored.values())} resources of {residents} invented residents stored.")
        if not only_load:
            serve(built, host, port, greeting=_who_can_log_in(built))


def _who_can_log_in(built: Platform) -> str:
    directory = read_directory(built.settings)
    lines = [f"Log in with the password {directory.demo_password} as"]
    for user in directory.users.values():
        where = built.institutions.get(user.org).name if user.org else ""
        lines.append(f"  {user.login:10} {user.role:18} {user.name} {where}".rstrip())
    return "\n".join([*lines, "All data is synthetic. Stop with Ctrl-C."])
