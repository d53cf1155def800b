"""Entries and publications: appended, never changed; what was known then, what is known now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kangshu.kernel.base.errors import Conflict, Invalid, Refused
from kangshu.kernel.indicators.entry import EntryBook, known, parse_entry
from kangshu.kernel.indicators.publication import PublicationBook, compare, publish
from kangshu.kernel.indicators.run import run
from kangshu.kernel.indicators.series import series
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.given import make_table
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.definition import Scope
from tests.conftest import EVERYTHING
from tests.unit.indicators.test_counting import COLUMNS, REGULAR, visits

COUNTY = "440983"
OTHER = replace(EVERYTHING, scope=Scope(counties=frozenset({"440900"})))
ROW = {"period": "2024", "value": "55.5", "source": "年报", "evidence": "第 3 页", "who": "u1"}


def at(day: int) -> datetime:
    return datetime(2026, 2, day, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(str(tmp_path / "lake"), tmp_path / "scratch")


@pytest.fixture
def noted() -> list[int]:
    return []


def note_in(noted):
    return lambda grant, what, rows: noted.append(rows)


def test_entries_follow_each_other_and_what_was_known_can_be_asked(lake, noted) -> None:
    book = EntryBook(lake, EVERYTHING, note_in(noted))
    assert book.read("xinyi") == ()
    for day, value in ((1, "55.5"), (5, "56"), (9, "")):
        book.add(COUNTY, [parse_entry(REGULAR, "xinyi", ROW | {"value": value}, at(day))])
    all_of_them = book.read("xinyi")
    assert [each.value for each in all_of_them] == [Decimal("55.5"), Decimal(56), None]
    assert [each.value for each in known(all_of_them, at(4))] == [Decimal("55.5")]
    assert [each.value for each in known(all_of_them, at(5))] == [Decimal(56)]
    assert known(all_of_them) == ()
    assert noted == [1, 1, 1, 3]
    assert EntryBook(lake, OTHER, note_in(noted)).read("xinyi") == ()
    with pytest.raises(Refused):
        EntryBook(lake, OTHER, note_in(noted)).add(COUNTY, [])


def test_an_entry_that_is_wrong_is_refused_with_everything() -> None:
    with pytest.raises(Invalid) as refused:
        parse_entry(
            REGULAR, "xinyi", {"period": "2024-01", "value": "NaN", "source": " ", "evidence": "x"}, at(1)
        )
    assert [each.path for each in refused.value.problems] == ["source", "who", "period", "value"]


def test_what_is_counted_counts_before_what_was_entered() -> None:
    entries = [
        parse_entry(REGULAR, "xinyi", ROW, at(1)),
        parse_entry(REGULAR, "xinyi", ROW | {"period": "2025"}, at(1)),
    ]
    with engine() as work:
        make_table(work, "visit", COLUMNS, visits(a=8))
        result = run(work, REGULAR, on=date(2026, 1, 1))
    points = series(replace(REGULAR, closes=90), on=date(2026, 3, 1), cells=result.by(), entries=entries)
    assert [(each.period.label, each.origin, each.closed) for each in points] == [
        ("2024", "entered", True),
        ("2025", "computed", False),
    ]
    assert points[1].value == Decimal("50.00")


def test_late_facts_change_what_is_known_and_not_what_was_published(lake, noted) -> None:
    on = date(2026, 4, 1)
    with engine() as work:
        make_table(work, "visit", COLUMNS, visits(a=20, b=40))
        before = run(work, REGULAR, on=on, small_number=5)
        late = visits(a=30)[20:]
        values = ", ".join(
            f"('{r['unit']}', 1, 1, '{r['happened']}', '{r['sex']}', 'a', '2026-05-01')" for r in late
        )
        work.run(f"INSERT INTO visit VALUES {values}")
        after = run(work, REGULAR, on=on, small_number=5)
        then = run(work, REGULAR, on=on, as_of=datetime(2026, 4, 1, tzinfo=UTC), small_number=5)
    assert then.cells == before.cells
    early = replace(before, on=date(2025, 12, 31))
    with pytest.raises(Invalid, match="not closed"):
        publish(REGULAR, early, "2025", place="xinyi", who="u1", recorded=at(1))
    cells = publish(REGULAR, before, "2025", place="xinyi", who="u1", recorded=at(1))
    book = PublicationBook(lake, EVERYTHING, note_in(noted))
    book.add(COUNTY, cells)
    assert book.read("xinyi") == cells
    with pytest.raises(Conflict):
        book.add(COUNTY, cells)
    assert compare(cells, before) == ()
    changes = {each.published.strata: each for each in compare(book.read("xinyi"), after)}
    assert changes[()].published.value == Decimal("50.00")
    assert changes[()].now.value == Decimal("57.14")
    assert changes[()].change == Decimal("7.14")
    assert not changes[()].redefined
    assert (("town", "b"),) not in changes
    assert compare(cells, replace(after, version="x"))[0].redefined
