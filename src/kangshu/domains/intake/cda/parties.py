"""Names, addresses and telephone numbers of people and institutions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kangshu.domains.intake.cda.texts import inside, tidy
from kangshu.domains.intake.cda.times import period
from kangshu.domains.intake.cda.xml import Element

Json = dict[str, Any]

_LINES = (
    "streetAddressLine",
    "streetName",
    "houseNumber",
    "houseNumberNumeric",
    "additionalLocator",
    "unitID",
)
_PARTS = {
    "township": "line",
    "village": "line",
    "city": "city",
    "county": "district",
    "district": "district",
    "state": "state",
    "province": "state",
    "postalCode": "postalCode",
    "country": "country",
}
_SCHEME = re.compile(r"(tel|fax|mailto|http|https|sms|ftp|mllp):(.*)", re.IGNORECASE | re.DOTALL)
_SYSTEMS = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url", "https": "url", "sms": "sms"}


def human_name(element: Element, uses: Mapping[str, str], zone: str) -> Json | None:
    """A PN. A name without parts, as Chinese names are written, is kept whole."""
    found: Json = {}
    use = next((uses[each] for each in (element.get("use") or "").split() if each in uses), None)
    if use:
        found["use"] = use
    family = [text for child in element.iterfind("family") if (text := inside(child))]
    given = [text for child in element.iterfind("given") if (text := inside(child))]
    whole = None if family or given else inside(element)
    if whole:
        found["text"] = whole
    if family:
        found["family"] = " ".join(family)
    if given:
        found["given"] = given
    for name in ("prefix", "suffix"):
        parts = [text for child in element.iterfind(name) if (text := inside(child))]
        if parts and not whole:
            found[name] = parts
    valid = element.find("validTime")
    stretch = None if valid is None else period(valid, zone)
    if stretch:
        found["period"] = stretch
    return found if family or given or whole else None


def name_text(element: Element) -> str | None:
    """A name in one line: an ON, or a PN where FHIR wants a text."""
    return inside(element)


def address(element: Element, uses: Mapping[str, str], zone: str) -> Json | None:
    """An AD; text outside of parts is kept as the text of the address."""
    found: Json = {}
    lines: list[str] = []
    for child in element:
        text = inside(child)
        target = _PARTS.get(str(child.tag))
        if text is None or (child.tag not in _LINES and target is None):
            continue
        if target is None or target == "line" or target in found:
            lines.append(text)
        else:
            found[target] = text
    stray = tidy("".join([element.text or "", *(child.tail or "" for child in element)]))
    if stray:
        found["text"] = stray
    if lines:
        found["line"] = lines
    if not found:
        return None
    use = next((uses[each] for each in (element.get("use") or "").split() if each in uses), None)
    valid = element.find("useablePeriod")
    stretch = None if valid is None else period(valid, zone)
    return ({"use": use} if use else {}) | found | ({"period": stretch} if stretch else {})


def contact_point(element: Element, uses: Mapping[str, str]) -> Json | None:
    """A TEL."""
    text = tidy(element.get("value"))
    if text is None:
        return None
    match = _SCHEME.fullmatch(text)
    scheme = match[1].lower() if match else ""
    value = match[2].strip() if match and scheme not in ("http", "https", "ftp", "mllp") else text
    if not value:
        return None
    system = _SYSTEMS.get(scheme, "other" if scheme else "email" if "@" in text else "phone")
    use = next((uses[each] for each in (element.get("use") or "").split() if each in uses), None)
    return {"system": system, "value": value} | ({"use": use} if use else {})
