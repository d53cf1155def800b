"""Dates and times of different precision: how they compare, and what they may mean at least and at most."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, time
from typing import Any


def compare(left: str, right: str, kind: str) -> int | None:
    """-1, 0 or 1; None where the less precise of both cannot tell."""
    precise = _precision(left, kind), _precision(right, kind)
    if precise[0] == precise[1]:
        first, second = _read(left, kind), _read(right, kind)
        return (first > second) - (first < second)
    shared = min(precise)
    first, second = left[:shared], right[:shared]
    return (first > second) - (first < second) or None


def _precision(text: str, kind: str) -> int:
    if kind == "time":
        return min(len(text), 8)
    if len(text) <= 10:
        return len(text)
    return 19 if text[16:17] == ":" else 16


def _read(text: str, kind: str) -> Any:
    if kind == "time":
        return time.fromisoformat(text)
    if len(text) <= 10:
        return text
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def boundary(text: str, type_name: str, *, high: bool) -> str:
    """The first or last moment a text may mean."""
    if type_name == "time":
        return _clock(text, high=high)
    day, _, clock = text.partition("T")
    day = _day(day, high=high)
    if type_name == "date":
        return day
    zone = ""
    for mark in ("Z", "+", "-"):
        if mark in clock:
            clock, zone = clock[: clock.index(mark)], clock[clock.index(mark) :]
    if not zone:
        zone = "-12:00" if high else "+14:00"
    return f"{day}T{_clock(clock, high=high)}{zone}"


def _day(text: str, *, high: bool) -> str:
    if len(text) == 4:
        text += "-12" if high else "-01"
    if len(text) == 7:
        last = calendar.monthrange(int(text[:4]), int(text[5:]))[1]
        text += f"-{last:02d}" if high else "-01"
    return text


def _clock(text: str, *, high: bool) -> str:
    pattern = "23:59:59.999" if high else "00:00:00.000"
    if "." in text:
        whole, _, part = text.partition(".")
        return f"{whole}.{part.ljust(3, '9' if high else '0')[:3]}"
    return text + pattern[len(text) :]
