from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.facts.dates import stretch


def at(*parts: int, offset: float = 0) -> float:
    year, month, day, *time = [*parts, 1, 1][: max(3, len(parts))]
    return datetime(year, month, day, *time, tzinfo=timezone(timedelta(hours=offset))).timestamp()


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2020", at(2020), at(2021)),
        ("2019-12", at(2019, 12), at(2020, 1)),
        ("2020-02", at(2020, 2), at(2020, 3)),
        ("2021-02", at(2021, 2), at(2021, 3)),
        ("1900-02", at(1900, 2), at(1900, 3)),
        ("2020-02-29", at(2020, 2, 29), at(2020, 3, 1)),
        ("2020-02-03T04:05", at(2020, 2, 3, 4, 5), at(2020, 2, 3, 4, 6)),
        ("2020-02-03T04:05:06Z", at(2020, 2, 3, 4, 5, 6), at(2020, 2, 3, 4, 5, 7)),
        ("2020-02-03T04:05:06", at(2020, 2, 3, 4, 5, 6), at(2020, 2, 3, 4, 5, 7)),
        ("2020-02-03T04:05:06+08:00", at(2020, 2, 3, 4, 5, 6, offset=8), at(2020, 2, 3, 4, 5, 7, offset=8)),
        (
            "2020-02-03T04:05:06-05:30",
            at(2020, 2, 3, 4, 5, 6, offset=-5.5),
            at(2020, 2, 3, 4, 5, 7, offset=-5.5),
        ),
        ("2016-12-31T23:59:60Z", at(2017), at(2017) + 1),
        ("2017-01-01T07:59:60+08:00", at(2017), at(2017) + 1),
        ("0001", at(1), at(2)),
        ("9999-12-31", at(9999, 12, 31), at(9999, 12, 31) + 86_400),
    ],
)
def test_a_date_lasts_as_long_as_it_is_precise(text: str, start: float, end: float):
    assert stretch(text) == (start, end)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2020-02-03T04:05:06.5Z", 0.1),
        ("2020-02-03T04:05:06.123+08:00", 1e-3),
        ("2020-02-03T04:05:06.123456", 1e-6),
    ],
)
def test_fractions_of_seconds_last_as_long_as_their_last_digit(text: str, length: float):
    found = stretch(text)
    assert found is not None
    assert math.isclose(found[1] - found[0], length, abs_tol=5e-7)


def test_a_zone_can_be_given_for_times_that_name_none():
    china = timezone(timedelta(hours=8))
    assert stretch("2020-02-03", china) == (at(2020, 2, 3, offset=8), at(2020, 2, 4, offset=8))
    assert stretch("2020-02-03T00:00:00Z", china) == stretch("2020-02-03T00:00:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20200203",
        "2020-2-3",
        "2020-13",
        "2021-02-29",
        "0000",
        "2020-02-03T25:00:00Z",
        "2020-02-03T24:00:00Z",
        "2020-02-03T04:60:00Z",
        "2020-02-03T04:05:61Z",
        "2020-02-03T04:05:06+99:99",
        "2020-W05-1",
        "2020-02-03 04:05:06",
        "２０２０",
        "2020\n",
        "2020年2月3日",
        "about 2020",
    ],
)
def test_what_is_no_date_is_none(text: str):
    assert stretch(text) is None


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))  # noqa: DTZ001
def test_every_moment_is_found_again(moment: datetime):
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert stretch(whole.isoformat()) == (whole.timestamp(), whole.timestamp() + 1)


@given(st.text())
def test_no_text_raises(text: str):
    stretch(text)
