"""FHIRPath Patch: a Parameters resource that says what to change.

https://hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

import fhirpathpy
import fhirpathpy.models

from kangshu.interfaces.web.fhir.elements import Elements
from kangshu.kernel.base.errors import Invalid, KangshuError

Json = dict[str, Any]

MAX_PATH = 500
"""Characters of one path; the longest in the official cases has 55."""

MAX_OPERATIONS = 200

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
_TYPES = ("add", "insert", "delete", "replace", "move")


@dataclass(frozen=True, slots=True)
class Operation:
    """One change. `where` names it in messages (`Parameters.parameter[0]`)."""

    where: str
    type: str
    path: str
    name: str
    value: Json | None
    index: int | None
    source: int | None
    destination: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element is: `holder[key]`, and `holder[key][index]` if that is a list.

    `path` is the path of the element in the definitions.
    """

    holder: Json
    key: str
    index: int | None
    path: str


def apply_fhirpath_patch(resource: Json, patch: Json, elements: Elements) -> Json:
    """The resource changed in place and returned. Raises Invalid naming the operation at fault."""
    for operation in parse_operations(patch):
        _APPLY[operation.type](resource, operation, elements)
    return resource


def parse_operations(patch: Json) -> list[Operation]:
    """The operations of a Parameters resource. Raises Invalid naming the parameter at fault."""
    if patch.get("resourceType") != "Parameters":
        raise Invalid("A FHIRPath patch is a Parameters resource.", code="structure")
    parameters = _objects(patch.get("parameter", []), "Parameters.parameter")
    if len(parameters) > MAX_OPERATIONS:
        raise Invalid(f"The patch has more than {MAX_OPERATIONS} operations.", code="too-costly")
    return [_operation(item, f"Parameters.parameter[{i}]") for i, item in enumerate(parameters)]


def _operation(item: Json, where: str) -> Operation:
    if item.get("name") != "operation":
        raise Invalid(f"{where}.name is not 'operation'.", code="value")
    parts = {str(part.get("name")): part for part in _objects(item.get("part", []), f"{where}.part")}
    kind = _text(parts, "type", where)
    if kind not in _TYPES:
        raise Invalid(f"{where}: the type is not one of {', '.join(_TYPES)}.", code="value")
    path = _text(parts, "path", where)
    if not path or len(path) > MAX_PATH:
        raise Invalid(f"{where}: a path of 1 to {MAX_PATH} characters is required.", code="required")
    return Operation(
        where,
        kind,
        path,
        _text(parts, "name", where),
        parts.get("value"),
        _integer(parts, "index", where),
        _integer(parts, "source", where),
        _integer(parts, "destination", where),
    )


def _add(resource: Json, operation: Operation, elements: Elements) -> None:
    holder, path = _holder(resource, operation, elements)
    if not operation.name:
        raise Invalid(f"{operation.where}: 'add' needs a name.", code="required")
    key, element_path = _member(path, operation, elements)
    element = elements.by_path.get(element_path)
    value = _value(operation, elements, element_path)
    current = holder.get(key)
    if isinstance(current, list):
        cast("list[Any]", current).append(value)
    elif (element is not None and element.repeats) or key in ("extension", "modifierExtension", "contained"):
        holder[key] = [value]
    else:
        holder[key] = value


def _insert(resource: Json, operation: Operation, elements: Elements) -> None:
    items, place = _list_at(resource, operation, elements)
    index = _within(operation.index, len(items) + 1, "index", operation)
    items.insert(index, _value(operation, elements, place.path))


def _delete(resource: Json, operation: Operation, elements: Elements) -> None:
    places = _places(resource, operation, elements)
    if len(places) > 1:
        raise _not_one(operation, len(places))
    if places:
        _remove(places[0])
        _prune(resource)


def _replace(resource: Json, operation: Operation, elements: Elements) -> None:
    place = _one(resource, operation, elements)
    value = _value(operation, elements, place.path)
    if place.index is not None:
        place.holder[place.key][place.index] = value
        return
    key = _choice_key(place, operation)
    if key == place.key:
        place.holder[key] = value
        return
    # A choice changes its type: the new member takes the old one's position.
    renamed = {(key if name == place.key else name): item for name, item in place.holder.items()}
    renamed[key] = value
    place.holder.clear()
    place.holder.update(renamed)


def _move(resource: Json, operation: Operation, elements: Elements) -> None:
    items, _ = _list_at(resource, operation, elements)
    source = _within(operation.source, len(items), "source", operation)
    destination = _within(operation.destination, len(items), "destination", operation)
    items.insert(destination, items.pop(source))


