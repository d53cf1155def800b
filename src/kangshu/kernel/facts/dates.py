"""Dates of any precision as stretches of time: `2020` is the whole year.

Times are epoch seconds (float), the end is not included. https://hl7.org/fhir/R4/search.html#date
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

Stretch = tuple[float, float]

_DATE = re.compile(
    r"(?P<year>\d{4})"
    r"(?:-(?P<month>\d\d)"
    r"(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_FAST = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400.0


@lru_cache(maxsize=65_536)
def stretch(text: str, zone: tzinfo = UTC) -> Stretch | None:
    """From when to when `text` lasts (date, dateTime or instant of FHIR); None if it is no date.

    `zone` is meant where the text names none. A leap second is the second after the 59th.
    """
    if _FAST.fullmatch(text):
        try:
            start = datetime.fromisoformat(text).timestamp()
        except ValueError:
            return None
        return start, start + _precision(text)
    date = _DATE.fullmatch(text)
    if date is None:
        return None
    try:
        return _stretch_of_parts(date, zone)
    except (ValueError, OverflowError):
        return None


def _precision(text: str) -> float:
    point = text.find(".", 19)
    if point < 0:
        return 1.0
    digits = len(text) - point - (2 if text[-1] == "Z" else 7)
    return 10.0**-digits


def _stretch_of_parts(date: re.Match[str], zone: tzinfo) -> Stretch:
    year, month, day = int(date["year"]), int(date["month"] or 1), int(date["day"] or 1)
    if date["hour"] is None:
        start = _seconds(datetime(year, month, day, tzinfo=zone))
        if date["day"] is not None:
            return start, start + _DAY
        if date["month"] is None:
            return start, start + _DAY * (366 if _is_leap(year) else 365)
        return start, start + _DAY * _days_of(year, month)
    second = int(date["second"] or 0)
    if second > 60:
        raise ValueError("seconds go to 60")
    moment = datetime(
        year, month, day, int(date["hour"]), int(date["minute"]), tzinfo=_zone(date["zone"], zone)
    )
    fraction = date["fraction"]
    start = _seconds(moment) + second + (float(f"0.{fraction}") if fraction else 0.0)
    if date["second"] is None:
        return start, start + 60.0
    return start, start + (10.0 ** -len(fraction) if fraction else 1.0)


def _zone(text: str | None, default: tzinfo) -> tzinfo:
    if text is None:
        return default
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo or default


def _seconds(moment: datetime) -> float:
    return (moment - _EPOCH) / timedelta(seconds=1)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_of(year: int, month: int) -> int:
    if month == 2:
        return 29 if _is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31
