"""The only place that reads the clock. Everything else is told the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, with time zone."""
    return datetime.now(UTC)
