"""Time: the only place that reads the clock, everything else is told it; and how moments are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, with time zone."""
    return datetime.now(UTC)


# What came in one message was recorded at one moment: most facts of a page share theirs.
@lru_cache(maxsize=1024)
def instant(moment: datetime) -> str:
    """A FHIR instant in UTC with milliseconds, `2024-05-01T08:00:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
