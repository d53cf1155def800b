"""Households and their members: ages, kinship, names, numbers, births and deaths."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from kangshu.domains.synthetic.care_tables import Sex
from kangshu.domains.synthetic.chance import age_on, chance, day_between, weighted
from kangshu.domains.synthetic.county import County, GivenName
from kangshu.domains.synthetic.definition import Household, Resident
from kangshu.domains.synthetic.id_number import identity_number

_SHAPES = {
    "family": 34,
    "three_generations": 30,
    "old_couple": 15,
    "old_alone": 8,
    "young_alone": 5,
    "left_behind": 8,
}
"""How households are made up, in percent; `left_behind`: grandparents with the children of migrants."""

_CHILDREN = {"family": (35, 48, 17), "three_generations": (40, 45, 15), "left_behind": (60, 40, 0)}
"""Weights of one, two and three children."""

_HOME_UNTIL = 23


@dataclass(slots=True)
class _Member:
    """A resident in the making; kin are positions in the household."""

    sex: Sex
    birth: date
    family: str
    mother: int | None = None
    father: int | None = None
    spouse: int | None = None


@dataclass(slots=True)
class _House:
    """A household in the making."""

    members: list[_Member] = field(default_factory=list[_Member])

    def add(self, member: _Member) -> int:
        self.members.append(member)
        return len(self.members) - 1

    def keep(self, count: int) -> None:
        """Let only the first members in; the others were never there."""
        self.members = self.members[:count]
        for each in self.members:
            each.mother = each.mother if (each.mother or 0) < count else None
            each.father = each.father if (each.father or 0) < count else None
            each.spouse = each.spouse if (each.spouse or 0) < count else None

    def marry(self, one: int, other: int) -> None:
        self.members[one].spouse, self.members[other].spouse = other, one


class IdentityNumbers:
    """Gives out identity numbers of one division, none twice."""

    def __init__(self, division: str) -> None:
        self._division = division
        self._last: dict[tuple[date, Sex], int] = {}

    def next(self, birth: date, sex: Sex) -> str:
        """The next number of that day of birth; odd serials are men's, even ones women's."""
        first = 11 if sex == "male" else 12
        serial = self._last.get((birth, sex), first - 2) + 2
        self._last[birth, sex] = serial
        return identity_number(self._division, birth, serial)


def health_card(id_number: str) -> str:
    """An electronic health card number: 64 hexadecimal digits that give nothing away."""
    return hashlib.sha256(f"health-card/{id_number}".encode()).hexdigest().upper()


def settle(
    county: County, seed: int, residents: int, since: date, until: date
) -> tuple[list[Household], list[Resident]]:
    """Fill the villages with households until there are `residents` people, some of them dead by `until`."""
    throw = chance(seed, "households")
    settlement = _Settlement(county, seed, since, until)
    while len(settlement.people) < residents:
        village = weighted(throw, county.villages, [each.weight for each in county.villages])
        house = _house(throw, county, until)
        house.keep(residents - len(settlement.people))
        settlement.move_in(house, village.code, 1 + throw.randrange(180))
    spared = _mothers(settlement.people, since)
    people = [replace(each, death=None) if each.number in spared else each for each in settlement.people]
    return settlement.households, [_signed_up(person, seed, since, until) for person in people]


def _mothers(people: Sequence[Resident], since: date) -> set[int]:
    """Those who bore a child in the window: they live to bring it up."""
    return {each.mother for each in people if each.mother is not None and each.birth >= since}


class _Settlement:
    """Turns households in the making into residents with numbers of their own."""

    def __init__(self, county: County, seed: int, since: date, until: date) -> None:
        self.county = county
        self.households: list[Household] = []
        self.people: list[Resident] = []
        self._seed = seed
        self._since = since
        self._until = until
        self._numbers = IdentityNumbers(county.division)

    def move_in(self, house: _House, village: str, door: int) -> None:
        start = len(self.people)
        home = Household(len(self.households), village, door, tuple(range(start, start + len(house.members))))
        self.people += [
            self._resident(member, home, number)
            for member, number in zip(house.members, home.members, strict=True)
        ]
        self.households.append(home)

    def _resident(self, member: _Member, home: Household, number: int) -> Resident:
        throw = chance(self._seed, "resident", number)
        id_number = self._numbers.next(member.birth, member.sex)
        adult = age_on(member.birth, self._until) > 17
        start = home.members[0]
        return Resident(
            number=number,
            family=member.family,
            given=given_name(throw, self.county, member.sex, member.birth),
            sex=member.sex,
            birth=member.birth,
            death=_death(throw, self.county, member.birth, self._since, self._until),
            id_number=id_number,
            health_card=health_card(id_number),
            phone=f"{self.county.phone_prefix}{throw.randrange(10**8):08d}",
            household=home.number,
            village=home.village,
            house=home.house,
            mother=_offset(member.mother, start),
            father=_offset(member.father, start),
            spouse=_offset(member.spouse, start),
            smoker=adult and throw.random() < (0.46 if member.sex == "male" else 0.02),
            signed=None,
        )


def _house(throw: Random, county: County, until: date) -> _House:
    shape = weighted(throw, list(_SHAPES), list(_SHAPES.values()))
    house = _House()
    if shape in ("family", "three_generations"):
        mother_age = throw.triangular(22, 66, 40)
        father, mother = _couple(throw, county, house, mother_age, until)
        _children(throw, house, father, mother, shape, until)
        if shape == "three_generations":
            _grandparents(throw, county, house, father, until)
    elif shape == "old_couple":
        _couple(throw, county, house, throw.triangular(48, 88, 63), until)
    elif shape == "left_behind":
        _couple(throw, county, house, throw.triangular(52, 74, 61), until)
        _grandchildren(throw, house, until)
    else:
        low, high, middle = (62, 94, 75) if shape == "old_alone" else (19, 52, 30)
        sex: Sex = "female" if throw.random() < (0.66 if shape == "old_alone" else 0.4) else "male"
        house.add(
            _Member(sex, _born(throw, throw.triangular(low, high, middle), until), _family(throw, county))
        )
    return house


def _couple(throw: Random, county: County, house: _House, wife_age: float, until: date) -> tuple[int, int]:
    husband_age = min(95.0, max(21.0, wife_age + throw.gauss(2.2, 2.5)))
    husband = house.add(_Member("male", _born(throw, husband_age, until), _family(throw, county)))
    wife = house.add(_Member("female", _born(throw, wife_age, until), _family(throw, county)))
    house.marry(husband, wife)
    return husband, wife


def _children(throw: Random, house: _House, father: int, mother: int, shape: str, until: date) -> None:
    """Children of a couple, the first when the mother was about 25, the others two to five years apart."""
    count = weighted(throw, (1, 2, 3), _CHILDREN[shape])
    born_at = max(19.5, throw.gauss(25.5, 3.2))
    parents = house.members
    for _ in range(count):
        birth = parents[mother].birth + timedelta(days=int(born_at * 365.2425))
        born_at += throw.uniform(1.7, 5.0)
        if birth > until - timedelta(days=3) or born_at > 47:
            continue
        if age_on(birth, until) > _HOME_UNTIL and throw.random() < 0.65:
            continue
        sex: Sex = "male" if throw.random() < 0.523 else "female"
        house.add(_Member(sex, birth, parents[father].family, mother=mother, father=father))


def _grandparents(throw: Random, county: County, house: _House, father: int, until: date) -> None:
    """The father's parents live in the house: both of them, or one who is left."""
    son = house.members[father]
    age = min(96.0, age_on(son.birth, until) + throw.triangular(20, 33, 25))
    if throw.random() < 0.45:
        widow = house.add(_Member("female", _born(throw, age, until), _family(throw, county)))
        son.mother = widow
        return
    husband, wife = _couple(throw, county, house, age, until)
    house.members[husband].family = son.family
    son.father, son.mother = husband, wife


