"""Pregnancies: of the children born in the window, and some that are not over yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from kangshu.domains.synthetic.chance import age_on, chance, office_hour
from kangshu.domains.synthetic.definition import (
    Pregnancy,
    Prescription,
    Reading,
    Resident,
    StudyResult,
    Visit,
)
from kangshu.domains.synthetic.life import Life
from kangshu.domains.synthetic.progress import BIRTH_WEIGHT, HEAD, HEIGHT, WEIGHT
from kangshu.domains.synthetic.vaccination import doses_of

CARE, NORMAL_BIRTH, CAESAREAN, DIABETES, AFTER_BIRTH, BORN = (
    "Z34.900",
    "O80.900",
    "O82.900",
    "O24.900",
    "Z39.000x001",
    "Z38.000x001",
)
_TERM = timedelta(days=280)
_WEEKS = (9, 12, 16, 20, 24, 28, 32, 36, 38, 40)
_SCANS = (12, 20, 32)
_GESTATION, _FUNDUS, _HEARTBEAT = "11884-4", "11881-0", "55283-6"


def pregnancies(seed: int, residents: Sequence[Resident], since: date, until: date) -> list[Pregnancy]:
    """One for each child born since then to a mother of the county, and those under way at `until`."""
    found: list[Pregnancy] = []
    for child in residents:
        if child.mother is not None and child.birth >= since:
            throw = chance(seed, "pregnancy", child.number)
            start = child.birth - timedelta(days=int(throw.gauss(275, 8)))
            caesarean, diabetes = throw.random() < 0.41, throw.random() < 0.13
            found.append(
                Pregnancy(child.mother, start, start + _TERM, child.birth, child.number, caesarean, diabetes)
            )
    busy = {each.mother for each in found if each.end and each.end > until - timedelta(days=500)}
    for woman in residents:
        throw = chance(seed, "expecting", woman.number)
        likely = woman.sex == "female" and 21 <= age_on(woman.birth, until) <= 38 and woman.spouse is not None
        if throw.random() < 0.12 and likely and woman.number not in busy and woman.death is None:
            start = until - timedelta(days=throw.randrange(80, 260))
            found.append(_expecting(woman.number, start, diabetes=throw.random() < 0.13))
    return found


def _expecting(mother: int, start: date, *, diabetes: bool) -> Pregnancy:
    return Pregnancy(mother, start, start + _TERM, None, None, caesarean=False, diabetes=diabetes)


def pregnancy_visits(life: Life, pregnancy: Pregnancy) -> Iterator[Visit]:
    """Antenatal visits, the birth and the visit six weeks after it, as far as they lie in the window."""
    for week in _WEEKS:
        day = pregnancy.start + timedelta(days=7 * week + life.throw.randrange(5))
        over = pregnancy.end is not None and day >= pregnancy.end
        if life.since <= day <= life.until and not over and life.throw.random() < 0.92:
            yield _antenatal(life, pregnancy, week, day)
    if pregnancy.end is not None and life.since <= pregnancy.end <= life.until:
        yield _birth(life, pregnancy, pregnancy.end)
        after = pregnancy.end + timedelta(days=42 + life.throw.randrange(6))
        if after <= life.until:
            yield _afterwards(life, after)


def stay_at_birth(pregnancy: Pregnancy, day: date) -> tuple[datetime, datetime, datetime]:
    """When the mother comes, when the child is born, when both go home."""
    hour = 1 + (pregnancy.mother * 7 + day.day) % 22
    born = datetime.combine(day, time(hour, (day.day * 13) % 60))
    days = 5 if pregnancy.caesarean else 3
    return (
        datetime.combine(day, time(0, 20)),
        born,
        datetime.combine(day + timedelta(days=days), time(10, 30)),
    )


def birth_visit(life: Life, pregnancy: Pregnancy) -> Visit:
    """The child's side of the birth: weighed, measured, and given the first two vaccines."""
    _, born, leave = stay_at_birth(pregnancy, life.resident.birth)
    readings = life.body.read_all((BIRTH_WEIGHT, HEIGHT, HEAD), born + timedelta(minutes=30), life.throw)
    first = [index for index, each in enumerate(life.county.vaccines) if each.month == 0]
    return replace(
        life.visit("birth", life.places.maternal, born, (BORN,), "新生儿科"),
        end=leave,
        readings=tuple(readings),
        doses=doses_of(life, born.date(), first),
    )


def _antenatal(life: Life, pregnancy: Pregnancy, week: int, day: date) -> Visit:
    start = office_hour(life.throw, day)
    org = life.places.township if week in (9, 16, 24) else life.places.maternal
    early = () if week < 16 else (_FUNDUS, _HEARTBEAT)
    blood = ("718-7", "6690-2", "789-8", "777-3") if week in (9, 28, 36) else ()
    sugar = ("14771-0",) if week in (9, 24) else ()
    tests = (_GESTATION, "8480-6", "8462-4", WEIGHT, *early, *blood, *sugar)
    diabetic = pregnancy.diabetes and week >= 24
    also = (DIABETES,) if diabetic else ()
    readings = life.body.read_all(tests, start + timedelta(minutes=10), life.throw, also)
    scans = [StudyResult("11525-3", life.throw.random() < 0.25, start + timedelta(minutes=30))]
    drugs = [Prescription("folic_acid", CARE, 31)] if week <= 12 else []
    drugs += [Prescription("calcium_d3", CARE, 60)] if week == 20 else []
    visit = life.visit("prenatal", org, start, (CARE, *also), "产科")
    return replace(
        visit,
        readings=tuple(_pregnant(each, week) for each in readings),
        studies=tuple(scans) if week in _SCANS and org == life.places.maternal else (),
        prescriptions=tuple(drugs),
    )


def _pregnant(reading: Reading, week: int) -> Reading:
    """What grows with the weeks: the weeks themselves, the height of the womb, the mother's weight."""
    if reading.test == _GESTATION:
        return replace(reading, value=float(week))
    if reading.test == _FUNDUS:
        return replace(reading, value=float(round(week - 1.5)))
    if reading.test == WEIGHT:
        return replace(reading, value=round(reading.value + 0.31 * week, 1))
    return reading


def _birth(life: Life, pregnancy: Pregnancy, day: date) -> Visit:
    start, _, end = stay_at_birth(pregnancy, day)
    how = CAESAREAN if pregnancy.caesarean else NORMAL_BIRTH
    also = (DIABETES,) if pregnancy.diabetes else ()
    tests = ("8310-5", "8867-4", "8480-6", "8462-4", "6690-2", "789-8", "718-7", "777-3")
    drugs = [each for each in life.county.treatments.get(how, ()) if life.throw.random() < each.share]
    return replace(
        life.visit("birth", life.places.maternal, start, (how, *also), "产科"),
        end=end,
        readings=tuple(life.body.read_all(tests, start + timedelta(minutes=40), life.throw, (how,))),
        procedures=("74.1x01" if pregnancy.caesarean else "73.5900",),
        prescriptions=tuple(Prescription(each.medicine, how, each.days) for each in drugs),
    )


def _afterwards(life: Life, day: date) -> Visit:
    start = office_hour(life.throw, day)
    visit = life.visit("prenatal", life.places.township, start, (AFTER_BIRTH,), "妇产科")
    tests = ("8480-6", "8462-4", WEIGHT, "718-7")
    return replace(visit, readings=tuple(life.body.read_all(tests, start, life.throw)))
