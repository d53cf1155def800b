"""Health checks: the yearly one of the elderly, and those of small children."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from kangshu.domains.synthetic.chance import add_months, day_between, office_hour
from kangshu.domains.synthetic.definition import StudyResult, Visit
from kangshu.domains.synthetic.life import Life
from kangshu.domains.synthetic.progress import BODY_MASS, HEAD, HEIGHT, WEIGHT

CHECK, CHILD_CHECK = "Z00.001", "Z00.100"
HYPERTENSION, HAEMOGLOBIN = "I10.x00x002", "718-7"

_CHILD_MONTHS = (1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72)


def check_visits(life: Life) -> Iterator[Visit]:
    """Every year from 65 on, now and then for younger adults with a contract: a morning of tests."""
    for start, end in life.years():
        age, signed = life.age(start), life.resident.signed
        wanted = 0.78 if age >= 65 else 0.3 if age >= 35 and signed is not None and signed <= start else 0.0
        if life.throw.random() < wanted:
            yield _check(life, day_between(life.throw, start, end))


def child_check_visits(life: Life) -> Iterator[Visit]:
    """Growth, and at some ages haemoglobin, of children up to six."""
    for month in _CHILD_MONTHS:
        day = add_months(life.resident.birth, month) + timedelta(days=life.throw.randrange(12))
        if life.since <= day <= life.until and life.throw.random() < 0.93:
            start = office_hour(life.throw, day)
            third = HEAD if month <= 36 else BODY_MASS
            blood = (HAEMOGLOBIN,) if month in {6, 12, 24, 36} else ()
            readings = life.body.read_all((HEIGHT, WEIGHT, third, *blood), start, life.throw)
            visit = life.visit("child", life.places.township, start, (CHILD_CHECK,), "儿科")
            yield replace(visit, readings=tuple(readings))


def _check(life: Life, day: date) -> Visit:
    """All known conditions are written down again at a check."""
    start = office_hour(life.throw, day)
    plan = life.county.plans[CHECK][0]
    known = [each.condition for each in life.known(day)]
    return replace(
        life.visit("check", life.places.township, start, (CHECK, *known), "公共卫生科", 90),
        readings=tuple(life.body.read_all(plan.tests, start + timedelta(minutes=15), life.throw)),
        studies=(StudyResult(plan.study, HYPERTENSION in known, start + timedelta(minutes=45)),),
    )
