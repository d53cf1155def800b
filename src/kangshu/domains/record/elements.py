"""A resource as labelled rows, for reading one fact to the last element."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from kangshu.domains.record.datatypes import Json, narrative_text, plain, table, word

MAX_ROWS = 2000
"""Rows shown of one resource; the source text below them is always complete."""

_SKIPPED = frozenset({"resourceType", "id", "meta", "text", "contained"})
_SHORT = 24
"""Characters shown of base64 data."""
_SAYABLE = (
    {"coding"},
    {"value", "unit"},
    {"value", "system"},
    {"value", "currency"},
    {"start"},
    {"end"},
    {"reference"},
    {"family"},
    {"given"},
    {"city"},
    {"line"},
    {"low"},
    {"high"},
    {"numerator"},
    {"repeat"},
    {"div"},
    {"code", "system"},
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the element's name, how deep it lies, its value in words (empty for a heading).

    `codes` are the `system|code` pairs behind the value.
    """

    name: str
    depth: int
    text: str
    codes: tuple[str, ...] = ()


def element_rows(resource: Json) -> tuple[Row, ...]:
    """The elements in the order the source wrote them, extensions by the end of their address."""
    rows: list[Row] = []
    for name, value in resource.items():
        if name in _SKIPPED or name.startswith("_"):
            continue
        for row in _rows(name, value, 0):
            if len(rows) >= MAX_ROWS:
                return tuple(rows)
            rows.append(row)
    return tuple(rows)


def narrative(resource: Json) -> str:
    """The source's own summary, as plain text."""
    return narrative_text(resource)


def _rows(name: str, value: Any, depth: int) -> Iterator[Row]:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _rows(name, item, depth)
        return
    if not isinstance(value, dict):
        yield Row(name, depth, word(value))
        return
    item = cast(Json, value)
    text = plain(item) if _is_sayable(item) else ""
    if text:
        yield Row(name, depth, text, _codes(item))
        return
    yield Row(_heading(name, item), depth, "")
    for inner, part in item.items():
        if inner == "id" or inner.startswith("_") or (inner == "url" and "xtension" in name):
            continue
        shown = part[:_SHORT] + "…" if inner == "data" and isinstance(part, str) else part
        yield from _rows(inner, shown, min(depth + 1, 6))


def _heading(name: str, item: Json) -> str:
    url = word(item.get("url")) if name in ("extension", "modifierExtension") else ""
    return url.rstrip("/").rpartition("/")[2] or name


def _is_sayable(item: Json) -> bool:
    keys = set(item)
    return any(marks <= keys for marks in _SAYABLE)


def _codes(item: Json) -> tuple[str, ...]:
    codings = (
        [table(c) for c in cast("list[Any]", item["coding"])]
        if isinstance(item.get("coding"), list)
        else [item]
    )
    return tuple(f"{word(c.get('system'))}|{word(c.get('code'))}" for c in codings if word(c.get("code")))
