"""Which chronic conditions a resident has, from the county's age curves; and what is taken for them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from statistics import NormalDist

from kangshu.domains.synthetic.care_tables import Curve
from kangshu.domains.synthetic.chance import add_months, chance, weighted
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Allergy, Course, Resident

_METABOLIC = 0.55
"""Correlation of the liability to metabolic and vascular conditions with a resident's common risk."""

_TOGETHER = frozenset(
    {"I10.x00x002", "E11.900", "I25.103", "E78.500", "N18.300", "K76.000", "E79.001", "I50.900"}
)

_NORMAL = NormalDist()


def chronic_courses(county: County, seed: int, resident: Resident, until: date) -> list[Course]:
    """The conditions found by `until` (or death), oldest first.

    Each condition has a liability from 0 to 1; it is found at the age where the curve of told residents
    reaches it, so the shares by age are the curve's. Metabolic conditions share part of their liability.
    Nobody was told of anything long ago, when there was no one to look for it.
    """
    throw = chance(seed, "illness", resident.number)
    common = throw.gauss(0, 1)
    end = min(until, resident.death or until)
    earliest = until - timedelta(days=int(throw.uniform(8, 27) * 365.2425))
    found: list[Course] = []
    for (condition, sex), curve in county.curves.items():
        if sex != resident.sex:
            continue
        liability = _liability(throw, condition, common, smoker=resident.smoker)
        severity, control = max(0.35, throw.gauss(1, 0.28)), min(1.0, max(0.1, throw.gauss(0.72, 0.25)))
        age = _onset(curve, liability)
        if age is None:
            continue
        reached = resident.birth + timedelta(days=int(age * 365.2425) + 1)
        onset = max(reached, earliest + timedelta(days=throw.randrange(500)))
        if onset < end:
            medicines = choose_medicines(throw, county, condition)
            over = _end(county, condition, onset)
            found.append(Course(resident.number, condition, onset, over, severity, control, medicines))
    return sorted(found, key=lambda each: each.onset)


def _liability(throw: Random, condition: str, common: float, *, smoker: bool) -> float:
    own = throw.gauss(0, 1)
    if condition in _TOGETHER:
        return _NORMAL.cdf(-(_METABOLIC * common + (1 - _METABOLIC**2) ** 0.5 * own))
    if condition == "J44.900":
        return _NORMAL.cdf(own - (0.35 if smoker else -0.25))
    return _NORMAL.cdf(own)


def _onset(curve: Curve, liability: float) -> float | None:
    """The age at which the curve reaches the liability, None if it never does."""
    if curve[0][1] >= liability:
        return 0.2
    for (age, share), (next_age, next_share) in pairwise(curve):
        if next_share >= liability:
            return age + (next_age - age) * (liability - share) / (next_share - share)
    return None


def _end(county: County, condition: str, onset: date) -> date | None:
    """When care for it is over, if all plans for the condition end."""
    lasts = [each.last for each in county.plans.get(condition, ())]
    return add_months(onset, max(lasts)) if lasts and all(lasts) else None


def choose_medicines(throw: Random, county: County, condition: str) -> tuple[str, ...]:
    """The medicines one bearer of a condition gets; none of two that would do the same is ruled out."""
    options = county.treatments.get(condition, ())
    return tuple(each.medicine for each in options if throw.random() < each.share)


def allergies(county: County, seed: int, resident: Resident, since: date) -> list[Allergy]:
    """One resident in eleven has one known allergy, a few have two."""
    throw = chance(seed, "allergy", resident.number)
    count = weighted(throw, (0, 1, 2), (0.91, 0.075, 0.015))
    known = throw.sample(county.allergens, count, counts=[each.weight for each in county.allergens])
    first = max(resident.birth + timedelta(days=300), since)
    return [
        Allergy(resident.number, each.code, first + timedelta(days=throw.randrange(700)))
        for each in dict.fromkeys(known)
    ]
