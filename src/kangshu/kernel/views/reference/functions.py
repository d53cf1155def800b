"""The functions of FHIRPath whose arguments are values. https://hl7.org/fhirpath/N1/#functions"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, cast

from kangshu.kernel.views.reference.items import (
    Item,
    Items,
    as_text,
    boolean,
    integer,
    settled,
    single,
    text,
    truth,
)
from kangshu.kernel.views.reference.moments import boundary
from kangshu.kernel.views.reference.operators import equal

_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?$")
_UUID = re.compile(r"^urn:(?:uuid|oid):(.+)$")


def distinct(items: Items) -> Items:
    """Each thing once."""
    found: Items = []
    for item in items:
        if not any(equal(item, other) for other in found):
            found.append(item)
    return found


def resource_key(items: Items) -> Items:
    """The key of a resource: its id."""
    return [Item(item.value["id"], "id") for item in items if isinstance(item.value.get("id"), str)]


def reference_key(items: Items, wanted: str | None) -> Items:
    """The key of the resource a reference points to, where it can be read from it."""
    found: Items = []
    for item in items:
        whole: dict[str, Any] = item.value
        written = whole.get("reference")
        if not isinstance(written, str):
            continue
        read = _REFERENCE.search(written)
        by_uuid = _UUID.search(written)
        if read and wanted in (None, read.group(1)):
            found.append(Item(read.group(2), "id"))
        elif by_uuid and wanted in (None, whole.get("type")):
            found.append(Item(by_uuid.group(1), "id"))
    return found


def bounded(items: Items, *, high: bool) -> Items:
    """`lowBoundary()` and `highBoundary()`."""
    item = single(items)
    if item is None:
        return []
    if item.type == "Period":
        moment = item.value.get("end" if high else "start")
        return [] if moment is None else [Item(boundary(moment, "dateTime", high=high), "dateTime")]
    if item.kind in ("moment", "time"):
        kind = "dateTime" if item.type == "instant" else item.type
        return [Item(boundary(item.value, kind, high=high), kind)]
    value = Decimal(item.value)
    half = Decimal(5).scaleb(int(cast(int, value.as_tuple().exponent)) - 1)
    return [Item(settled(value + half if high else value - half), "decimal")]


_Function = Callable[[Any], Items] | Callable[[Any, Any], Items] | Callable[[Any, Any, Any], Items]


def _on_text(function: _Function) -> Callable[[Items, list[Items]], Items]:
    def apply(items: Items, arguments: list[Items]) -> Items:
        item = single(items)
        given = [single(argument) for argument in arguments]
        if item is None or any(each is None for each in given):
            return []
        return cast(Any, function)(as_text(item.value), *(each.value for each in given if each is not None))

    return apply


def _on_number(function: _Function) -> Callable[[Items, list[Items]], Items]:
    def apply(items: Items, arguments: list[Items]) -> Items:
        item = single(items)
        given = [single(argument) for argument in arguments]
        if item is None or any(each is None for each in given):
            return []
        return cast(Any, function)(item, *(each.value for each in given if each is not None))

    return apply


def _substring(value: str, start: int, length: int | None = None) -> Items:
    if start < 0 or start >= len(value):
        return []
    return text(value[start:] if length is None else value[start : start + max(length, 0)])


def _absolute(item: Item) -> Items:
    value = settled(abs(item.value)) if item.kind == "decimal" else abs(item.value)
    return [Item(value, "integer" if item.kind == "integer" else "decimal")]


def _round(item: Item, places: int = 0) -> Items:
    return [Item(settled(Decimal(item.value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)), "decimal")]


def _to_integer(items: Items, _: list[Items]) -> Items:
    item = single(items)
    if item is None or item.kind not in ("integer", "text", "boolean"):
        return []
    if item.kind == "text" and not re.fullmatch(r"[+-]?\d{1,18}", item.value):
        return []
    return integer(int(item.value))


def _to_decimal(items: Items, _: list[Items]) -> Items:
    item = single(items)
    if item is None or item.kind not in ("integer", "decimal", "text", "boolean"):
        return []
    if item.kind == "text" and not re.fullmatch(r"[+-]?\d{1,18}(\.\d+)?", item.value):
        return []
    try:
        return [Item(settled(Decimal(item.value)), "decimal")]
    except InvalidOperation:
        return []


def _not(items: Items, _: list[Items]) -> Items:
    found = truth(items)
    return boolean(None if found is None else not found)


def _join(items: Items, arguments: list[Items]) -> Items:
    mark = single(arguments[0]) if arguments else None
    return text(str(mark.value if mark else "").join(as_text(item.value) for item in items))


def _skip(items: Items, arguments: list[Items]) -> Items:
    count = single(arguments[0])
    return [] if count is None else items[max(count.value, 0) :]


def _take(items: Items, arguments: list[Items]) -> Items:
    count = single(arguments[0])
    return [] if count is None else items[: max(count.value, 0)]


def _one(items: Items, _: list[Items]) -> Items:
    item = single(items)
    return [] if item is None else [item]


FUNCTIONS: Mapping[str, Callable[[Items, list[Items]], Items]] = {
    "empty": lambda items, _: boolean(not items),
    "hasValue": lambda items, _: boolean(len(items) == 1 and items[0].kind != "complex"),
    "not": _not,
    "count": lambda items, _: integer(len(items)),
    "first": lambda items, _: items[:1],
    "last": lambda items, _: items[-1:],
    "tail": lambda items, _: items[1:],
    "skip": _skip,
    "take": _take,
    "single": _one,
    "distinct": lambda items, _: distinct(items),
    "union": lambda items, arguments: distinct([*items, *arguments[0]]),
    "isDistinct": lambda items, _: boolean(len(distinct(items)) == len(items)),
    "allTrue": lambda items, _: boolean(all(item.value for item in items)),
    "anyTrue": lambda items, _: boolean(any(item.value for item in items)),
    "allFalse": lambda items, _: boolean(not any(item.value for item in items)),
    "anyFalse": lambda items, _: boolean(not all(item.value for item in items)),
    "join": _join,
    "lowBoundary": lambda items, _: bounded(items, high=False),
    "highBoundary": lambda items, _: bounded(items, high=True),
    "startsWith": _on_text(lambda value, part: boolean(value.startswith(part))),
    "endsWith": _on_text(lambda value, part: boolean(value.endswith(part))),
    "contains": _on_text(lambda value, part: boolean(part in value)),
    "matches": _on_text(lambda value, part: boolean(re.search(part, value, re.DOTALL) is not None)),
    "indexOf": _on_text(lambda value, part: integer(value.find(part))),
    "substring": _on_text(_substring),
    "length": _on_text(lambda value: integer(len(value))),
    "upper": _on_text(lambda value: text(value.upper())),
    "lower": _on_text(lambda value: text(value.lower())),
    "trim": _on_text(lambda value: text(value.strip(" \t\n\r"))),
    "replace": _on_text(lambda value, old, new: text(value.replace(old, new))),
    "toString": _on_text(text),
    "toInteger": _to_integer,
    "toDecimal": _to_decimal,
    "abs": _on_number(_absolute),
    "ceiling": _on_number(lambda item: integer(math.ceil(item.value))),
    "floor": _on_number(lambda item: integer(math.floor(item.value))),
    "truncate": _on_number(lambda item: integer(math.trunc(item.value))),
    "round": _on_number(_round),
}
