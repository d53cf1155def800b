"""The county: everything the generator knows about a place, read from a pack of kind `place`."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from kangshu.kernel.base.errors import Invalid, NotFound, Problem

Sex = Literal["male", "female"]
Row = TypeVar("Row")


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
        return {"child": self.child, "young": self.young, "middle": self.middle, "old": self.old}[group]


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
        return {"child": self.child, "young": self.young, "middle": self.middle, "old": self.old}[group]


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
class Department:
    """A department that institutions of a level have."""

    name: str
    level: str


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

    def of_level(self, level: str) -> list[Institution]:
        return [each for each in self.institutions.values() if each.level == level]

    def township_of(self, village: Village) -> Institution:
        """The township hospital that serves a village."""
        return next(each for each in self.of_level("township") if each.town == village.town)


def load_county(folder: Path) -> County:
    """Read a place's tables.

    Raises `NotFound` for a missing file, `Invalid` with every problem of the rows.
    """
    reader = _Reader(folder)
    facts = reader.facts("county.toml")
    county = County(
        division=facts["division"],
        name=facts["name"],
        province=facts["province"],
        city=facts["city"],
        phone_prefix=facts["phone_prefix"],
        systems=facts["systems"],
        institutions={each.code: each for each in reader.rows("institutions", Institution)},
        towns={each.code: each for each in reader.rows("towns", Town)},
        villages=reader.rows("villages", Village),
        family_names=reader.rows("family_names", FamilyName),
        given_names=reader.rows("given_names", GivenName),
        conditions={each.code: each for each in reader.rows("conditions", Condition)},
        curves=reader.curves("prevalence"),
        complaints=reader.rows("complaints", Complaint),
        rates=reader.rows("rates", Rate),
        admissions=reader.rows("admissions", Admission),
        tests={each.code: each for each in reader.rows("tests", Test)},
        panels={each.code: each for each in reader.rows("panels", Panel)},
        effects=_grouped(reader.rows("effects", Effect), lambda each: each.condition),
        plans=_grouped(reader.rows("plans", Plan), lambda each: each.condition),
        studies={each.code: each for each in reader.rows("studies", Study)},
        procedures={each.code: each for each in reader.rows("procedures", Procedure)},
        medicines={each.key: each for each in reader.rows("medicines", Medicine)},
        treatments=_grouped(reader.rows("treatments", Treatment), lambda each: each.condition),
        vaccines=reader.rows("vaccines", Vaccine),
        allergens=reader.rows("allergens", Allergen),
        flags=reader.rows("flags", FlagRule),
        departments=reader.rows("departments", Department),
        growth=reader.rows("growth", Growth),
    )
    problems = (*reader.problems, *_dangling(county))
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"{folder.name}: {listed}.", remedy="Correct the rows named.", problems=problems)
    return county


class _Reader:
    """Reads tables into frozen rows, collecting problems instead of stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def facts(self, name: str) -> dict[str, Any]:
        return tomllib.loads(self._text(name))

    def rows(self, name: str, kind: type[Row]) -> tuple[Row, ...]:
        """Each line as a `kind`; the columns must be its fields, in order."""
        converters = {each.name: _CONVERTERS[str(each.type)] for each in fields(kind)}  # pyright: ignore[reportArgumentType]
        header, lines = self._lines(f"{name}.tsv")
        if header != list(converters):
            self._problem(f"{name}.tsv:1", f"the columns must be {', '.join(converters)}")
            return ()
        found: list[Row] = []
        for number, line in enumerate(lines, 2):
            try:
                values = [convert(cell) for convert, cell in zip(converters.values(), line, strict=True)]
            except ValueError:
                self._problem(
                    f"{name}.tsv:{number}", "has a cell that is missing, too many or not of its type"
                )
                continue
            found.append(kind(*values))
        return tuple(found)

    def curves(self, name: str) -> dict[tuple[str, Sex], Curve]:
        """Lines of condition, sex, and one share per age named in the header."""
        header, lines = self._lines(f"{name}.tsv")
        ages = [float(each) for each in header[2:]]
        return {
            (line[0], _sex(line[1])): tuple(zip(ages, map(float, line[2:]), strict=True)) for line in lines
        }

    def _lines(self, name: str) -> tuple[list[str], list[list[str]]]:
        lines = list(csv.reader(self._text(name).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
        return lines[0], lines[1:]

    def _text(self, name: str) -> str:
        path = self.folder / name
        if not path.is_file():
            raise NotFound(f"The place has no table {path}.", remedy="Give the folder of a place pack.")
        return path.read_text("utf-8")

    def _problem(self, path: str, message: str) -> None:
        self.problems.append(Problem("error", "invalid", path, message))


def _sex(text: str) -> Sex:
    if text not in ("male", "female"):
        raise ValueError
    return text


def _optional(text: str) -> float | None:
    return float(text) if text else None


def _codes(text: str) -> tuple[str, ...]:
    return tuple(each for each in text.split(",") if each)


_CONVERTERS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "float | None": _optional,
    "tuple[str, ...]": _codes,
    "Sex": _sex,
}


def _grouped(rows: tuple[Row, ...], key: Callable[[Row], str]) -> dict[str, tuple[Row, ...]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: tuple(group) for name, group in groups.items()}


def _dangling(county: County) -> list[Problem]:
    """Codes that one table uses and the table they belong to does not have."""
    plans = [plan for group in county.plans.values() for plan in group]
    treatments = [each for group in county.treatments.values() for each in group]
    effects = [each for group in county.effects.values() for each in group]
    uses = [
        ("plans", "conditions", {each.condition for each in plans}, county.conditions),
        ("plans", "tests", {test for each in plans for test in each.tests}, county.tests),
        ("plans", "studies", {each.study for each in plans} - {""}, county.studies),
        ("treatments", "conditions", set(county.treatments), county.conditions),
        ("treatments", "medicines", {each.medicine for each in treatments}, county.medicines),
        ("effects", "conditions", set(county.effects), county.conditions),
        ("effects", "tests", {each.test for each in effects}, county.tests),
        ("prevalence", "conditions", {code for code, _ in county.curves}, county.conditions),
        ("complaints", "conditions", {each.condition for each in county.complaints}, county.conditions),
        ("admissions", "conditions", {each.condition for each in county.admissions}, county.conditions),
        (
            "admissions",
            "procedures",
            {each.procedure for each in county.admissions} - {""},
            county.procedures,
        ),
        ("admissions", "studies", {each.study for each in county.admissions} - {""}, county.studies),
        ("villages", "towns", {each.town for each in county.villages}, county.towns),
        ("villages", "institutions", {each.clinic for each in county.villages}, county.institutions),
    ]
    return [
        Problem("error", "invalid", f"{table}.tsv", f"{code} is not in {other}.tsv")
        for table, other, used, known in uses
        for code in sorted(used - set(known))
    ]
