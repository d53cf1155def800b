"""A point in time as precise as its source wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Literal

BEIJING = timezone(timedelta(hours=8), "UTC+08:00")
"""The clock on the wall where the reader sits (GB/T 7408 local time of the whole country)."""

Precision = Literal["year", "month", "day", "minute"]

_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """`at` is the wall-clock time, without zone, of the first instant that is meant."""

    at: datetime
    precision: Precision = "day"

    @property
    def date(self) -> date:
        """The calendar day of the first instant."""
        return self.at.date()

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.at.year


def parse_moment(text: object, zone: tzinfo = BEIJING) -> Moment | None:
    """Read a FHIR date, dateTime or instant; None if it is none.

    A time with an offset is moved to `zone`; one without is taken as it stands.
    """
    if not isinstance(text, str):
        return None
    found = _DATE.match(text)
    try:
        if found:
            year, month, day = (int(part) if part else None for part in found.groups())
            precision: Precision = "day" if day else "month" if month else "year"
            return Moment(datetime(year or 1, month or 1, day or 1), precision)  # noqa: DTZ001 wall time
        stamp = datetime.fromisoformat(text)
        if stamp.tzinfo is not None:
            stamp = stamp.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return Moment(stamp.replace(second=0, microsecond=0), "minute")


def age_on(born: date, on: date) -> int:
    """Completed years of life."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
