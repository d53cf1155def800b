"""Templates of resources for `bulk`: pieces of JSON with their shares, made once for a county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from kangshu.domains.synthetic.care_tables import Sex, Test
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Practitioner
from kangshu.domains.synthetic.generate import practitioners

_YEARS = 6
_VITALS = ("8867-4", "8310-5", "29463-7", "8302-2", "59408-5")
HL7 = "http://terminology.hl7.org/CodeSystem"


@dataclass(frozen=True, slots=True)
class _Menu:
    """Ready-made pieces of JSON, each with its share."""

    pieces: tuple[Any, ...]
    shares: tuple[float, ...]

    def pick(self, throw: Random) -> Any:
        return throw.choices(self.pieces, cum_weights=self.shares)[0]


def _menu(pieces: Sequence[Any], weights: Sequence[float]) -> _Menu:
    return _Menu(tuple(pieces), tuple(accumulate(weights)))


@dataclass(frozen=True, slots=True)
class Measure:
    """The template of one test for one sex: takes the value."""

    head: str
    mean: float
    spread: float
    floor: float
    decimals: int
    high: float | None
    tail: str


class Templates:
    """The templates of one county."""

    def __init__(self, county: County, seed: int, until: date) -> None:
        self.county = county
        self.seed = seed
        self.until = until
        self.days = [(until - timedelta(days=back)).isoformat() for back in range(_YEARS * 365)]
        self.family = _menu(
            [each.name for each in county.family_names], [each.weight for each in county.family_names]
        )
        self.given = {
            sex: _menu(
                [each.character for each in county.given_names if each.sex == sex],
                [each.weight for each in county.given_names if each.sex == sex],
            )
            for sex in ("male", "female")
        }
        self.village = _menu(county.villages, [each.weight for each in county.villages])
        self.acute = _menu(
            [
                self._code("diagnosis", each.condition, county.conditions[each.condition].name)
                for each in county.complaints
            ],
            [each.middle + each.old for each in county.complaints],
        )
        chronic = [each for each in county.conditions.values() if each.kind == "chronic"]
        self.chronic = _menu(
            [self._code("diagnosis", each.code, each.name) for each in chronic],
            [
                sum(share for _, share in county.curves.get((each.code, "male"), ())) + 0.02
                for each in chronic
            ],
        )
        self.medicine = _menu(
            [self._medicine(key) for key in county.medicines],
            [1 / (2 + rank) for rank in range(len(county.medicines))],
        )
        vaccines = {each.code: each.name for each in county.vaccines}
        self.vaccine = _menu(
            [self._code("vaccine", *each) for each in vaccines.items()], [1.0] * len(vaccines)
        )
        self.procedure = _menu(
            [self._code("procedure", each.code, each.name) for each in county.procedures.values()],
            [1.0] * len(county.procedures),
        )
        laboratory = [each for each in county.tests.values() if each.kind == "laboratory"]
        self.laboratory = {sex: [self._measure(each, sex) for each in laboratory] for sex in _SEXES}
        self.vital = {sex: [self._measure(county.tests[each], sex) for each in _VITALS] for sex in _SEXES}
        self.panel = [self._code("loinc", each.code, each.name) for each in county.panels.values()][1:]
        self.staff = self._staff()

    def _staff(self) -> dict[str, list[Practitioner]]:
        found: dict[str, list[Practitioner]] = {}
        for doctor in practitioners(self.county, self.seed):
            found.setdefault(doctor.org, []).append(doctor)
        return found

    def _code(self, system: str, code: str, name: str) -> str:
        coding = f'"coding":[{{"system":"{self.county.systems[system]}","code":"{code}","display":"{name}"}}]'
        return f'{{{coding},"text":"{name}"}}'

    def _medicine(self, key: str) -> str:
        medicine, systems = self.county.medicines[key], self.county.systems
        atc = f',{{"system":"{systems["atc"]}","code":"{medicine.atc}"}}' if medicine.atc else ""
        own = f'{{"system":"{systems["medicine"]}","code":"{medicine.code}","display":"{medicine.name}"}}'
        concept = f'{{"coding":[{own}{atc}],"text":"{medicine.name} {medicine.spec}"}}'
        return (
            f'"medicationCodeableConcept":{concept},"dosageInstruction":[{{"text":"{medicine.directions}"}}]'
        )

    def _measure(self, test: Test, sex: Sex) -> Measure:
        kind = "vital-signs" if test.kind == "vital" else "laboratory"
        category = f'[{{"coding":[{{"system":"{HL7}/observation-category","code":"{kind}"}}]}}]'
        low, high = test.range(sex)
        unit = f'"unit":"{test.display_unit}","system":"{self.county.systems["ucum"]}","code":"{test.unit}"'
        ends = [(side, value) for side, value in (("low", low), ("high", high)) if value is not None]
        limits = ",".join(f'"{side}":{{"value":{value:g},{unit}}}' for side, value in ends)
        reference = f',"referenceRange":[{{{limits}}}]' if limits else ""
        return Measure(
            head=f'"category":{category},"code":{self._code("loinc", test.code, test.name)}',
            mean=test.mean(sex),
            spread=(test.between**2 + test.within**2) ** 0.5 * 1.3 or 1.0,
            floor=test.floor,
            decimals=test.decimals,
            high=high,
            tail=f"{unit}}}{reference}}}",
        )


_SEXES: tuple[Sex, Sex] = ("male", "female")
