"""Drawings of indicators hold what may be shown, and their files are harmless."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from kangshu.domains.planning.boundaries import Boundaries, Shape
from kangshu.domains.planning.breakdown import Group
from kangshu.interfaces.web.portal.drawing import drawing, file_of, script_of
from kangshu.interfaces.web.portal.indicator_charts import compare_drawing, groups_drawing
from kangshu.interfaces.web.portal.town_map import map_drawing
from kangshu.interfaces.web.portal.words import words
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import parse_indicator
from tests.unit.indicators.texts import SQL, TOML

REGULAR = parse_indicator(TOML, SQL, "regular")
ZH = words("zh")


def cell(value: str | None, period: str = "2024") -> Cell:
    number = None if value is None else Decimal(value)
    small = "small" if number is None else ""
    return Cell(period, (), number, number, number, None, None, 12, 12, small)


def group(name: str | None, value: str | None) -> Group:
    return Group(name, cell(value), 1, None, None, "open")


TOWNS = (group("合水镇", "80"), group("水口镇", "20"), group("思贺镇", None))


def name_of(name: str | None) -> str:
    return name or "不详"


def test_bars_are_what_may_be_shown_with_the_target_and_the_table_says_what_is_hidden() -> None:
    found = groups_drawing(REGULAR, TOWNS, Decimal(60), name_of, ZH)
    assert found is not None
    assert [each["name"] for each in found.spec["data"]["values"]] == ["合水镇", "水口镇"]
    assert found.spec["layer"][2]["data"]["values"][0]["limit"] == 60
    assert found.rows[2] == ("思贺镇", "数量少，未显示", "", "")
    assert groups_drawing(REGULAR, TOWNS[2:], None, name_of, ZH) is None


def test_a_map_without_boundaries_has_a_tile_for_each_town_and_none_for_what_is_not_known() -> None:
    found = map_drawing(REGULAR, (*TOWNS, group(None, "5")), None, ZH)
    assert found is not None
    tiles = found.spec["data"]["values"]
    assert len({(each["column"], each["row"]) for each in tiles}) == len(tiles) == 3
    assert {each["name"]: each["value"] for each in tiles} == {"合水镇": 80, "水口镇": 20, "思贺镇": None}
    assert [each["name"] for each in tiles if each["dark"]] == ["合水镇"]
    assert map_drawing(REGULAR, TOWNS[:1], None, ZH) is None


def test_a_map_with_boundaries_has_every_outline_also_of_towns_without_a_value() -> None:
    ring = ((110.0, 22.0), (111.0, 22.0), (111.0, 23.0), (110.0, 22.0))
    names = ("合水镇", "水口镇", "思贺镇", "平塘镇")
    boundaries = Boundaries("440983", tuple(Shape(name, "", ((ring,),)) for name in names))
    found = map_drawing(REGULAR, TOWNS, boundaries, ZH)
    assert found is not None
    values = {each["name"]: each["value"] for each in found.spec["data"]["values"]}
    assert values == {"合水镇": 80, "水口镇": 20, "思贺镇": None, "平塘镇": None}
    assert 200 <= found.spec["height"] <= 520
    elsewhere = Boundaries("440983", (Shape("茂名", "", ((ring,),)),))
    tiles = map_drawing(REGULAR, TOWNS, elsewhere, ZH)
    assert tiles is not None
    assert tiles.title == ZH.say("cockpit.tiles") + "（%）"


def test_lines_side_by_side_leave_out_what_is_hidden() -> None:
    lines = {"甲": {"2023": cell("1", "2023"), "2024": cell(None)}, "乙": {"2024": cell("3")}}
    found = compare_drawing(REGULAR, lines, ZH)
    assert found is not None
    assert [(each["line"], each["period"]) for each in found.spec["data"]["values"]] == [
        ("甲", "2023"),
        ("乙", "2024"),
    ]
    assert found.rows == (("2023", "1", ""), ("2024", "数量少，未显示", "3"))
    assert compare_drawing(REGULAR, {"甲": {"2024": cell(None)}}, ZH) is None


@pytest.mark.parametrize("cell_text", ["=1+1", "@x", "+x", "-x", "\tx"])
def test_a_spreadsheet_finds_no_formula_in_a_file(cell_text: str) -> None:
    found = drawing("groups", "", {}, ["a", "b"], [[cell_text, "-1.5"]])
    content, media = file_of(found, "csv")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert media.startswith("text/csv")
    assert rows[1][0] == f"'{cell_text}"
    assert rows[1][1] == "-1.5"


def test_a_specification_cannot_end_the_script_it_stands_in() -> None:
    found = drawing("groups", "", {"title": "</script><b>"}, [], [])
    assert "<" not in script_of(found)
    assert json.loads(str(script_of(found))) == found.spec


def test_there_are_four_forms() -> None:
    with pytest.raises(NotFound, match="svg, png, csv, json"):
        file_of(drawing("groups", "", {}, [], []), "exe")
