"""How evenly something is spread over people: Lorenz curve, Gini coefficient, Theil index; and who is near.

Groups (towns) count by their population. Gini and Lorenz are computed with exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import asin, cos, log, radians, sin, sqrt

from kangshu.kernel.base.errors import Invalid

EARTH = 6371.0088
"""Mean radius of the earth in km (IUGG)."""


@dataclass(frozen=True, slots=True)
class Group:
    """People who share something: how many, and how much of it is theirs."""

    name: str
    people: Fraction
    amount: Fraction

    def __post_init__(self) -> None:
        if self.people <= 0 or self.amount < 0:
            raise Invalid(
                f"The group {self.name} has no people, or less than nothing of what is shared.",
                remedy="Leave groups without people out.",
            )

    @property
    def each(self) -> Fraction:
        """How much there is for each of them."""
        return self.amount / self.people


@dataclass(frozen=True, slots=True)
class Theil:
    """The index, and its parts: between larger groups and within them; parts add up to the whole."""

    whole: float
    between: float
    within: float


def lorenz(groups: Iterable[Group]) -> tuple[tuple[Fraction, Fraction], ...]:
    """Points of the curve from (0, 0) to (1, 1): shares of people, those with least first, and of the amount.

    Empty where there is nobody, or nothing to share.
    """
    ordered = sorted(groups, key=lambda group: (group.each, group.name))
    people, amount = _sums(ordered)
    if not amount:
        return ()
    points, had, got = [(Fraction(0), Fraction(0))], Fraction(0), Fraction(0)
    for group in ordered:
        had, got = had + group.people, got + group.amount
        points.append((had / people, got / amount))
    return tuple(points)


def gini(groups: Iterable[Group]) -> Fraction | None:
    """0: everybody has the same; towards 1: one has all. None where there is nothing to share.

    Twice the area between the curve and the line of equality.
    """
    points = lorenz(groups)
    if not points:
        return None
    below = Fraction(0)
    for (left, low), (right, high) in pairwise(points):
        below += (right - left) * (low + high)
    return 1 - below


def theil(groups: Sequence[Group], larger: Mapping[str, str] | None = None) -> Theil | None:
    """Theil's T, 0 where everybody has the same. None where there is nothing to share.

    `larger`: the larger group that each group is part of; without it all is within one.
    """
    people, amount = _sums(groups)
    if not amount:
        return None
    whole = _theil(groups, people, amount)
    parents: dict[str, list[Group]] = {}
    for group in groups:
        parents.setdefault((larger or {}).get(group.name, ""), []).append(group)
    summed = [Group(name, *_sums(members)) for name, members in parents.items()]
    between = _theil(summed, people, amount)
    return Theil(whole, between, whole - between)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """km along a great circle; a point is longitude and latitude in degrees (CGCS2000 or WGS 84)."""
    (east1, north1), (east2, north2) = one, other
    north, east = radians(north2 - north1) / 2, radians(east2 - east1) / 2
    chord = sin(north) ** 2 + cos(radians(north1)) * cos(radians(north2)) * sin(east) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(chord)))


def share_within(
    people: Iterable[tuple[tuple[float, float], int]], sites: Sequence[tuple[float, float]], km: float
) -> Fraction | None:
    """The share of people who live no farther than that from the nearest site. None where there is nobody."""
    there = near = 0
    for place, count in people:
        there += count
        near += count if any(distance(place, site) <= km for site in sites) else 0
    return Fraction(near, there) if there else None


def _sums(groups: Iterable[Group]) -> tuple[Fraction, Fraction]:
    people, amount = Fraction(0), Fraction(0)
    for group in groups:
        people, amount = people + group.people, amount + group.amount
    return people, amount


def _theil(groups: Iterable[Group], people: Fraction, amount: Fraction) -> float:
    found = 0.0
    for group in groups:
        if group.amount:
            share = group.amount / amount
            found += float(share) * log(share / (group.people / people))
    return max(found, 0.0)
