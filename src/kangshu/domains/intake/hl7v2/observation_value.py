"""OBX-5 by OBX-2: one value, or several as components; the unit of OBX-6 and the range of OBX-7 with it.

Which element a value type becomes stands in the table `value-type`; how a number with its comparator
or a range is read is here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from kangshu.domains.intake.hl7v2.message import Segment
from kangshu.domains.intake.hl7v2.moments import narrow
from kangshu.domains.intake.hl7v2.primitives import Convert, clean, number
from kangshu.domains.intake.hl7v2.run import Body, Run
from kangshu.domains.intake.hl7v2.tables import Code
from kangshu.domains.intake.hl7v2.written_number import LONGEST, read_number

_COMPARED = re.compile(r"(<=|>=|<|>|≤|≥|＜|＞)?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_RANGE = re.compile(r"\s*([+-]?\d*\.?\d+)\s*(?:-{1,2}|~|～|–|—|至|to)\s*([+-]?\d*\.?\d+)\s*")
_KNOWN = ("<", ">", "<=", ">=", "≤", "≥", "＜", "＞")
_COMPARATOR = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the tables say of reading a value.

    types     what each value type becomes (`value-type`)
    unit      OBX-6
    converts  the types that `types` names
    flag      an arrow as OBX-8 has it
    units     what may stand behind a number (`unit-behind`)
    """

    types: Mapping[str, Code]
    unit: Convert
    converts: Mapping[str, Convert]
    flag: Convert
    units: Collection[str]


def observation_value(reading: Reading) -> Convert:
    """Of a whole OBX: `{"valueQuantity": …}` and the like; with several values `{"component": […]}`."""

    def convert(raw: str, run: Run) -> Body | None:  # noqa: ARG001
        segment = run.segment
        assert segment is not None
        written = segment.field(5)
        if not written or written == '""':
            return None
        kind = run.text(segment.field(2)).upper() or "ST"
        known = reading.types.get(kind)
        if known is None:
            run.number = 2
            run.problem("This value type is not in table 0125.", "not-supported")
            known = reading.types["ST"]
        run.number = 5
        units = reading.unit(segment.field(6), run) if segment.field(6) else None
        return _values(written, run, known, units, reading, segment)

    return convert


def _values(
    written: str, run: Run, known: Code, unit: Body | None, reading: Reading, segment: Segment
) -> Body | None:
    repeated = [each for each in written.split(run.separators[0]) if each]
    if known.value == "text":
        lines = [line for each in repeated if (line := clean(run.text(each)))]
        return {"valueString": "\n".join(lines)} if lines else None
    found = [value for each in repeated if (value := _value(each, run, known, unit, reading))]
    if len(found) <= 1:
        return found[0] if found else None
    if known.value == "valueString":
        return {"valueString": "\n".join(each["valueString"] for each in found)}
    concept = reading.converts["CWE[CodeableConcept]"](segment.field(3), run)
    return {"component": [{"code": concept or {"text": "?"}, **value} for value in found]}


def _value(raw: str, run: Run, known: Code, unit: Body | None, reading: Reading) -> Body | None:
    raw = raw.rstrip(f"{run.separators[1]}{run.separators[2]}")
    match known.value:
        case "":
            return None
        case "quantity":
            return _quantity(run.text(raw), run, unit, reading)
        case "structured":
            return _structured(raw, run, unit)
        case "range":
            return _range(raw, run, unit)
        case "measured":
            return _measured(raw, run)
        case _:
            value = reading.converts[known.display](raw, run)
            if value is None:
                text = clean(run.text(raw))
                return {"valueString": text} if text else None
            return {known.value: value}


def _quantity(written: str, run: Run, unit: Body | None, reading: Reading) -> Body | None:
    """A number, with what stands before and behind it; what is no number is kept as text."""
    if value := number(written):
        return {"valueQuantity": _in_unit(value, None, unit)}
    if not written or written == '""':
        return None
    found = read_number(
        written, [unit[n] for n in ("unit", "code") if n in unit] if unit else (), reading.units
    )
    if found is None:
        run.problem("OBX-2 promises a number, and this is none; it is kept as text.")
        return {"valueString": clean(written)}
    if "," in written:
        run.problem("HL7 groups no digits with commas; they are taken for one number.")
    units = unit or ({"unit": found.unit} if found.unit else None)
    body: Body = {"valueQuantity": _in_unit(found.value, found.comparator, units)}
    assert run.segment is not None
    if found.arrow and not run.segment.field(8):
        body["interpretation"] = [reading.flag(found.arrow, run)]
    return body


