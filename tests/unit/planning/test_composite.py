"""The composite index against its definition written out slowly, and what must hold whatever the values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from kangshu.domains.planning.composite import points_of, rank, score
from kangshu.domains.planning.index_definition import Component, Edition, read_index
from kangshu.kernel.base.errors import Invalid, NotFound

VALUE = some.integers(-20, 120).map(Decimal)


def component(name: str, weight: int = 1, low: int = 0, high: int = 100) -> Component:
    return Component(name[0], name[0], "indicator", name, Decimal(weight), Decimal(low), Decimal(high))


EDITION = Edition(
    date(2026, 1, 1),
    "b",
    50,
    20,
    200,
    1,
    (component("a1", 3), component("a2", 2, 20, 60), component("b1", 5, 50, 10)),
)
UNITS = some.dictionaries(
    some.sampled_from(["H1", "H2", "H3", "H4"]),
    some.dictionaries(some.sampled_from(["a1", "a2", "b1"]), VALUE),
    min_size=1,
)


def reference(edition: Edition, values: dict[str, Decimal]) -> Fraction | None:
    """By hand: points, then the mean of a list in which each value stands as often as it weighs."""
    stood: list[Fraction] = []
    weights = 0
    for each in edition.components:
        weights += int(each.weight)
        if each.key not in values:
            continue
        value = values[each.key]
        better = (value - each.floor) if each.goal > each.floor else (each.floor - value)
        way = abs(each.goal - each.floor)
        reached = 0 if better <= 0 else 1 if better >= way else Fraction(better) / Fraction(way)
        stood += [Fraction(100 * reached)] * int(each.weight)
    if not stood or len(stood) * 100 < weights * edition.known:
        return None
    return sum(stood) / Fraction(len(stood))


@given(some.dictionaries(some.sampled_from(["a1", "a2", "b1"]), VALUE))
def test_it_is_the_weighted_mean_of_what_is_known(values: dict[str, Decimal]) -> None:
    assert score(EDITION, "H", values).score == reference(EDITION, values)


@pytest.mark.parametrize(("value", "points"), [(10, 100), (0, 100), (30, 50), (50, 0), (90, 0)], ids=str)
def test_where_less_is_better_the_goal_lies_below_the_floor(value: int, points: int) -> None:
    assert points_of(component("b", 1, 50, 10), Decimal(value)) == points


@given(UNITS)
def test_contributions_and_dimensions_add_up_to_the_index(units: dict[str, dict[str, Decimal]]) -> None:
    for each in rank(EDITION, units):
        if each.scored.score is not None:
            assert sum(part.contributes for part in each.scored.parts) == each.scored.score
            assert sum(each.scored.dimensions().values()) == each.scored.score
            assert sum(part.share for part in each.scored.parts) == 1
            assert 0 <= each.scored.score <= 100


@given(UNITS, some.integers(2, 9))
def test_only_the_relation_of_weights_matters(units: dict[str, dict[str, Decimal]], more: int) -> None:
    heavier = replace(
        EDITION, components=tuple(replace(each, weight=each.weight * more) for each in EDITION.components)
    )
    assert [each.scored.score for each in rank(heavier, units)] == [
        each.scored.score for each in rank(EDITION, units)
    ]


@given(some.dictionaries(some.sampled_from(["a1", "a2", "b1"]), VALUE, min_size=2), some.integers(1, 30))
def test_a_better_value_never_lowers_it(values: dict[str, Decimal], more: int) -> None:
    before = score(EDITION, "H", values).score
    assume(before is not None and "a1" in values)
    after = score(EDITION, "H", values | {"a1": values["a1"] + more}).score
    assert before is not None
    assert after is not None
    assert after >= before


def test_equal_units_share_a_place_and_those_of_whom_too_little_is_known_have_none() -> None:
    full = {"a1": Decimal(80), "a2": Decimal(50), "b1": Decimal(20)}
    found = rank(
        EDITION, {"H1": full, "H2": dict(full), "H3": full | {"a1": Decimal(10)}, "H4": {"a1": Decimal(99)}}
    )
    assert [(each.scored.unit, each.rank, each.best, each.worst) for each in found] == [
        ("H1", 1, 1, 1),
        ("H2", 1, 1, 1),
        ("H3", 3, 3, 3),
        ("H4", None, None, None),
    ]
    assert found[3].scored.known == Fraction(3, 10)


def test_the_interval_is_wide_where_weights_decide_and_the_same_for_the_same_seed() -> None:
    units = {
        "even": {"a1": Decimal(50), "a2": Decimal(40), "b1": Decimal(30)},
        "split": {"a1": Decimal(100), "a2": Decimal(60), "b1": Decimal(50)},
        "worst": {"a1": Decimal(0), "a2": Decimal(20), "b1": Decimal(50)},
    }
    found = {each.scored.unit: (each.best, each.worst) for each in rank(EDITION, units)}
    assert found == {"even": (1, 2), "split": (1, 2), "worst": (3, 3)}
    assert rank(EDITION, units) == rank(EDITION, units)
    still = rank(replace(EDITION, swing=0), units)
    assert all((each.best, each.worst) == (each.rank, each.rank) for each in still)


def write(folder: Path, toml: str, rows: str) -> Path:
    path = folder / "x.toml"
    path.write_text('title = "t"\ntitle_en = "t"\n' + toml, "utf-8")
    heads = "from\tdimension\tdimension_en\tsource\tindicator\tweight\tfloor\tgoal\n"
    path.with_suffix(".tsv").write_text(heads + rows, "utf-8")
    return path


def edition(day: str, known: int = 50) -> str:
    return f'[[editions]]\nfrom = {day}\nbasis = "b"\nknown = {known}\nswing = 20\ndraws = 100\nseed = 1\n'


def test_editions_apply_from_their_day(tmp_path: Path) -> None:
    rows = "2025-01-01\td\td\tindicator\ta\t1\t0\t10\n2026-01-01\td\td\tquality\t\t1\t0\t10\n"
    found = read_index(write(tmp_path, edition("2026-01-01") + edition("2025-01-01"), rows), ["a"])
    assert [each.key for each in found.on(date(2025, 12, 31)).components] == ["a"]
    assert [each.key for each in found.on(date(2026, 1, 1)).components] == ["quality"]
    with pytest.raises(NotFound):
        found.on(date(2024, 12, 31))


def test_what_is_wrong_with_a_definition_is_all_told(tmp_path: Path) -> None:
    rows = (
        "2025-01-01\td\td\tindicator\tnone\t1\t0\t10\n"
        "2025-01-01\td\td\tguess\t\t1\t0\t10\n"
        "2025-01-01\td\td\tindicator\ta\t0\t0\t10\n"
        "2025-01-01\td\td\tindicator\ta\t1\t5\t5\n"
        "2025-01-01\td\td\tindicator\ta\tx\t0\t10\n"
    )
    with pytest.raises(Invalid) as refused:
        read_index(write(tmp_path, edition("2025-06-01", known=0), rows), ["a"])
    assert [each.path for each in refused.value.problems] == [
        "editions[0].known",
        "line 2 indicator",
        "line 3 source",
        "line 4 weight",
        "line 5 weight",
        "line 6 weight",
        "editions",
    ]
