"""Dates, numbers and doses as a reader expects them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kangshu.domains.record.entry import Dosage
from kangshu.domains.record.moment import parse_moment
from kangshu.interfaces.web.portal import spelling
from kangshu.interfaces.web.portal.words import words


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2024", "2024"),
        ("2024-03", "2024-03"),
        ("2024-03-05", "2024-03-05"),
        ("2024-03-05T23:30:00Z", "2024-03-06"),
        ("2024-03-05T23:30:00+08:00", "2024-03-05"),
    ],
)
def test_a_date_is_as_precise_as_it_was_sent_and_in_beijing_time(sent: str, shown: str) -> None:
    assert spelling.moment_text(parse_moment(sent), words("zh")) == shown


def test_an_unknown_date_says_so() -> None:
    assert spelling.moment_text(parse_moment("not a date"), words("zh")) == "日期不详"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("5.60", "5.60"), ("175.6073373278389", "175.61"), ("0.005", "0.01"), ("1E+2", "100"), ("7", "7")],
)
def test_a_number_is_rounded_for_reading_but_gains_no_digits(value: str, shown: str) -> None:
    assert spelling.number_text(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("175.6073 cm", "175.61 cm"),
        ("5.6 mmol/L", "5.6 mmol/L"),
        ("< 3 mg", "< 3 mg"),
        ("1.2.840.113883", "1.2.840.113883"),
        ("阴性", "阴性"),
        ("", ""),
    ],
)
def test_only_the_number_of_a_quantity_is_rounded(sent: str, shown: str) -> None:
    assert spelling.value_text(sent) == shown


@pytest.mark.parametrize(
    ("dosage", "chinese", "english"),
    [
        (Dosage(text="饭后服"), "饭后服", "饭后服"),
        (Dosage(dose="1片", times="2", every="1", every_unit="d"), "每次 1片，每日 2 次", "1片, 2 × per day"),
        (Dosage(times="1", every="6", every_unit="h"), "每 6 小时 1 次", "1 × every 6 h"),
        (Dosage(dose="1片", as_needed=True), "每次 1片，必要时", "1片, as needed"),
    ],
)
def test_a_dose_is_said_in_the_language_of_the_reader(dosage: Dosage, chinese: str, english: str) -> None:
    assert spelling.dosage_text((dosage,), words("zh")) == chinese
    assert spelling.dosage_text((dosage,), words("en")) == english
