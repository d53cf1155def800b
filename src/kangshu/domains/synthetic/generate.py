"""A whole population from a county, a seed, a size and a window of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import ceil

from kangshu.domains.synthetic.care_tables import Sex
from kangshu.domains.synthetic.chance import add_months, chance, weighted
from kangshu.domains.synthetic.checks import check_visits, child_check_visits
from kangshu.domains.synthetic.complaints import complaint_visits
from kangshu.domains.synthetic.county import County, Institution
from kangshu.domains.synthetic.definition import (
    Allergy,
    Course,
    Population,
    Practitioner,
    Pregnancy,
    Quirk,
    Registration,
    Resident,
    Visit,
)
from kangshu.domains.synthetic.follow_up import follow_up_visits
from kangshu.domains.synthetic.id_number import first_generation, with_wrong_check
from kangshu.domains.synthetic.illness import allergies, chronic_courses
from kangshu.domains.synthetic.life import Life
from kangshu.domains.synthetic.motherhood import birth_visit, pregnancies, pregnancy_visits
from kangshu.domains.synthetic.people import given_name, settle
from kangshu.domains.synthetic.stays import stays
from kangshu.domains.synthetic.vaccination import vaccination_visits
from kangshu.kernel.base.errors import Invalid

QUIRKS: tuple[tuple[Quirk, float], ...] = (
    ("card_only", 0.045),
    ("no_keys", 0.02),
    ("bad_id", 0.012),
    ("old_id", 0.012),
    ("borrowed_id", 0.006),
)
"""Share of an institution's files with each departure from the truth; at least two of each in a county."""


def generate(county: County, *, seed: int, residents: int, years: int, until: date) -> Population:
    """Invent `residents` people and what happened to them in the `years` before `until`.

    The same arguments give the same population, to the last digit. Raises `Invalid` unless 1 ≤ years ≤ 40
    and residents ≥ 1.
    """
    if residents < 1 or not 1 <= years <= 40:
        raise Invalid(
            "A population needs at least one resident and 1 to 40 years.", remedy="Give other numbers."
        )
    since = add_months(until, -12 * years)
    households, people = settle(county, seed, residents, since, until)
    expected = pregnancies(seed, people, since, until)
    lives = [
        Life(county, seed, person, chronic_courses(county, seed, person, until), since, until)
        for person in people
    ]
    visits = _visits(lives, expected)
    return Population(
        county=county,
        seed=seed,
        since=since,
        until=until,
        residents=tuple(people),
        households=tuple(households),
        courses=tuple(_in_order(life.courses) for life in lives),
        allergies=tuple(_allergies(county, seed, person, since, until) for person in people),
        pregnancies=tuple(expected),
        practitioners=tuple(practitioners(county, seed)),
        registrations=tuple(_registrations(county, seed, people, visits)),
        visits=tuple(visits),
    )


def _in_order(courses: Sequence[Course]) -> tuple[Course, ...]:
    return tuple(sorted(courses, key=lambda each: each.onset))


def _allergies(county: County, seed: int, person: Resident, since: date, until: date) -> tuple[Allergy, ...]:
    return tuple(each for each in allergies(county, seed, person, since) if each.since <= until)


def _visits(lives: Sequence[Life], expected: Sequence[Pregnancy]) -> list[Visit]:
    """Everybody's visits in order of time. Stays are thrown first: they may leave conditions behind."""
    made: list[Visit] = []
    for life in lives:
        for happenings in (
            stays,
            complaint_visits,
            follow_up_visits,
            check_visits,
            child_check_visits,
            vaccination_visits,
        ):
            made += happenings(life)
    for pregnancy in expected:
        made += pregnancy_visits(lives[pregnancy.mother], pregnancy)
        if pregnancy.child is not None:
            made.append(birth_visit(lives[pregnancy.child], pregnancy))
    return sorted(made, key=lambda each: (each.start, each.resident, each.org))


