"""Things that need one another are worked on several at once, each behind what it needs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.base.ordered_work import work_in_order


@st.composite
def graphs(draw: st.DrawFn) -> Mapping[str, set[str]]:
    """Each may need some of those before it."""
    names = [f"n{number}" for number in range(draw(st.integers(0, 8)))]
    return {
        name: set(draw(st.lists(st.sampled_from(names[:at])))) if at else set()
        for at, name in enumerate(names)
    }


@given(graphs(), st.integers(1, 4))
def test_each_comes_once_and_behind_what_it_needs(needs: Mapping[str, set[str]], threads: int) -> None:
    begun: list[str] = []
    ended: set[str] = set()
    told: list[tuple[int, int]] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        with lock:
            begun.append(name)
            assert needs[name] <= ended
        with lock:
            ended.add(name)

    work_in_order(needs, work, threads=threads, progress=lambda done, of: told.append((done, of)))
    assert sorted(begun) == sorted(needs)
    assert told[-1] == (len(needs), len(needs))
    assert told == sorted(told)


def test_what_does_not_need_one_another_runs_at_once() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet(_: str) -> None:
        both.wait()

    work_in_order({"a": (), "b": ()}, meet, threads=2)


def test_after_one_has_failed_no_other_begins() -> None:
    begun: list[str] = []

    def work(name: str) -> None:
        begun.append(name)
        if name == "b":
            raise ValueError(name)

    with pytest.raises(ValueError, match="b"):
        work_in_order({"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}, work, threads=1)
    assert begun == ["a", "b"]


def test_a_circle_is_told() -> None:
    with pytest.raises(CycleError):
        work_in_order({"a": ("b",), "b": ("a",)}, print, threads=1)
