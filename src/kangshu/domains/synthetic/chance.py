"""Chance with a memory: the same seed and topic give the same throws, whatever else was thrown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import exp
from random import Random
from typing import TypeVar

Thing = TypeVar("Thing")


def chance(seed: int, topic: str, number: int = 0) -> Random:
    """A stream of throws of its own for one topic and one number (of a resident, mostly)."""
    return Random(f"{seed}/{topic}/{number}")  # noqa: S311 - must be reproducible, guards nothing


def weighted(throw: Random, things: Sequence[Thing], weights: Sequence[float]) -> Thing:
    """One of the things, each as likely as its weight."""
    return throw.choices(things, weights)[0]


def poisson(throw: Random, mean: float) -> int:
    """How many of rare events happen when `mean` are expected (Knuth; for means of a few)."""
    limit, product, count = exp(-mean), throw.random(), 0
    while product > limit:
        product *= throw.random()
        count += 1
    return count


def day_between(throw: Random, first: date, last: date) -> date:
    """A day from first to last, both included; `first` if they are the wrong way round."""
    return first + timedelta(days=throw.randrange(max(0, (last - first).days) + 1))


def office_hour(throw: Random, day: date) -> datetime:
    """A moment of that day between 08:00 and 17:29."""
    return datetime.combine(day, time(8)) + timedelta(minutes=throw.randrange(570))


def add_months(day: date, months: int) -> date:
    """The same day some months on, the 28th for later days of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))


def age_on(birth: date, day: date) -> float:
    """Exact age in years."""
    return (day - birth).days / 365.2425
