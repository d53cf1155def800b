"""Points and stretches of time: TS, IVL_TS, PIVL_TS of HL7 V3 to the forms of FHIR."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from kangshu.domains.intake.cda.xml import Element

_TS = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9})\d*)?)?)?)?)?)?"
    r"([+-]\d{2}(?::?\d{2})?|Z)?"
)
_WRITTEN = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_DAY = 86_400
_STRETCHES = {"s": 1, "min": 60, "h": 3600, "d": _DAY, "wk": 7 * _DAY}
_MOST = 1_000_000


def date_time(text: str | None, zone: str) -> str | None:
    """A FHIR dateTime as precise as what is given; a time without zone is in `zone`. None: no legal time."""
    match = _match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match
    if month == "00" or day == "00":
        # Zeros for what is not known.
        return year if month == "00" else f"{year}-{month}"
    if not _is_date(year, month, day):
        return None
    if hour is None:
        return "-".join(part for part in (year, month, day) if part)
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return f"{year}-{month}-{day}"
    tail = f".{fraction}" if fraction else ""
    return f"{year}-{month}-{day}T{hour}:{minute or '00'}:{second or '00'}{tail}{_zone(offset, zone)}"


def instant(text: str | None, zone: str) -> str | None:
    """A FHIR instant; of a mere day, its beginning."""
    found = date_time(text, zone)
    if found is None or len(found) < 10:
        return None
    return found if "T" in found else f"{found}T00:00:00{_zone(None, zone)}"


def day(text: str | None) -> str | None:
    """A FHIR date."""
    found = date_time(text, "Z")
    return found[:10] if found else None


def period(element: Element, zone: str) -> dict[str, str] | None:
    """An IVL_TS with low and high, one of which may be said by a width."""
    low = date_time(_value(element, "low"), zone)
    high = date_time(_value(element, "high"), zone)
    width = element.find("width")
    if width is not None and low and not high:
        high = moved(low, width.get("value"), width.get("unit"), 1)
    elif width is not None and high and not low:
        low = moved(high, width.get("value"), width.get("unit"), -1)
    found = {name: value for name, value in (("start", low), ("end", high)) if value}
    return found or None


def point_or_period(element: Element, zone: str) -> tuple[str, object] | None:
    """("DateTime", …) or ("Period", …), as the element says."""
    point = date_time(element.get("value"), zone) or date_time(_value(element, "center"), zone)
    if point:
        return "DateTime", point
    stretch = period(element, zone)
    if stretch is None:
        return None
    if stretch.get("start") and stretch.get("start") == stretch.get("end"):
        return "DateTime", stretch["start"]
    return "Period", stretch


def beginning(element: Element, zone: str) -> str | None:
    """The point a time starts at."""
    values = (element.get("value"), _value(element, "low"), _value(element, "center"))
    return next((found for value in values if (found := date_time(value, zone))), None)


def moved(moment: str, amount: str | None, unit: str | None, sign: int) -> str | None:
    """A moment some time later or earlier; None where it is not precise enough for that, or the unit is no
    fixed stretch of time."""
    seconds = _STRETCHES.get(unit or "")
    if seconds is None or not (amount or "").isascii() or not (amount or "").isdigit() or len(moment) < 10:
        return None
    if "T" not in moment and seconds < _DAY:
        return None
    by = timedelta(seconds=sign * seconds * min(int(amount or 0), _MOST))
    try:
        if "T" not in moment:
            return (date.fromisoformat(moment) + by).isoformat()
        return (datetime.fromisoformat(moment) + by).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def _value(element: Element, name: str) -> str | None:
    child = element.find(name)
    return None if child is None else child.get("value")


def _match(text: str | None) -> tuple[str | None, ...] | None:
    if not text:
        return None
    stripped = text.strip()
    found = _TS.fullmatch(stripped)
    if found:
        *parts, offset = found.groups()
        return *parts, _offset(offset)
    written = _WRITTEN.fullmatch(stripped)
    if written is None:
        return None
    year, month, day_, hour, minute, second, offset = written.groups()
    return year, month, day_, hour, minute, second, None, _offset(offset)


def _offset(text: str | None) -> str | None:
    """With minutes and without colon."""
    return text.replace(":", "").ljust(5, "0") if text and text != "Z" else text


def _is_date(year: str | None, month: str | None, day_: str | None) -> bool:
    try:
        date(int(year or 0), int(month or 1), int(day_ or 1))
    except ValueError:
        return False
    return True


def _zone(offset: str | None, zone: str) -> str:
    if offset is None or offset == "Z":
        return offset or zone
    if int(offset[1:3]) > 14 or int(offset[3:]) > 59 or (offset[1:3] == "14" and offset[3:] != "00"):
        return zone
    return f"{offset[:3]}:{offset[3:]}"
