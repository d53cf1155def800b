"""OBX-5 by OBX-2: one value, or several as components; the unit of OBX-6 and the range of OBX-7 with it.

Which element a value type becomes stands in the table `value-type`; how a number with its comparator
or a range is read is here.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from kangshu.domains.intake.hl7v2.primitives import Convert, clean, number
from kangshu.domains.intake.hl7v2.run import Body, Run
from kangshu.domains.intake.hl7v2.tables import Code

_COMPARED = re.compile(r"(<=|>=|<|>|≤|≥|＜|＞)?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_RANGE = re.compile(r"\s*([+-]?\d*\.?\d+)\s*(?:-{1,2}|~|～|–|—|至|to)\s*([+-]?\d*\.?\d+)\s*")
_COMPARATOR = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}


def observation_value(types: dict[str, Code], unit: Convert, converts: dict[str, Convert]) -> Convert:
    """Of a whole OBX: `{"valueQuantity": …}` and the like; with several values `{"component": […]}`."""

    def convert(raw: str, run: Run) -> Body | None:  # noqa: ARG001
        segment = run.segment
        assert segment is not None
        written = segment.field(5)
        if not written or written == '""':
            return None
        kind = run.text(segment.field(2)).upper() or "ST"
        known = types.get(kind)
        if known is None:
            run.number = 2
            run.problem("This value type is not in table 0125.", "not-supported")
            known = types["ST"]
        run.number = 5
        units = unit(segment.field(6), run) if segment.field(6) else None
        return _values(written, run, known, units, converts, segment.field(3))

    return convert


def _values(
    written: str, run: Run, known: Code, unit: Body | None, converts: dict[str, Convert], code: str
) -> Body | None:
    repeated = [each for each in written.split(run.separators[0]) if each]
    if known.value == "text":
        lines = [line for each in repeated if (line := clean(run.text(each)))]
        return {"valueString": "\n".join(lines)} if lines else None
    found = [value for each in repeated if (value := _value(each, run, known, unit, converts))]
    if len(found) <= 1:
        return found[0] if found else None
    concept = converts["CWE[CodeableConcept]"](code, run)
    return {"component": [{"code": concept or {"text": "?"}, **value} for value in found]}


def _value(raw: str, run: Run, known: Code, unit: Body | None, converts: dict[str, Convert]) -> Body | None:
    match known.value:
        case "":
            return None
        case "quantity":
            return _quantity(run.text(raw), run, unit)
        case "structured":
            return _structured(raw, run, unit)
        case "measured":
            return _measured(raw, run)
        case _:
            value = converts[known.display](raw, run)
            if value is None:
                text = clean(run.text(raw))
                return {"valueString": text} if text else None
            return {known.value: value}


def _quantity(written: str, run: Run, unit: Body | None) -> Body | None:
    """A number; with a comparator where one is written before it; what is no number is kept as text."""
    match = _COMPARED.fullmatch(written)
    value = number(match[2]) if match else None
    if match is None or value is None:
        text = clean(written)
        if text:
            run.problem_at(f"{run.place()}", "OBX-2 promises a number, and this is none; it is kept as text.")
        return {"valueString": text} if text else None
    return {"valueQuantity": _in_unit(value, match[1], unit)}


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
    if low is None and comparator and (match := _COMPARED.fullmatch(comparator)):
        # Some write comparator and number into one component.
        comparator, low = match[1] or "", number(match[2])
    if low is None:
        return {"valueString": text} if text else None
    if high is not None and separator in ("-", ":", "/"):
        ends = {"value": low, **(unit or {})}, {"value": high, **(unit or {})}
        if separator == "-":
            return {"valueRange": {"low": ends[0], "high": ends[1]}}
        return {"valueRatio": {"numerator": {"value": low}, "denominator": {"value": high}}}
    if second or separator == "+" or comparator not in ("", "=", "<", ">", "<=", ">=", "≤", "≥"):
        # 2+, 1:? and <> have no form as a quantity.
        return {"valueString": text}
    return {"valueQuantity": _in_unit(low, comparator if comparator != "=" else None, unit)}


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
    if match := _RANGE.fullmatch(text):
        low, high = number(match[1]), number(match[2])
        if low is not None and high is not None:
            return [("low", low), ("high", high)]
    match = _COMPARED.fullmatch(text)
    value = number(match[2]) if match and match[1] else None
    if match is None or value is None:
        return []
    return [("high" if match[1] in ("<", "<=", "≤", "＜") else "low", value)]
