"""`kangshu backup` and `kangshu restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kangshu.app import safekeeping
from kangshu.app.settings import read_settings
from kangshu.interfaces.cli.console import errors_told, out, platform


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; replaced if it is there.")],
) -> None:
    """Write facts, journal, access log, keys and users to one file. The service may go on running.

    The file holds personal data and signing keys: keep it as you keep the database.

    Example: kangshu backup kangshu-2026-11-22.backup
    """
    with platform() as built:
        size = safekeeping.backup(built, file)
    out.print(f"{file} {size / 1e6:.1f} MB", highlight=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `kangshu backup` wrote.")],
) -> None:
    """Put a backup back into an empty KANGSHU_HOME (or an empty database), and check it.

    Example: KANGSHU_HOME=/srv/kangshu kangshu restore kangshu-2026-11-22.backup
    """
    with errors_told():
        found = safekeeping.restore(read_settings(), file)
    out.print(f"Restored: {found.facts} fact versions, access log of {found.log_entries} entries, unbroken.")