def practitioners(county: County, seed: int) -> list[Practitioner]:
    """One or two doctors for each department an institution of its level has."""
    found: list[Practitioner] = []
    for institution in county.institutions.values():
        throw = chance(seed, f"staff/{institution.code}")
        level = "county" if institution.level == "city" else institution.level
        departments = [each.name for each in county.departments if each.level == level]
        posts = [name for name in departments for _ in range(1 if institution.level == "village" else 2)]
        for number, department in enumerate(posts, 1):
            sex: Sex = "female" if throw.random() < 0.48 else "male"
            birth = date(1962 + throw.randrange(36), 1, 1)
            family = weighted(throw, county.family_names, [each.weight for each in county.family_names]).name
            found.append(
                Practitioner(
                    id=f"{institution.code}-D{number:02d}",
                    org=institution.code,
                    name=family + given_name(throw, county, sex, birth),
                    sex=sex,
                    department=department,
                    phone=f"{county.phone_prefix}{throw.randrange(10**8):08d}",
                )
            )
    return found


def _registrations(
    county: County, seed: int, people: Sequence[Resident], visits: Sequence[Visit]
) -> list[Registration]:
    """A file for each resident at each institution visited, numbered in the order of first visits."""
    first: dict[tuple[int, str], Visit] = {}
    for visit in visits:
        first.setdefault((visit.resident, visit.org), visit)
    quirks = _quirks(seed, people, first)
    counts: dict[str, int] = {}
    files: list[Registration] = []
    for (number, org), visit in first.items():
        counts[org] = counts.get(org, 0) + 1
        file = _plain_file(seed, people[number], county.institutions[org], counts[org])
        quirk: Quirk = "newborn" if _is_born(visit, people[number]) else quirks.get((number, org), "")
        files.append(_with_quirk(file, quirk, people))
    return files


def _is_born(visit: Visit, person: Resident) -> bool:
    return visit.kind == "birth" and visit.start.date() == person.birth


def _plain_file(seed: int, person: Resident, institution: Institution, count: int) -> Registration:
    throw = chance(seed, f"file/{institution.code}", person.number)
    local = f"{seed % 100:02d}{count:06d}"
    card = person.health_card if throw.random() < 0.6 else None
    return Registration(person.number, institution.code, local, person.name, person.id_number, card, "")


def _quirks(
    seed: int, people: Sequence[Resident], files: dict[tuple[int, str], Visit]
) -> dict[tuple[int, str], Quirk]:
    """Which files depart from the truth, and how; drawn without regard to the institution."""
    pool = list(files)
    chance(seed, "quirks").shuffle(pool)
    found: dict[tuple[int, str], Quirk] = {}
    for quirk, share in QUIRKS:
        fitting = [key for key in pool if key not in found and _fits(people[key[0]], quirk)]
        for key in fitting[: max(2, ceil(share * len(files)))]:
            found[key] = quirk
    return found


def _fits(person: Resident, quirk: Quirk) -> bool:
    if quirk == "borrowed_id":
        return _lender(person) is not None
    return quirk != "old_id" or person.birth.year < 1980


def _lender(person: Resident) -> int | None:
    """The family member whose number a careless clerk would type in."""
    kin = (person.mother, person.father, person.spouse)
    return next((each for each in kin if each is not None), None)


def _with_quirk(file: Registration, quirk: Quirk, people: Sequence[Resident]) -> Registration:
    person = people[file.resident]
    if quirk == "card_only":
        return replace(file, quirk=quirk, id_number=None, health_card=person.health_card)
    if quirk == "no_keys":
        return replace(file, quirk=quirk, id_number=None, health_card=None)
    if quirk == "bad_id":
        return replace(file, quirk=quirk, id_number=with_wrong_check(person.id_number))
    if quirk == "old_id":
        return replace(file, quirk=quirk, id_number=first_generation(person.id_number))
    if quirk == "newborn":
        mother = people[person.mother].name if person.mother is not None else person.family
        name = f"{mother}之{'子' if person.sex == 'male' else '女'}"
        return replace(file, quirk=quirk, name=name, id_number=None, health_card=None)
    lender = _lender(person)
    if quirk == "borrowed_id" and lender is not None:
        return replace(file, quirk=quirk, id_number=people[lender].id_number, health_card=person.health_card)
    return file
