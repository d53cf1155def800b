"""Dates, numbers and values of observations as FHIR writes them."""

from __future__ import annotations

from typing import Any

import pytest

from kangshu.domains.intake.hl7v2.moments import moment
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
        ("20260102T083015", "2026-01-02T08:30:15+08:00"),
        ("20260102T0830Z", "2026-01-02T08:30:00+00:00"),
        ("202601020830Z", "2026-01-02T08:30:00+00:00"),
        ("2026-01-02T08:30:00Z", "2026-01-02T08:30:00+00:00"),
        ("2026-1-2", "2026-01-02"),
        ("2026年1月2日", "2026-01-02"),
        ("2026-13-2", None),
        ("2026-1/2", None),
        ("２０２６", None),
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
        ("TM|1^x^LN||15:30|||||", "valueTime", "15:30:00"),
        # numbers as laboratories write them
        ("NM|1^x^LN||1,234|U||||", "valueQuantity", {"value": 1234, "unit": "U"}),
        ("NM|1^x^LN||12,345,678.5|U||||", "valueQuantity", {"value": 12345678.5, "unit": "U"}),
        ("NM|1^x^LN||12,34|U||||", "valueString", "12,34"),
        ("NM|1^x^LN||0,123|U||||", "valueString", "0,123"),
        ("NM|1^x^LN||1,2345|U||||", "valueString", "1,2345"),
        ("NM|1^x^LN||5.6 mmol/L|mmol/L||||", "valueQuantity", {"value": 5.6, "unit": "mmol/L"}),
        ("NM|1^x^LN||5.6mg/dL|mmol/L||||", "valueString", "5.6mg/dL"),
        ("NM|1^x^LN||120mmHg|||||", "valueQuantity", {"value": 120, "unit": "mmHg"}),
        ("NM|1^x^LN||80 次/分|||||", "valueQuantity", {"value": 80, "unit": "次/分"}),
        ("NM|1^x^LN||5.6×10^9/L|10^9/L||||", "valueQuantity", {"value": 5.6, "unit": "10^9/L"}),
        ("NM|1^x^LN||5.6×10^9|/L||||", "valueString", "5.6×10^9"),
        ("NM|1^x^LN||5.6 L|||||", "valueString", "5.6 L"),
        ("NM|1^x^LN||5 阳性|||||", "valueString", "5 阳性"),
        ("NM|1^x^LN||≤ 5|U||||", "valueQuantity", {"value": 5, "comparator": "<=", "unit": "U"}),
        ("NM|1^x^LN||>1,000|U||||", "valueQuantity", {"value": 1000, "comparator": ">", "unit": "U"}),
        ("NM|1^x^LN||=5|U||||", "valueQuantity", {"value": 5, "unit": "U"}),
        ("NM|1^x^LN||１２.５|U||||", "valueQuantity", {"value": 12.5, "unit": "U"}),
        ("NM|1^x^LN||10²|U||||", "valueString", "10²"),
        ("DT|1^x^LN||２０２６０１０２|||||", "valueDateTime", "2026-01-02"),
        ("NM|1^x^LN||1-3|U||||", "valueString", "1-3"),
        ("NM|1^x^LN||1+|U||||", "valueString", "1+"),
        ("NM|1^x^LN||5.6^^|U||||", "valueQuantity", {"value": 5.6, "unit": "U"}),
        ("NM|1^x^LN||5.6.7|U||||", "valueString", "5.6.7"),
        # SN: what has no form as a quantity, range or ratio is text, never another number
        ("SN|1^x^LN||>^1^:^128|||||", "valueString", "> 1 : 128"),
        ("SN|1^x^LN||<^3^-^5|U||||", "valueString", "< 3 - 5"),
        ("SN|1^x^LN||^3^-|||||", "valueString", "3 -"),
        ("SN|1^x^LN||^5^-^3|||||", "valueString", "5 - 3"),
        ("SN|1^x^LN||<>^5|||||", "valueString", "<> 5"),
        ("SN|1^x^LN||=^5|U||||", "valueQuantity", {"value": 5, "unit": "U"}),
        ("SN|1^x^LN||>=^5|U||||", "valueQuantity", {"value": 5, "comparator": ">=", "unit": "U"}),
        ("SN|1^x^LN||^3^/^4|||||", "valueRatio", {"numerator": {"value": 3}, "denominator": {"value": 4}}),
        ("NR|1^x^LN||3^5|U||||", "valueRange",
         {"low": {"value": 3, "unit": "U"}, "high": {"value": 5, "unit": "U"}}),
        ("NR|1^x^LN||^5|U||||", "valueRange", {"high": {"value": 5, "unit": "U"}}),
        ("NR|1^x^LN||5^3|U||||", "valueString", "5 - 3"),
        # composite types, as people read them
        ("XPN|1^x^LN||王^小明|||||", "valueString", "王小明"),
        ("XPN|1^x^LN||Smith^John^Q^Jr^Dr~Roe^Ann|||||", "valueString", "Dr John Q Smith Jr\nAnn Roe"),
        ("XCN|1^x^LN||D1^李^医生|||||", "valueString", "李医生"),
        ("XAD|1^x^LN||街1号^^信宜市^广东省^525300^中国|||||", "valueString", "中国广东省信宜市街1号 525300"),
        ("XAD|1^x^LN||1 Main St&Main&1^Apt 2^Ames^IA^50010|||||", "valueString",
         "1 Main St, Apt 2, Ames, IA 50010"),
        ("XON|1^x^LN||人民医院^L^12|||||", "valueString", "人民医院"),
        ("CX|1^x^LN||77^^^HIS&1.2.3&ISO^MR|||||", "valueString", "77 (HIS)"),
        ("EI|1^x^LN||A1^LIS|||||", "valueString", "A1 (LIS)"),
        ("XTN|1^x^LN||^PRN^PH^^86^668^1234567|||||", "valueString", "+86-668-1234567"),
        ("PL|1^x^LN||内科^3^12|||||", "valueString", "内科 3 12"),
        (r"HD|1^x^LN||A\T\B^1.2.3^ISO|||||", "valueString", "A&B 1.2.3 ISO"),
        ("SPS|1^x^LN||BLD&Blood&HL70070^^left|||||", "valueString", "BLD Blood HL70070 left"),
    ],
)  # fmt: skip
def test_values_of_observations(reader: Hl7Reader, fields: str, name: str, value: object) -> None:
    found = _observation(reader, fields)
    assert found[name] == value
    assert [each for each in found if each.startswith("value")] == [name]


