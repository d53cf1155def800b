"""Illness and care in a county, as the generator knows them. One class for the rows of each table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sex = Literal["male", "female"]


@dataclass(frozen=True, slots=True)
class Condition:
    """`kind`: chronic, acute, admission, birth or check. `department` treats it."""

    code: str
    name: str
    kind: str
    department: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """Relative weight of an acute condition among visits, by age group."""

    condition: str
    child: float
    young: float
    middle: float
    old: float

    def weight(self, group: str) -> float:
        """The weight in an age group."""
        return _in_group(self, group)


@dataclass(frozen=True, slots=True)
class Rate:
    """From this age on: complaints per resident and year, deaths per 1,000 residents and year."""

    age: int
    complaints: float
    deaths: float


@dataclass(frozen=True, slots=True)
class Admission:
    """Stays per 1,000 residents (bearers of `after`, if that is named) and year, by age group.

    `upper` is the share that goes to the city hospital.
    """

    condition: str
    after: str
    sex: str
    child: float
    young: float
    middle: float
    old: float
    days_low: int
    days_high: int
    procedure: str
    study: str
    upper: float

    def rate(self, group: str) -> float:
        """Stays per 1,000 and year in an age group."""
        return _in_group(self, group)


@dataclass(frozen=True, slots=True)
class Test:
    """A measurement: LOINC code, UCUM unit, how it is distributed, and the reference range by sex."""

    code: str
    name: str
    short: str
    unit: str
    display_unit: str
    decimals: int
    kind: str
    panel: str
    mean_male: float
    mean_female: float
    between: float
    within: float
    floor: float
    low_male: float | None
    high_male: float | None
    low_female: float | None
    high_female: float | None

    def mean(self, sex: Sex) -> float:
        return self.mean_male if sex == "male" else self.mean_female

    def range(self, sex: Sex) -> tuple[float | None, float | None]:
        """Low and high end of the reference range."""
        return (self.low_male, self.high_male) if sex == "male" else (self.low_female, self.high_female)


@dataclass(frozen=True, slots=True)
class Panel:
    """Tests reported together, and who reports them."""

    code: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a condition does to a test: `shift` when found, drift `per_year`, `relief` by treatment (0–1)."""

    condition: str
    test: str
    shift: float
    per_year: float
    relief: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is looked at for a condition, every so many months (0: at each visit), at which level.

    `last` is the number of months after which care ends, 0 if it goes on for life.
    """

    condition: str
    every: int
    last: int
    level: str
    tests: tuple[str, ...]
    study: str


@dataclass(frozen=True, slots=True)
class Study:
    """An image or trace: DICOM modality, body part, what is written when it is normal or not."""

    code: str
    name: str
    modality: str
    body: str
    normal: str
    abnormal: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """An operation or procedure of the insurance edition of ICD-9-CM-3."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """`code` has the shape of an insurance drug code; `amount` `unit`, `times` a day."""

    key: str
    code: str
    name: str
    spec: str
    form: str
    atc: str
    amount: float
    unit: str
    times: int
    route: str
    kind: str

    @property
    def directions(self) -> str:
        """How to take it, as written on the label."""
        return f"{self.route}，每次{self.amount:g}{self.unit}，每日{self.times}次"


@dataclass(frozen=True, slots=True)
class Treatment:
    """The `share` of bearers of a condition who get a medicine, for `days`."""

    condition: str
    medicine: str
    share: float
    days: int


@dataclass(frozen=True, slots=True)
class Vaccine:
    """One dose of the schedule, due at an age in months."""

    code: str
    name: str
    dose: int
    doses: int
    month: int
    sex: str
    programme: str
    cvx: str


@dataclass(frozen=True, slots=True)
class Allergen:
    """What residents are allergic to; medicines by ATC class."""

    code: str
    name: str
    category: str
    criticality: str
    reaction: str
    weight: int


@dataclass(frozen=True, slots=True)
class FlagRule:
    """Bearers of `condition` from `age_from` on carry the flag."""

    code: str
    name: str
    category: str
    condition: str
    age_from: int


@dataclass(frozen=True, slots=True)
class Growth:
    """Median height (cm), weight (kg) and head circumference (cm) of children at an age in months."""

    month: int
    sex: Sex
    height: float
    weight: float
    head: float


Curve = tuple[tuple[float, float], ...]
"""Points (exact age, share of residents ever told they have it), rising with age."""


def _in_group(row: Complaint | Admission, group: str) -> float:
    return {"child": row.child, "young": row.young, "middle": row.middle, "old": row.old}[group]
