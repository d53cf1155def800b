"""Reading a county from a pack of kind `place`: its tables into rows, and whether they fit each other."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

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
from kangshu.domains.synthetic.county import (
    County,
    Department,
    FamilyName,
    GivenName,
    Institution,
    Town,
    Village,
)
from kangshu.domains.synthetic.sources import Fault, Format, LocalCode, by_standard
from kangshu.kernel.base.errors import Invalid, NotFound, Problem

Row = TypeVar("Row")


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
        local_codes=by_standard(reader.rows("local_codes", LocalCode)),
        formats=reader.rows("formats", Format),
        faults=reader.rows("faults", Fault),
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
    drugs = county.medicines.values()
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
        ("local_codes", "institutions", {org for org, _, _ in county.local_codes}, county.institutions),
        ("local_codes", "tests", _meant(county, "test"), county.tests),
        ("local_codes", "conditions", _meant(county, "diagnosis"), county.conditions),
        ("local_codes", "medicines", _meant(county, "medicine"), {each.code for each in drugs}),
        ("formats", "institutions", {each.institution for each in county.formats}, county.institutions),
        ("villages", "towns", {each.town for each in county.villages}, county.towns),
        ("villages", "institutions", {each.clinic for each in county.villages}, county.institutions),
    ]
    return [
        Problem("error", "invalid", f"{table}.tsv", f"{code} is not in {other}.tsv")
        for table, other, used, known in uses
        for code in sorted(used - set(known))
    ]


def _meant(county: County, kind: str) -> set[str]:
    """The standard codes that local codes of a kind lead to."""
    return {standard for _, what, standard in county.local_codes if what == kind}
