"""Options of commands that say on which day, and what was known when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from kangshu.app.platform import Platform

Day = Annotated[
    datetime | None, typer.Option("--on", help="Whose targets and parameters apply.", formats=["%Y-%m-%d"])
]
Known = Annotated[
    datetime | None,
    typer.Option(help="What was known then, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
]


def day_of(built: Platform, on: datetime | None) -> date:
    """The day that was said, else today."""
    return on.date() if on else built.clock().date()


def utc(as_of: datetime | None) -> datetime | None:
    """The moment that was said, in UTC."""
    return as_of.replace(tzinfo=UTC) if as_of else None
