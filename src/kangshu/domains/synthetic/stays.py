"""Stays in hospital, and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from kangshu.domains.synthetic.care_tables import Admission
from kangshu.domains.synthetic.chance import day_between, office_hour
from kangshu.domains.synthetic.definition import Reading, StudyResult, Visit
from kangshu.domains.synthetic.illness import choose_medicines
from kangshu.domains.synthetic.life import Life, age_group

STROKE, STROKE_AFTERMATH = "I63.900", "I69.300"

_TOWNSHIP_WARDS = frozenset({"J18.000", "J18.900", "E11.900"})
"""What a township hospital keeps in its own beds."""

_CHINESE_MEDICINE = frozenset({"M51.202", STROKE})

_VITAL = ("8310-5", "8867-4", "8480-6", "8462-4")
_BLOOD_COUNT = ("6690-2", "789-8", "718-7", "777-3")
_CHEMISTRY = ("1742-6", "1920-8", "14631-6", "14682-9", "22664-7", "14933-6", "62238-1")


def stays(life: Life) -> Iterator[Visit]:
    """Stays that end within the window, in the order they are thrown; at least twenty days between two."""
    taken: list[tuple[date, date]] = []
    for start, end in life.years():
        group = age_group(life.age(start))
        for row in life.county.admissions:
            share = ((end - start).days + 1) / 365
            if life.throw.random() >= row.rate(group) / 1000 * share:
                continue
            day = day_between(life.throw, start, end)
            last = day + timedelta(days=row.days_high)
            free = all(last + timedelta(days=20) < first or day > until for first, until in taken)
            bearer = not row.after or any(each.condition == row.after for each in life.known(day))
            if free and bearer and last <= life.until:
                taken.append((day, last + timedelta(days=20)))
                yield _stay(life, row, day)


def _stay(life: Life, row: Admission, day: date) -> Visit:
    throw = life.throw
    start = office_hour(throw, day)
    end = datetime.combine(
        day + timedelta(days=throw.randint(row.days_low, row.days_high)), office_hour(throw, day).time()
    )
    known = [each for each in life.known(day) if each.condition != row.condition]
    conditions = [row.condition, *[each.condition for each in known][-4:]]
    drugs = life.prescribe(choose_medicines(throw, life.county, row.condition), row.condition)
    drugs += [each for course in known for each in life.prescribe(course.medicines, course.condition)][:3]
    coming, going = start + timedelta(hours=2), end - timedelta(hours=26)
    visit = replace(
        life.visit(
            "admission",
            _hospital(life, row),
            start,
            conditions,
            life.county.conditions[row.condition].department,
        ),
        end=end,
        readings=(*_laboratory(life, row, coming, 1.0), *_laboratory(life, row, going, 0.22)),
        prescriptions=tuple({each.medicine: each for each in drugs}.values()),
        procedures=(row.procedure,) if row.procedure else (),
        studies=(StudyResult(row.study, abnormal=True, at=start + timedelta(hours=3)),) if row.study else (),
    )
    _leave_behind(life, row, end.date())
    return visit


def _laboratory(life: Life, row: Admission, at: datetime, strength: float) -> list[Reading]:
    """Vital signs, blood count and what the illness touches; chemistry of adults when they come."""
    special = [each.test for each in life.county.effects.get(row.condition, ())]
    chemistry = _CHEMISTRY if strength == 1.0 and life.age(at.date()) >= 18 else ()
    codes = dict.fromkeys([*_VITAL, *_BLOOD_COUNT, *special, *chemistry])
    return life.body.read_all(list(codes), at, life.throw, (row.condition,), strength)


def _hospital(life: Life, row: Admission) -> str:
    places, throw = life.places, life.throw
    if throw.random() < row.upper:
        return places.city
    if row.condition in _TOWNSHIP_WARDS and throw.random() < 0.25:
        return places.township
    if row.condition in _CHINESE_MEDICINE and throw.random() < 0.35:
        return places.chinese_medicine
    return places.county


def _leave_behind(life: Life, row: Admission, day: date) -> None:
    """A first stroke leaves an aftermath that is cared for from then on."""
    if row.condition == STROKE and all(each.condition != STROKE_AFTERMATH for each in life.courses):
        life.acquire(STROKE_AFTERMATH, day, choose_medicines(life.throw, life.county, STROKE_AFTERMATH))
