"""What befalls one resident: complaints, care of chronic conditions, checks, stays in hospital, childhood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from kangshu.domains.synthetic.chance import (
    add_months,
    age_on,
    chance,
    day_between,
    office_hour,
    poisson,
    weighted,
)
from kangshu.domains.synthetic.county import Admission, Complaint, County, Plan, Village
from kangshu.domains.synthetic.definition import (
    Course,
    Dose,
    Kind,
    Prescription,
    Reading,
    Resident,
    StudyResult,
    Visit,
)
from kangshu.domains.synthetic.illness import choose_medicines
from kangshu.domains.synthetic.people import yearly_rate
from kangshu.domains.synthetic.progress import BIRTH_WEIGHT, BODY_MASS, HEAD, HEIGHT, WEIGHT, Body

STROKE, STROKE_AFTERMATH = "I63.900", "I69.300"
CHECK, CHILD_CHECK, BORN = "Z00.001", "Z00.100", "Z38.000x001"

_BLOOD_COUNT = ("6690-2", "789-8", "718-7", "777-3")
_CHEMISTRY = ("1742-6", "1920-8", "14631-6", "14682-9", "22664-7", "14933-6", "62238-1")
_VITAL = ("8310-5", "8867-4", "8480-6", "8462-4")

_CHILD_CHECK_MONTHS = (1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72)


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
        return {"base": self.base, "township": self.township, "city": self.city}.get(level, self.county)


def places_of(county: County, village: Village, throw: Random) -> Places:
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


class Life:
    """One resident's visits between `since` and `until`. `courses` grows when a stay leaves something behind."""

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
        self.courses = list(courses)
        self.since = max(since, resident.birth)
        self.until = min(until, resident.death - timedelta(days=1) if resident.death else until)
        self.throw = chance(seed, "life", resident.number)
        self.places = places_of(county, village, self.throw)
        self.body = Body(county, seed, resident, self.courses)
        self._faithful = self.throw.uniform(0.6, 0.97)

    def visits(self) -> list[Visit]:
        """All visits but those of pregnancies, in order of time."""
        stays = list(self._stays())
        made = [
            *stays,
            *self._complaints(),
            *self._follow_ups(),
            *self._checks(),
            *self._child_checks(),
            *self._vaccinations(),
        ]
        return sorted(made, key=lambda each: each.start)

    def visit(
        self,
        kind: Kind,
        org: str,
        start: datetime,
        conditions: Sequence[str],
        department: str = "",
        minutes: int = 20,
    ) -> Visit:
        """A bare visit, to be filled with `dataclasses.replace`."""
        end = start + timedelta(minutes=minutes)
        return Visit(self.resident.number, org, kind, start, end, department, tuple(conditions))

    def _age(self, day: date) -> float:
        return age_on(self.resident.birth, day)

    def _known(self, day: date) -> list[Course]:
        return [each for each in self.courses if each.onset <= day and (each.end is None or each.end > day)]

    def _years(self) -> Iterator[tuple[date, date]]:
        """The window in stretches of a year, the last one shorter."""
        start = self.since
        while start <= self.until:
            end = min(self.until, start + timedelta(days=364))
            yield start, end
            start = end + timedelta(days=1)

    # complaints

    def _complaints(self) -> Iterator[Visit]:
        for start, end in self._years():
            age = self._age(start)
            group = age_group(age)
            weights = [complaint_weight(each, group) for each in self.county.complaints]
            expected = yearly_rate(self.county, age)[0] * ((end - start).days + 1) / 365
            for _ in range(poisson(self.throw, expected)):
                complaint = weighted(self.throw, self.county.complaints, weights)
                yield self._complaint(complaint.condition, day_between(self.throw, start, end))

    def _complaint(self, condition: str, day: date) -> Visit:
        start = office_hour(self.throw, day)
        level = weighted(self.throw, ("clinic", "township", "county"), (0.52, 0.30, 0.18))
        org = self.places.clinic if level == "clinic" else self.places.at(level)
        asked = [each for each in self.county.plans.get(condition, ()) if each.every == 0]
        tests = [
            test
            for each in asked
            for test in each.tests
            if level != "clinic" or _at_bedside(self.county, test)
        ]
        studies = [
            each.study for each in asked if each.study and level != "clinic" and self.throw.random() < 0.35
        ]
        visit = self.visit("clinic", org, start, (condition,), self.county.conditions[condition].department)
        return _filled(
            visit,
            readings=self.body.read_all(tests, start + timedelta(minutes=9), self.throw, (condition,)),
            prescriptions=self._prescribe(choose_medicines(self.throw, self.county, condition), condition),
            studies=[
                StudyResult(each, self.throw.random() < 0.4, start + timedelta(minutes=40))
                for each in studies
            ],
        )

    def _prescribe(self, medicines: Sequence[str], condition: str) -> list[Prescription]:
        days = {each.medicine: each.days for each in self.county.treatments.get(condition, ())}
        return [Prescription(each, condition, days.get(each, 28)) for each in medicines]

    # chronic conditions

    def _follow_ups(self) -> Iterator[Visit]:
        """Month by month: what is due at each level makes one visit there."""
        offset = self.throw.randrange(28)
        months = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month
        for month in range(months + 1):
            day = add_months(self.since, month) + timedelta(days=offset + self.throw.randrange(-6, 7))
            if not self.since <= day <= self.until:
                continue
            due: dict[str, list[tuple[Course, Plan]]] = {}
            for course, plan in self._due(day):
                due.setdefault(plan.level, []).append((course, plan))
            for level, items in due.items():
                if self.throw.random() < self._faithful:
                    yield self._follow_up(self.places.at(level), day, items)

    def _due(self, day: date) -> Iterator[tuple[Course, Plan]]:
        for course in self._known(day):
            age = (day.year - course.onset.year) * 12 + day.month - course.onset.month
            for plan in self.county.plans.get(course.condition, ()):
                if plan.every and age % plan.every == 0 and (not plan.last or age <= plan.last):
                    yield course, plan

    def _follow_up(self, org: str, day: date, items: list[tuple[Course, Plan]]) -> Visit:
        start = office_hour(self.throw, day)
        courses = list(dict.fromkeys(course for course, _ in items))
        tests = dict.fromkeys(test for _, plan in items for test in plan.tests)
        studies = dict.fromkeys(plan.study for _, plan in items if plan.study)
        primary = org in (self.places.clinic, self.places.township)
        department = "全科" if primary else self.county.conditions[courses[0].condition].department
        visit = self.visit("follow_up", org, start, [each.condition for each in courses], department)
        taken = {
            each.medicine: each
            for course in courses
            for each in self._prescribe(course.medicines, course.condition)
        }
        return _filled(
            visit,
            readings=self.body.read_all(list(tests), start + timedelta(minutes=12), self.throw),
            prescriptions=list(taken.values()),
            studies=[
                StudyResult(each, self.throw.random() < 0.6, start + timedelta(minutes=50))
                for each in studies
            ],
        )

    # health checks

    def _checks(self) -> Iterator[Visit]:
        """Every year from 65 on, every third year for signed adults: a day of tests at the township hospital."""
        for start, end in self._years():
            age = self._age(start)
            signed = self.resident.signed is not None and self.resident.signed <= start
            wanted = 0.78 if age >= 65 else 0.3 if age >= 35 and signed else 0.0
            if self.throw.random() < wanted:
                yield self._check(day_between(self.throw, start, end))

    def _check(self, day: date) -> Visit:
        start = office_hour(self.throw, day)
        plan = self.county.plans[CHECK][0]
        known = [each.condition for each in self._known(day)]
        visit = self.visit("check", self.places.township, start, [CHECK, *known], "公共卫生科", 90)
        return _filled(
            visit,
            readings=self.body.read_all(plan.tests, start + timedelta(minutes=15), self.throw),
            studies=[StudyResult(plan.study, "I10.x00x002" in known, start + timedelta(minutes=45))],
        )

    def _child_checks(self) -> Iterator[Visit]:
        for month in _CHILD_CHECK_MONTHS:
            day = add_months(self.resident.birth, month) + timedelta(days=self.throw.randrange(12))
            if self.since <= day <= self.until and self.throw.random() < 0.93:
                start = office_hour(self.throw, day)
                tests = (HEIGHT, WEIGHT, HEAD) if month <= 36 else (HEIGHT, WEIGHT, BODY_MASS)
                blood = ("718-7",) if month in (6, 12, 24, 36) else ()
                visit = self.visit("child", self.places.township, start, (CHILD_CHECK,), "儿科")
                yield _filled(visit, readings=self.body.read_all((*tests, *blood), start, self.throw))

    # vaccines

    def _vaccinations(self) -> Iterator[Visit]:
        """Children's whole schedule, also before `since`: vaccination books go back to birth."""
        doses = enumerate(self.county.vaccines)
        if self._age(self.until) < 18:
            due: dict[int, list[int]] = {}
            for index, vaccine in doses:
                if vaccine.programme == "national" and vaccine.month > 0:
                    due.setdefault(vaccine.month, []).append(index)
            for month, indexes in due.items():
                day = add_months(self.resident.birth, month) + timedelta(
                    days=int(self.throw.expovariate(1 / 12))
                )
                if day <= self.until and self.throw.random() < 0.965:
                    yield self._vaccination(day, indexes)
            return
        for index, vaccine in doses:
            if vaccine.programme in ("yearly", "once"):
                yield from self._voluntary(index, vaccine.month, once=vaccine.programme == "once")

    def _voluntary(self, index: int, month: int, *, once: bool) -> Iterator[Visit]:
        for start, end in self._years():
            if self._age(start) * 12 >= month and self.throw.random() < (0.12 if once else 0.28):
                yield self._vaccination(day_between(self.throw, start, end), [index])
                if once:
                    return

    def _vaccination(self, day: date, indexes: list[int]) -> Visit:
        start = office_hour(self.throw, day)
        visit = self.visit("vaccination", self.places.township, start, (), "公共卫生科", 30)
        return _filled(visit, doses=self.doses(day, indexes))

    def doses(self, day: date, indexes: Sequence[int]) -> list[Dose]:
        """The doses with a lot number of the year and quarter."""
        return [
            Dose(each, f"{day:%Y}{(day.month + 2) // 3:02d}{self.throw.randrange(1, 60):03d}")
            for each in indexes
        ]

    # stays in hospital

    def _stays(self) -> Iterator[Visit]:
        last = self.since - timedelta(days=60)
        for start, end in self._years():
            group = age_group(self._age(start))
            for row in self.county.admissions:
                share = ((end - start).days + 1) / 365
                if self.throw.random() >= _stay_rate(row, group) / 1000 * share:
                    continue
                day = day_between(self.throw, start, end)
                if row.after and all(each.condition != row.after for each in self._known(day)):
                    continue
                stay = self._stay(row, day)
                if day > last and stay.end.date() <= self.until:
                    last = stay.end.date() + timedelta(days=20)
                    yield stay

    def _stay(self, row: Admission, day: date) -> Visit:
        start = office_hour(self.throw, day)
        days = self.throw.randint(row.days_low, row.days_high)
        end = datetime.combine(day + timedelta(days=days), office_hour(self.throw, day).time())
        known = [each for each in self._known(day) if each.condition != row.condition]
        conditions = [row.condition, *[each.condition for each in known][-4:]]
        visit = self.visit("admission", self._hospital(row), start, conditions, self._ward(row))
        drugs = self._prescribe(choose_medicines(self.throw, self.county, row.condition), row.condition)
        taken = [each for course in known for each in self._prescribe(course.medicines, course.condition)][:3]
        at = start + timedelta(hours=2)
        self._leave_behind(row, end.date())
        return _filled(
            visit,
            end=end,
            readings=[
                *self._laboratory(row, at, 1.0),
                *self._laboratory(row, end - timedelta(hours=26), 0.22),
            ],
            prescriptions=list({each.medicine: each for each in [*drugs, *taken]}.values()),
            procedures=[row.procedure] if row.procedure else [],
            studies=[StudyResult(row.study, True, start + timedelta(hours=3))] if row.study else [],
        )

    def _laboratory(self, row: Admission, at: datetime, strength: float) -> list[Reading]:
        special = [each.test for each in self.county.effects.get(row.condition, ())]
        first = strength == 1.0 and self._age(at.date()) >= 18
        codes = dict.fromkeys([*_VITAL, *_BLOOD_COUNT, *special, *(_CHEMISTRY if first else ())])
        return self.body.read_all(list(codes), at, self.throw, (row.condition,), strength)

    def _hospital(self, row: Admission) -> str:
        if self.throw.random() < row.upper:
            return self.places.city
        if (
            not row.procedure
            and self.throw.random() < 0.25
            and row.condition in ("J18.000", "J18.900", "E11.900")
        ):
            return self.places.township
        if row.condition in ("M51.202", STROKE) and self.throw.random() < 0.35:
            return self.places.chinese_medicine
        return self.places.county

    def _ward(self, row: Admission) -> str:
        return self.county.conditions[row.condition].department

    def _leave_behind(self, row: Admission, day: date) -> None:
        """A first stroke leaves an aftermath that is cared for from then on."""
        if row.condition == STROKE and all(each.condition != STROKE_AFTERMATH for each in self.courses):
            medicines = choose_medicines(self.throw, self.county, STROKE_AFTERMATH)
            course = Course(self.resident.number, STROKE_AFTERMATH, day, None, 1.0, 0.7, medicines)
            self.courses.append(course)
            self.body.courses = self.courses


