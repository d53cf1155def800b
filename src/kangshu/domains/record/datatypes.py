"""R4 data types read as plain text. Nothing here raises: what cannot be read gives an empty text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any, cast

Json = dict[str, Any]

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "ad": "≈"}
_HAN = re.compile(r"[\u3400-\u9fff]")
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/tr|/li|/h\d|/table)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ADDRESS = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?$")


@dataclass(frozen=True, slots=True)
class Code:
    """One coding: `system` is empty where the source named none."""

    system: str
    code: str
    display: str = ""


def table(value: object) -> Json:
    """The object, or an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """The elements of a list; a single value as a list of one; nothing as none."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def tables(value: object) -> list[Json]:
    """The objects among the elements."""
    return [cast(Json, item) for item in listed(value) if isinstance(item, dict)]


def word(value: object) -> str:
    """A string stripped, a number or boolean spelt; anything else is empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | float):
        return number_text(value)
    return ""


def number_text(value: int | float | Decimal) -> str:
    """A number without exponent, every digit kept."""
    try:
        return format(Decimal(str(value)), "f")
    except InvalidOperation:
        return str(value)


CHOICES = frozenset(
    "abatement asNeeded author born collected content deceased defaultValue detail diagnosis dose doseNumber "
    "due effective entity event identified item location medication minimumVolume multipleBirth occurrence "
    "onset performed procedure product rate reason reported scheduled serviced seriesDoses start "
    "statusReason subject target time timing topic value".split()
)
"""Stems of the choice elements of R4 (`value[x]`)."""


def choice(resource: Mapping[str, Any], stem: str) -> Any:
    """The value of a choice element: `choice(r, "onset")` finds onsetDateTime, onsetAge …"""
    if stem in resource or stem not in CHOICES:
        return resource.get(stem)
    for name, value in resource.items():
        if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper():
            return value
    return None


def codes_of(value: object) -> tuple[Code, ...]:
    """All codings of a CodeableConcept, Coding, bare code or list of them."""
    return tuple(_codes(value))


def _codes(value: object) -> Iterator[Code]:
    for item in listed(value):
        if isinstance(item, str):
            yield Code("", item)
        elif isinstance(item, dict):
            concept = cast(Json, item)
            for coding in tables(concept["coding"]) if "coding" in concept else [concept]:
                if word(coding.get("code")):
                    yield Code(word(coding.get("system")), word(coding["code"]), word(coding.get("display")))


def concept_text(value: object) -> str:
    """What the source called it: text, else a display, else a code; several joined."""
    texts = [_one_concept(item) for item in listed(value)]
    return "、".join(dict.fromkeys(text for text in texts if text))


def _one_concept(item: object) -> str:
    if not isinstance(item, dict):
        return word(item)
    concept = cast(Json, item)
    if word(concept.get("text")):
        return word(concept["text"])
    codings = tables(concept.get("coding")) or [concept]
    shown = next((word(c.get("display")) for c in codings if word(c.get("display"))), "")
    return shown or next((word(c.get("code")) for c in codings if word(c.get("code"))), "")


def quantity_text(value: object) -> str:
    """`5.6 mmol/L`, `< 3 mg`; number spelling kept."""
    q = table(value)
    sign = _SIGNS.get(word(q.get("comparator")), "")
    number = word(q.get("value"))
    unit = word(q.get("unit")) or word(q.get("code")) or word(q.get("currency"))
    return " ".join(part for part in (sign, number, "" if unit == "1" else unit) if part)


def range_text(low: object, high: object) -> str:
    """`3.9 – 6.1 mmol/L`, `≥ 90 mmHg`, `≤ 6.1`."""
    below, above = quantity_text(low), quantity_text(high)
    if below and above:
        unit = word(table(high).get("unit")) or word(table(high).get("code"))
        if unit and below.endswith(unit):
            below = below.removesuffix(unit).strip()
        return f"{below} – {above}"
    return f"≥ {below}" if below else f"≤ {above}" if above else ""


def name_text(value: object) -> str:
    """A person's name the way it is written where it is written: Chinese without spaces."""
    for name in sorted(tables(value), key=lambda n: n.get("use") not in ("official", "usual")):
        if word(name.get("text")):
            return word(name["text"])
        family, given = word(name.get("family")), [word(g) for g in listed(name.get("given"))]
        if _HAN.search(family) or any(_HAN.search(g) for g in given):
            return family + "".join(given)
        joined = " ".join(part for part in (*given, family) if part)
        if joined:
            return joined
    return ""


def address_text(value: object) -> str:
    """Largest part first where Chinese, smallest first elsewhere."""
    for place in tables(value):
        if word(place.get("text")):
            return word(place["text"])
        lines = [word(line) for line in listed(place.get("line"))]
        parts = [word(place.get(name)) for name in ("state", "city", "district")]
        if any(_HAN.search(part) for part in (*lines, *parts)):
            return "".join(dict.fromkeys(part for part in (*parts, *lines) if part))
        joined = ", ".join(part for part in (*lines, *reversed(parts), word(place.get("country"))) if part)
        if joined:
            return joined
    return ""


def narrative_text(resource: Mapping[str, Any]) -> str:
    """The narrative as plain text: no tag of the source ever reaches a page."""
    div = word(table(resource.get("text")).get("div"))
    lines = (" ".join(line.split()) for line in unescape(_TAG.sub("", _BREAK.sub("\n", div))).splitlines())
    return "\n".join(line for line in lines if line)


def address_of(reference: object) -> str:
    """`Type/id` that a Reference points to; empty for contained, logical or foreign ones."""
    found = _ADDRESS.search(word(table(reference).get("reference")))
    return f"{found[1]}/{found[2]}" if found else ""


def plain(value: object) -> str:
    """Any value as one line of text, by its shape; empty if it has none that can be said."""
    if isinstance(value, list):
        texts = (plain(item) for item in cast("list[Any]", value))
        return "、".join(dict.fromkeys(text for text in texts if text))
    if not isinstance(value, dict):
        return word(value)
    return _plain_object(cast(Json, value))


def _ratio_text(v: Json) -> str:
    return " / ".join(filter(None, (quantity_text(v.get("numerator")), quantity_text(v.get("denominator")))))


def _period_text(v: Json) -> str:
    return f"{word(v.get('start'))[:10]} – {word(v.get('end'))[:10]}".strip()


_SHAPES: tuple[tuple[tuple[str, ...], Callable[[Json], str]], ...] = (
    (("numerator", "denominator"), _ratio_text),
    (("low", "high"), lambda v: range_text(v.get("low"), v.get("high"))),
    (("start", "end"), _period_text),
    (("family", "given"), name_text),
    (("line", "city", "district"), address_text),
    (("div",), lambda v: narrative_text({"text": v})),
)


def _plain_object(v: Json) -> str:
    if "coding" in v:
        return concept_text(v)
    for marks, say in _SHAPES:
        if any(mark in v for mark in marks):
            return say(v)
    if "reference" in v:
        return word(v.get("display")) or address_of(v)
    if "value" in v:
        value = v["value"]
        return quantity_text(v) if not isinstance(value, str) else word(value)
    for name in ("text", "display", "concept", "title", "description", "name", "url", "code"):
        if name in v:
            said = plain(v[name])
            if said:
                return said
    return ""
