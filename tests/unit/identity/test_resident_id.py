"""The resident identity number by the examples of GB 11643 and their near misses."""

from __future__ import annotations

from datetime import date

import pytest

from kangshu.domains.identity.resident_id import check_digit, parse_resident_id

ON = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("written", "number", "birth", "sex"),
    [
        ("11010519491231002X", "11010519491231002X", date(1949, 12, 31), "female"),
        ("44090219850315001X", "44090219850315001X", date(1985, 3, 15), "male"),
        ("440981195207080020", "440981195207080020", date(1952, 7, 8), "female"),
        ("440983202002290011", "440983202002290011", date(2020, 2, 29), "male"),
        ("440904202611010032", "440904202611010032", date(2026, 11, 1), "male"),
        (" 44090219850315001x ", "44090219850315001X", date(1985, 3, 15), "male"),
        ("440902850315001", "44090219850315001X", date(1985, 3, 15), "male"),
        ("110105491231002", "11010519491231002X", date(1949, 12, 31), "female"),
    ],
)
def test_a_right_number_tells_birth_and_sex(written: str, number: str, birth: date, sex: str) -> None:
    found = parse_resident_id(written, on=ON)
    assert found is not None
    assert (found.number, found.birth, found.sex) == (number, birth, sex)


@pytest.mark.parametrize(
    "written",
    [
        "440902198503150010",  # check digit should be X
        "440902198502300013",  # 30 February
        "440904202612020031"[:17] + check_digit("44090420261202003"),  # born tomorrow
        "44090218491231001" + check_digit("44090218491231001"),  # older than anybody
        "44090219850315001",  # a digit short
        "44090219850315001XX",
        "4409021985031500１X",  # a full-width digit
        "44090219850315001Ⅹ",  # the Roman numeral
        "440902850230001",  # fifteen digits, 30 February
        "44090285031500X",
        "",
        "X",
    ],
)
def test_a_wrong_number_is_none(written: str) -> None:
    assert parse_resident_id(written, on=ON) is None


def test_no_single_wrong_digit_and_no_swap_of_neighbours_goes_unseen() -> None:
    right = "440981195207080020"
    for place in range(17):
        for digit in "0123456789":
            wrong = right[:place] + digit + right[place + 1 :]
            assert (wrong == right) == (check_digit(wrong[:17]) == right[17])
    for place in range(16):
        swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
        assert (swapped == right) == (check_digit(swapped[:17]) == right[17])
