"""Options of commands that say on which day, what was known when, and where."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from kangshu.app.platform import Platform
from kangshu.kernel.base.errors import Invalid

_YEARS = range(1900, 2200)
_DIVISION = re.compile("[0-9]{6}")

Day = Annotated[
    datetime | None, typer.Option("--on", help="Whose targets and parameters apply.", formats=["%Y-%m-%d"])
]
Known = Annotated[
    datetime | None,
    typer.Option(help="What was known then, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
]


def day_of(built: Platform, on: datetime | None) -> date:
    """The day that was said, else today. Raises `Invalid` for one of which no pack can say anything."""
    if on is not None and on.year not in _YEARS:
        raise Invalid(
            f"{on.date()} lies beyond what can be counted.",
            remedy=f"Write a day of the years {_YEARS[0]} to {_YEARS[-1]} behind --on.",
        )
    return on.date() if on else built.clock().date()


def county_of(written: str | None) -> str | None:
    """The county that was said. Raises `Invalid` for what is no division."""
    if written is not None and not _DIVISION.fullmatch(written):
        raise Invalid("A county is a code of six digits (GB/T 2260).", remedy="Write --county 440983.")
    return written


def utc(as_of: datetime | None) -> datetime | None:
    """The moment that was said, in UTC."""
    return as_of.replace(tzinfo=UTC) if as_of else None