@pytest.mark.parametrize(
    ("written", "flag", "value", "meant"),
    [
        ("5.6↑", "", 5.6, ["H"]),
        ("↓ 3.1", "", 3.1, ["L"]),
        (">1000↑↑", "", 1000, ["H"]),
        ("5.6 mmol/L ↑", "", 5.6, ["H"]),
        ("5.6↑", "N", 5.6, ["N"]),
        ("5.6", "H", 5.6, ["H"]),
        ("5.6↑↓", "", None, []),
        ("↑", "", None, []),
    ],
)
def test_an_arrow_at_a_number_is_an_interpretation_unless_there_is_one(
    reader: Hl7Reader, written: str, flag: str, value: float | None, meant: list[str]
) -> None:
    found: Any = _observation(reader, f"NM|1^x^LN||{written}|mmol/L||{flag}||")
    assert found.get("valueQuantity", {}).get("value") == value
    assert [each["coding"][0]["code"] for each in found.get("interpretation", ())] == meant
    assert value is not None or found["valueString"] == written


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


def test_a_range_has_the_unit_of_its_own_result_whatever_was_read_before(reader: Hl7Reader) -> None:
    for unit in ("g/L", "mmol/L", "g/L"):
        found: Any = _observation(reader, f"NM|1^x^LN||4|{unit}|3.5-9.5|||")
        assert found["referenceRange"][0]["low"] == {"value": 3.5, "unit": unit}


def test_several_numbers_become_components(reader: Hl7Reader) -> None:
    found = _observation(reader, "NM|1^x^LN||60~120|U||||")
    assert [each["valueQuantity"]["value"] for each in found["component"]] == [60, 120]  # pyright: ignore[reportGeneralTypeIssues]


def test_what_cannot_be_used_is_told_with_its_place_and_without_its_value(reader: Hl7Reader) -> None:
    raw = message("PID|1||7^^^HIS^MR||A^B||19991399|M", "OBX|1|NM|1^x^LN||abc|||||F")
    found = problems(reader, raw)
    assert [problem.path for problem in found] == ["PID-7", "OBX-5"]
    assert not any("abc" in problem.message or "1999" in problem.message for problem in found)
    assert "birthDate" not in only(resources(reader, raw), "Patient")


def test_grouped_digits_are_a_number_and_the_sender_is_told(reader: Hl7Reader) -> None:
    for written, told in (("1,234", ["OBX-5"]), ("1234", []), ("5.6↑", [])):
        raw = message(PID, "OBR|1|P|F|C^C^L", f"OBX|1|NM|1^x^LN||{written}|U||||F", kind="ORU^R01")
        assert [problem.path for problem in problems(reader, raw)] == told
        assert "value" in only(resources(reader, raw), "Observation")["valueQuantity"]
