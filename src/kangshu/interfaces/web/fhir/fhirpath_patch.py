"""FHIRPath Patch: a Parameters resource that says what to change.

https://hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

from typing import Any, cast

from kangshu.interfaces.web.fhir.elements import Elements
from kangshu.interfaces.web.fhir.fhirpath_patch_operations import (
    Json,
    Operation,
    list_of_objects,
    parse_operations,
)
from kangshu.interfaces.web.fhir.fhirpath_patch_places import Place, list_at, not_one, place_at, places_at
from kangshu.kernel.base.errors import Invalid


def apply_fhirpath_patch(resource: Json, patch: Json, elements: Elements) -> Json:
    """The resource changed in place and returned. Raises Invalid naming the operation at fault."""
    for operation in parse_operations(patch):
        _APPLY[operation.type](resource, operation, elements)
    return resource


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
    items, place = list_at(resource, operation, elements)
    index = _within(operation.index, len(items) + 1, "index", operation)
    items.insert(index, _value(operation, elements, place.path))


def _delete(resource: Json, operation: Operation, elements: Elements) -> None:
    places = places_at(resource, operation, elements)
    if len(places) > 1:
        raise not_one(operation, len(places))
    if places:
        _remove(places[0])
        _prune(resource)


def _replace(resource: Json, operation: Operation, elements: Elements) -> None:
    place = place_at(resource, operation, elements)
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
    items, _ = list_at(resource, operation, elements)
    source = _within(operation.source, len(items), "source", operation)
    destination = _within(operation.destination, len(items), "destination", operation)
    items.insert(destination, items.pop(source))


_APPLY = {"add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move}


def _holder(resource: Json, operation: Operation, elements: Elements) -> tuple[Json, str]:
    if operation.path.strip() in (str(resource.get("resourceType")), "Resource", "$this"):
        return resource, str(resource["resourceType"])
    place = place_at(resource, operation, elements)
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
    return _assembled(list_of_objects(part.get("part", []), f"{operation.where}.value"), elements, path)


def _assembled(parts: list[Json], elements: Elements, path: str) -> Json:
    built: Json = {}
    for part in parts:
        name = str(part.get("name", ""))
        typed = next((key for key in part if key.startswith("value")), "")
        choice = elements.choice(path, name)
        child = elements.child(path, name)
        key = name + typed.removeprefix("value") if choice else name
        value = part[typed] if typed else _assembled(
            list_of_objects(part.get("part", []), name), elements, f"{elements.content_of(path)}.{name}"
        )  # fmt: skip
        if child is not None and child.repeats:
            built.setdefault(key, []).append(value)
        else:
            built[key] = value
    return built


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


def _within(value: int | None, length: int, name: str, operation: Operation) -> int:
    if value is None:
        raise Invalid(f"{operation.where}: '{operation.type}' needs {name}.", code="required")
    if not 0 <= value < length:
        raise Invalid(f"{operation.where}: {name} is outside the list.", code="value")
    return value
