"""Each form of a target: its limit, met and not met at the edge; forecasts against known quantiles."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kangshu.kernel.indicators.definition import parse_indicator
from kangshu.kernel.indicators.forecast import fit, forecast, student_t
from kangshu.kernel.indicators.judge import judge
from kangshu.kernel.indicators.period import parse_period
from tests.unit.indicators.texts import SQL, TOML

REGULAR = parse_indicator(TOML, SQL, "regular")
DOWN = replace(REGULAR, direction="down")


def year(label: str):
    return parse_period(label)


def target(form: str, value=None, **more):
    return replace(REGULAR.targets[0], form=form, value=None if value is None else Decimal(value), **more)


def values(**known: str):
    return {year(label[1:]): Decimal(value) for label, value in known.items()}


@pytest.mark.parametrize(
    ("form", "value", "met", "missed"),
    [
        ("at_least", "60", "60", "59.99"),
        ("above", "60", "60.01", "60"),
        ("at_most", "60", "60", "60.01"),
        ("below", "60", "59.99", "60"),
    ],
)
def test_signs_at_the_edge(form, value, met, missed) -> None:
    for said, verdict in ((met, "met"), (missed, "not_met")):
        judged = judge(REGULAR, target(form, value), values(y2025=said), year("2025"))
        assert (judged.verdict, judged.limit) == (verdict, Decimal(value))
        assert said in judged.sentence


@pytest.mark.parametrize(
    ("indicator", "form", "value", "known", "limit", "verdict"),
    [
        (REGULAR, "up_percent", "30", {"y2020": "0.64", "y2025": "0.832"}, "0.832", "met"),
        (REGULAR, "up_percent", "30", {"y2020": "0.64", "y2025": "0.83"}, "0.832", "not_met"),
        (DOWN, "down_percent", "5", {"y2020": "10", "y2025": "9.5"}, "9.5", "met"),
        (DOWN, "down_each_year", "0.5", {"y2020": "54.35", "y2023": "52.85"}, "52.85", "met"),
        (DOWN, "down_each_year", "0.5", {"y2020": "54.35", "y2023": "52.86"}, "52.85", "not_met"),
        (REGULAR, "up_each_year", "1", {"y2020": "1", "y2022": "3"}, "3", "met"),
        (REGULAR, "keep_improving", None, {"y2020": "1", "y2021": "2", "y2022": "3"}, "2", "met"),
        (REGULAR, "keep_improving", None, {"y2020": "1", "y2021": "4", "y2022": "3"}, "4", "not_met"),
        (REGULAR, "keep_improving", None, {"y2020": "3", "y2021": "2", "y2022": "4"}, "2", "not_met"),
        (DOWN, "keep_improving", None, {"y2020": "3", "y2021": "2"}, "3", "met"),
        (REGULAR, "keep_improving", None, {"y2020": "3", "y2021": "3"}, "3", "not_met"),
        (REGULAR, "keep", None, {"y2020": "3", "y2021": "3"}, "3", "met"),
        (REGULAR, "keep", None, {"y2020": "3", "y2021": "2.9"}, "3", "not_met"),
        (DOWN, "down_percent", "5", {"y2025": "9.5"}, None, "open"),
        (REGULAR, "at_least", "5", {"y2020": "9.5"}, "5", "open"),
    ],
)
def test_forms_that_start_from_a_base(indicator, form, value, known, limit, verdict) -> None:
    last = max(known)[1:] if form != "at_least" else "2025"
    base = None if form == "at_least" else year("2020")
    judged = judge(indicator, target(form, value, base=base), values(**known), year(last))
    assert judged.verdict == verdict
    assert judged.limit == (None if limit is None else Decimal(limit))
    assert judged.sentence.endswith("。")
    assert judged.sentence_en.endswith(".")


def test_about_reaches_as_far_as_its_tolerance() -> None:
    about = target("about", "25", tolerance=Decimal(1))
    for said, verdict in (("24", "met"), ("26", "met"), ("26.01", "not_met"), ("23.99", "not_met")):
        assert judge(REGULAR, about, values(y2025=said), year("2025")).verdict == verdict


def test_distance_is_on_the_wrong_side() -> None:
    assert judge(REGULAR, target("at_least", "60"), values(y2025="50"), year("2025")).distance == 10
    assert judge(REGULAR, target("below", "60"), values(y2025="50"), year("2025")).distance == -10


@pytest.mark.parametrize(
    ("share", "freedom", "wanted"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.3027),
        (0.975, 3, 3.1824),
        (0.9, 4, 1.5332),
        (0.95, 10, 1.8125),
        (0.5, 5, 0),
    ],
)
def test_quantiles_of_student(share, freedom, wanted) -> None:
    assert student_t(share, freedom) == pytest.approx(wanted, abs=1e-4)


def test_the_line_and_its_interval_as_in_a_textbook() -> None:
    line = fit([(1, 2.0), (2, 4.0), (3, 5.0), (4, 4.0), (5, 5.0)])
    assert line is not None
    assert line.slope == pytest.approx(0.6)
    assert line.at(6) == pytest.approx(5.8)
    assert line.spread == pytest.approx(0.894427, abs=1e-6)
    assert line.margin(6, 0.95) == pytest.approx(3.182446 * 0.894427 * (1 + 0.2 + 0.9) ** 0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("known", "reach"),
    [
        ({"y2021": "50", "y2022": "54", "y2023": "58.1", "y2024": "62"}, "likely"),
        ({"y2021": "50", "y2022": "50.2", "y2023": "50.3", "y2024": "50.6"}, "unlikely"),
        ({"y2021": "50", "y2022": "61", "y2023": "52", "y2024": "62"}, "uncertain"),
        ({"y2023": "50", "y2024": "90"}, "uncertain"),
        ({"y2024": "90"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_what_a_forecast_says(known, reach) -> None:
    judged = judge(REGULAR, target("at_least", "60"), values(**known), year("2025"))
    found = forecast(REGULAR, values(**known), judged)
    assert found.reach == reach
    assert (found.low is None) == (len(known) < 3)


def test_a_forecast_stays_where_values_can_be() -> None:
    rate = replace(REGULAR, lowest=Decimal(0), highest=Decimal(100))
    known = values(y2021="70", y2022="80", y2023="91")
    found = forecast(rate, known, judge(rate, target("at_least", "60"), known, year("2025")))
    assert found.value == found.high == 100