_APPLY = {"add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move}


def _holder(resource: Json, operation: Operation, elements: Elements) -> tuple[Json, str]:
    if operation.path.strip() in (str(resource.get("resourceType")), "Resource", "$this"):
        return resource, str(resource["resourceType"])
    place = _one(resource, operation, elements)
    found = place.holder[place.key] if place.index is None else place.holder[place.key][place.index]
    if not isinstance(found, dict):
        raise Invalid(f"{operation.where}: the element at the path has no children.", code="invalid")
    return cast(Json, found), elements.content_of(place.path)


def _member(path: str, operation: Operation, elements: Elements) -> tuple[str, str]:
    """The JSON member an added element becomes, and its path in the definitions."""
    choice = elements.choice(path, operation.name)
    if choice is None:
        return operation.name, f"{path}.{operation.name}"
    return operation.name + _value_type(operation), choice.path


def _choice_key(place: Place, operation: Operation) -> str:
    if not place.path.endswith("[x]"):
        return place.key
    name = place.path.rpartition(".")[2].removesuffix("[x]")
    return name + _value_type(operation)


def _value_type(operation: Operation) -> str:
    for key in operation.value or {}:
        if key.startswith("value"):
            return key.removeprefix("value")
    raise Invalid(f"{operation.where}: the value has no type.", remedy="Send value[x].", code="required")


def _value(operation: Operation, elements: Elements, path: str) -> Any:
    """The value to put: `value[x]` as it is, or an anonymous element put together from parts."""
    part = operation.value
    if part is None:
        raise Invalid(f"{operation.where}: '{operation.type}' needs a value.", code="required")
    for key, value in part.items():
        if key.startswith("value"):
            return value
    if "resource" in part:
        return part["resource"]
    return _assembled(_objects(part.get("part", []), f"{operation.where}.value"), elements, path)


def _assembled(parts: list[Json], elements: Elements, path: str) -> Json:
    built: Json = {}
    for part in parts:
        name = str(part.get("name", ""))
        typed = next((key for key in part if key.startswith("value")), "")
        choice = elements.choice(path, name)
        child = elements.child(path, name)
        key = name + typed.removeprefix("value") if choice else name
        value = part[typed] if typed else _assembled(
            _objects(part.get("part", []), name), elements, f"{elements.content_of(path)}.{name}"
        )  # fmt: skip
        if child is not None and child.repeats:
            built.setdefault(key, []).append(value)
        else:
            built[key] = value
    return built


def _list_at(resource: Json, operation: Operation, elements: Elements) -> tuple[list[Any], Place]:
    places = _places(resource, operation, elements)
    if not places:
        raise _no_content(operation)
    first = places[0]
    same = all(place.holder is first.holder and place.key == first.key for place in places)
    items = first.holder[first.key]
    if not same or not isinstance(items, list):
        raise Invalid(f"{operation.where}: the path does not name one list.", code="invalid")
    return cast("list[Any]", items), first


def _one(resource: Json, operation: Operation, elements: Elements) -> Place:
    places = _places(resource, operation, elements)
    if not places:
        raise _no_content(operation)
    if len(places) > 1:
        raise _not_one(operation, len(places))
    return places[0]


def _places(resource: Json, operation: Operation, elements: Elements) -> list[Place]:
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


def _remove(place: Place) -> None:
    if place.index is None:
        del place.holder[place.key]
        place.holder.pop("_" + place.key, None)
        return
    del place.holder[place.key][place.index]
    shadow = place.holder.get("_" + place.key)
    if isinstance(shadow, list) and place.index < len(cast("list[Any]", shadow)):
        del shadow[place.index]


def _prune(value: Any) -> None:
    """Take out objects and lists that a deletion left empty: FHIR has no empty element."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            _prune(item)
        return
    if not isinstance(value, dict):
        return
    members = cast(Json, value)
    for key in list(members):
        child = members[key]
        _prune(child)
        if isinstance(child, list):
            child[:] = [item for item in cast("list[Any]", child) if item not in ({}, [])]
        if child in ({}, []):
            del members[key]


def _objects(value: Any, where: str) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in cast("list[Any]", value)):
        raise Invalid(f"{where} is not a list of objects.", code="structure")
    return cast("list[Json]", value)


def _text(parts: dict[str, Json], name: str, where: str) -> str:
    part = parts.get(name, {})
    value = part.get("valueString", part.get("valueCode", ""))
    if not isinstance(value, str):
        raise Invalid(f"{where}: {name} is not a string.", code="structure")
    return value


def _integer(parts: dict[str, Json], name: str, where: str) -> int | None:
    if name not in parts:
        return None
    value = parts[name].get("valueInteger")
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{where}: {name} is not an integer.", code="structure")
    return value


def _within(value: int | None, length: int, name: str, operation: Operation) -> int:
    if value is None:
        raise Invalid(f"{operation.where}: '{operation.type}' needs {name}.", code="required")
    if not 0 <= value < length:
        raise Invalid(f"{operation.where}: {name} is outside the list.", code="value")
    return value


def _no_content(operation: Operation) -> Invalid:
    return Invalid(f"{operation.where}: no content found at the path.", code="not-found")


def _not_one(operation: Operation, count: int) -> Invalid:
    return Invalid(
        f"{operation.where}: the path names {count} elements, not one.",
        remedy="Narrow the path with an index or where().",
        code="multiple-matches",
    )
