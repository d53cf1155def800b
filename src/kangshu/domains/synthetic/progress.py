"""How measured values go on over the years: an own level that wanders, the effects of illnesses, noise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from random import Random

from kangshu.domains.synthetic.care_tables import Effect, Growth, Test
from kangshu.domains.synthetic.chance import age_on, chance
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Course, Reading, Resident

HEIGHT, WEIGHT, BODY_MASS, HEAD = "8302-2", "29463-7", "39156-5", "9843-4"
CREATININE, FILTRATION, SYSTOLIC, BIRTH_WEIGHT = "14682-9", "62238-1", "8480-6", "8339-4"

_EPOCH = date(1990, 1, 1).toordinal()


class Body:
    """One resident's values over time: where they stand on a day, given the chronic conditions there are."""

    def __init__(self, county: County, seed: int, resident: Resident, courses: Sequence[Course]) -> None:
        self.county = county
        self.resident = resident
        own = chance(seed, "body", resident.number)
        self._level = {code: own.gauss(0, 1) for code in county.tests}
        self._size = own.gauss(0, 0.035)
        self._own = own
        self._paths: dict[str, list[float]] = {}
        self.take_on(courses)

    def take_on(self, courses: Sequence[Course]) -> None:
        """From now on these are the chronic conditions that move the values."""
        self.courses = tuple(courses)
        self._effects: dict[str, list[tuple[Course, Effect]]] = {}
        for course in courses:
            for effect in self.county.effects.get(course.condition, ()):
                self._effects.setdefault(effect.test, []).append((course, effect))

    def read_all(
        self,
        codes: Sequence[str],
        at: datetime,
        noise: Random,
        also: Sequence[str] = (),
        strength: float = 1,
    ) -> list[Reading]:
        """Tests at one moment, in the order asked, rounded as they are reported.

        `also` names acute conditions of the day, `strength` how much of them is left. A value computed
        from others (filtration rate, body mass index) must be asked for after them, and agrees with them.
        """
        found: dict[str, float] = {}
        for code in codes:
            test = self.county.tests[code]
            if code == FILTRATION:
                value = self._filtration(found[CREATININE], at.date())
            elif code == BODY_MASS:
                value = found[WEIGHT] / (found[HEIGHT] / 100) ** 2
            else:
                value = self._measured(test, at.date(), noise, also, strength)
            found[code] = round(max(test.floor, value), test.decimals) + 0.0
        return [Reading(code, value, at) for code, value in found.items()]

    def _measured(self, test: Test, day: date, noise: Random, also: Sequence[str], strength: float) -> float:
        age = age_on(self.resident.birth, day)
        if age < 18 and test.code in (HEIGHT, WEIGHT, HEAD):
            return self._grown(test.code, age) * (1 + self._size) + noise.gauss(0, 0.3 if age > 2 else 0.1)
        level = self._level[test.code]
        if test.code != HEIGHT:
            level += 0.55 * self._wander(test.code, day)
        usual = test.mean(self.resident.sex) + level * test.between
        if age < 18:
            usual = _childish(test, usual, age)
        elif test.code == SYSTOLIC:
            usual += 0.22 * max(0.0, age - 40)
        return (
            usual
            + self._ill(test.code, day)
            + strength * self._acute(test.code, also)
            + noise.gauss(0, test.within)
        )

    def _ill(self, code: str, day: date) -> float:
        """The sum of what chronic conditions do to the test by that day, less what treatment takes away."""
        total = 0.0
        for course, effect in self._effects.get(code, ()):
            if course.onset <= day and (course.end is None or day <= course.end):
                years = min(15.0, age_on(course.onset, day))
                treated = effect.relief * self._control(course, years, day) if course.medicines else 0.0
                total += course.severity * (effect.shift + effect.per_year * years) * (1 - treated)
        return total

    def _control(self, course: Course, years: float, day: date) -> float:
        """The part of the possible relief that is reached: it comes in the first year, then it varies."""
        kept = min(1.0, max(0.0, course.control + 0.22 * self._wander(course.condition, day)))
        return kept * min(1.0, years / 0.8)

    def _wander(self, topic: str, day: date) -> float:
        """A slow random walk of its own for each topic: spread 1, half forgotten within two years.

        Paths are drawn when first asked for, so they depend on what is asked, and in which order.
        """
        path = self._paths.get(topic)
        if path is None:
            path = self._paths[topic] = _path(self._own)
        year, rest = divmod((day.toordinal() - _EPOCH) / 365.2425, 1)
        first = int(year) % (len(path) - 1)
        return path[first] + rest * (path[first + 1] - path[first])

    def _acute(self, code: str, also: Sequence[str]) -> float:
        effects = (effect for condition in also for effect in self.county.effects.get(condition, ()))
        return sum(effect.shift for effect in effects if effect.test == code)

    def _filtration(self, creatinine: float, day: date) -> float:
        """CKD-EPI 2009 in mL/min/1.73 m² from creatinine in μmol/L."""
        woman = self.resident.sex == "female"
        ratio = creatinine / 88.4 / (0.7 if woman else 0.9)
        low = min(ratio, 1.0) ** (-0.329 if woman else -0.411)
        age = age_on(self.resident.birth, day)
        return 141 * low * max(ratio, 1.0) ** -1.209 * 0.993**age * (1.018 if woman else 1)

    def _grown(self, code: str, age: float) -> float:
        """The median of children of that age, by straight lines between the months of the table."""
        rows = [each for each in self.county.growth if each.sex == self.resident.sex]
        months = max(0.0, age * 12)
        for first, second in pairwise(rows):
            if months <= second.month:
                part = (months - first.month) / (second.month - first.month)
                return _column(first, code) + part * (_column(second, code) - _column(first, code))
        return _column(rows[-1], code)


def _path(throw: Random) -> list[float]:
    """Fifty yearly values, each remembering seven tenths of the last."""
    path = [throw.uniform(-1.7, 1.7)]
    for _ in range(49):
        path.append(0.7 * path[-1] + 2.474 * (throw.random() - 0.5))
    return path


def _column(row: Growth, code: str) -> float:
    return row.height if code == HEIGHT else row.weight if code == WEIGHT else row.head


def _childish(test: Test, usual: float, age: float) -> float:
    """Children's blood pressure, pulse and creatinine differ from adults'."""
    if test.panel == "85354-9":
        return usual * (0.78 + 0.012 * age)
    if test.code == "8867-4":
        return usual + max(0.0, 45 - 4 * age)
    return usual * (0.4 + 0.033 * age) if test.code == CREATININE else usual
