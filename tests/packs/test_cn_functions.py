"""Numbers and codes in SQL: the same answers as their standards and as the plain Python of identity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kangshu.domains.identity.resident_id import check_digit, parse_resident_id
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.packs.find import default_root

MACROS = (default_root() / "standards" / "cn_identifiers" / "functions.sql").read_text("utf-8")
ON = date(2026, 11, 24)


Ask = Callable[..., list[object]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """The values of a row of expressions."""
    with engine() as work:
        work.run(MACROS)
        yield lambda expressions, *values: list(work.rows(f"SELECT {expressions}", list(values))[0])


def valid(ask: Ask, numbers: list[str]) -> list[bool]:
    asked = f"list(is_resident_id(n, DATE '{ON}')) FROM (SELECT unnest(?) AS n)"
    return [bool(answer) for answer in cast("list[object]", ask(asked, numbers)[0])]


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("11010519491231002X", True),
        ("44090219850315001X", True),
        ("440981195207080020", True),
        ("440983202002290011", True),
        ("440904202611010032", True),
        ("110105491231002", True),
        ("440902198503150010", False),
        ("440902198502300013", False),
        ("44090219850315001x", True),
        ("440902203001010017", False),
        ("４４０９０２１９８５０３１５００１X", False),
        ("", False),
    ],
)
def test_resident_numbers_of_the_standard(ask: Ask, number: str, good: bool) -> None:
    assert valid(ask, [number]) == [good]


NUMBERS = st.builds(
    lambda area, day, serial, last, wrong: (
        (body := f"{area:06}{(date(1840, 1, 1) + timedelta(days=day)):%Y%m%d}{serial:03}")
        + (last if wrong else check_digit(body))
    ),
    st.integers(110000, 659999),
    st.integers(0, 70_000),
    st.integers(0, 999),
    st.sampled_from("0123456789Xx"),
    st.booleans(),
)
ODD = st.text("0123456789Xx ", min_size=14, max_size=19).map(str.strip)


# Few questions of many numbers: making the plan takes longer than answering.
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(st.lists(st.one_of(NUMBERS, ODD), min_size=200, max_size=400))
def test_sql_and_python_agree_on_every_number(ask: Ask, numbers: list[str]) -> None:
    assert valid(ask, numbers) == [parse_resident_id(number, on=ON) is not None for number in numbers]


def test_birth_and_sex_are_read_from_both_generations(ask: Ask) -> None:
    asked = "resident_id_birth(?), resident_id_sex(?), resident_id_sex(?)"
    assert ask(asked, "110105491231002", "110105491231002", "44090219850315001X") == [
        date(1949, 12, 31),
        "2",
        "1",
    ]


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("91350100M000100Y43", True),
        ("12440900456789011L", True),
        ("91350100M000100Y44", False),
        ("12440900456789012L", False),
        ("9135010OM000100Y43", False),
        ("91350100M000100Y4", False),
    ],
)
def test_unified_social_credit_codes(ask: Ask, code: str, good: bool) -> None:
    assert ask("is_uscc(?)", code) == [good]


@pytest.mark.parametrize(
    ("function", "code", "good"),
    [
        ("is_institution_code", "H44098300123", True),
        ("is_institution_code", "P44098300123", True),
        ("is_institution_code", "H4409830012", False),
        ("is_doctor_code", "D440983000123", True),
        ("is_doctor_code", "D44098300012", False),
        ("is_nurse_code", "N440983000123", True),
        ("is_nurse_code", "D440983000123", False),
        ("is_pharmacist_code", "HY440983000123", True),
        ("is_phone", "13800138000", True),
        ("is_phone", "0668-8812345", True),
        ("is_phone", "12345", False),
        ("is_duration", "1/13/24", True),
        ("is_duration", "1/25/00", False),
    ],
)
def test_codes_and_forms(ask: Ask, function: str, code: str, good: bool) -> None:
    assert ask(f"{function}(?)", code) == [good]


def test_durations_in_minutes(ask: Ask) -> None:
    assert ask("duration_minutes(?), duration_minutes(?)", "1/13/24", "often") == [2244, None]