def _in_unit(value: msgspec.Raw, comparator: str | None, unit: Body | None) -> Body:
    found: Body = {"value": value}
    if comparator:
        found["comparator"] = _COMPARATOR.get(comparator, comparator)
    return {**found, **(unit or {})}


def _structured(raw: str, run: Run, unit: Body | None) -> Body | None:
    """SN: comparator, number, separator, number. A ratio, a range, or a number with a comparator."""
    parts = [*(run.text(part) for part in raw.split(run.separators[1])), "", "", ""]
    comparator, first, separator, second = parts[:4]
    low, high = number(first), number(second)
    text = clean(" ".join(part for part in parts if part))
    if low is None and comparator and (match := _COMPARED.fullmatch(narrow(comparator[:LONGEST]))):
        # Some write comparator and number into one component.
        comparator, low = match[1] or "", number(match[2])
    plain = comparator in ("", "=")
    if low is not None and high is not None and plain and separator in ("-", ":", "/"):
        if separator != "-":
            return {"valueRatio": {"numerator": {"value": low}, "denominator": {"value": high}}}
        if ends := _between(low, high, unit):
            return {"valueRange": ends}
    if low is None or second or separator or not (plain or comparator in _KNOWN):
        # 2+, 1:?, >1:128 and <> have no form as a quantity.
        return {"valueString": text} if text else None
    return {"valueQuantity": _in_unit(low, None if plain else comparator, unit)}


def _range(raw: str, run: Run, unit: Body | None) -> Body | None:
    """NR: the lower and the upper end, of which one may be open."""
    parts = [*(run.text(part) for part in raw.split(run.separators[1])), ""][:2]
    low, high = (number(part) for part in parts)
    if (low is None and parts[0]) or (high is None and parts[1]) or (low is None and high is None):
        text = clean(" - ".join(part for part in parts if part))
        return {"valueString": text} if text else None
    ends = _between(low, high, unit)
    return {"valueRange": ends} if ends else {"valueString": clean(" - ".join(parts))}


def _between(low: msgspec.Raw | None, high: msgspec.Raw | None, unit: Body | None) -> Body | None:
    """Low and high, None if they are the wrong way round."""
    if low is not None and high is not None and Decimal(bytes(low).decode()) > Decimal(bytes(high).decode()):
        return None
    ends = {"low": low, "high": high}
    return {name: {"value": end, **(unit or {})} for name, end in ends.items() if end is not None}


def _measured(raw: str, run: Run) -> Body | None:
    """CQ and MO: a number and its own unit."""
    parts = [*(run.text(p.split(run.separators[2])[0]) for p in raw.split(run.separators[1])), ""]
    value = number(parts[0])
    if value is None:
        text = clean(" ".join(part for part in parts if part))
        return {"valueString": text} if text else None
    return {"valueQuantity": {"value": value, **({"unit": clean(parts[1])} if parts[1] else {})}}


def reference_range(unit: Convert) -> Convert:
    """Of OBX-7: low and high where they can be read, the words always."""

    def convert(raw: str, run: Run) -> Body | None:
        text = clean(run.text(raw))
        if not text:
            return None
        found: Body = {}
        segment = run.segment
        units = unit(segment.field(6), run) if segment is not None and segment.field(6) else None
        for end, value in _ends(text):
            found[end] = {"value": value, **(units or {})}
        return {**found, "text": text}

    return convert


def _ends(text: str) -> list[tuple[str, Any]]:
    if len(text) > LONGEST:
        return []
    text = narrow(text)
    if match := _RANGE.fullmatch(text):
        low, high = number(match[1]), number(match[2])
        if low is not None and high is not None:
            return [("low", low), ("high", high)]
    match = _COMPARED.fullmatch(text)
    value = number(match[2]) if match and match[1] else None
    if match is None or value is None:
        return []
    return [("high" if match[1] in ("<", "<=", "≤", "＜") else "low", value)]
