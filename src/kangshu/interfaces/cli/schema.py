"""`kangshu migrate`: bring the database up to date without starting anything else."""

from __future__ import annotations

from kangshu.interfaces.cli.console import out, platform


def command() -> None:
    """Bring the schema of the database up to date. Every other command does so too when it starts.

    Example: KANGSHU_DATABASE_URL=postgresql://host/kangshu kangshu migrate
    """
    with platform():
        out.print("The schema is up to date.")
