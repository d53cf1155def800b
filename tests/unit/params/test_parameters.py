"""What applies on a day, by layer; and files that are wrong are refused with everything that is wrong."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.params.definition import Dated, Parameter, Parameters, parse_parameters

RATE = """
[rate]
title = "规范管理率目标"
unit = "%"
values = [
  {from = 2025-01-01, value = 64.5, basis = "2025 文件"},
  {from = 2021-01-01, value = 60, basis = "2021 文件"},
]
"""
PLACE = """
[rate]
title = "本县目标"
unit = "%"
values = [{from = 2024-07-01, value = 70, basis = "县文件"}]
"""


def test_the_value_of_the_day_comes_with_its_basis() -> None:
    rate = parse_parameters(RATE, "params.toml")["rate"]
    assert rate.on(date(2024, 12, 31)) == Dated(date(2021, 1, 1), 60, "2021 文件")
    assert rate.on(date(2025, 1, 1)).value == Decimal("64.5")
    with pytest.raises(NotFound, match="rate has no value on 2020-12-31"):
        rate.on(date(2020, 12, 31))


def test_a_place_says_otherwise_from_its_own_day_on() -> None:
    layers = Parameters((parse_parameters(PLACE, "place"), parse_parameters(RATE, "programme")))
    assert layers.on("rate", date(2024, 6, 30)).value == 60
    assert layers.on("rate", date(2024, 7, 1)).value == 70
    assert layers.on("rate", date(2026, 1, 1)).basis == "县文件"
    with pytest.raises(NotFound, match="no parameter other"):
        layers.on("other", date(2026, 1, 1))
    with pytest.raises(NotFound, match="no value on 2020"):
        layers.on("rate", date(2020, 1, 1))


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=8, unique=True), st.integers(-10, 3100))
def test_it_is_the_last_that_began(starts: list[int], day: int) -> None:
    first = date(2020, 1, 1)
    values = [Dated(first + timedelta(days=each), each, "b") for each in sorted(starts)]
    parameter = Parameter("p", "", "", tuple(values))
    begun = [each for each in starts if each <= day]
    if begun:
        assert parameter.on(first + timedelta(days=day)).value == max(begun)
    else:
        with pytest.raises(NotFound):
            parameter.on(first + timedelta(days=day))


@pytest.mark.parametrize(
    ("toml", "places"),
    [
        ("a = 1", ["a"]),
        ("[a]\ntitle = ''\nunit = ''", ["a.values"]),
        ("[a]\ntitle = ''\nunit = ''\nvalues = []", ["a.values"]),
        ("[a]\ntitle = ''\nunit = ''\nvalue = 1\nvalues = 3", ["a.value", "a.values", "a.values"]),
        (RATE.replace("2021-01-01", "2025-01-01"), ["rate.values"]),
        (RATE.replace("60,", "true,"), ["rate.values"]),
        (RATE.replace("60,", "nan,"), ["rate.values"]),
        (RATE.replace("2021-01-01", "'2021'"), ["rate.values"]),
        (RATE.replace('"2021 文件"', "' '"), ["rate.values"]),
        (RATE.replace("unit", "units"), ["rate.unit", "rate.units"]),
    ],
)
def test_every_fault_is_named(toml: str, places: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        parse_parameters(toml, "params.toml")
    assert [each.path for each in refused.value.problems] == places
