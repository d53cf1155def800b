"""Points and stretches of time: TS, IVL_TS, PIVL_TS of HL7 V3 to the forms of FHIR."""

from __future__ import annotations

import re
from datetime import date

from kangshu.domains.intake.cda.xml import Element

_TS = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9})\d*)?)?)?)?)?)?([+-]\d{4}|Z)?"
)
_WRITTEN = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?"
)


def date_time(text: str | None, zone: str) -> str | None:
    """A FHIR dateTime as precise as what is given; a time without zone is in `zone`. None: no legal time."""
    match = _match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match
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
    """An IVL_TS with low, high, or width; also a TS, as a period of a point."""
    low = date_time(_value(element, "low"), zone)
    high = date_time(_value(element, "high"), zone)
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
    return date_time(element.get("value"), zone) or date_time(_value(element, "low"), zone)


def _value(element: Element, name: str) -> str | None:
    child = element.find(name)
    return None if child is None else child.get("value")


def _match(text: str | None) -> tuple[str | None, ...] | None:
    if not text:
        return None
    stripped = text.strip()
    found = _TS.fullmatch(stripped)
    if found:
        return found.groups()
    written = _WRITTEN.fullmatch(stripped)
    if written is None:
        return None
    year, month, day_, hour, minute, second, offset = written.groups()
    return year, month, day_, hour, minute, second, None, offset.replace(":", "") if offset else None


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
