"""The operations of a FHIRPath patch, read from its Parameters resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid

Json = dict[str, Any]

MAX_PATH = 500
"""Characters of one path; the longest in the official cases has 55."""

MAX_OPERATIONS = 200
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


def parse_operations(patch: Json) -> list[Operation]:
    """The operations of a Parameters resource. Raises Invalid naming the parameter at fault."""
    if patch.get("resourceType") != "Parameters":
        raise Invalid("A FHIRPath patch is a Parameters resource.", code="structure")
    parameters = list_of_objects(patch.get("parameter", []), "Parameters.parameter")
    if len(parameters) > MAX_OPERATIONS:
        raise Invalid(f"The patch has more than {MAX_OPERATIONS} operations.", code="too-costly")
    return [_operation(item, f"Parameters.parameter[{i}]") for i, item in enumerate(parameters)]


def _operation(item: Json, where: str) -> Operation:
    if item.get("name") != "operation":
        raise Invalid(f"{where}.name is not 'operation'.", code="value")
    parts = {str(part.get("name")): part for part in list_of_objects(item.get("part", []), f"{where}.part")}
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


def list_of_objects(value: Any, where: str) -> list[Json]:
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
