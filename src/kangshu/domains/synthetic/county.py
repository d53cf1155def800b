"""The county: everything the generator knows about a place. One class for the rows of each table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.domains.synthetic.care_tables import (
    Admission,
    Allergen,
    Complaint,
    Condition,
    Curve,
    Effect,
    FlagRule,
    Growth,
    Medicine,
    Panel,
    Plan,
    Procedure,
    Rate,
    Sex,
    Study,
    Test,
    Treatment,
    Vaccine,
)
from kangshu.domains.synthetic.sources import Fault, Format, LocalCodes


@dataclass(frozen=True, slots=True)
class Institution:
    """`level` is city, county, township or village; `feed` the form in which its interface sends bundles."""

    code: str
    name: str
    level: str
    kind: str
    county: str
    town: str
    feed: str
    short: str


@dataclass(frozen=True, slots=True)
class Town:
    """A town of the county, with its share of residents."""

    code: str
    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class Village:
    """`clinic` is the code of the institution residents go to first."""

    code: str
    name: str
    town: str
    clinic: str
    weight: int


@dataclass(frozen=True, slots=True)
class FamilyName:
    """A family name and how common it is."""

    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class GivenName:
    """`era` says when children got it: old (before 1970), mid (before 1995), new."""

    character: str
    sex: Sex
    era: str
    weight: int


@dataclass(frozen=True, slots=True)
class Department:
    """A department that institutions of a level have."""

    name: str
    level: str


@dataclass(frozen=True, slots=True)
class County:
    """A place with its people's names, illnesses, treatments and institutions."""

    division: str
    name: str
    province: str
    city: str
    phone_prefix: str
    systems: Mapping[str, str]
    institutions: Mapping[str, Institution]
    towns: Mapping[str, Town]
    villages: tuple[Village, ...]
    family_names: tuple[FamilyName, ...]
    given_names: tuple[GivenName, ...]
    conditions: Mapping[str, Condition]
    curves: Mapping[tuple[str, Sex], Curve]
    complaints: tuple[Complaint, ...]
    rates: tuple[Rate, ...]
    admissions: tuple[Admission, ...]
    tests: Mapping[str, Test]
    panels: Mapping[str, Panel]
    effects: Mapping[str, tuple[Effect, ...]]
    plans: Mapping[str, tuple[Plan, ...]]
    studies: Mapping[str, Study]
    procedures: Mapping[str, Procedure]
    medicines: Mapping[str, Medicine]
    treatments: Mapping[str, tuple[Treatment, ...]]
    vaccines: tuple[Vaccine, ...]
    allergens: tuple[Allergen, ...]
    flags: tuple[FlagRule, ...]
    departments: tuple[Department, ...]
    growth: tuple[Growth, ...]
    local_codes: LocalCodes
    formats: tuple[Format, ...]
    faults: tuple[Fault, ...]

    def of_level(self, level: str) -> list[Institution]:
        return [each for each in self.institutions.values() if each.level == level]

    def township_of(self, village: Village) -> Institution:
        """The township hospital that serves a village."""
        return next(each for each in self.of_level("township") if each.town == village.town)
