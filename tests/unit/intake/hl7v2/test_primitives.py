"""Dates, numbers and values of observations as FHIR writes them."""

from __future__ import annotations

import pytest

from kangshu.domains.intake.hl7v2.primitives import moment
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from tests.support.hl7 import message, only, problems, resources


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026", "2026"),
        ("202601", "2026-01"),
        ("20260102", "2026-01-02"),
        ("2026010215", "2026-01-02T15:00:00+08:00"),
        ("202601021530", "2026-01-02T15:30:00+08:00"),
        ("20260102153045.1234-0500", "2026-01-02T15:30:45.1234-05:00"),
        ("20260102+0800", "2026-01-02"),
        ("2026-01-02", "2026-01-02"),
        ("20260000", "2026"),
        ("20240229", "2024-02-29"),
        ("20230229", None),
        ("20261301", None),
        ("202601022460", None),
        ("20260102153045+1500", None),
        ("0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times(written: str, meant: str | None) -> None:
    assert moment(written, "+08:00") == meant


PID = "PID|1||7^^^HIS^MR||A^B"


def _observation(reader: Hl7Reader, fields: str) -> dict[str, object]:
    raw = message(PID, "OBR|1|P|F|C^C^L", f"OBX|1|{fields}|F", kind="ORU^R01")
    return only(resources(reader, raw), "Observation")


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ("NM|1^x^LN||6.80|mmol/L^mmol/L^UCUM||||", "valueQuantity",
         {"value": 6.8, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}),
        ("NM|1^x^LN||<5|U||||", "valueQuantity", {"value": 5, "comparator": "<", "unit": "U"}),
        ("NM|1^x^LN||阴性|||||", "valueString", "阴性"),
        ("SN|1^x^LN||>^100|U||||", "valueQuantity", {"value": 100, "comparator": ">", "unit": "U"}),
        ("SN|1^x^LN||^1^:^128|||||", "valueRatio",
         {"numerator": {"value": 1}, "denominator": {"value": 128}}),
        ("SN|1^x^LN||^3^-^5|U||||", "valueRange",
         {"low": {"value": 3, "unit": "U"}, "high": {"value": 5, "unit": "U"}}),
        ("SN|1^x^LN||^2^+|||||", "valueString", "2 +"),
        (r"TX|1^x^LN||a\.br\b~c & d^e|||||", "valueString", "a\nb\nc & d^e"),
        ("CE|1^x^LN||260385009^Negative^SCT|||||", "valueCodeableConcept",
         {"coding": [{"system": "http://snomed.info/sct", "code": "260385009", "display": "Negative"}],
          "text": "Negative"}),
        ("DT|1^x^LN||20260102|||||", "valueDateTime", "2026-01-02"),
        ("TS|1^x^LN||202601021530|||||", "valueDateTime", "2026-01-02T15:30:00+08:00"),
        ("TM|1^x^LN||1530|||||", "valueTime", "15:30:00"),
        ("DR|1^x^LN||20260101^20260102|||||", "valuePeriod", {"start": "2026-01-01", "end": "2026-01-02"}),
        ("|1^x^LN||free|||||", "valueString", "free"),
    ],
)  # fmt: skip
def test_values_of_observations(reader: Hl7Reader, fields: str, name: str, value: object) -> None:
    found = _observation(reader, fields)
    assert found[name] == value
    assert [each for each in found if each.startswith("value")] == [name]


def test_the_digits_of_a_number_are_kept(reader: Hl7Reader) -> None:
    raw = message(PID, "OBR|1|P|F|C^C^L", "OBX|1|NM|1^x^LN||6.80|||||F", kind="ORU^R01")
    (unit,) = reader.units([raw], "S")
    assert any(b'"value":6.80' in entry.raw for entry in unit.entries)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("3.5-9.5", 3.5, 9.5),
        ("3.5～9.5", 3.5, 9.5),
        ("<5.2", None, 5.2),
        (">=60", 60, None),
        ("阴性", None, None),
    ],
)
def test_reference_ranges(reader: Hl7Reader, written: str, low: float | None, high: float | None) -> None:
    (found,) = _observation(reader, f"NM|1^x^LN||4|U|{written}|||")["referenceRange"]  # pyright: ignore[reportGeneralTypeIssues]
    assert found["text"] == written
    assert found.get("low", {}).get("value") == low
    assert found.get("high", {}).get("value") == high


def test_several_numbers_become_components(reader: Hl7Reader) -> None:
    found = _observation(reader, "NM|1^x^LN||60~120|U||||")
    assert [each["valueQuantity"]["value"] for each in found["component"]] == [60, 120]  # pyright: ignore[reportGeneralTypeIssues]


def test_what_cannot_be_used_is_told_with_its_place_and_without_its_value(reader: Hl7Reader) -> None:
    raw = message("PID|1||7^^^HIS^MR||A^B||19991399|M", "OBX|1|NM|1^x^LN||abc|||||F")
    found = problems(reader, raw)
    assert [problem.path for problem in found] == ["PID-7", "OBX-5"]
    assert not any("abc" in problem.message or "1999" in problem.message for problem in found)
    assert "birthDate" not in only(resources(reader, raw), "Patient")
