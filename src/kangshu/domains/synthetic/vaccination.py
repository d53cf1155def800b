"""Vaccinations: the national schedule of children, and what the elderly take of their own will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from kangshu.domains.synthetic.chance import add_months, day_between, office_hour
from kangshu.domains.synthetic.definition import Dose, Visit
from kangshu.domains.synthetic.life import Life


def vaccination_visits(life: Life) -> Iterator[Visit]:
    """Children's whole schedule, also before the window: vaccination books go back to birth."""
    if life.age(life.until) < 18:
        yield from _schedule(life)
        return
    for index, vaccine in enumerate(life.county.vaccines):
        if vaccine.programme == "yearly":
            yield from _voluntary(life, index, vaccine.month, 0.28)
        elif vaccine.programme == "once":
            yield from list(_voluntary(life, index, vaccine.month, 0.12))[:1]


def doses_of(life: Life, day: date, indexes: Sequence[int]) -> tuple[Dose, ...]:
    """Doses of the county's vaccines with those indexes, lot numbers by year and quarter."""
    quarter = f"{day:%Y}{(day.month + 2) // 3:02d}"
    return tuple(Dose(each, f"{quarter}{life.throw.randrange(1, 60):03d}") for each in indexes)


def _schedule(life: Life) -> Iterator[Visit]:
    """Doses due in the same month are given together, some days late; few are missed."""
    due: dict[int, list[int]] = {}
    for index, vaccine in enumerate(life.county.vaccines):
        if vaccine.programme == "national" and vaccine.month > 0:
            due.setdefault(vaccine.month, []).append(index)
    for month, indexes in due.items():
        late = timedelta(days=int(life.throw.expovariate(1 / 12)))
        day = add_months(life.resident.birth, month) + late
        if day <= life.until and life.throw.random() < 0.965:
            yield _vaccination(life, day, indexes)


def _voluntary(life: Life, index: int, month: int, share: float) -> Iterator[Visit]:
    for start, end in life.years():
        if life.age(start) * 12 >= month and life.throw.random() < share:
            yield _vaccination(life, day_between(life.throw, start, end), [index])


def _vaccination(life: Life, day: date, indexes: Sequence[int]) -> Visit:
    start = office_hour(life.throw, day)
    visit = life.visit("vaccination", life.places.township, start, (), "公共卫生科", 30)
    return replace(visit, doses=doses_of(life, day, indexes))