def birth_visit(life: Life, born: datetime, leave: datetime) -> Visit:
    """The stay in which the resident is born: weighed, measured, and given the first two vaccines."""
    at = born + timedelta(minutes=30)
    readings = life.body.read_all((BIRTH_WEIGHT, HEIGHT, HEAD), at, life.throw)
    first = [index for index, each in enumerate(life.county.vaccines) if each.month == 0]
    visit = life.visit("birth", life.places.maternal, born, (BORN,), "新生儿科")
    return _filled(visit, end=leave, readings=readings, doses=life.doses(born.date(), first))


def age_group(age: float) -> str:
    return "child" if age < 15 else "young" if age < 45 else "middle" if age < 65 else "old"


def complaint_weight(row: Complaint, group: str) -> float:
    return {"child": row.child, "young": row.young, "middle": row.middle, "old": row.old}[group]


def _stay_rate(row: Admission, group: str) -> float:
    return {"child": row.child, "young": row.young, "middle": row.middle, "old": row.old}[group]


def _at_bedside(county: County, test: str) -> bool:
    return county.tests[test].kind == "vital"


def _filled(
    visit: Visit,
    *,
    end: datetime | None = None,
    readings: Sequence[Reading] = (),
    prescriptions: Sequence[Prescription] = (),
    procedures: Sequence[str] = (),
    studies: Sequence[StudyResult] = (),
    doses: Sequence[Dose] = (),
) -> Visit:
    return Visit(
        visit.resident,
        visit.org,
        visit.kind,
        visit.start,
        end or visit.end,
        visit.department,
        visit.conditions,
        tuple(readings),
        tuple(prescriptions),
        tuple(procedures),
        tuple(studies),
        tuple(doses),
    )
