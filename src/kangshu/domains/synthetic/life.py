"""One life: a resident's body, illnesses and habits, and the institutions near; every visit needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from kangshu.domains.synthetic.chance import age_on, chance
from kangshu.domains.synthetic.county import County, Village
from kangshu.domains.synthetic.definition import Course, Kind, Prescription, Resident, Visit
from kangshu.domains.synthetic.progress import Body


@dataclass(frozen=True, slots=True)
class Places:
    """The institutions one resident goes to, by level; `base` is where they feel at home."""

    clinic: str
    township: str
    county: str
    chinese_medicine: str
    maternal: str
    city: str
    base: str

    def at(self, level: str) -> str:
        """The institution for a level of the county's plans; county, unless it is another one."""
        return {"base": self.base, "township": self.township, "city": self.city}.get(level, self.county)


class Life:
    """One resident between `since` and `until`, and the throws that decide what happens.

    `courses` are the chronic conditions; `acquire` adds what a stay in hospital leaves behind.
    """

    def __init__(
        self,
        county: County,
        seed: int,
        resident: Resident,
        courses: Sequence[Course],
        since: date,
        until: date,
    ) -> None:
        village = next(each for each in county.villages if each.code == resident.village)
        self.county = county
        self.resident = resident
        self.since = max(since, resident.birth)
        self.until = min(until, resident.death - timedelta(days=1) if resident.death else until)
        self.throw = chance(seed, "life", resident.number)
        self.places = _places(county, village, self.throw)
        self.body = Body(county, seed, resident, courses)
        self.faithful = self.throw.uniform(0.6, 0.97)

    @property
    def courses(self) -> tuple[Course, ...]:
        """The chronic conditions so far."""
        return self.body.courses

    def acquire(self, condition: str, day: date, medicines: tuple[str, ...]) -> None:
        """From that day on the resident has one more chronic condition."""
        course = Course(self.resident.number, condition, day, None, 1.0, 0.7, medicines)
        self.body.take_on([*self.courses, course])

    def known(self, day: date) -> list[Course]:
        """The chronic conditions the resident has on a day."""
        return [each for each in self.courses if each.onset <= day and (each.end is None or each.end > day)]

    def age(self, day: date) -> float:
        """Exact age in years."""
        return age_on(self.resident.birth, day)

    def years(self) -> Iterator[tuple[date, date]]:
        """The window in stretches of a year, the last one shorter."""
        start = self.since
        while start <= self.until:
            end = min(self.until, start + timedelta(days=364))
            yield start, end
            start = end + timedelta(days=1)

    def visit(
        self,
        kind: Kind,
        org: str,
        start: datetime,
        conditions: Sequence[str],
        department: str,
        minutes: int = 20,
    ) -> Visit:
        """A visit in which nothing has happened yet; fill it with `dataclasses.replace`."""
        end = start + timedelta(minutes=minutes)
        return Visit(self.resident.number, org, kind, start, end, department, tuple(conditions))

    def prescribe(self, medicines: Sequence[str], condition: str) -> list[Prescription]:
        """The medicines for a condition, for as long as they are usually given."""
        days = {each.medicine: each.days for each in self.county.treatments.get(condition, ())}
        return [Prescription(each, condition, days.get(each, 28)) for each in medicines]


def age_group(age: float) -> str:
    """The column of the county's tables for an age."""
    return "child" if age < 15 else "young" if age < 45 else "middle" if age < 65 else "old"


def _places(county: County, village: Village, throw: Random) -> Places:
    """Every resident of a village has the same institutions near, but not the same habits."""
    clinic, township = village.clinic, county.township_of(village).code
    by_kind = {each.kind: each.code for each in county.of_level("county")}
    general, chinese = by_kind["general"], by_kind["tcm"]
    return Places(
        clinic=clinic,
        township=township,
        county=chinese if throw.random() < 0.22 else general,
        chinese_medicine=chinese,
        maternal=by_kind["maternal"],
        city=county.of_level("city")[0].code,
        base=clinic if throw.random() < 0.5 else township,
    )
