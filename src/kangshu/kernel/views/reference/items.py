"""Things in a collection of FHIRPath, each with its type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.elements import ANY_RESOURCE, Elements, kind_of

Json = dict[str, Any]

PLACES = Decimal("1e-12")
_WIDE = Context(prec=80)


@dataclass(frozen=True)
class Item:
    """A value and the FHIR type it has. `beside` is what stands in the member `_name` beside it."""

    value: Any
    type: str
    beside: Any = None
    computed: bool = True

    @property
    def kind(self) -> str:
        return kind_of(self.type)


Items = list[Item]


def members(item: Item, name: str, elements: Elements) -> Items:
    """The things below an item that FHIRPath calls `name`."""
    if item.kind != "complex":
        below = _object(item.beside)
        return members(Item(below, "Element"), name, elements) if name == "extension" else []
    element = elements.child(item.type, name)
    if element is None:
        return []
    whole = _object(item.value)
    for shown, type_name in zip(element.types, elements.types_of(element), strict=True):
        member = element.member(shown)
        if whole.get(member) is not None or whole.get(f"_{member}") is not None:
            found = _typed(whole.get(member), type_name, whole.get(f"_{member}"), many=element.many)
            if found:
                return found
    return []


def _object(value: object) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _typed(value: Any, type_name: str, beside: Any, *, many: bool) -> Items:
    if many:
        values = cast(list[Any], value) if isinstance(value, list) else []
        sides = cast(list[Any], beside) if isinstance(beside, list) else []
        padded = [*sides, *[None] * (len(values) - len(sides))]
        return [
            found for each, side in zip(values, padded, strict=False) for found in _one(each, type_name, side)
        ]
    return _one(value, type_name, beside)


def _one(value: Any, type_name: str, beside: Any) -> Items:
    if value is None:
        return []
    if type_name == ANY_RESOURCE:
        kind = cast(dict[str, Any], value).get("resourceType") if isinstance(value, dict) else None
        return [Item(value, kind if isinstance(kind, str) else ANY_RESOURCE)]
    if kind_of(type_name) == "complex":
        return [Item(cast(Any, value) if isinstance(value, dict) else {}, type_name)]
    read = _primitive(value, kind_of(type_name))
    return [] if read is None else [Item(read, type_name, beside, computed=False)]


def _primitive(value: Any, kind: str) -> Any:
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "integer":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind == "decimal":
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        return Decimal(str(value))
    return as_text(value)


def as_text(value: Any) -> str:
    """A primitive value as a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def settled(value: Decimal) -> Decimal:
    """A computed number with as many places as are kept."""
    return value.quantize(PLACES, ROUND_HALF_UP, _WIDE).normalize(_WIDE)


def single(items: Items) -> Item | None:
    """The one thing of a collection, None of an empty one. Raises `Invalid` where there are more."""
    if len(items) > 1:
        raise Invalid("More than one value where one was expected.", remedy="Say `first()` or `where(…)`.")
    return items[0] if items else None


def truth(items: Items) -> bool | None:
    """A collection as a condition: its boolean, or true for one thing of another type."""
    item = single(items)
    if item is None:
        return None
    return bool(item.value) if item.kind == "boolean" else True


def boolean(value: bool | None) -> Items:  # noqa: FBT001
    """A condition as a collection."""
    return [] if value is None else [Item(value, "boolean")]


def text(value: str) -> Items:
    """A text as a collection."""
    return [Item(value, "string")]


def integer(value: int) -> Items:
    """A whole number as a collection."""
    return [Item(value, "integer")]