def _grandchildren(throw: Random, house: _House, until: date) -> None:
    for _ in range(weighted(throw, (1, 2, 3), _CHILDREN["left_behind"])):
        sex: Sex = "male" if throw.random() < 0.523 else "female"
        birth = _born(throw, throw.uniform(1, 15), until)
        house.add(_Member(sex, birth, house.members[0].family))


def _born(throw: Random, age: float, until: date) -> date:
    return until - timedelta(days=int(age * 365.2425) + throw.randrange(200))


def _family(throw: Random, county: County) -> str:
    return weighted(throw, county.family_names, [each.weight for each in county.family_names]).name


def _offset(position: int | None, start: int) -> int | None:
    return None if position is None else start + position


def given_name(throw: Random, county: County, sex: Sex, birth: date) -> str:
    """One or two characters in the taste of the years of birth."""
    characters = _characters(
        county, sex, "old" if birth.year < 1970 else "mid" if birth.year < 1995 else "new"
    )
    weights = [each.weight for each in characters]
    first = weighted(throw, characters, weights).character
    second = weighted(throw, characters, weights).character
    return first if first == second or throw.random() < 0.22 else first + second


def _characters(county: County, sex: Sex, era: str) -> list[GivenName]:
    return [each for each in county.given_names if each.sex == sex and each.era == era]


def _death(throw: Random, county: County, birth: date, since: date, until: date) -> date | None:
    """The day of death, if the yearly risk of the age strikes between `since` and `until`."""
    for year in range((until - since).days // 365 + 1):
        day = since + timedelta(days=365 * year + throw.randrange(365))
        age = age_on(birth, day)
        struck = throw.random() < yearly_rate(county, age)[1] / 1000
        if struck and age > 1 and day <= until:
            return day
    return None


def yearly_rate(county: County, age: float) -> tuple[float, float]:
    """Complaints a year, and deaths per 1,000 a year, at an age."""
    rate = county.rates[0]
    for each in county.rates:
        if each.age <= age:
            rate = each
    return rate.complaints, rate.deaths


def _signed_up(person: Resident, seed: int, since: date, until: date) -> Resident:
    """Family-doctor contracts: most of the elderly and the small children, fewer of the others."""
    throw = chance(seed, "contract", person.number)
    age = age_on(person.birth, until)
    share = 0.82 if age >= 65 or age < 6 else 0.55 if age >= 45 else 0.33
    first = max(person.birth + timedelta(days=30), since - timedelta(days=900))
    last = min(until, person.death or until) - timedelta(days=60)
    if throw.random() < share and first < last:
        return replace(person, signed=day_between(throw, first, last))
    return person
