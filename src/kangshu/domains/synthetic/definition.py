"""What the generator makes: residents, their households and illnesses, and what happened to them.

All times are local (China standard time, +08:00) and naive; all dates are plain days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from kangshu.domains.synthetic.care_tables import Sex
from kangshu.domains.synthetic.county import County

Kind = Literal["clinic", "follow_up", "check", "child", "vaccination", "prenatal", "admission", "birth"]
"""What a visit is: a complaint, care of a chronic condition, a health check, a child's check-up, a
vaccination, an antenatal visit, a stay in hospital, or the stay of mother or child when someone is born."""

Quirk = Literal["", "card_only", "no_keys", "bad_id", "borrowed_id", "old_id", "newborn"]
"""How an institution's file departs from the truth: only the health card; neither number; an identity number
with a wrong check character; that of a family member; the 15-digit form; a child not yet named."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Someone who does not exist. `number` counts from 0; mother, father and spouse are numbers too."""

    number: int
    family: str
    given: str
    sex: Sex
    birth: date
    death: date | None
    id_number: str
    health_card: str
    phone: str
    household: int
    village: str
    house: int
    mother: int | None
    father: int | None
    spouse: int | None
    smoker: bool
    signed: date | None

    @property
    def name(self) -> str:
        return self.family + self.given


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives behind one door."""

    number: int
    village: str
    house: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A chronic condition of one resident, from `onset` to `end` (None: it lasts).

    `severity` scales its effects (about 1), `control` is how much of the possible relief treatment
    achieves (0–1), `medicines` what the resident takes for it.
    """

    resident: int
    condition: str
    onset: date
    end: date | None
    severity: float
    control: float
    medicines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allergy:
    """A known allergy, recorded on a day."""

    resident: int
    allergen: str
    since: date


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """`end` is the day of birth, None while it lasts; `child` the resident born."""

    mother: int
    start: date
    due: date
    end: date | None
    child: int | None
    caesarean: bool
    diabetes: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value, rounded as the laboratory reports it."""

    test: str
    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Prescription:
    """A medicine given for a condition, enough for some days."""

    medicine: str
    condition: str
    days: int


@dataclass(frozen=True, slots=True)
class StudyResult:
    """An image or trace taken, and whether something was seen."""

    study: str
    abnormal: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of a vaccine: index into the county's schedule."""

    vaccine: int
    lot: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One contact of a resident with an institution; the first of `conditions` is why."""

    resident: int
    org: str
    kind: Kind
    start: datetime
    end: datetime
    department: str
    conditions: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    procedures: tuple[str, ...] = ()
    studies: tuple[StudyResult, ...] = ()
    doses: tuple[Dose, ...] = ()


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A doctor of one department of one institution."""

    id: str
    org: str
    name: str
    sex: Sex
    department: str
    phone: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A resident's file at one institution: local number and what the institution wrote down as keys.

    `resident` is the truth; `id_number` and `health_card` are what is in the file, None where nothing is.
    """

    resident: int
    org: str
    local: str
    name: str
    id_number: str | None
    health_card: str | None
    quirk: Quirk


@dataclass(frozen=True, slots=True)
class Population:
    """A whole county over some years: `since` to `until`, both days included."""

    county: County
    seed: int
    since: date
    until: date
    residents: tuple[Resident, ...]
    households: tuple[Household, ...]
    courses: tuple[tuple[Course, ...], ...]
    allergies: tuple[tuple[Allergy, ...], ...]
    pregnancies: tuple[Pregnancy, ...]
    practitioners: tuple[Practitioner, ...]
    registrations: tuple[Registration, ...]
    visits: tuple[Visit, ...]
