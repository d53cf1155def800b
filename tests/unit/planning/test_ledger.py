"""The ledger of projects: what was entered, what counts of it, and how a project stands by it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kangshu.domains.planning.ledger import (
    known_progress,
    parse_progress,
    project_standings,
    time_passed,
)
from kangshu.domains.planning.ledger_book import LedgerBook
from kangshu.domains.planning.project import Project
from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.lake.store import Lake
from tests.conftest import EVERYTHING
from tests.unit.indicators.test_books import OTHER

HOSPITAL = Project("1", "新院区", 2022, 2025, Decimal(1000), Decimal(800), "市人民医院", "在建项目")
ROW = {"day": "2023-12-31", "paid": "500", "work": "", "source": "月报", "evidence": "附件 1", "who": "u"}
ON = date(2024, 1, 31)


def at(day: int) -> datetime:
    return datetime(2024, 1, day, tzinfo=UTC)


def standing(*rows: dict[str, str], on: date = ON):
    entries = [parse_progress(HOSPITAL, "xinyi", ROW | row, at(n)) for n, row in enumerate(rows, 1)]
    [found] = project_standings([HOSPITAL], entries, on=on, tolerance=Decimal(10), longest=100)
    return found


@pytest.mark.parametrize(
    ("paid", "work", "course"),
    [
        # On 31 December 2023 half of the time is over.
        ("500", "", "in_step"),
        ("400", "", "in_step"),
        ("399", "", "behind"),
        ("601", "", "ahead"),
        ("900", "30", "behind"),
        ("10", "55", "in_step"),
        ("1000", "", "done"),
        ("1000", "99", "ahead"),
        ("", "100", "done"),
    ],
)
def test_works_or_else_money_is_held_against_the_time(paid: str, work: str, course: str) -> None:
    assert standing({"paid": paid, "work": work}).course == course


def test_a_project_that_is_over_time_is_late_and_one_nobody_tells_of_is_unknown() -> None:
    assert standing({"work": "97"}, on=date(2026, 1, 1)).course == "late"
    assert standing(on=ON).course == "unknown"
    assert standing(on=date(2021, 6, 1)).course == "not_begun"


def test_what_has_not_been_told_for_long_is_stale_unless_it_is_done() -> None:
    assert not standing({}, on=date(2024, 4, 9)).stale
    assert standing({}, on=date(2024, 4, 10)).stale
    assert not standing({"work": "100"}, on=date(2025, 1, 1)).stale
    assert standing(on=ON).stale
    assert not standing(on=date(2021, 6, 1)).stale


def test_of_money_and_works_the_last_that_is_known_counts() -> None:
    found = standing({"day": "2023-06-30", "work": "40"}, {"day": "2023-12-31", "paid": "450"})
    assert (found.paid, found.spent, found.work) == (Decimal(450), Decimal("45.0"), Decimal(40))
    assert [each.day.month for each in found.history] == [12, 6]
    assert found.reached == Decimal(40)


def test_time_is_counted_in_whole_years() -> None:
    assert time_passed(HOSPITAL, date(2021, 12, 31)) == 0
    assert time_passed(HOSPITAL, date(2023, 12, 31)) == Decimal("50.0")
    assert time_passed(HOSPITAL, date(2025, 12, 31)) == 100
    assert time_passed(HOSPITAL, date(2030, 1, 1)) == 100


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = {"day": "2024-02-01", "paid": "-1", "work": "101", "source": "", "evidence": "x" * 501}
    with pytest.raises(Invalid) as refused:
        parse_progress(HOSPITAL, "xinyi", ROW | wrong, at(20))
    assert {(each.path, each.code) for each in refused.value.problems} == {
        ("day", "not-begun"),
        ("paid", "too-low"),
        ("work", "too-high"),
        ("source", "missing"),
        ("evidence", "too-long"),
    }


def test_entries_are_kept_followed_and_taken_back(tmp_path) -> None:
    lake = Lake(str(tmp_path / "lake"), tmp_path / "scratch")
    noted: list[tuple[str, int]] = []
    book = LedgerBook(lake, EVERYTHING, lambda _grant, table, rows: noted.append((table, rows)))
    assert book.read("xinyi") == ()
    for day, paid in ((1, "500.5"), (2, "510"), (3, "")):
        book.add("440983", [parse_progress(HOSPITAL, "xinyi", ROW | {"paid": paid}, at(day))])
    entries = book.read("xinyi")
    assert [each.paid for each in entries] == [Decimal("500.5"), Decimal(510), None]
    assert [each.paid for each in known_progress(entries, at(2))] == [Decimal(510)]
    assert known_progress(entries) == ()
    assert noted == [("project_progress", 1)] * 3 + [("project_progress", 3)]
    other = LedgerBook(lake, OTHER, lambda _grant, _table, _rows: None)
    assert other.read("xinyi") == ()
    with pytest.raises(Refused):
        other.add("440983", [])
