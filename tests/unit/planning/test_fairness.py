"""What people should have evenly, town by town: towns that may not be shown do not count, and are named."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from kangshu.domains.planning.fairness import Shared, read_shared, spread_of, spreads
from kangshu.domains.planning.plan import read_place
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.given import make_table
from kangshu.kernel.packs.find import default_root

XINYI = read_place(default_root() / "places" / "xinyi")
BEDS = XINYI.indicators.get("beds_per_1000")


def counted(towns: dict[str | None, tuple[int, int]], small: int = 0) -> Result:
    """Beds and people of each town at the end of 2025."""
    with engine() as work:
        for name in BEDS.needs:
            make_table(work, name, XINYI.indicators.outside[name])
        for number, (town, (beds, people)) in enumerate(towns.items()):
            work.run("INSERT INTO organization (id, town) VALUES (?, ?)", [f"H{number}", town])
            work.run(
                "INSERT INTO institution_monthly (fixmedins_code, month, beds, _recorded_at)"
                " VALUES (?, DATE '2025-12-01', ?, TIMESTAMP '2025-12-31')",
                [f"H{number}", beds],
            )
            work.run(
                "INSERT INTO patient (id, town, recorded) SELECT ? || n, ?, TIMESTAMP '2020-01-01'"
                " FROM range(?) AS r(n)",
                [f"{number}-", town, people],
            )
        return run(work, BEDS, on=date(2025, 12, 31), small_number=small)


def test_towns_with_least_come_first_and_gini_is_that_of_people() -> None:
    found = spread_of(BEDS, "town", counted({"东镇": (60, 20), "镇隆": (10, 20), "怀乡": (20, 40)}))
    assert found is not None
    assert [each.strata[0][1] for each in found.cells] == ["怀乡", "镇隆", "东镇"]
    assert found.gini == Fraction(5, 12)
    assert found.total is not None
    assert found.total.numerator == 90
    assert found.curve[1] == (Fraction(1, 2), Fraction(2, 9))


def test_towns_that_are_hidden_empty_or_unknown_are_left_out_and_named() -> None:
    found = spread_of(
        BEDS,
        "town",
        counted({"东镇": (60, 20), "镇隆": (30, 20), "怀乡": (2, 40), "金垌": (9, 0), None: (5, 30)}, 5),
    )
    assert found is not None
    shown = {each.strata[0][1] for each in found.cells}
    assert {"怀乡", "金垌", None} <= {each.strata[0][1] for each in found.left_out}
    assert not shown & {"怀乡", "金垌", None}
    assert not found.is_judged


def test_a_spread_is_judged_where_most_people_live_in_towns_that_count() -> None:
    found = spread_of(BEDS, "town", counted({"东镇": (60, 80), None: (0, 20)}))
    assert found is not None
    assert (found.covers, found.is_judged) == (Fraction(8, 10), True)
    fewer = spread_of(BEDS, "town", counted({"东镇": (60, 79), None: (0, 21)}))
    assert fewer is not None
    assert not fewer.is_judged


def test_nothing_counted_has_no_spread() -> None:
    assert spread_of(BEDS, "town", counted({})) is None
    assert spread_of(BEDS, "town", counted({"东镇": (60, 20)}), period="2019") is None
    assert spreads(XINYI.shared, XINYI.indicators, {}) == ()


def test_xinyi_asks_for_beds_doctors_nurses_and_hospitals_within_reach() -> None:
    assert [(each.indicator, each.kind) for each in XINYI.shared] == [
        ("beds_per_1000", "spread"),
        ("doctors_per_1000", "spread"),
        ("nurses_per_1000", "spread"),
        ("hospital_within_reach", "share"),
    ]
    assert XINYI.parameters.on("gini_alert", date(2025, 1, 1)).basis


def test_a_share_has_groups_and_no_gini() -> None:
    shared = (Shared("beds_per_1000", "town", "share"),)
    [found] = spreads(shared, XINYI.indicators, {"beds_per_1000": counted({"东镇": (60, 80)})})
    assert found.cells
    assert (found.gini, found.theil, found.curve, found.is_judged) == (None, None, (), False)


def test_a_stratum_that_an_indicator_has_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spread.tsv").write_text(
        "indicator\tstratum\tkind\nbeds_per_1000\tsex\tspread\nnone\ttown\tx\n", "utf-8"
    )
    with pytest.raises(Invalid) as refused:
        read_shared(tmp_path, XINYI.indicators)
    assert [each.path for each in refused.value.problems] == ["line 2", "line 3", "line 3 kind"]
