"""How one body's values go on over the years."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from random import Random
from statistics import mean

import pytest

from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Course, Population, Resident
from kangshu.domains.synthetic.progress import Body

FOUND = datetime(2020, 3, 1, 9)  # noqa: DTZ001 - local time, as everywhere in the generator


@pytest.fixture
def woman(population: Population) -> Resident:
    """A woman of sixty in 2020."""
    return replace(
        next(each for each in population.residents if each.sex == "female"),
        birth=FOUND.date().replace(year=1960),
    )


def course(condition: str, *, medicines: tuple[str, ...] = ()) -> Course:
    return Course(0, condition, FOUND.date(), None, 1.0, 0.8, medicines)


def average(county: County, who: Resident, courses: list[Course], test: str, at: datetime) -> float:
    """The mean over three hundred bodies that differ in everything else."""
    bodies = [Body(county, 1, replace(who, number=number), courses) for number in range(300)]
    return mean(body.read_all([test], at, Random(number))[0].value for number, body in enumerate(bodies))


@pytest.mark.parametrize(
    ("condition", "medicine", "test", "fall"),
    [("I10.x00x002", "amlodipine", "8480-6", 10), ("E11.900", "metformin", "4548-4", 0.8)],
)
def test_treatment_takes_effect_in_the_first_year(
    county: County, woman: Resident, condition: str, medicine: str, test: str, fall: float
) -> None:
    treated = [course(condition, medicines=(medicine,))]
    found = average(county, woman, treated, test, FOUND)
    later = average(county, woman, treated, test, FOUND.replace(year=2021))
    assert later < found - fall


def test_kidneys_of_diabetics_grow_worse_over_the_years(county: County, woman: Resident) -> None:
    ill = [course("E11.900")]
    rates = [
        average(county, woman, ill, "14682-9", FOUND.replace(year=year)) for year in (2020, 2023, 2026, 2029)
    ]
    assert rates == sorted(rates)


def test_values_before_the_onset_are_those_of_the_healthy(county: County, woman: Resident) -> None:
    before = FOUND.replace(year=2019)
    assert average(county, woman, [course("E11.900")], "4548-4", before) == average(
        county, woman, [], "4548-4", before
    )


def test_computed_values_agree_with_those_they_are_computed_from(county: County, woman: Resident) -> None:
    body = Body(county, 1, woman, [])
    height, weight, mass = body.read_all(["8302-2", "29463-7", "39156-5"], FOUND, Random(3))
    assert mass.value == round(weight.value / (height.value / 100) ** 2, 1)


def test_filtration_rate_follows_the_published_formula(county: County, woman: Resident) -> None:
    """CKD-EPI 2009: a woman of 60 with creatinine 88.4 μmol/L (1 mg/dL) has about 61 mL/min/1.73 m²."""
    flat = replace(county.tests["14682-9"], mean_female=88.4, between=0, within=0)
    body = Body(replace(county, tests={**county.tests, flat.code: flat}), 1, woman, [])
    assert body.read_all(["14682-9", "62238-1"], FOUND, Random(3))[1].value == pytest.approx(61, abs=1)


def test_nothing_is_reported_below_what_a_laboratory_reports(county: County, woman: Resident) -> None:
    dire = [replace(course("C34.900x001"), severity=50.0)]
    body = Body(county, 1, woman, dire)
    assert (
        body.read_all(["718-7"], FOUND.replace(year=2024), Random(3))[0].value == county.tests["718-7"].floor
    )
