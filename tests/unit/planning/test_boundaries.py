"""Boundaries are read, refused with every reason, kept, and found again by the names that facts use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.maps import Maps
from kangshu.domains.planning.boundaries import MOST_BYTES, parse_boundaries
from kangshu.kernel.base.errors import Invalid

SQUARE = [[110.0, 22.0], [111.0, 22.0], [111.0, 23.0], [110.0, 23.0], [110.0, 22.0]]


def feature(
    name: str | None = "东镇街道", coordinates: Any = None, kind: str = "Polygon", **more: Any
) -> dict[str, Any]:
    properties = {} if name is None else {"name": name}
    geometry = {"type": kind, "coordinates": [SQUARE] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": properties | more, "geometry": geometry}


def text(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def test_polygons_and_multipolygons_are_read_with_name_and_code() -> None:
    found = parse_boundaries(
        text(feature(code="440983001"), feature("镇隆镇", [[SQUARE]], "MultiPolygon")), "440983"
    )
    assert [(each.name, each.code) for each in found.shapes] == [("东镇街道", "440983001"), ("镇隆镇", "")]
    assert found.shapes[0].polygons == found.shapes[1].polygons
    assert found.shapes[0].polygons[0][0] == tuple((x, y) for x, y in SQUARE)


def test_a_property_can_be_told() -> None:
    found = parse_boundaries(text(feature(None, town_cn="合水镇")), "440983", name_property="town_cn")
    assert found.shapes[0].name == "合水镇"


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([feature(None)], "no name"),
        ([feature(), feature()], "come twice"),
        ([feature(kind="Point", coordinates=[1, 2])], "Polygon or MultiPolygon"),
        ([feature(coordinates=[SQUARE[:-1]])], "not closed"),
        ([feature(coordinates=[[[0, 0], [1, 1], [0, 0]]])], "less than four"),
        ([feature(coordinates=[[[12245000.0, 2560000.0]] * 4])], "longitude and latitude"),
        ([feature(coordinates=[[["1", 2]] * 4])], "two numbers"),
        ([feature(coordinates=[[[True, 2]] * 4])], "two numbers"),
        ([feature(coordinates=[])], "none empty"),
        ([feature(coordinates=[[[float("nan"), 2]] * 4])], "longitude and latitude"),
        ([7], r"features\[0\]: must be a Feature"),
    ],
)
def test_what_is_wrong_is_said(features: list[Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parse_boundaries(text(*features), "440983")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no json", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no FeatureCollection"),
        (b" " * (MOST_BYTES + 1), "too large"),
    ],
)
def test_what_is_no_geojson_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parse_boundaries(content, "440983")


def test_the_packed_form_of_echarts_is_refused_with_the_remedy() -> None:
    with pytest.raises(Invalid, match="ECharts"):
        parse_boundaries(text(feature(), UTF8Encoding=True), "440983")


def test_neighbours_share_their_border_after_it_is_made_coarser() -> None:
    border = [[111.0, 22.0 + n / 100_000] for n in range(1000)]
    west = [[110.0, 22.0], *border, [110.0, 22.5], [110.0, 22.0]]
    east = [[112.0, 22.0], *border, [112.0, 22.5], [112.0, 22.0]]
    found = parse_boundaries(text(feature("西", [west]), feature("东", [east])), "440983")
    shared = [{point for point in each.polygons[0][0] if point[0] == 111.0} for each in found.shapes]
    assert shared[0] == shared[1]
    assert 2 <= len(shared[0]) < 100


def test_a_town_is_found_by_its_name_or_the_only_one_like_it() -> None:
    found = parse_boundaries(text(feature("东镇街道"), feature("合水镇"), feature("水口镇")), "440983")
    assert [
        (one.name if (one := found.named(name)) else None) for name in ("合水镇", "东镇", "水", "思贺镇")
    ] == [
        "合水镇",
        "东镇街道",
        None,
        None,
    ]


def test_a_name_stands_in_the_middle_of_the_largest_part() -> None:
    small = [[120.0, 20.0], [120.1, 20.0], [120.1, 20.1], [120.0, 20.0]]
    found = parse_boundaries(text(feature("东镇", [[small], [SQUARE]], "MultiPolygon")), "440983")
    assert found.shapes[0].middle() == (110.5, 22.5)
    line = [[120.0, 20.0], [120.1, 20.0], [120.2, 20.0], [120.0, 20.0]]
    assert parse_boundaries(text(feature("东镇", [line])), "440983").shapes[0].middle() == (120.0, 20.0)


def test_maps_are_kept_replaced_and_removed(tmp_path: Path) -> None:
    maps = Maps(tmp_path / "maps")
    assert maps.find("440983") is None
    taken = maps.take("440983", text(feature()))
    assert maps.find("440983") == taken
    assert Maps(tmp_path / "maps").find("440983") == taken
    with pytest.raises(Invalid):
        maps.take("440983", text(feature(None)))
    assert maps.find("440983") == taken
    maps.take("440983", text(feature("镇隆镇")))
    assert [each.name for each in (maps.find("440983") or taken).shapes] == ["镇隆镇"]
    assert maps.remove("440983")
    assert not maps.remove("440983")
    assert maps.find("440983") is None


@pytest.mark.parametrize("county", ["", "../440983", "44098", "4409831"])
def test_a_county_is_six_digits(tmp_path: Path, county: str) -> None:
    with pytest.raises(Invalid, match="six digits"):
        Maps(tmp_path).take(county, text(feature()))
