"""Dates and times as HL7 writes them, and as senders do, in FHIR's form."""

from __future__ import annotations

import re
from calendar import monthrange
from functools import lru_cache

_FULL_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)} | {0x3000: 0x20}
_TIME = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?P<fraction>\.\d{1,9})?)?)?)?)?)?(?P<zone>[+-]\d{4})?",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})(?:([-/])(\d\d?)\2(\d\d?)|年(\d\d?)月(\d\d?)日)"
    r"(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_PARTED = re.compile(r"(\d{8})T(\d{4,6}(?:\.\d{1,9})?)(Z|[+-]\d{4})?|(\d{12,14}(?:\.\d{1,9})?)(Z)", re.ASCII)


def narrow(written: str) -> str:
    """Full-width digits, signs and letters as the plain ones; superscripts stay what they are."""
    return written if written.isascii() else written.translate(_FULL_WIDTH)


@lru_cache(20_000)
def moment(written: str, zone: str) -> str | None:
    """A time of HL7 in FHIR's form, or None. An hour without minutes is the full hour."""
    written = _unparted(written)
    match = _TIME.fullmatch(written)
    if match is None:
        # Zeros stand for parts that are not known (chapter 2A, TS).
        match = _TIME.fullmatch(re.sub(r"(?<=^\d{4})0000\d*$|(?<=^\d{6})00\d*$", "", written))
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if year == "0000":
        return None
    if month is None or month == "00":
        return year
    if not "01" <= month <= "12":
        return None
    if day is None or day == "00":
        return f"{year}-{month}"
    if not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        return None
    if hour is None:
        return f"{year}-{month}-{day}"
    if hour > "23" or (minute or "00") > "59" or (second or "00") > "59":
        return None
    where = _zone(offset) if offset else zone
    if where is None:
        return None
    return f"{year}-{month}-{day}T{hour}:{minute or '00'}:{second or '00'}{fraction or ''}{where}"


def _unparted(written: str) -> str:
    """What is written as in ISO 8601, with slashes or in Chinese, which some do, as HL7 writes it."""
    if iso := _ISO.fullmatch(written):
        year, _, month, day, month_, day_, *rest = iso.groups("")
        written = year + (month or month_).zfill(2) + (day or day_).zfill(2) + "".join(rest).replace(":", "")
    elif parted := _PARTED.fullmatch(written):
        written = "".join(parted.groups(""))
    return f"{written[:-1]}+0000" if written.endswith("Z") else written


def _zone(offset: str) -> str | None:
    if offset[1:3] > "14" or offset[3:] > "59" or (offset[1:3] == "14" and offset[3:] != "00"):
        return None
    return f"{offset[:3]}:{offset[3:]}"


def zone_of(written: str, otherwise: str) -> str:
    """The zone a time is written with."""
    match = _TIME.fullmatch(written.strip())
    return (match and match["zone"] and _zone(match["zone"])) or otherwise
