"""Where the path of a patch leads: the elements of a resource that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

import fhirpathpy
import fhirpathpy.models

from kangshu.interfaces.web.fhir.elements import Elements
from kangshu.interfaces.web.fhir.fhirpath_patch_operations import Json, Operation
from kangshu.kernel.base.errors import Invalid, KangshuError

_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[\d+\])*)")
_EXTENSION = re.compile(r"\.extension\(\s*('(?:[^'\\]|\\.)*')\s*\)")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'")
_CALL = re.compile(r"(\w+)`?\s*\(")
_FUNCTIONS = frozenset(
    (
        "where extension ofType as is first last single tail skip take exists empty not count"
        " startsWith endsWith contains lower upper toString hasValue and or xor implies in"
    ).split()
)
"""Words a path may have before a parenthesis. Other functions only compute values, or may take any time."""

_KEYWORD = re.compile(r"\.(div|mod)\b")
_R4 = cast("dict[str, Any]", fhirpathpy.models.models["r4"])  # pyright: ignore[reportUnknownMemberType]
_EVALUATE = cast("Callable[..., Any]", fhirpathpy.evaluate)  # pyright: ignore[reportUnknownMemberType]
_EVALUATING = Lock()  # fhirpathpy keeps the evaluation's constants in module state


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element is: `holder[key]`, and `holder[key][index]` if that is a list.

    `path` is the path of the element in the definitions.
    """

    holder: Json
    key: str
    index: int | None
    path: str


def list_at(resource: Json, operation: Operation, elements: Elements) -> tuple[list[Any], Place]:
    places = places_at(resource, operation, elements)
    if not places:
        raise _no_content(operation)
    first = places[0]
    same = all(place.holder is first.holder and place.key == first.key for place in places)
    items = first.holder[first.key]
    if not same or not isinstance(items, list):
        raise Invalid(f"{operation.where}: the path does not name one list.", code="invalid")
    return cast("list[Any]", items), first


def place_at(resource: Json, operation: Operation, elements: Elements) -> Place:
    places = places_at(resource, operation, elements)
    if not places:
        raise _no_content(operation)
    if len(places) > 1:
        raise not_one(operation, len(places))
    return places[0]


def places_at(resource: Json, operation: Operation, elements: Elements) -> list[Place]:
    names = [_full_name(node) for node in _evaluate(resource, operation)]
    if any(not name for name in names):
        raise Invalid(f"{operation.where}: the path does not name an element.", code="invalid")
    return [_locate(resource, name, operation, elements) for name in names]


def _evaluate(resource: Json, operation: Operation) -> list[Any]:
    called = set(_CALL.findall(_TEXT.sub("''", operation.path)))
    if not called <= _FUNCTIONS:
        raise Invalid(
            f"{operation.where}: the path calls a function that is not offered in patches.",
            remedy="Narrow the path with an index or where().",
            code="not-supported",
        )
    # The library loses the place of extension(), and the grammar wants `text.div` in backticks.
    path = _EXTENSION.sub(r".extension.where(url=\1)", operation.path)
    path = _KEYWORD.sub(r".`\1`", path)
    try:
        with _EVALUATING:
            return cast("list[Any]", _EVALUATE(resource, path, {}, _R4, {"returnRawData": True}))
    except KangshuError:
        raise
    except Exception:  # noqa: BLE001
        # The library raises whatever its parser or a function stumbles over; all of it means this.
        raise Invalid(
            f"{operation.where}: the path is not a FHIRPath expression this server can evaluate.",
            code="invalid",
        ) from None


def _full_name(node: Any) -> str:
    """`Patient.name[0].given[1]`: where the library found a node, "" for a computed value."""
    return str(getattr(node, "propName", None) or "")


def _locate(resource: Json, name: str, operation: Operation, elements: Elements) -> Place:
    holder: Any = resource
    path = str(resource["resourceType"])
    steps = _STEP.findall(name)[1:]
    place: Place | None = None
    for step, indexes in steps:
        key = _key_of(holder, path, step, elements)
        if key is None:
            raise _no_content(operation)
        element = elements.child(path, key)
        here = element.path if element else f"{path}.{step}"
        index = int(indexes.strip("[]")) if indexes else None
        place = Place(holder, key, index, here)
        holder = holder[key] if index is None else holder[key][index]
        path = elements.path_below(path, key) or here
    if place is None:
        raise Invalid(f"{operation.where}: the path names the resource itself.", code="invalid")
    return place


def _key_of(holder: Any, path: str, step: str, elements: Elements) -> str | None:
    """The JSON member behind a FHIRPath step; of a choice, the one that is there."""
    if not isinstance(holder, dict):
        return None
    members = cast(Json, holder)
    if step in members:
        return step
    choice = elements.choice(path, step)
    if choice is None and path != "Extension":
        return None
    for key in members:
        if key.startswith(step) and key[len(step) : len(step) + 1].isupper():
            return key
    return None


def _no_content(operation: Operation) -> Invalid:
    return Invalid(f"{operation.where}: no content found at the path.", code="not-found")


def not_one(operation: Operation, count: int) -> Invalid:
    return Invalid(
        f"{operation.where}: the path names {count} elements, not one.",
        remedy="Narrow the path with an index or where().",
        code="multiple-matches",
    )
