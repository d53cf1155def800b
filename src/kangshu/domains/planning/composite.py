"""The composite index: many values of one unit as one number, ranked, taken apart, and tried for firmness.

A value becomes points, 0 at the floor and 100 at the goal, straight between; a goal below the floor means
that less is better. The index is the weighted mean of the points. What is not known is left out and the
weights of the rest are scaled up; a unit of which too little is known has no index. Points times weight is
what a component contributes: contributions add up to the index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from random import Random

from kangshu.domains.planning.index_definition import Component, Edition

WIDTH = 0.9
"""How much of the draws the interval of a rank covers."""


@dataclass(frozen=True, slots=True)
class Part:
    """One component of the index of a unit.

    points  0 to 100; None: the value is not known
    share   of the weight, among what is known
    """

    component: Component
    value: Decimal | None
    points: Fraction | None
    share: Fraction

    @property
    def contributes(self) -> Fraction:
        """What it adds to the index."""
        return Fraction(0) if self.points is None else self.points * self.share


@dataclass(frozen=True, slots=True)
class Scored:
    """The index of a unit.

    known  the share of the weights whose values are known
    score  None: of too little
    """

    unit: str
    parts: tuple[Part, ...]
    known: Fraction
    score: Fraction | None

    def dimensions(self) -> dict[str, Fraction]:
        """What each dimension adds to the index, in the order of the definition."""
        found: dict[str, Fraction] = {}
        for part in self.parts:
            name = part.component.dimension
            found[name] = found.get(name, Fraction(0)) + part.contributes
        return found


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit with its place. Equal scores share a place; None: it has no index.

    best, worst  between which places it stands in nine of ten draws of other weights
    """

    scored: Scored
    rank: int | None
    best: int | None
    worst: int | None


def points_of(component: Component, value: Decimal) -> Fraction:
    """0 at the floor or beyond, 100 at the goal or beyond."""
    low, high = Fraction(component.floor), Fraction(component.goal)
    return min(Fraction(100), max(Fraction(0), 100 * (Fraction(value) - low) / (high - low)))


def score(edition: Edition, unit: str, values: Mapping[str, Decimal]) -> Scored:
    """The index of a unit from its values by component."""
    there = [each for each in edition.components if each.key in values]
    whole = sum((Fraction(each.weight) for each in edition.components), Fraction(0))
    weight = sum((Fraction(each.weight) for each in there), Fraction(0))
    parts = tuple(
        Part(each, values[each.key], points_of(each, values[each.key]), Fraction(each.weight) / weight)
        if each.key in values
        else Part(each, None, None, Fraction(0))
        for each in edition.components
    )
    known = weight / whole
    enough = bool(there) and known * 100 >= edition.known
    return Scored(
        unit, parts, known, sum((each.contributes for each in parts), Fraction(0)) if enough else None
    )


def rank(edition: Edition, values: Mapping[str, Mapping[str, Decimal]]) -> tuple[Ranked, ...]:
    """All units, the best first, then those without an index; of the same values it is remembered."""
    return _rank(
        edition, tuple((unit, tuple(sorted(given.items()))) for unit, given in sorted(values.items()))
    )


@lru_cache(maxsize=16)
def _rank(
    edition: Edition, values: tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]
) -> tuple[Ranked, ...]:
    found = [score(edition, unit, dict(given)) for unit, given in values]
    scored = sorted(
        ((each.score, each) for each in found if each.score is not None),
        key=lambda pair: (-pair[0], pair[1].unit),
    )
    first: dict[Fraction, int] = {}
    for place, (points, _) in enumerate(scored, 1):
        first.setdefault(points, place)
    intervals = rank_intervals(edition, tuple(each for _, each in scored))
    return (
        *(Ranked(each, first[points], *intervals[each.unit]) for points, each in scored),
        *(Ranked(each, None, None, None) for each in found if each.score is None),
    )


def rank_intervals(edition: Edition, scored: tuple[Scored, ...]) -> Mapping[str, tuple[int, int]]:
    """Between which places each unit stands when every weight is moved by chance, up to `swing` % either way.

    The same seed gives the same draws.
    """
    random, swing = Random(edition.seed), float(edition.swing) / 100  # noqa: S311 - no secret
    weights = [float(each.weight) for each in edition.components]
    given = [
        [(number, float(part.points)) for number, part in enumerate(each.parts) if part.points is not None]
        for each in scored
    ]
    places: list[list[int]] = [[] for _ in scored]
    for _ in range(edition.draws):
        drawn = [weight * (1 + random.uniform(-swing, swing)) for weight in weights]
        scores = [
            sum(drawn[number] * points for number, points in parts)
            / sum(drawn[number] for number, _ in parts)
            for parts in given
        ]
        for place, own in zip(_places(scores), places, strict=True):
            own.append(place)
    return {each.unit: _interval(own) for each, own in zip(scored, places, strict=True)}


def _places(scores: Sequence[float]) -> list[int]:
    """The place of each; those that differ by rounding only share one."""
    rounded = [round(each, 9) for each in scores]
    first: dict[float, int] = {}
    for place, each in enumerate(sorted(rounded, reverse=True), 1):
        first.setdefault(each, place)
    return [first[each] for each in rounded]


def _interval(places: Sequence[int]) -> tuple[int, int]:
    ordered = sorted(places)
    outside = (1 - WIDTH) / 2 * (len(ordered) - 1)
    return ordered[floor(outside)], ordered[ceil(len(ordered) - 1 - outside)]
