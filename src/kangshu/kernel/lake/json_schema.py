"""The JSON Schema of a logical model: what one thing looks like as a JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kangshu.kernel.lake.model import Column, Model, Models

_FORMS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string"},
    "code": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}


def json_schema(model: Model, models: Models) -> dict[str, Any]:
    """Draft 2020-12. Columns that may be empty may be left out or null; others are required."""
    schema = _object(model.columns, models)
    for part in model.parts:
        schema["properties"][part.name] = {
            "title": part.title,
            "type": "array",
            "items": _object(part.columns, models),
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:kangshu:model:{model.name}",
        "title": model.title,
        "description": f"{model.title_en}. {model.basis}",
        **schema,
    }


def _object(columns: Sequence[Column], models: Models) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {column.name: _property(column, models) for column in columns},
        "required": [column.name for column in columns if column.need],
        "additionalProperties": False,
    }


def _property(column: Column, models: Models) -> dict[str, Any]:
    form = dict(_FORMS[column.type])
    if not column.need:
        form["type"] = [form["type"], "null"]
    elif column.type == "text":
        form["minLength"] = 1
    if column.codes:
        codes: list[str | None] = list(models.codes[column.codes])
        form["enum"] = codes if column.need else [*codes, None]
    return {"title": column.title, **form}
