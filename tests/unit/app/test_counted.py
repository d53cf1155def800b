"""Countings are kept, counted anew behind, and by nobody twice."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest

from kangshu.app.counted import Counted, CountedResults, UnitFolder

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def count(tmp_path: Path) -> Callable[[int], Counted]:
    return lambda tx: Counted({}, date(2026, 1, 1), tx, NOW, UnitFolder(tmp_path))


def test_what_is_current_is_not_counted_again(count: Callable[[int], Counted]) -> None:
    kept = CountedResults()
    first = kept.get("a", lambda _: True, lambda: count(1))
    assert kept.get("a", lambda _: True, lambda: count(2)) is first
    assert kept.get("b", lambda _: True, lambda: count(3)).tx == 3
    kept.close()


def test_what_is_not_is_shown_once_more_and_counted_behind(count: Callable[[int], Counted]) -> None:
    kept = CountedResults()
    kept.get("a", lambda _: True, lambda: count(1))
    assert kept.get("a", lambda each: each.tx == 2, lambda: count(2)).tx == 1
    kept.settle()
    assert kept.get("a", lambda each: each.tx == 2, lambda: count(3)).tx == 2
    kept.close()


def test_many_who_ask_at_once_count_once(count: Callable[[int], Counted]) -> None:
    kept, started, calls = CountedResults(), Event(), []

    def slow() -> Counted:
        calls.append(1)
        started.wait(2)
        return count(len(calls))

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(kept.get, "a", lambda _: True, slow) for _ in range(8)]
        started.set()
        found = [each.result() for each in asked]
    assert len(calls) == 1
    assert all(each is found[0] for each in found)
    kept.close()


def test_while_it_is_counted_behind_nobody_else_begins(count: Callable[[int], Counted]) -> None:
    kept, go, calls = CountedResults(), Event(), []

    def slow() -> Counted:
        calls.append(1)
        go.wait(5)
        return count(2)

    kept.get("a", lambda _: True, lambda: count(1))
    assert [kept.get("a", lambda _: False, slow).tx for _ in range(5)] == [1] * 5
    go.set()
    kept.settle()
    assert len(calls) == 1
    kept.close()


def test_what_fails_behind_is_seen_by_the_next_who_asks(count: Callable[[int], Counted]) -> None:
    def broken() -> Counted:
        raise RuntimeError("broken")

    kept = CountedResults()
    kept.get("a", lambda _: True, lambda: count(1))
    kept.get("a", lambda _: False, broken)
    kept.settle()
    with pytest.raises(RuntimeError, match="broken"):
        kept.get("a", lambda _: True, broken)
    assert kept.get("a", lambda _: True, lambda: count(2)).tx == 2
    kept.close()


def test_what_was_prepared_is_there(count: Callable[[int], Counted]) -> None:
    kept = CountedResults()
    kept.prepare("a", lambda: count(1))
    kept.settle()
    assert kept.get("a", lambda _: True, lambda: count(2)).tx == 1
    kept.close()


def test_the_one_not_asked_for_longest_goes_first(count: Callable[[int], Counted]) -> None:
    kept = CountedResults(most=2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda _: True, lambda: count(1))
    assert kept.get("a", lambda _: True, lambda: count(2)).tx == 1
    assert kept.get("b", lambda _: True, lambda: count(2)).tx == 2
    kept.close()


def test_the_units_of_a_period_are_written_once_whoever_asks(tmp_path: Path) -> None:
    units, written = UnitFolder(tmp_path), []

    def write(path: Path) -> None:
        written.append(path)
        path.write_text("x")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: units.file("regular", "2025", write), range(8)))
    assert found == set(written)
    assert len(written) == 1
    assert units.file("regular", "2024", write) not in found
    assert units.asked == [("regular", "2025"), ("regular", "2024")]


def test_units_stay_as_long_as_somebody_holds_them(count: Callable[[int], Counted]) -> None:
    kept = CountedResults()
    old = kept.get("a", lambda _: True, lambda: count(1))
    folder = old.units.folder
    kept.get("a", lambda _: False, lambda: count(2))
    kept.settle()
    assert folder.is_dir()
    del old
    gc.collect()
    assert not folder.exists()
    kept.close()
