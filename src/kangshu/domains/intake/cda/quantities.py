"""Amounts: PQ, IVL_PQ, INT, REAL, RTO to Quantity, Range and Ratio, numbers spelled as they came."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Any

import msgspec

from kangshu.domains.intake.cda.texts import tidy
from kangshu.domains.intake.cda.xml import Element

UCUM = "http://unitsofmeasure.org"
_NUMBER = re.compile(r"\s*([+-]?)0*(\d{1,30})(\.\d{1,30})?\s*|\s*([+-]?)(\.\d{1,30})\s*")
_DOUBLE = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?[eE][+-]?\d{1,2}")
CURRENCY = "urn:iso:std:iso:4217"
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_UCUM = re.compile(r"[!-~]{1,40}")
_COMPARED = re.compile(r"\s*(<=|>=|<|>)\s*([+-]?\d{1,30}(?:\.\d{1,30})?)\s*(\S{0,30})\s*")

Json = dict[str, Any]
Units = Mapping[str, str]
"""What UCUM calls units that institutions write their own way; `-`: it has no name for it."""
NO_CODE = "-"


def number(text: str | None) -> msgspec.Raw | None:
    """A JSON number that keeps its decimals: `07.50` is 7.50, and `1.5e3`, as CDA lets a real be written,
    is 1500. None when it is no number."""
    if text and _DOUBLE.fullmatch(text.strip()):
        return msgspec.Raw(format(Decimal(text.strip()), "f").encode())
    match = _NUMBER.fullmatch(text or "")
    if match is None:
        return None
    sign, whole, fraction, other_sign, bare = match.groups()
    minus = "-" if "-" in (sign or other_sign or "") else ""
    return msgspec.Raw(f"{minus}{whole or '0'}{fraction or bare or ''}".encode())


def integer(text: str | None) -> int | None:
    """A whole number that fits into 32 bits."""
    stripped = (text or "").strip()
    return int(stripped) if _INTEGER.fullmatch(stripped) else None


def quantity(element: Element, units: Units) -> Json | None:
    """A PQ; or an interval open at one side, as a value with a comparator; or one closed on one point."""
    value = number(element.get("value"))
    if value is not None:
        return {"value": value} | (_currency(element) or _unit(element.get("unit"), units))
    low, high = element.find("low"), element.find("high")
    low_value, high_value = _of(low), _of(high)
    if element.find("width") is not None and (low_value is None) != (high_value is None):
        # It has two ends: to say one of them alone would be wrong.
        return None
    if low_value is not None and high_value is None:
        sign = ">=" if low.get("inclusive") != "false" else ">"
        return {"value": low_value, "comparator": sign} | _unit(low.get("unit"), units)
    if high_value is not None and low_value is None:
        sign = "<=" if high.get("inclusive") != "false" else "<"
        return {"value": high_value, "comparator": sign} | _unit(high.get("unit"), units)
    centre = element.find("center")
    if _of(centre) is not None:
        return {"value": _of(centre)} | _unit(centre.get("unit"), units)
    return _translated(element)


def _translated(element: Element) -> Json | None:
    """A PQ whose value could only be said in a unit that is not of UCUM."""
    for each in element.iterfind("translation"):
        value = number(each.get("value"))
        if value is not None:
            unit = each.find("originalText")
            said = each.get("displayName") or each.get("code") or (None if unit is None else unit.text)
            return {"value": value} | _plain_unit(said)
    return None


def _of(element: Element | None) -> msgspec.Raw | None:
    return None if element is None else number(element.get("value"))


def _unit(unit: str | None, units: Units) -> Json:
    name = tidy(unit)
    if not name or name == "1":
        return {}
    code = units.get(name, name)
    return {"unit": name} | (
        {"system": UCUM, "code": code} if code != NO_CODE and _UCUM.fullmatch(code) else {}
    )


def _plain_unit(unit: str | None) -> Json:
    name = tidy(unit)
    return {"unit": name} if name else {}


def simple(element: Element, units: Units) -> Json | None:
    """An amount without a comparator, for the ends of a Range."""
    value = number(element.get("value"))
    return None if value is None else {"value": value} | _unit(element.get("unit"), units)


def _currency(element: Element) -> Json:
    """Of an MO."""
    code = tidy(element.get("currency"))
    return {"unit": code, "system": CURRENCY, "code": code} if code else {}


def _ends(element: Element) -> tuple[Element | None, Element | None]:
    """Both ends of an interval; one may be said by the other and the width."""
    low, high, width = element.find("low"), element.find("high"), element.find("width")
    if (low is None) == (high is None) or _of(width) is None:
        return low, high
    known = high if low is None else low
    if _of(known) is None or (width.get("unit") or "1") != (known.get("unit") or "1"):
        return low, high
    sign = 1 if high is None else -1
    other = copy(known)
    moved = Decimal(bytes(_of(known) or b"0").decode()) + sign * Decimal(bytes(_of(width) or b"0").decode())
    other.set("value", format(moved, "f"))
    return (other, high) if low is None else (low, other)


def range_of(element: Element, units: Units) -> Json | None:
    """An IVL_PQ as a Range; of one amount, from it to it."""
    ends = zip(("low", "high"), _ends(element), strict=True)
    found: Json = {name: end for name, each in ends if each is not None and (end := simple(each, units))}
    if not found:
        value = simple(element, units)
        return {"low": value, "high": value} if value else None
    return found


def is_between(element: Element) -> bool:
    """Whether both ends of an interval are numbers."""
    low, high = _ends(element)
    return _of(low) is not None and _of(high) is not None


def ratio(element: Element, units: Units) -> Json | None:
    """An RTO."""
    found = _parts(element, ("numerator", "denominator"), quantity, units)
    return found if len(found) == 2 else None


def _parts(
    element: Element, names: Sequence[str], read: Callable[[Element, Units], Json | None], units: Units
) -> Json:
    found: Json = {}
    for name in names:
        child = element.find(name)
        value = None if child is None else read(child, units)
        if value:
            found[name] = value
    return found


def compared(text: str | None, units: Units) -> Json | None:
    """A text such as `<0.01 ng/mL` as a quantity with a comparator."""
    match = _COMPARED.fullmatch(text or "")
    if match is None:
        return None
    value = number(match[2])
    return {"value": value, "comparator": match[1]} | _unit(match[3], units) if value is not None else None
