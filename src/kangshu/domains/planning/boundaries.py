"""The boundaries: the outlines of a county's towns, read from GeoJSON (RFC 7946) that somebody hands in.

Only what is needed is kept: name, code and outline of each town, on a grid fine enough for a page. Both sides
of a border are put on the same grid, so that no gaps open between neighbours.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem

MOST_BYTES = 20 * 1024 * 1024
MOST_SHAPES = 2_000
MOST_POINTS = 1_000_000
STEPS = 1_500
"""Steps of the grid across the county."""
NAMES = ("name", "NAME", "Name", "XZQMC", "town", "乡镇", "名称")
"""Properties that are looked at for a name, unless one is told."""
CODES = ("code", "adcode", "XZQDM", "gb", "代码")

Point = tuple[float, float]
Ring = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The outline of a town: polygons of rings, the first of each the outer one; in degrees."""

    name: str
    code: str
    polygons: tuple[tuple[Ring, ...], ...]

    def middle(self) -> Point:
        """The centre of its largest polygon, where its name may stand."""
        area, x, y = max((_centre(polygon[0]) for polygon in self.polygons), key=lambda each: each[0])
        return (round(x, 5), round(y, 5)) if area else self.polygons[0][0][0]


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The towns of a county, by name."""

    county: str
    shapes: tuple[Shape, ...]

    def named(self, name: str) -> Shape | None:
        """The town of that name, or the only one that has it in its name (城关 for 城关镇)."""
        exact = [each for each in self.shapes if each.name == name]
        alike = exact or [each for each in self.shapes if each.name in name or name in each.name]
        return alike[0] if len(alike) == 1 else None


def parse_boundaries(text: bytes, county: str, *, name_property: str | None = None) -> Boundaries:
    """Read a FeatureCollection of Polygons and MultiPolygons. Raises `Invalid` with every problem.

    `name_property`: which property of a feature is its name; None: one of `NAMES`.
    """
    features = _features(text)
    problems: list[Problem] = []
    shapes: list[Shape] = []
    for number, feature in enumerate(features):
        where = f"features[{number}]"
        before = len(problems)
        properties = feature.get("properties")
        known = cast("dict[str, Any]", properties) if isinstance(properties, dict) else {}
        name = _said(known, (name_property,) if name_property else NAMES)
        if not name:
            wanted = name_property or ", ".join(NAMES)
            problems.append(_problem(f"{where}.properties", f"has no name: none of {wanted}"))
        polygons = _polygons(feature.get("geometry"), f"{where}.geometry", problems)
        if len(problems) == before:
            shapes.append(Shape(name, _said(known, CODES), polygons))
    twice = {each.name for each in shapes if [one.name for one in shapes].count(each.name) > 1}
    problems += [_problem("features", f"{len(twice)} names come twice")] if twice else []
    if sum(len(ring) for each in shapes for polygon in each.polygons for ring in polygon) > MOST_POINTS:
        problems.append(_problem("features", f"have more than {MOST_POINTS:,} points"))
    if problems:
        raise _refused(problems)
    return Boundaries(county, _on_grid(shapes))


def geojson_of(boundaries: Boundaries) -> str:
    """The same as GeoJSON, which `parse_boundaries` reads again."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": each.name, "code": each.code},
            "geometry": {"type": "MultiPolygon", "coordinates": each.polygons},
        }
        for each in boundaries.shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _features(text: bytes) -> list[Mapping[str, Any]]:
    if len(text) > MOST_BYTES:
        raise Invalid(
            "The file of boundaries is too large.", remedy=f"Simplify it to {MOST_BYTES // 2**20} MB at most."
        )
    try:
        found: Any = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Invalid("The file of boundaries is not JSON in UTF-8.", remedy="Export GeoJSON.") from error
    table = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if table.get("UTF8Encoding"):
        raise Invalid(
            "The coordinates are in the packed form of ECharts.", remedy="Export plain GeoJSON (RFC 7946)."
        )
    features: Any = table.get("features")
    if table.get("type") != "FeatureCollection" or not isinstance(features, list) or not features:
        raise Invalid(
            "The file is no FeatureCollection with features.", remedy="Export GeoJSON of the towns."
        )
    listed = cast("list[Any]", features)
    if len(listed) > MOST_SHAPES:
        raise Invalid(
            f"The file has {len(listed):,} features, and {MOST_SHAPES:,} is the most.",
            remedy="Choose the towns of one county.",
        )
    if strange := [number for number, each in enumerate(listed) if not isinstance(each, dict)]:
        raise _refused([_problem(f"features[{number}]", "must be a Feature") for number in strange])
    return cast("list[Mapping[str, Any]]", listed)


