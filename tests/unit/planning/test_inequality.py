"""Gini, Lorenz and Theil against the definition by pairs, known values, and what must hold of any measure."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import isclose, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from kangshu.domains.planning.inequality import Group, distance, gini, lorenz, share_within, theil
from kangshu.kernel.base.errors import Invalid

PEOPLE = some.integers(1, 50).map(Fraction)
AMOUNT = some.integers(0, 200).map(Fraction)
GROUPS = some.lists(some.tuples(PEOPLE, AMOUNT), min_size=1, max_size=8).map(
    lambda rows: [Group(str(number), *row) for number, row in enumerate(rows)]
)


def of(*amounts: int) -> list[Group]:
    return [Group(str(n), Fraction(1), Fraction(each)) for n, each in enumerate(amounts)]


def gini_by_pairs(groups: list[Group]) -> Fraction:
    """The definition: the mean difference between two people, over twice the mean."""
    people = sum(each.people for each in groups)
    mean = sum(each.amount for each in groups) / people
    pairs = sum(one.people * two.people * abs(one.each - two.each) for one in groups for two in groups)
    return Fraction(pairs / (2 * people * people * mean))


@pytest.mark.parametrize(
    ("amounts", "known"),
    [
        ((3, 3, 3), Fraction(0)),
        ((0, 0, 0, 4), Fraction(3, 4)),
        ((1, 2, 3, 4), Fraction(1, 4)),
        ((1, 1, 1, 1, 6), Fraction(2, 5)),
    ],
)
def test_known_values(amounts: tuple[int, ...], known: Fraction) -> None:
    assert gini(of(*amounts)) == known


def test_nothing_to_share_has_no_gini() -> None:
    assert gini(of(0, 0)) is None
    assert gini([]) is None
    assert theil(of(0, 0)) is None


@given(GROUPS)
def test_it_is_the_mean_difference_of_pairs(groups: list[Group]) -> None:
    assume(any(each.amount for each in groups))
    assert gini(groups) == gini_by_pairs(groups)


@given(GROUPS)
def test_bounds(groups: list[Group]) -> None:
    assume(any(each.amount for each in groups))
    found = gini(groups)
    assert found is not None
    assert 0 <= found < 1
    whole = theil(groups)
    assert whole is not None
    fewest = min(each.people for each in groups) / sum(each.people for each in groups)
    assert 0 <= whole.whole <= log(1 / fewest) + 1e-9


@given(GROUPS, some.integers(1, 9), some.integers(1, 9))
def test_neither_units_nor_the_size_of_the_county_matter(groups: list[Group], more: int, larger: int) -> None:
    scaled = [Group(each.name, each.people * larger, each.amount * more) for each in groups]
    assert gini(scaled) == gini(groups)


@given(GROUPS)
def test_a_group_split_in_two_equal_halves_changes_nothing(groups: list[Group]) -> None:
    first = groups[0]
    half = replace(first, people=first.people / 2, amount=first.amount / 2)
    split = [half, replace(half, name="other half"), *groups[1:]]
    assert gini(split) == gini(groups)


@given(GROUPS, some.integers(1, 10))
def test_giving_to_who_has_less_lowers_it(groups: list[Group], part: int) -> None:
    poor, rich = (choose(groups, key=lambda each: each.each) for choose in (min, max))
    assume(poor.each < rich.each)
    even = (rich.each - poor.each) / (1 / rich.people + 1 / poor.people)
    moved = even * Fraction(part, 10)
    rest = [each for each in groups if each.name not in (poor.name, rich.name)]
    after = [
        replace(poor, amount=poor.amount + moved),
        replace(rich, amount=rich.amount - moved),
        *rest,
    ]
    before_, after_ = gini(groups), gini(after)
    assert before_ is not None
    assert after_ is not None
    assert after_ < before_


@given(GROUPS)
def test_the_curve_runs_below_equality_and_bends_upwards(groups: list[Group]) -> None:
    points = lorenz(groups)
    assume(points)
    assert (points[0], points[-1]) == ((0, 0), (1, 1))
    assert all(amount <= people for people, amount in points)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
    assert slopes == sorted(slopes)


@given(GROUPS, some.lists(some.sampled_from("xyz"), min_size=8, max_size=8))
def test_the_parts_of_theil_add_up_and_none_is_negative(groups: list[Group], parents: list[str]) -> None:
    assume(any(each.amount for each in groups))
    larger = dict(zip((each.name for each in groups), parents, strict=False))
    found = theil(groups, larger)
    assert found is not None
    assert isclose(found.whole, found.between + found.within, abs_tol=1e-12)
    assert found.within >= -1e-9
    alone = theil(groups, {each.name: each.name for each in groups})
    assert alone is not None
    assert isclose(alone.within, 0, abs_tol=1e-9)


def test_theil_of_one_who_has_all_is_the_logarithm_of_their_number() -> None:
    found = theil(of(0, 0, 0, 5))
    assert found is not None
    assert isclose(found.whole, log(4))


def test_groups_without_people_are_refused() -> None:
    with pytest.raises(Invalid, match="empty town"):
        Group("empty town", Fraction(0), Fraction(5))


def test_a_degree_of_latitude_is_111_km_and_of_longitude_less() -> None:
    assert isclose(distance((111, 22), (111, 23)), 111.195, abs_tol=0.01)
    assert isclose(distance((111, 22), (112, 22)), 103.098, abs_tol=0.01)
    assert distance((111, 22), (111, 22)) == 0


def test_share_within_counts_people_on_the_edge_and_none_beyond() -> None:
    site = (111.0, 22.0)
    people = [((111.0, 22.0), 60), ((111.0, 22.02), 30), ((111.0, 22.05), 10)]
    edge = distance(site, people[1][0])
    assert share_within(people, [site], edge) == Fraction(9, 10)
    assert share_within(people, [site], edge - 0.001) == Fraction(6, 10)
    assert share_within(people, [], 5) == 0
    assert share_within([], [site], 5) is None
