"""What is off course is said with its reason and its worst places; what is on course is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kangshu.domains.planning.breakdown import breakdown, periods_of
from kangshu.domains.planning.deviation import Deviation, deviations
from kangshu.domains.planning.monitoring import standings
from kangshu.domains.planning.plan import PlaceContent, Plan, PlanRow
from kangshu.kernel.indicators.cell import Cell, Hidden, Strata
from kangshu.kernel.indicators.definition import IndicatorSet, parse_indicator
from kangshu.kernel.indicators.entry import Entry
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.indicators.run import Result
from kangshu.kernel.params.definition import Parameters
from tests.unit.indicators.texts import SQL, TOML

REGULAR = parse_indicator(TOML, SQL, "regular")
FEWER = parse_indicator(
    TOML.replace('"up"', '"down"').replace('"at_least"', '"at_most"').replace('"regular"', '"fewer"'),
    SQL,
    "fewer",
)
PLAN = Plan(
    "plan", "规划", "Plan", "440983", parse_period("2025"), parse_period("2020"), "文件",
    (PlanRow("1", "类", "regular", "规律就诊率", ""),),
)  # fmt: skip
ON = date(2024, 6, 30)
TOWNS = {"东镇": "40", "镇隆": "35", "怀乡": "55", "水口": "70"}


def cell(period: str, value: str | None, strata: Strata = (), hidden: Hidden = "") -> Cell:
    number = None if value is None else Decimal(value)
    numerator = None if number is None else number
    return Cell(
        period, strata, numerator, None if number is None else Decimal(100), number, 100, None, 12, 12, hidden
    )


def off(
    values: Mapping[str, str], *, on: date = ON, indicator=REGULAR, cells: tuple[Cell, ...] = ()
) -> Deviation | None:
    entered = datetime(2021, 1, 1, tzinfo=UTC)
    entries = tuple(
        Entry(
            "place", indicator.id, parse_period(period), Decimal(value), "年报", "表1", "commission", entered
        )
        for period, value in values.items()
    )
    content = PlaceContent(
        "place", IndicatorSet("place", (indicator,), {}, {}), {}, entries, (), Parameters(())
    )
    row = PlanRow("1", "类", indicator.id, "名", "")
    plan = Plan("plan", "规划", "Plan", "440983", PLAN.period, PLAN.base, "文件", (row,))
    result = Result(indicator.id, indicator.version, on, None, cells, 0)
    found = standings(content, plan, on=on, results={indicator.id: result} if cells else {})
    return next(iter(deviations(plan, found, {indicator.id: result})), None)


@pytest.mark.parametrize(
    ("values", "on", "why"),
    [
        ({"2020": "50", "2025": "59.99"}, date(2026, 6, 30), "missed"),
        ({"2020": "50", "2025": "60"}, date(2026, 6, 30), None),
        ({"2020": "50", "2021": "50.1", "2022": "50.2", "2023": "50.3"}, ON, "unlikely"),
        ({"2020": "50", "2022": "56", "2023": "55.9"}, ON, "worse"),
        ({"2020": "50", "2023": "55.99"}, ON, "behind"),
        ({"2020": "50", "2023": "56"}, ON, None),
        ({"2023": "10"}, ON, None),
        ({}, ON, None),
    ],
)
def test_why_a_row_is_off_course(values: Mapping[str, str], on: date, why: str | None) -> None:
    found = off(values, on=on)
    assert (found.why if found else None) == why


def test_a_running_year_is_no_missed_target() -> None:
    found = off({"2020": "50", "2024": "52", "2025": "55"}, on=date(2025, 6, 30))
    assert found is not None
    assert found.why == "behind"


def test_where_less_is_better_more_is_behind() -> None:
    assert (late := off({"2020": "70", "2023": "64.01"}, indicator=FEWER)) is not None
    assert late.why == "behind"
    assert late.due == Decimal("64.00")
    assert off({"2020": "70", "2023": "63.99"}, indicator=FEWER) is None


def test_the_worst_places_come_first_and_none_that_reaches_the_target_or_is_hidden() -> None:
    strata = {town: (("town", town),) for town in (*TOWNS, "钱排")}
    cells = (
        cell("2021", "60"),
        cell("2022", "56"),
        cell("2023", "50"),
        *(cell("2023", value, strata[town]) for town, value in TOWNS.items()),
        cell("2023", None, strata["钱排"], "small"),
        cell("2023", "1", (("town", None),)),
    )
    found = off({"2020": "62"}, cells=cells)
    assert found is not None
    assert [each.name for each in found.worst] == ["镇隆", "东镇", "怀乡"]
    assert found.stratum == "town"
    assert "2023 年" in found.sentence or "2025" in found.sentence


def result_of(*cells: Cell) -> Result:
    return Result("regular", REGULAR.version, ON, None, cells, 0)


def test_a_breakdown_ranks_compares_and_keeps_what_is_hidden_last() -> None:
    def town(name: str | None) -> Strata:
        return (("town", name),)

    result = result_of(
        cell("2022", "51"),
        cell("2023", "50"),
        cell("2023", "40", town("a")),
        cell("2023", "60", town("b")),
        cell("2023", "60", town("c")),
        cell("2023", None, town("d"), "small"),
        cell("2022", "50", town("a")),
        cell("2022", "55", town("d")),
    )
    groups = breakdown(
        REGULAR, result, "town", "2023", other="2022", target=REGULAR.targets[0], limit=Decimal(60)
    )
    assert [(each.name, each.rank, each.verdict) for each in groups] == [
        ("b", 1, "met"),
        ("c", 1, "met"),
        ("a", 3, "not_met"),
        ("d", None, "open"),
    ]
    assert {each.name: each.change for each in groups} == {"a": Decimal(-10), "b": None, "c": None, "d": None}
    assert periods_of(result) == ("2023", "2022")


def test_a_breakdown_within_a_group_has_only_what_is_inside() -> None:
    result = result_of(
        cell("2023", "1", (("sex", "f"), ("town", "a"))),
        cell("2023", "2", (("sex", "m"), ("town", "a"))),
        cell("2023", "3", (("sex", "f"), ("town", "b"))),
        cell("2023", "4", (("sex", "f"),)),
    )
    groups = breakdown(REGULAR, result, "sex", "2023", within=("town", "a"))
    assert [(each.name, each.cell.value) for each in groups] == [("m", 2), ("f", 1)]