def _polygons(geometry: Any, where: str, problems: list[Problem]) -> tuple[tuple[Ring, ...], ...]:
    table = cast("dict[str, Any]", geometry) if isinstance(geometry, dict) else {}
    written: Any = table.get("coordinates")
    if table.get("type") == "Polygon":
        written = [written]
    elif table.get("type") != "MultiPolygon":
        problems.append(_problem(where, "must be a Polygon or MultiPolygon"))
        return ()
    try:
        return tuple(tuple(_ring(ring) for ring in polygon) for polygon in _filled(written))
    except _WrongError as error:
        problems.append(_problem(f"{where}.coordinates", str(error)))
        return ()


class _WrongError(Exception):
    """What is wrong with some coordinates."""


def _filled(written: Any) -> list[list[Any]]:
    lists = cast("list[Any]", written) if isinstance(written, list) else []
    found = [cast("list[Any]", each) for each in lists if isinstance(each, list)]
    if not found or len(found) < len(lists) or not all(found):
        raise _WrongError("must be lists of rings, none empty")
    return found


def _ring(written: Any) -> Ring:
    points = cast("list[Any]", written) if isinstance(written, list) else []
    found = tuple(_point(each) for each in points)
    if len(found) < 4 or found[0] != found[-1]:
        raise _WrongError("have a ring of less than four points, or one that is not closed")
    return found


def _point(written: Any) -> Point:
    numbers = cast("list[Any]", written) if isinstance(written, list) else []
    if len(numbers) < 2 or any(type(each) not in (int, float) for each in numbers[:2]):
        raise _WrongError("have a point that is not two numbers")
    x, y = float(numbers[0]), float(numbers[1])
    if not (math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90):
        raise _WrongError("have a point that is not longitude and latitude in degrees (WGS 84 or CGCS2000)")
    return x, y


def _on_grid(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    points = [point for each in shapes for polygon in each.polygons for ring in polygon for point in ring]
    wide = max(max(x for x, _ in points) - min(x for x, _ in points), 1e-6)
    high = max(max(y for _, y in points) - min(y for _, y in points), 1e-6)
    places = max(0, math.ceil(-math.log10(max(wide, high) / STEPS)))
    return tuple(
        Shape(each.name, each.code, tuple(_coarse(polygon, places) for polygon in each.polygons))
        for each in shapes
    )


def _coarse(polygon: Sequence[Ring], places: int) -> tuple[Ring, ...]:
    """Points on the grid, none twice running; rings too small for it stay as they are."""
    rings: list[Ring] = []
    for ring in polygon:
        points = [(round(x, places), round(y, places)) for x, y in ring]
        kept = [each for number, each in enumerate(points) if number == 0 or each != points[number - 1]]
        rings.append(tuple(kept) if len(kept) >= 4 else ring)
    return tuple(rings)


def _centre(ring: Ring) -> tuple[float, float, float]:
    """Area and centroid, by the triangles from its first point."""
    (west, south), area, x, y = ring[0], 0.0, 0.0, 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        part = (x0 - west) * (y1 - south) - (x1 - west) * (y0 - south)
        area, x, y = area + part, x + part * (x0 + x1 - 2 * west), y + part * (y0 + y1 - 2 * south)
    return (abs(area), west + x / (3 * area), south + y / (3 * area)) if area else (0.0, west, south)


def _said(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = properties.get(name)
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()[:100]
    return ""


def _refused(problems: list[Problem]) -> Invalid:
    listed = "; ".join(f"{each.path}: {each.message}" for each in problems[:20])
    return Invalid(
        f"The boundaries are wrong: {listed}.", remedy="Correct the file.", problems=tuple(problems)
    )


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
