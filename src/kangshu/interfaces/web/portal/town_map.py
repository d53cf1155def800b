"""The towns of a county as a map: in their outlines where these are known, else as tiles of one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from kangshu.domains.planning.boundaries import Boundaries, Shape
from kangshu.domains.planning.breakdown import Group
from kangshu.interfaces.web.portal.drawing import Drawing, drawing, template
from kangshu.interfaces.web.portal.indicator_charts import titled
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.judge import with_unit

WIDE = 560
"""The width a drawing is made with; the browser makes it as wide as there is room."""
TILE = 64
"""Height of a tile with the room around it."""
LETTERS = 5
DARK = 0.55
"""From this share of the way from the lightest to the darkest, writing on it is white."""


def map_drawing(
    indicator: Indicator, groups: Sequence[Group], boundaries: Boundaries | None, words: Words
) -> Drawing | None:
    """None where there are not two towns to compare. Towns without an outline are in the table only."""
    towns = [each for each in groups if each.name is not None]
    if len(towns) < 2 or all(each.cell.value is None for each in towns):
        return None
    shapes = {each.name: boundaries.named(each.name or "") for each in towns} if boundaries else {}
    if boundaries is not None and any(shapes.values()):
        name, spec = "cockpit.map", _outlines(indicator, towns, boundaries, words)
    else:
        name, spec = "cockpit.tiles", _tiles(indicator, towns, words)
    columns = [words.say("cockpit.group"), words.say("cockpit.value")]
    rows = [[each.name or "", _shown(each, words)] for each in towns]
    return drawing("map", titled(words.say(name), indicator, words), spec, columns, rows)


def _tiles(indicator: Indicator, towns: Sequence[Group], words: Words) -> dict[str, Any]:
    spec = template("map_tiles")
    wide = math.ceil(math.sqrt(len(towns)))
    spec["height"] = TILE * math.ceil(len(towns) / wide)
    dark = _dark_from(towns)
    ordered = sorted(towns, key=lambda each: each.name or "")
    spec["data"]["values"] = [
        _datum(indicator, each, words)
        | {
            "short": _short(each.name or ""),
            "label": words.say("cockpit.hidden_short") if each.cell.hidden else _shown(each, words),
            "column": number % wide,
            "row": number // wide,
            "dark": each.cell.value is not None and float(each.cell.value) >= dark,
        }
        for number, each in enumerate(ordered)
    ]
    return spec


def _outlines(
    indicator: Indicator, towns: Sequence[Group], boundaries: Boundaries, words: Words
) -> dict[str, Any]:
    spec = template("map_shapes")
    by_shape = {shape.name: each for each in towns if (shape := boundaries.named(each.name or ""))}
    points = [
        point for each in boundaries.shapes for ring in each.polygons for part in ring for point in part
    ]
    south, north = min(y for _, y in points), max(y for _, y in points)
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    # A degree of longitude is shorter than one of latitude; over a county a plain stretch is true enough.
    narrow = math.cos(math.radians((south + north) / 2))
    tall = (north - south) / max((east - west) * narrow, 1e-9)
    spec["height"] = round(min(max(WIDE * tall, 200), 520))
    spec["data"]["values"] = [
        {"type": "Feature", "geometry": _flat(shape, narrow)}
        | (
            _datum(indicator, by_shape[shape.name], words)
            if shape.name in by_shape
            else {"name": shape.name, "value": None, "said": shape.name}
        )
        for shape in boundaries.shapes
    ]
    labels = [
        {"name": town.name, "label": _shown(town, words), "x": round(x * narrow, 5), "y": y}
        for shape in boundaries.shapes
        if (town := by_shape.get(shape.name))
        for x, y in (shape.middle(),)
    ]
    for layer in spec["layer"][1:]:
        layer["data"]["values"] = labels
    return spec


def _flat(shape: Shape, narrow: float) -> dict[str, Any]:
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [[[round(x * narrow, 5), y] for x, y in ring] for ring in polygon] for polygon in shape.polygons
        ],
    }


def _datum(indicator: Indicator, town: Group, words: Words) -> dict[str, Any]:
    value = town.cell.value
    said = (
        words.say("cockpit.hidden")
        if town.cell.hidden
        else with_unit(indicator, value)
        if value is not None
        else "–"
    )
    return {
        "name": town.name,
        "value": None if value is None else float(value),
        "said": f"{town.name} {said}",
    }


def _short(name: str) -> str:
    """As much of a name as a tile is wide on a phone."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"


def _shown(town: Group, words: Words) -> str:
    if town.cell.hidden:
        return words.say("cockpit.hidden")
    return "–" if town.cell.value is None else f"{town.cell.value:f}"


def _dark_from(towns: Sequence[Group]) -> float:
    values: list[Decimal] = [each.cell.value for each in towns if each.cell.value is not None]
    low, high = float(min(values)), float(max(values))
    return low + DARK * (high - low) if high > low else math.inf
