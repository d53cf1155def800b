"""Charts, sparklines and the life strip show what is there."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from kangshu.domains.record.life import Life, life
from kangshu.interfaces.web.portal.chart import chart
from kangshu.interfaces.web.portal.lifeline import HEIGHT, WIDTH, lifeline
from kangshu.interfaces.web.portal.sparkline import sparkline
from kangshu.interfaces.web.portal.words import words
from tests.support.sample_facts import fact_of, facts_of_bundle, synthea_bundles

ON = date(2026, 11, 22)


def glucose(*values: tuple[str, float], low: float | None = 3.9, high: float | None = 6.1) -> Life:
    limits = {name: {"value": v} for name, v in (("low", low), ("high", high)) if v is not None}

    def body(number: int, day: str, value: float) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": "final",
            "code": {"coding": [{"code": "14771-0"}], "text": "空腹</script>血糖"},
            "effectiveDateTime": day,
            "valueQuantity": {"value": value, "unit": "mmol/L"},
            "referenceRange": [limits] if limits else [],
        }

    return life([fact_of(body(n, day, v), n) for n, (day, v) in enumerate(values)], ON)


def test_a_chart_holds_every_value_its_mark_and_the_reference_band() -> None:
    (trend,) = glucose(("2024-01-01", 5.0), ("2025-01-01", 7.2)).trends
    spec = json.loads(chart(trend, words("zh")).spec)
    rows = spec["data"]["values"]
    assert [(row["value"], row["marked"]) for row in rows] == [(5.0, False), (7.2, True)]
    assert rows[1]["said"] == "2025-01-01 7.2 mmol/L 偏高"
    assert spec["layer"][0]["data"]["values"] == [{"low": 3.9, "high": 6.1}]


def test_without_limits_there_is_no_band() -> None:
    (trend,) = glucose(("2024-01-01", 5.0), low=None, high=None).trends
    marks = [layer["mark"]["type"] for layer in json.loads(chart(trend, words("zh")).spec)["layer"]]
    assert marks == ["line", "point"]


def test_the_drawing_made_on_the_server_is_plain_svg() -> None:
    (trend,) = glucose(("2024-01-01", 5.0), ("2025-01-01", 7.2)).trends
    drawn = chart(trend, words("zh"))
    assert drawn.svg.startswith("<svg")
    assert "<script" not in drawn.svg
    assert "style=" not in drawn.svg, "the page forbids inline styles"


def test_a_name_cannot_end_the_script_element_early() -> None:
    (trend,) = glucose(("2024-01-01", 5.0)).trends
    assert "</script" not in chart(trend, words("zh")).spec


def test_a_sparkline_stays_inside_its_drawing() -> None:
    for bundle in synthea_bundles()[:6]:
        for trend in life(facts_of_bundle(bundle), ON).trends:
            drawn = sparkline(trend)
            points = [tuple(map(float, p.split(","))) for path in drawn.paths for p in path.split()]
            assert all(0 <= x <= 240 and 0 <= y <= 56 for x, y in points)
            assert len(points) == trend.count


def test_the_life_strip_has_a_column_for_each_year_with_entries_and_nothing_outside() -> None:
    for bundle in synthea_bundles():
        page = life(facts_of_bundle(bundle), ON)
        drawn = lifeline(page)
        assert {c.year: c.total for c in drawn.columns} == {y.year: y.total for y in page.years if y.year}
        assert all(c.x >= 0 and c.x + c.width <= WIDTH + 1 for c in drawn.columns)
        assert all(0 <= part.y <= HEIGHT for c in drawn.columns for part in c.parts)
        assert all(lane.x + lane.width <= WIDTH + 13 for lane in drawn.lanes)


def test_a_life_without_facts_can_be_drawn() -> None:
    assert lifeline(life([], ON)).columns == ()


def test_of_two_lines_the_upper_limits_are_drawn() -> None:
    def part(name: str, value: float, high: float) -> dict[str, Any]:
        return {
            "code": {"text": name},
            "valueQuantity": {"value": value, "unit": "mmHg"},
            "referenceRange": [{"low": {"value": high - 50}, "high": {"value": high}}],
        }

    body: dict[str, Any] = {
        "resourceType": "Observation",
        "id": "bp",
        "status": "final",
        "code": {"coding": [{"code": "85354-9"}], "text": "血压"},
        "effectiveDateTime": "2024-01-01",
        "component": [part("收缩压", 150, 140), part("舒张压", 95, 90)],
    }
    (trend,) = life([fact_of(body, 1)], ON).trends
    layer = json.loads(chart(trend, words("zh")).spec)["layer"][0]
    assert layer["mark"]["type"] == "rule"
    assert {row["line"]: row["limit"] for row in layer["data"]["values"]} == {"收缩压": 140, "舒张压": 90}
