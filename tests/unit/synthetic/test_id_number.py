"""Identity numbers after GB 11643-1999."""

from __future__ import annotations

from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.id_number import (
    check_character,
    first_generation,
    identity_number,
    with_wrong_check,
)


def adds_up(number: str) -> bool:
    """ISO 7064 MOD 11-2 the other way round: the weighted sum of all 18 places is 1 modulo 11."""
    digits = [10 if place == "X" else int(place) for place in number]
    return sum(digit * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11 == 1


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_the_standard_check(number: str) -> None:
    assert check_character(number[:17]) == number[17]


@given(some.dates(date(1900, 1, 1), date(2030, 1, 1)), some.integers(1, 999))
def test_every_number_adds_up_and_a_slip_does_not(birth: date, serial: int) -> None:
    number = identity_number("440999", birth, serial)
    assert adds_up(number)
    assert not adds_up(with_wrong_check(number))
    assert number[6:14] == f"{birth:%Y%m%d}"


def test_the_old_form_has_a_two_digit_year_and_no_check() -> None:
    assert first_generation("440524188001010014") == "440524800101001"


def test_residents_have_numbers_of_their_own_that_tell_birth_and_sex(population: Population) -> None:
    numbers = [each.id_number for each in population.residents]
    assert len(set(numbers)) == len(numbers)
    for each in population.residents:
        assert adds_up(each.id_number)
        assert each.id_number.startswith(f"440999{each.birth:%Y%m%d}")
        assert (int(each.id_number[16]) % 2 == 1) == (each.sex == "male")


def test_no_number_outside_the_invented_division_is_sent(messages: list[tuple[str, bytes]]) -> None:
    values = [
        identifier["value"]
        for _, message in messages
        for entry in orjson.loads(message)["entry"]
        if entry["resource"]["resourceType"] == "Patient"
        for identifier in entry["resource"]["identifier"]
        if identifier["system"] == "urn:oid:2.16.156.10011.1.3"
    ]
    assert values
    assert all(value.startswith("440999") for value in values)
