"""Visits for acute complaints: a cold, a rash, a sore back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from kangshu.domains.synthetic.chance import day_between, office_hour, poisson, weighted
from kangshu.domains.synthetic.definition import StudyResult, Visit
from kangshu.domains.synthetic.illness import choose_medicines
from kangshu.domains.synthetic.life import Life, age_group
from kangshu.domains.synthetic.people import yearly_rate


def complaint_visits(life: Life) -> Iterator[Visit]:
    """As many a year as the age brings, each for a complaint of the age group."""
    county = life.county
    for start, end in life.years():
        age = life.age(start)
        weights = [each.weight(age_group(age)) for each in county.complaints]
        expected = yearly_rate(county, age)[0] * ((end - start).days + 1) / 365
        for _ in range(poisson(life.throw, expected)):
            complaint = weighted(life.throw, county.complaints, weights)
            yield _complaint(life, complaint.condition, day_between(life.throw, start, end))


def _complaint(life: Life, condition: str, day: date) -> Visit:
    """A village clinic measures at the bedside and has no X-ray."""
    county, throw = life.county, life.throw
    start = office_hour(throw, day)
    level = weighted(throw, ("clinic", "township", "county"), (0.52, 0.30, 0.18))
    asked = [each for each in county.plans.get(condition, ()) if each.every == 0]
    tests = [test for each in asked for test in each.tests]
    studies = [each.study for each in asked if each.study and throw.random() < 0.35]
    if level == "clinic":
        org, studies = life.places.clinic, []
        tests = [test for test in tests if county.tests[test].kind == "vital"]
    else:
        org = life.places.at(level)
    medicines = choose_medicines(throw, county, condition)
    return replace(
        life.visit("clinic", org, start, (condition,), county.conditions[condition].department),
        readings=tuple(life.body.read_all(tests, start + timedelta(minutes=9), throw, (condition,))),
        prescriptions=tuple(life.prescribe(medicines, condition)),
        studies=tuple(
            StudyResult(each, throw.random() < 0.4, start + timedelta(minutes=40)) for each in studies
        ),
    )
