"""What is said of a person without a number belongs to nobody: it is refused and nothing of it is stored."""

from __future__ import annotations

import pytest

from kangshu.domains.intake.hl7v2.acknowledgement import verdict
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from tests.support.hl7 import message, problems, resources

ORDER = ("OBR|1|P1^HIS|F1^LIS|CBC^血常规^L", "OBX|1|NM|718-7^Hb^LN||150|g/L|||||F")
CARE = {
    "ADT^A01": ("PV1|1|I|内科|||||||||||||||||V9^^^HIS^VN", "AL1|1||P^青霉素^L", "DG1|1||I10^高血压^I10"),
    "ORU^R01": ORDER,
    "OUL^R22": ("SPM|1|S1&HIS^S2&LIS||BLD", *ORDER),
    "OML^O21": ("ORC|NW|P1^HIS", *ORDER),
    "RDE^O11": ("ORC|NW|P7^HIS", "RXE|1|C08^氨氯地平^L|5||mg"),
    "VXU^V04": ("ORC|RE||6^KS", "RXA|0|1|20260102||08^Hep B^CVX|0.5"),
    "MDM^T02": ("TXA|1|DS|TX|20260102||||||||D9^HIS", "OBX|1|TX|1^x||小结"),
    "SIU^S12": ("SCH|1^HIS", "AIP|1||D1^李^医生"),
    "PPR^PC1": ("PRB|AD|20260102|I10^高血压^I10|P1^HIS",),
    "DFT^P03": ("FT1|1|T1||20260102||CG|X1^诊查费^L",),
}


def _check(reader: Hl7Reader, raw: bytes) -> tuple[str, list[str]]:
    found = reader.check.problems(reader.read(raw), known=True)
    return verdict(found), [problem.path for problem in found]


@pytest.mark.parametrize("kind", CARE)
@pytest.mark.parametrize("number", ["", "^^^HIS^MR", '""', "~", " ^^^HIS", '""^^^HIS^MR'])
def test_a_person_without_a_number_is_refused_with_all_that_is_said_of_it(
    reader: Hl7Reader, kind: str, number: str
) -> None:
    raw = message(f"PID|1||{number}||王^小明||19800101|M", *CARE[kind], kind=kind)
    assert _check(reader, raw) == ("error", ["PID-3"])
    assert resources(reader, raw) == []
    assert [(each.severity, each.path) for each in problems(reader, raw)] == [("error", "PID-3")]


@pytest.mark.parametrize("sequence", [(0, 1), (1, 0)])
def test_an_appointment_belongs_to_its_person_whichever_comes_first(
    reader: Hl7Reader, sequence: tuple[int, int]
) -> None:
    for number, times in (("7", 1), ("", 0)):
        lines = (f"PID|1||{number}||A^B", "SCH|1^HIS")
        raw = message(*(lines[at] for at in sequence), "AIP|1||D1^李^医生", kind="SIU^S12")
        found = [each for each in resources(reader, raw) if each["resourceType"] == "Appointment"]
        assert len(found) == times
        assert [each["actor"].get("reference", "")[:8] for one in found for each in one["participant"]] == [
            "Patient/", "",
        ][: 2 * times]  # fmt: skip


@pytest.mark.parametrize("field", ["2|7", "3|7^^^HIS^MR", "3|~7", "4|7^^^HIS", "19|440981198001011237"])
def test_one_number_is_enough_wherever_it_stands(reader: Hl7Reader, field: str) -> None:
    at, number = field.split("|")
    pid = ["PID", "1", *[""] * 18]
    pid[int(at)] = number
    raw = message("|".join(pid), *ORDER, kind="ORU^R01")
    assert _check(reader, raw) == ("accepted", [])
    assert {each["resourceType"] for each in resources(reader, raw)} >= {"Patient", "Observation"}


def test_of_several_persons_only_the_one_without_a_number_is_left_out(reader: Hl7Reader) -> None:
    raw = message(
        "PID|1||7^^^HIS^MR||王^小明", *ORDER,
        "PID|2||^^^HIS^MR||李^小红", *[each.replace("P1^HIS|F1^LIS", "P2^HIS|F2^LIS") for each in ORDER],
        kind="ORU^R01",
    )  # fmt: skip
    assert _check(reader, raw) == ("error", ["PID[2]-3"])
    found = resources(reader, raw)
    assert [each["resourceType"] for each in found].count("Observation") == 1
    (patient,) = [each for each in found if each["resourceType"] == "Patient"]
    assert patient["identifier"][0]["value"] == "7"
    assert [problem.path for problem in problems(reader, raw)] == ["PID[2]-3"]


def test_results_without_any_person_are_refused(reader: Hl7Reader) -> None:
    raw = message(*ORDER, kind="ORU^R01")
    assert _check(reader, raw) == ("error", ["PID"])
    assert resources(reader, raw) == []


def test_a_merge_without_the_number_given_up_names_it(reader: Hl7Reader) -> None:
    raw = message("PID|1||7^^^HIS^MR||A^B", "MRG|^^^HIS^MR|||||||X^Y", kind="ADT^A40")
    assert [each["resourceType"] for each in resources(reader, raw)] == ["Patient"]
    assert [problem.path for problem in problems(reader, raw)] == ["MRG-1"]
