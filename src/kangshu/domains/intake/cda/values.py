"""From a node of a document to a value of FHIR, by the name of a kind: the converters of `elements.tsv`.

Each gives None or (suffix, value): what `value[x]` becomes, and a value that is legal by itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

import msgspec

from kangshu.domains.intake.cda import concepts, parties, quantities, times
from kangshu.domains.intake.cda.coded_values import (
    to_code,
    to_coding,
    to_concept,
    to_identifier,
    to_mapped,
    to_null,
)
from kangshu.domains.intake.cda.context import Context, Converter, Typed, is_text, typed
from kangshu.domains.intake.cda.texts import inside, tidy
from kangshu.domains.intake.cda.timing import to_date, to_date_time, to_instant, to_period, to_time, to_timing
from kangshu.domains.intake.cda.xml import TYPE, Element

_CODED = frozenset({"CD", "CE", "CV", "CO", "CS"})
_BLANKS = re.compile(r"\s+")


def _string(_context: Context, node: Element, _: str) -> Typed | None:
    return typed("String", tidy(node) if is_text(node) else inside(node) or tidy(node.get("value")))


def _text(context: Context, node: Element, _: str) -> Typed | None:
    return typed("String", tidy(node) if is_text(node) else context.texts.of(node))


def _annotation(context: Context, node: Element, _: str) -> Typed | None:
    found = _text(context, node, "")
    return None if found is None else ("Annotation", {"text": found[1]})


def _uri(_context: Context, node: Element, _: str) -> Typed | None:
    text = tidy(node if is_text(node) else node.get("value"))
    return typed("Uri", concepts.system_of(text, {}) if text else None)


def _quantity(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Quantity", quantities.quantity(node, context.units))


def _comparison(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Quantity", quantities.compared(node if is_text(node) else inside(node), context.units))


def _range(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Range", quantities.range_of(node, context.units))


def _ratio(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Ratio", quantities.ratio(node, context.units))


def _value(context: Context, node: Element, _: str) -> Typed | None:
    """`value[x]` of an observation, by the type it says it has."""
    kind = (node.get(TYPE) or "").rpartition(":")[2]
    found = _by_type(context, node, kind)
    if found is not None or "LIST_" in kind:
        # A list of samples is no number and no text; the original has it.
        return found
    if node.get("nullFlavor"):
        return to_concept(context, node, "") if kind in _CODED else typed("String", context.texts.of(node))
    return _guessed(context, node)


def _by_type(context: Context, node: Element, kind: str) -> Typed | None:
    if kind in _CODED:
        return to_concept(context, node, "")
    if kind == "INT":
        return typed("Integer", quantities.integer(node.get("value"))) or _quantity(context, node, "")
    if kind in ("PQ", "REAL"):
        return _quantity(context, node, "") or typed("String", context.texts.of(node))
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
        return typed("String", context.texts.of(node))
    if kind == "MO":
        return _quantity(context, node, "")
    if kind == "II":
        return typed("String", tidy(node.get("extension")) or tidy(node.get("root")))
    return None


def _guessed(context: Context, node: Element) -> Typed | None:
    """Of a value without type, or of one that is not what its type says: a code, an amount, or words."""
    if node.get("code"):
        return to_concept(context, node, "")
    if node.get("value"):
        written = tidy(f"{node.get('value')} {node.get('unit') or ''}")
        return _quantity(context, node, "") or typed("String", written)
    if node.xpath("(low | high)/@unit"):
        between = quantities.is_between(node)
        return _range(context, node, "") if between else _quantity(context, node, "")
    return typed("String", context.texts.of(node))


def _address(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Address", parties.address(node, context.uses("address_use"), context.zone))


def _contact(context: Context, node: Element, _: str) -> Typed | None:
    return typed("ContactPoint", parties.contact_point(node, context.uses("telecom_use")))


def _name(context: Context, node: Element, _: str) -> Typed | None:
    return typed("HumanName", parties.human_name(node, context.uses("name_use"), context.zone))


def _name_text(_context: Context, node: Element, _: str) -> Typed | None:
    return typed("String", parties.name_text(node))


def _boolean(_context: Context, node: Element, _: str) -> Typed | None:
    text = str(node) if is_text(node) else node.get("value")
    return {
        "true": ("Boolean", True),
        "1": ("Boolean", True),
        "false": ("Boolean", False),
        "0": ("Boolean", False),
    }.get(text or "")


def _integer(_context: Context, node: Element, _: str) -> Typed | None:
    return typed("Integer", quantities.integer(node if is_text(node) else node.get("value")))


def _positive(_context: Context, node: Element, _: str) -> Typed | None:
    found = quantities.integer(node if is_text(node) else node.get("value"))
    return ("PositiveInt", found) if found and found > 0 else None


def _decimal(_context: Context, node: Element, _: str) -> Typed | None:
    return typed("Decimal", quantities.number(node if is_text(node) else node.get("value")))


def _age(context: Context, node: Element, _: str) -> Typed | None:
    found = quantities.simple(node, context.units)
    if found is None:
        return None
    return "Age", found | ({} if "unit" in found else {"unit": "a", "system": quantities.UCUM, "code": "a"})


def _base64(_context: Context, node: Element, _: str) -> Typed | None:
    """The bytes of an ED in base64, written in one piece; a text in UTF-8."""
    text = "".join(node.itertext())
    if node.get("representation") == "B64":
        squeezed = _BLANKS.sub("", text)
        try:
            return "Base64Binary", base64.b64encode(base64.b64decode(squeezed, validate=True)).decode()
        except (binascii.Error, ValueError):
            return None
    return typed("Base64Binary", base64.b64encode(text.strip().encode()).decode() or None)


def _text_data(context: Context, node: Element, _: str) -> Typed | None:
    """A text, references followed, in UTF-8 and base64."""
    text = context.texts.of(node)
    return typed("Base64Binary", base64.b64encode(text.encode()).decode() if text else None)


def _fixed(_context: Context, _node: Element, text: str) -> Typed | None:
    return "", msgspec.json.decode(text)


CONVERTERS: Mapping[str, Converter] = {
    "identifier": to_identifier,
    "concept": to_concept,
    "coding": to_coding,
    "code": to_code,
    "mapped": to_mapped,
    "null": to_null,
    "string": _string,
    "text": _text,
    "markdown": _text,
    "annotation": _annotation,
    "uri": _uri,
    "dateTime": to_date_time,
    "date": to_date,
    "instant": to_instant,
    "period": to_period,
    "time": to_time,
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
    "timing": to_timing,
    "base64": _base64,
    "text_data": _text_data,
    "fixed": _fixed,
}
