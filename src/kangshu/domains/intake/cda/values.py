"""From a node of a document to a value of FHIR, by the name of a kind: the converters of `elements.tsv`.

Each gives None or (suffix, value): what `value[x]` becomes, and a value that is legal by itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from kangshu.domains.intake.cda import concepts, parties, quantities, times
from kangshu.domains.intake.cda.definition import Tables, Target
from kangshu.domains.intake.cda.texts import Texts, inside, tidy
from kangshu.domains.intake.cda.xml import TYPE, Element

Typed = tuple[str, Any]
Json = dict[str, Any]

DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CODED = frozenset({"CD", "CE", "CV", "CO", "CS"})
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Context:
    """What converters need beside the node: the tables, and the texts of the document."""

    tables: Tables
    texts: Texts

    @property
    def zone(self) -> str:
        return self.tables.zone

    @property
    def systems(self) -> Mapping[str, str]:
        return self.tables.systems

    @property
    def units(self) -> Mapping[str, str]:
        return self.uses("ucum")

    def uses(self, name: str) -> Mapping[str, str]:
        """A table of codes as code -> code."""
        return self.tables.plain.get(name, {})


Converter = Callable[[Context, Element, str], Typed | None]


def _typed(suffix: str, value: Any) -> Typed | None:
    return None if value is None else (suffix, value)


def _identifier(context: Context, node: Element, _: str) -> Typed | None:
    if _is_text(node):
        text = tidy(node)
        return _typed("Identifier", {"value": text} if text else None)
    return _typed("Identifier", concepts.identifier(node, context.systems))


def _concept(context: Context, node: Element, _: str) -> Typed | None:
    if _is_text(node):
        text = tidy(node)
        return _typed("CodeableConcept", {"text": text} if text else None)
    found = concepts.concept(node, context.systems, context.texts)
    if found is None:
        text = context.texts.of(node)
        found = {"text": text} if text else None
    return _typed("CodeableConcept", found)


def _coding(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Coding", concepts.coding(node, context.systems))


def target_of(context: Context, node: Element, table: str) -> Target | None:
    """What a table makes of a code or one of its translations, or of a text. `*`: any other code."""
    codes = context.tables.codes[table]
    if _is_text(node):
        return codes.get(str(node).strip()) or codes.get("*")
    said: list[str] = []
    for each in (node, *node.iterfind("translation")):
        code = (each.get("code") or "").strip()
        if not code:
            continue
        said.append(code)
        found = codes.get(f"{each.get('codeSystem')}|{code}") or codes.get(code)
        if found is not None:
            return found
    null = node.get("nullFlavor")
    if null and not said:
        return codes.get(f"null:{null}")
    return codes.get("*") if said else None


def _code(context: Context, node: Element, table: str) -> Typed | None:
    found = target_of(context, node, table)
    return _typed("Code", found.code if found and found.code else None)


def _mapped(context: Context, node: Element, table: str) -> Typed | None:
    """A CodeableConcept from a table, with the code it came from beside it."""
    found = target_of(context, node, table)
    if found is None or not found.code:
        return None
    standard = {"system": found.system, "code": found.code} | (
        {"display": found.display} if found.display else {}
    )
    original = None if _is_text(node) else concepts.concept(node, context.systems, context.texts)
    others = [each for each in (original or {}).get("coding", []) if each.get("system") and each != standard]
    result: Json = {"coding": [standard, *others]}
    if original and original.get("text"):
        result["text"] = original["text"]
    return "CodeableConcept", result


def _null(context: Context, node: Element, _: str) -> Typed | None:
    """Why a value is absent, from its null flavour."""
    flavor = str(node) if _is_text(node) else node.get("nullFlavor")
    found = context.tables.codes.get("absent_reason", {}).get(flavor or "")
    if found is None:
        return None
    return "CodeableConcept", {"coding": [{"system": DATA_ABSENT, "code": found.code}]}


def _string(_context: Context, node: Element, _: str) -> Typed | None:
    return _typed("String", tidy(node) if _is_text(node) else inside(node) or tidy(node.get("value")))


def _text(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("String", tidy(node) if _is_text(node) else context.texts.of(node))


def _annotation(context: Context, node: Element, _: str) -> Typed | None:
    found = _text(context, node, "")
    return None if found is None else ("Annotation", {"text": found[1]})


def _uri(_context: Context, node: Element, _: str) -> Typed | None:
    text = tidy(node if _is_text(node) else node.get("value"))
    return _typed("Uri", concepts.system_of(text, {}) if text else None)


def _date_time(context: Context, node: Element, _: str) -> Typed | None:
    found = times.date_time(node, context.zone) if _is_text(node) else times.beginning(node, context.zone)
    return _typed("DateTime", found)


def _date(_context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Date", times.day(node if _is_text(node) else node.get("value")))


def _instant(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Instant", times.instant(node if _is_text(node) else node.get("value"), context.zone))


def _period(context: Context, node: Element, _: str) -> Typed | None:
    found = times.period(node, context.zone)
    if found is None:
        point = times.date_time(node.get("value"), context.zone)
        found = {"start": point, "end": point} if point else None
    return _typed("Period", found)


def _time(context: Context, node: Element, _: str) -> Typed | None:
    return times.point_or_period(node, context.zone)


def _quantity(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Quantity", quantities.quantity(node, context.units))


def _comparison(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Quantity", quantities.compared(node if _is_text(node) else inside(node), context.units))


def _range(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Range", quantities.range_of(node, context.units))


def _ratio(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Ratio", quantities.ratio(node, context.units))


def _value(context: Context, node: Element, _: str) -> Typed | None:
    """`value[x]` of an observation, by the type it says it has."""
    kind = (node.get(TYPE) or "").rpartition(":")[2]
    found = _by_type(context, node, kind)
    if found is not None:
        return found
    if node.get("nullFlavor"):
        return _concept(context, node, "") if kind in _CODED else _typed("String", context.texts.of(node))
    return _guessed(context, node)


def _by_type(context: Context, node: Element, kind: str) -> Typed | None:
    if kind in _CODED:
        return _concept(context, node, "")
    if kind == "INT":
        return _typed("Integer", quantities.integer(node.get("value"))) or _quantity(context, node, "")
    if kind in ("PQ", "REAL"):
        return _quantity(context, node, "") or _typed("String", context.texts.of(node))
    if kind.startswith("IVL_PQ") or kind in ("IVL_INT", "IVL_REAL"):
        between = quantities.is_between(node)
        return _range(context, node, "") if between else _quantity(context, node, "")
    if kind == "TS" or kind.endswith("_TS"):
        return times.point_or_period(node, context.zone)
    if kind.startswith("RTO"):
        return _ratio(context, node, "")
    if kind == "BL":
        return _boolean(context, node, "")
    if kind in ("ST", "ED", "SC"):
        return _typed("String", context.texts.of(node))
    return None


def _guessed(context: Context, node: Element) -> Typed | None:
    """Of a value without type: a code, an amount, or words."""
    if node.get("code"):
        return _concept(context, node, "")
    if node.get("value"):
        return _quantity(context, node, "") or _typed("String", tidy(node.get("value")))
    return _typed("String", context.texts.of(node))


def _address(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Address", parties.address(node, context.uses("address_use"), context.zone))


def _contact(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("ContactPoint", parties.contact_point(node, context.uses("telecom_use")))


def _name(context: Context, node: Element, _: str) -> Typed | None:
    return _typed("HumanName", parties.human_name(node, context.uses("name_use"), context.zone))


def _name_text(_context: Context, node: Element, _: str) -> Typed | None:
    return _typed("String", parties.name_text(node))


def _boolean(_context: Context, node: Element, _: str) -> Typed | None:
    text = str(node) if _is_text(node) else node.get("value")
    return {
        "true": ("Boolean", True),
        "1": ("Boolean", True),
        "false": ("Boolean", False),
        "0": ("Boolean", False),
    }.get(text or "")


def _integer(_context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Integer", quantities.integer(node if _is_text(node) else node.get("value")))


def _positive(_context: Context, node: Element, _: str) -> Typed | None:
    found = quantities.integer(node if _is_text(node) else node.get("value"))
    return ("PositiveInt", found) if found and found > 0 else None


def _decimal(_context: Context, node: Element, _: str) -> Typed | None:
    return _typed("Decimal", quantities.number(node if _is_text(node) else node.get("value")))


def _age(context: Context, node: Element, _: str) -> Typed | None:
    found = quantities.simple(node, context.units)
    if found is None:
        return None
    return "Age", found | ({} if "unit" in found else {"unit": "a", "system": quantities.UCUM, "code": "a"})


def _timing(context: Context, node: Element, _: str) -> Typed | None:
    """How often, from PIVL_TS and EIVL_TS: `repeat` of a Timing."""
    kind = (node.get(TYPE) or "").rpartition(":")[2]
    repeat: Json = {}
    event = node.find("event")
    if kind == "EIVL_TS" or event is not None:
        code = None if event is None else (event.get("code") or "").strip()
        found = context.tables.codes.get("event_timing", {}).get(code or "")
        return ("Timing", {"repeat": {"when": [found.code]}}) if found else None
    period = node.find("period")
    if period is None:
        return None
    amounts = period if period.get("value") else period.find("low")
    value = None if amounts is None else quantities.number(amounts.get("value"))
    unit = None if amounts is None else context.uses("time_unit").get(amounts.get("unit") or "")
    if value is None or unit is None:
        return None
    repeat = {"frequency": 1, "period": value, "periodUnit": unit}
    high = period.find("high")
    most = None if high is None else quantities.number(high.get("value"))
    return "Timing", {"repeat": repeat | ({"periodMax": most} if most is not None else {})}


def _base64(_context: Context, node: Element, _: str) -> Typed | None:
    """The bytes of an ED in base64, written in one piece; a text in UTF-8."""
    text = "".join(node.itertext())
    if node.get("representation") == "B64":
        squeezed = _BLANKS.sub("", text)
        try:
            return "Base64Binary", base64.b64encode(base64.b64decode(squeezed, validate=True)).decode()
        except (binascii.Error, ValueError):
            return None
    return _typed("Base64Binary", base64.b64encode(text.strip().encode()).decode() or None)


def _text_data(context: Context, node: Element, _: str) -> Typed | None:
    """A text, references followed, in UTF-8 and base64."""
    text = context.texts.of(node)
    return _typed("Base64Binary", base64.b64encode(text.encode()).decode() if text else None)


def _fixed(_context: Context, _node: Element, text: str) -> Typed | None:
    return "", msgspec.json.decode(text)


def _is_text(node: Any) -> bool:
    return isinstance(node, str)


CONVERTERS: Mapping[str, Converter] = {
    "identifier": _identifier,
    "concept": _concept,
    "coding": _coding,
    "code": _code,
    "mapped": _mapped,
    "null": _null,
    "string": _string,
    "text": _text,
    "markdown": _text,
    "annotation": _annotation,
    "uri": _uri,
    "dateTime": _date_time,
    "date": _date,
    "instant": _instant,
    "period": _period,
    "time": _time,
    "quantity": _quantity,
    "comparison": _comparison,
    "range": _range,
    "ratio": _ratio,
    "value": _value,
    "address": _address,
    "contact": _contact,
    "name": _name,
    "name_text": _name_text,
    "boolean": _boolean,
    "integer": _integer,
    "positive": _positive,
    "decimal": _decimal,
    "age": _age,
    "timing": _timing,
    "base64": _base64,
    "text_data": _text_data,
    "fixed": _fixed,
}
