"""The county's words as FHIR data types. Each is made once and shared: read them, never change them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kangshu.domains.synthetic.care_tables import Medicine, Sex, Test
from kangshu.domains.synthetic.county import County

Json = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem"

META: Json = {
    "tag": [
        {"system": f"{HL7}/v3-ActReason", "code": "HTEST", "display": "test health data"},
        {"system": "urn:kangshu:code:origin", "code": "synthetic"},
    ]
}
"""Marks every resource as invented."""

_CATEGORIES = {"vital": ("vital-signs", "生命体征"), "laboratory": ("laboratory", "检验")}


class Vocabulary:
    """Concepts, quantities and reference ranges of one county."""

    def __init__(self, county: County) -> None:
        self.county = county
        self._concepts: dict[tuple[str, str], Json] = {}
        self._limits: dict[tuple[str, Sex], Json | None] = {}

    def own(self, system: str, code: str, name: str) -> Json:
        """A CodeableConcept of one of the systems the county names (`diagnosis`, `loinc`, …)."""
        return self._concept(self.county.systems[system], code, name)

    def hl7(self, system: str, code: str, name: str) -> Json:
        """A CodeableConcept of one of HL7's small code systems (`condition-clinical`, …)."""
        return self._concept(f"{HL7}/{system}", code, name)

    def condition(self, code: str) -> Json:
        """A disease of the insurance edition of ICD-10."""
        return self.own("diagnosis", code, self.county.conditions[code].name)

    def test(self, code: str) -> Json:
        """What was measured, by LOINC."""
        return self.own("loinc", code, self.county.tests[code].name)

    def observation_category(self, kind: str) -> Json:
        """The category of tests of a kind (`vital`, `laboratory`; anything else is an examination)."""
        return self.hl7("observation-category", *_CATEGORIES.get(kind, ("exam", "检查")))

    def quantity(self, test: Test, value: float) -> Json:
        """A measured value with its unit."""
        return {
            "value": int(value) if test.decimals == 0 else value,
            "unit": test.display_unit,
            "system": self.county.systems["ucum"],
            "code": test.unit,
        }

    def limits(self, test: Test, sex: Sex) -> Json | None:
        """The reference range of a test for a sex, None where there is none."""
        key = (test.code, sex)
        if key not in self._limits:
            ends = zip(("low", "high"), test.range(sex), strict=True)
            found = {side: self.quantity(test, value) for side, value in ends if value is not None}
            self._limits[key] = found or None
        return self._limits[key]

    def interpretation(self, test: Test, sex: Sex, value: float) -> Json:
        """Which side of the reference range a value lies on."""
        low, high = test.range(sex)
        if low is not None and value < low:
            return self.hl7("v3-ObservationInterpretation", "L", "偏低")
        if high is not None and value > high:
            return self.hl7("v3-ObservationInterpretation", "H", "偏高")
        return self.hl7("v3-ObservationInterpretation", "N", "正常")

    def medicine(self, medicine: Medicine) -> Json:
        """A medicine by insurance code and ATC class."""
        key = ("medicine", medicine.key)
        if key not in self._concepts:
            systems = self.county.systems
            coding = [{"system": systems["medicine"], "code": medicine.code, "display": medicine.name}]
            if medicine.atc:
                coding.append({"system": systems["atc"], "code": medicine.atc})
            self._concepts[key] = {"coding": coding, "text": f"{medicine.name} {medicine.spec}"}
        return self._concepts[key]

    def _concept(self, system: str, code: str, name: str) -> Json:
        key = (system, code)
        if key not in self._concepts:
            self._concepts[key] = {
                "coding": [{"system": system, "code": code, "display": name}],
                "text": name,
            }
        return self._concepts[key]


def moment(at: datetime) -> str:
    """A local time as a FHIR instant of China standard time."""
    return at.isoformat() + "+08:00"
