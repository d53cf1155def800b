"""Care of chronic conditions: what each condition's plan asks for, month by month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from kangshu.domains.synthetic.care_tables import Plan
from kangshu.domains.synthetic.chance import add_months, office_hour
from kangshu.domains.synthetic.definition import Course, StudyResult, Visit
from kangshu.domains.synthetic.life import Life


def follow_up_visits(life: Life) -> Iterator[Visit]:
    """What is due in a month at one institution makes one visit there, if the resident comes."""
    if not life.courses:
        return
    offset = life.throw.randrange(28)
    months = (life.until.year - life.since.year) * 12 + life.until.month - life.since.month
    for month in range(months + 1):
        day = add_months(life.since, month) + timedelta(days=offset + life.throw.randrange(-6, 7))
        if not life.since <= day <= life.until:
            continue
        due: dict[str, list[tuple[Course, Plan]]] = {}
        for course, plan in _due(life, day):
            due.setdefault(life.places.at(plan.level), []).append((course, plan))
        for turn, (org, items) in enumerate(due.items()):
            when = day + timedelta(days=3 * turn)
            if life.throw.random() < life.faithful and when <= life.until:
                yield _follow_up(life, org, when, items)


def _due(life: Life, day: date) -> Iterator[tuple[Course, Plan]]:
    for course in life.known(day):
        age = (day.year - course.onset.year) * 12 + day.month - course.onset.month
        for plan in life.county.plans.get(course.condition, ()):
            if plan.every and age % plan.every == 0 and (not plan.last or age <= plan.last):
                yield course, plan


def _follow_up(life: Life, org: str, day: date, items: Sequence[tuple[Course, Plan]]) -> Visit:
    start, throw = office_hour(life.throw, day), life.throw
    courses = list(dict.fromkeys(course for course, _ in items))
    tests = list(dict.fromkeys(test for _, plan in items for test in plan.tests))
    studies = dict.fromkeys(plan.study for _, plan in items if plan.study)
    primary = org in {life.places.clinic, life.places.township}
    department = "全科" if primary else life.county.conditions[courses[0].condition].department
    taken = {
        each.medicine: each
        for course in courses
        for each in life.prescribe(course.medicines, course.condition)
    }
    return replace(
        life.visit("follow_up", org, start, [each.condition for each in courses], department),
        readings=tuple(life.body.read_all(tests, start + timedelta(minutes=12), throw)),
        prescriptions=tuple(taken.values()),
        studies=tuple(
            StudyResult(each, throw.random() < 0.6, start + timedelta(minutes=50)) for each in studies
        ),
    )
