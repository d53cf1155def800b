"""Specimens: of SPM or OBR-15, in whatever message, and only with the order they came with."""

from __future__ import annotations

from typing import Any

import pytest

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from tests.support.hl7 import message, only, problems, resources

PID = "PID|1||7^^^HIS^MR||王^小明"
TUBE = "SPM|1|S1&HIS^S2&LIS|P9&HIS|BLD^Blood^HL70487||EDTA||||||5^mL|||||20260102080000|20260102090000|||{}"


def _order(number: int, *rest: str) -> tuple[str, ...]:
    return (f"ORC|NW|P{number}^HIS", f"OBR|1|P{number}^HIS|F{number}^LIS|C{number}^T^L", *rest)


def _result(code: str) -> str:
    return f"OBX|1|NM|{code}^x^L||5|U|||||F"


def _all(found: list[dict[str, Any]], type_: str) -> list[dict[str, Any]]:
    return [each for each in found if each["resourceType"] == type_]


@pytest.mark.parametrize("kind", ["ORM^O01", "OML^O21", "ORU^R01", "OMG^O19", "MDM^T02"])
def test_a_specimen_stands_with_its_order_in_every_message(reader: Hl7Reader, kind: str) -> None:
    txa = ("TXA|1|DS|TX|||||||||D9^HIS",) if kind.startswith("MDM") else ()
    raw = message(PID, *_order(1, TUBE.format("")), *txa, kind=kind)
    assert problems(reader, raw) == []
    found = resources(reader, raw)
    specimen, order = only(found, "Specimen"), only(found, "ServiceRequest")
    assert [each["value"] for each in specimen["identifier"]] == ["S1", "S2"]
    assert specimen["type"]["coding"][0]["code"] == "BLD"
    assert specimen["collection"]["quantity"] == {"value": 5, "unit": "mL"}
    assert specimen["container"][0]["additiveCodeableConcept"]["coding"][0]["code"] == "EDTA"
    assert specimen["parent"][0]["identifier"]["value"] == "P9"
    assert specimen["request"] == [{"reference": f"ServiceRequest/{order['id']}"}]
    assert order["specimen"] == [{"reference": f"Specimen/{specimen['id']}"}]


def test_a_rejected_specimen_says_so(reader: Hl7Reader) -> None:
    found = only(
        resources(reader, message(PID, *_order(1, TUBE.format("RB^Broken container")), kind="OML^O21")),
        "Specimen",
    )
    assert found["status"] == "unsatisfactory"
    assert found["condition"][0]["coding"][0]["code"] == "RB"


def test_the_source_in_an_order_is_a_specimen_and_with_spm_the_same_one(reader: Hl7Reader) -> None:
    obr = "OBR|1|P1^HIS|F1^LIS|C1^T^L|||||||||||BLD&Blood&HL70070^^left arm^LA&Left Arm&HL70163"
    (specimen,) = _all(resources(reader, message(PID, obr, _result("1"), kind="ORU^R01")), "Specimen")
    assert specimen["type"]["coding"][0] == {
        "system": "http://terminology.hl7.org/CodeSystem/v2-0070", "code": "BLD", "display": "Blood",
    }  # fmt: skip
    assert specimen["collection"]["bodySite"]["coding"][0]["code"] == "LA"
    found = resources(reader, message(PID, obr, _result("1"), TUBE.format(""), kind="ORU^R01"))
    both = only(found, "Specimen")
    assert [each["value"] for each in both["identifier"]] == ["S1", "S2"]
    assert only(found, "DiagnosticReport")["specimen"] == [{"reference": f"Specimen/{both['id']}"}]
    assert only(found, "Observation")["specimen"] == {"reference": f"Specimen/{both['id']}"}


@pytest.mark.parametrize("first", [0, 1])
def test_a_result_has_the_specimen_of_its_own_order_and_of_no_other(reader: Hl7Reader, first: int) -> None:
    without = ("OBR|1|P1^HIS|F1^LIS|C1^T^L", _result("1"))
    tubed = ("OBR|2|P2^HIS|F2^LIS|C2^T^L", _result("2"), TUBE.format(""))
    groups = (without, tubed) if first == 0 else (tubed, without)
    found = resources(reader, message(PID, *groups[0], *groups[1], kind="ORU^R01"))
    by_code = {each["code"]["coding"][0]["code"]: each for each in _all(found, "Observation")}
    assert "specimen" not in by_code["1"]
    assert "specimen" in by_code["2"]


def test_what_is_said_of_one_person_never_waits_for_the_next(reader: Hl7Reader) -> None:
    second = PID.replace("|7^", "|8^")
    visit = "PV1|1|O|||||||||||||||||V8^^^HIS^VN"
    found = resources(reader, message(PID, *_order(1, _result("1")), second, visit, *_order(2, _result("2")),
                                      kind="ORU^R01"))  # fmt: skip
    by_code = {each["code"]["coding"][0]["code"]: each for each in _all(found, "Observation")}
    assert "encounter" not in by_code["1"]
    assert by_code["2"]["encounter"]["reference"] == f"Encounter/{only(found, 'Encounter')['id']}"


def test_in_oul_results_stay_with_their_report_and_specimen_wherever_orc_stands(reader: Hl7Reader) -> None:
    def group(number: int, *, first: bool) -> list[str]:
        orc, obr = (
            f"ORC|RE|P{number}^HIS|F{number}^LIS",
            f"OBR|{number}|P{number}^HIS|F{number}^LIS|C^T^L|||2026010{number}",
        )
        return [
            f"SPM|{number}|S{number}&HIS||BLD",
            *((orc, obr) if first else (obr, orc)),
            _result(str(number)),
        ]

    for first in (False, True):
        raw = message(PID, *group(1, first=first), *group(2, first=first), kind="OUL^R22")
        found = resources(reader, raw)
        assert [len(_all(found, name)) for name in ("ServiceRequest", "DiagnosticReport")] == [2, 2]
        numbers = {each["id"]: each["identifier"][0]["value"] for each in _all(found, "Specimen")}
        for each in _all(found, "Observation"):
            code = each["code"]["coding"][0]["code"]
            assert numbers[each["specimen"]["reference"].partition("/")[2]] == f"S{code}"
            assert each["effectiveDateTime"] == f"2026-01-0{code}"
            (report,) = [r for r in _all(found, "DiagnosticReport") if r["effectiveDateTime"][-1] == code]
            assert report["result"] == [{"reference": f"Observation/{each['id']}"}]
            assert report["basedOn"] == each["basedOn"]
            specimen = f"Specimen/{next(s for s, value in numbers.items() if value == f'S{code}')}"
            assert report["specimen"] == [{"reference": specimen}]
            (taken,) = [s for s in _all(found, "Specimen") if specimen.endswith(s["id"])]
            assert taken["request"] == each["basedOn"]


def test_in_oul_r24_a_specimen_belongs_to_the_order_before_it(reader: Hl7Reader) -> None:
    raw = message(
        PID, "OBR|1|P1^HIS|F1^LIS|C1^T^L", "ORC|RE|P1^HIS|F1^LIS", "SPM|1|S1&HIS||BLD", _result("1"),
        "OBR|2|P2^HIS|F2^LIS|C2^T^L", "ORC|RE|P2^HIS|F2^LIS", _result("2"), kind="OUL^R24",
    )  # fmt: skip
    found = {each["code"]["coding"][0]["code"]: each for each in _all(resources(reader, raw), "Observation")}
    assert "specimen" in found["1"]
    assert "specimen" not in found["2"]
