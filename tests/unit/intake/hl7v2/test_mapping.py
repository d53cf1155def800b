"""What messages become: by the tables of the pack, with ids that stay the same."""

from __future__ import annotations

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from tests.support.hl7 import message, only, problems, resources

PID = (
    "PID|1||7^^^HIS^MR~440981198001011237^^^SFZ^NI||王^小明^^^^^L||19800101|M|||街1号^^信宜市^广东省^525300"
    "||13800000000"
)
VISIT = "PV1|1|I|内科^3^12^^^N||||D1^李^医生||||||||||||V9^^^HIS^VN" + "|" * 25 + "20260102080000"
OTHER = "H44099900002"


def _ids(found: list[dict[str, object]]) -> dict[object, object]:
    return {each["resourceType"]: each["id"] for each in found}


def test_a_person_has_the_identifiers_by_which_persons_join(reader: Hl7Reader) -> None:
    patient = only(resources(reader, message(PID)), "Patient")
    assert [(each["system"], each["value"]) for each in patient["identifier"]] == [
        ("urn:kangshu:source:H44099900001:HIS", "7"),
        ("urn:oid:2.16.156.10011.1.3", "440981198001011237"),
    ]
    assert patient["name"] == [{"use": "official", "text": "王小明", "family": "王", "given": ["小明"]}]
    assert (patient["birthDate"], patient["gender"]) == ("1980-01-01", "male")


def test_an_identity_number_is_known_however_it_is_sent(reader: Hl7Reader) -> None:
    number = "440981198001011237"
    for field in (
        f"PID|1||{number}^^^&2.16.156.10011.1.3&ISO^NI||A^B",
        f"PID|1||{number}^^^^NNCHN||A^B",
        f"PID|1||{number}||A^B",
        f"PID|1||7^^^HIS^MR||A^B||||||||||||||{number}",
    ):
        identifiers = only(resources(reader, message(field)), "Patient")["identifier"]
        assert ("urn:oid:2.16.156.10011.1.3", number) in [
            (each["system"], each["value"]) for each in identifiers
        ]


def test_the_same_number_of_two_institutions_is_not_the_same_patient(reader: Hl7Reader) -> None:
    one, two = (_ids(resources(reader, message(PID, VISIT), source)) for source in ("H44099900001", OTHER))
    assert one["Patient"] != two["Patient"]
    assert one["Encounter"] != two["Encounter"]


def test_ids_do_not_depend_on_the_order_of_a_patients_numbers(reader: Hl7Reader) -> None:
    turned = PID.replace("7^^^HIS^MR~440981198001011237^^^SFZ^NI", "440981198001011237^^^SFZ^NI~7^^^HIS^MR")
    assert _ids(resources(reader, message(PID))) == _ids(resources(reader, message(turned)))


def test_an_order_its_report_and_its_correction_are_the_same_things(reader: Hl7Reader) -> None:
    order = message(PID, "ORC|NW|P1^HIS", "OBR|1|P1^HIS||CBC^血常规^L", kind="ORM^O01", control="1")
    results = [
        message(
            PID,
            f"OBR|1|P1^HIS|F1^LIS|CBC^血常规^L|||20260102||||||||||||||||||{status}",
            f"OBX|1|NM|718-7^Hb^LN||{value}|g/L^g/L^UCUM|130-175||||{status}",
            kind="ORU^R01",
            control=status,
        )
        for status, value in (("P", 150), ("F", 151), ("C", 105))
    ]
    asked = _ids(resources(reader, order))
    told = [resources(reader, raw) for raw in results]
    assert _ids(told[0]) == _ids(told[1]) == _ids(told[2])
    assert _ids(told[0])["ServiceRequest"] == asked["ServiceRequest"]
    assert [only(each, "DiagnosticReport")["status"] for each in told] == [
        "preliminary",
        "final",
        "corrected",
    ]
    report, observation = (only(told[0], name) for name in ("DiagnosticReport", "Observation"))
    assert report["result"] == [{"reference": f"Observation/{observation['id']}"}]
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{asked['ServiceRequest']}"}]


def test_events_move_a_visit_on(reader: Hl7Reader) -> None:
    def visit(kind: str) -> dict[str, object]:
        return only(resources(reader, message(PID, VISIT, kind=kind)), "Encounter")

    said = {event: visit(f"ADT^{event}")["status"] for event in ("A01", "A05", "A11", "A03", "A08", "A13")}
    assert said == {
        "A01": "in-progress", "A05": "planned", "A11": "cancelled",
        "A03": "finished", "A08": "in-progress", "A13": "in-progress",
    }  # fmt: skip
    assert visit("ADT^A01")["identifier"][0]["value"] == "V9"  # pyright: ignore[reportIndexIssue]
    assert visit("ADT^A01")["class"]["code"] == "IMP"  # pyright: ignore[reportIndexIssue]


def test_a_merge_leaves_the_old_number_saying_by_which_it_is_replaced(reader: Hl7Reader) -> None:
    found = resources(reader, message(PID, "MRG|6^^^HIS^MR", kind="ADT^A40"))
    old = next(each for each in found if each.get("active") is False)
    new = next(each for each in found if each.get("active") is not False)
    assert old["link"] == [{"other": {"reference": f"Patient/{new['id']}"}, "type": "replaced-by"}]
    assert new["link"] == [{"other": {"reference": f"Patient/{old['id']}"}, "type": "replaces"}]
    assert old["id"] == only(resources(reader, message("PID|1||6^^^HIS^MR||A^B")), "Patient")["id"]


def test_a_number_merged_into_itself_changes_nothing(reader: Hl7Reader) -> None:
    (patient,) = resources(reader, message(PID, "MRG|7^^^HIS^MR", kind="ADT^A40"))
    assert patient.get("active") is not False


def test_vaccines(reader: Hl7Reader) -> None:
    raw = message(
        PID,
        "ORC|RE||65929^KS",
        "RXA|0|1|20260102||08^Hep B^CVX|0.5|mL^^UCUM||00^New^NIP001|D1^李^医生|||||L12|20270101|||||CP|A",
        "RXR|IM^Intramuscular^HL70162|LA^Left Arm^HL70163",
        "OBX|1|CE|64994-7^Eligibility^LN|1|V01^Not eligible^HL70064||||||F",
        "ORC|RE||9999",
        "RXA|0|1|20250102||20^DTaP^CVX|999|||01^Historical^NIP001|||||||||||CP|A",
        kind="VXU^V04",
    )
    given, told = [each for each in resources(reader, raw) if each["resourceType"] == "Immunization"]
    assert given["vaccineCode"]["coding"][0] == {
        "system": "http://hl7.org/fhir/sid/cvx", "code": "08", "display": "Hep B",
    }  # fmt: skip
    assert (given["occurrenceDateTime"], given["lotNumber"], given["status"]) == (
        "2026-01-02",
        "L12",
        "completed",
    )
    assert given["doseQuantity"]["value"] == 0.5
    assert given["route"]["coding"][0]["code"] == "IM"
    assert (given["primarySource"], told["primarySource"]) == (True, False)
    assert given["programEligibility"][0]["coding"][0]["code"] == "V01"
    assert "doseQuantity" not in told


def test_medicines(reader: Hl7Reader) -> None:
    raw = message(
        PID,
        "ORC|NW|P7^HIS|||||||20260102090000|||D1^李^医生",
        "RXE|1^每日三次|C08^氨氯地平^L|5||mg^mg^UCUM||^口服|||30|片||2",
        "RXR|PO^Oral^HL70162",
        kind="RDE^O11",
    )
    found = only(resources(reader, raw), "MedicationRequest")
    assert found["medicationCodeableConcept"]["text"] == "氨氯地平"
    dosage = found["dosageInstruction"][0]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 5
    assert dosage["route"]["coding"][0]["code"] == "PO"
    assert found["dispenseRequest"]["quantity"] == {"value": 30, "unit": "片"}
    assert (found["status"], found["intent"]) == ("active", "order")


def test_segments_of_the_senders_own_making_are_kept(reader: Hl7Reader) -> None:
    found = resources(reader, message(PID, "ZPD|1|医保类型^职工|甲类"))
    kept = only(found, "Provenance")
    assert kept["entity"][0]["extension"][0]["valueString"] == "ZPD|1|医保类型^职工|甲类"
    assert kept["target"] == [{"reference": f"Patient/{only(found, 'Patient')['id']}"}]
    assert kept["entity"][0]["what"]["identifier"]["value"] == "1"


def test_a_resource_that_lacks_what_fhir_requires_is_left_out_and_named(reader: Hl7Reader) -> None:
    raw = message(PID, "OBR|1|P|F|C^C^L", "OBX|1|ST|||x||||||F", "OBX|2|ST|1^x^LN||y||||||F", kind="ORU^R01")
    found = resources(reader, raw)
    assert [problem.path for problem in problems(reader, raw)] == ["OBX-3"]
    assert only(found, "DiagnosticReport")["result"] == [
        {"reference": f"Observation/{only(found, 'Observation')['id']}"}
    ]


def test_notes_stand_with_what_they_are_about(reader: Hl7Reader) -> None:
    raw = message(
        PID,
        "OBR|1|P|F|C^C^L",
        "NTE|1||of the order",
        "OBX|1|ST|1^x^LN||y||||||F",
        "NTE|1||of the result~second",
        kind="ORU^R01",
    )
    found = resources(reader, raw)
    assert only(found, "ServiceRequest")["note"] == [{"text": "of the order"}]
    assert only(found, "Observation")["note"] == [{"text": "of the result"}, {"text": "second"}]


def test_messages_no_map_names_are_told(reader: Hl7Reader) -> None:
    assert [problem.path for problem in problems(reader, message(PID, kind="QRY^A19"))] == ["MSH-9"]


def test_one_bad_message_of_a_batch_spoils_only_itself(reader: Hl7Reader) -> None:
    batch = b"".join((message(PID), message("PID|1"), message("PID|1||8^^^HIS^MR||C^D")))
    assert len([each for each in resources(reader, batch) if each["resourceType"] == "Patient"]) == 2
    assert [problem.path for problem in problems(reader, batch)] == ["message 2: PID-3", "message 2: PID-5"]


def test_a_patient_named_twice_in_a_message_is_one_and_equal_results_are_two(reader: Hl7Reader) -> None:
    result = ("OBR|1|P|F|C^C^L", "OBX|1|ST|1^x^LN||a||||||F", "OBX|2|ST|1^x^LN||b||||||F")
    found = resources(reader, message(PID, *result, PID, *result[:1], kind="ORU^R01"))
    ids = [(each["resourceType"], each["id"]) for each in found]
    assert len({id_ for type_, id_ in ids if type_ == "Patient"}) == 1
    assert len({id_ for type_, id_ in ids if type_ == "Observation"}) == 2


def _observed(reader: Hl7Reader, observation: str) -> dict[str, object]:
    raw = message(PID, "OBR|1|P|F|WBC^白细胞^L", observation, kind="ORU^R01")
    return only(resources(reader, raw), "Observation")


def test_a_power_of_ten_in_a_unit_written_without_escape_stays_whole(reader: Hl7Reader) -> None:
    for written in ("10^9/L", "*10^9/L"):
        found = _observed(reader, f"OBX|1|NM|WBC^白细胞^L||5.2|{written}|3.5-9.5|N|||F")
        assert found["valueQuantity"] == {"value": 5.2, "unit": written}


def test_a_formatted_code_is_a_code(reader: Hl7Reader) -> None:
    found = _observed(reader, "OBX|1|CF|WBC^白细胞^L||10828004^Positive^SCT||||||F")
    assert found["valueCodeableConcept"] == {
        "coding": [{"system": "http://snomed.info/sct", "code": "10828004", "display": "Positive"}],
        "text": "Positive",
    }


def test_a_number_that_is_missing_leaves_no_identifier_of_its_type(reader: Hl7Reader) -> None:
    raw = message("PID|1||^^^HIS^MR~7^^^HIS^MR||A^B")
    assert len(only(resources(reader, raw), "Patient")["identifier"]) == 1


def test_an_unknown_value_type_is_complained_of_at_its_own_field(reader: Hl7Reader) -> None:
    raw = message(PID, "OBR|1|P|F|WBC^x^L", "OBX|1|QQ9|WBC^x^L||1||3-9|N|||F", kind="ORU^R01")
    assert [each.path for each in problems(reader, raw)] == ["OBX-2"]


def test_times_written_with_separators_are_read(reader: Hl7Reader) -> None:
    for written in ("1980-01-01", "1980/01/01", "1980-01-01 08:30:00", "1980-01-01T08:30:00+08:00"):
        found = resources(reader, message(f"PID|1||7^^^HIS^MR||A^B||{written}|M"))
        assert only(found, "Patient")["birthDate"] == "1980-01-01"
    admitted = "PV1|1|I" + "|" * 17 + "V9" + "|" * 25 + "2026/01/02 08:30:00"
    found = only(resources(reader, message(PID, admitted)), "Encounter")
    assert found["period"] == {"start": "2026-01-02T08:30:00+08:00"}
    raw = message("PID|1||7^^^HIS^MR||A^B||1980-13-01|M")
    assert [each.path for each in problems(reader, raw)] == ["PID-7"]


def test_a_charge_brings_the_order_it_is_for(reader: Hl7Reader) -> None:
    raw = message(
        PID, VISIT, "FT1|1|T1||20260101||CG|c1^x", "ORC|RE|P1|F1", "OBR|1|P1|F1|CBC^血常规^L", kind="DFT^P03"
    )
    order = only(resources(reader, raw), "ServiceRequest")
    assert [each["value"] for each in order["identifier"]] == ["P1", "F1"]


def test_what_the_pharmacy_encoded_stands_for_what_was_asked_for(reader: Hl7Reader) -> None:
    asked = ("ORC|NW|P7^HIS", "RXO|A1^阿莫西林^L|2||粒", "RXR|PO^Oral^HL70162")
    encoded = ("RXE|1|C08^氨氯地平^L|5||mg", "RXR|IV^Intravenous^HL70162")
    found = only(resources(reader, message(PID, *asked, *encoded, kind="RDE^O11")), "MedicationRequest")
    assert found["medicationCodeableConcept"]["text"] == "氨氯地平"
    dosage = found["dosageInstruction"][0]
    assert dosage["doseAndRate"][0]["doseQuantity"] == {"value": 5, "unit": "mg"}
    assert dosage["route"]["coding"][0]["code"] == "IV"
    alone = only(resources(reader, message(PID, *asked, "RXD|1|A1^阿莫西林^L|20260102|2", kind="RDS^O13")),
                 "MedicationRequest")  # fmt: skip
    assert alone["medicationCodeableConcept"]["text"] == "阿莫西林"
    assert alone["dosageInstruction"][0]["route"]["coding"][0]["code"] == "PO"


def test_a_key_does_not_depend_on_the_delimiters(reader: Hl7Reader) -> None:
    own = message(PID, "PV1|1|I|||||||||||||||||V9^^^A&B&C^VN")
    other = own.translate(bytes.maketrans(b"^~\\&", b"*!@%"))
    assert _ids(resources(reader, own)) == _ids(resources(reader, other))


def test_a_visit_number_given_up_is_no_visit_any_more(reader: Hl7Reader) -> None:
    old = _ids(resources(reader, message(PID, VISIT)))["Encounter"]
    for event in ("A42", "A50"):
        raw = message(PID, "MRG|7^^^HIS^MR||||V9^^^HIS^VN", VISIT.replace("V9^", "V10^"), kind=f"ADT^{event}")
        visits = [each for each in resources(reader, raw) if each["resourceType"] == "Encounter"]
        assert [(each["id"] == old, each["status"]) for each in visits] == [
            (True, "entered-in-error"),
            (False, "in-progress"),
        ]
        same = message(PID, "MRG|7^^^HIS^MR||||V9^^^HIS^VN", VISIT, kind=f"ADT^{event}")
        assert only(resources(reader, same), "Encounter")["status"] == "in-progress"


def test_a_deleted_visit_leaves_the_person(reader: Hl7Reader) -> None:
    found = resources(reader, message(PID, VISIT, kind="ADT^A23"))
    assert only(found, "Encounter")["status"] == "entered-in-error"
    assert only(found, "Patient").get("active") is not False
    assert only(resources(reader, message(PID, VISIT, kind="ADT^A29")), "Patient")["active"] is False


def test_only_an_addendum_an_edit_or_a_replacement_says_what_it_is_of_its_parent(reader: Hl7Reader) -> None:
    said = {}
    for number in range(1, 12):
        raw = message(PID, "TXA|1|DS|TX|||||||||D9^HIS|D8^HIS", "OBX|1|TX|1^x||a", kind=f"MDM^T{number:02}")
        relations = only(resources(reader, raw), "DocumentReference").get("relatesTo", ())
        said[number] = [each["code"] for each in relations]
    none, adds, replaces = list[str](), ["appends"], ["replaces"]
    assert said == {
        1: none, 2: none, 3: none, 4: none, 5: adds, 6: adds,
        7: replaces, 8: replaces, 9: replaces, 10: replaces, 11: none,
    }  # fmt: skip


def test_a_document_and_a_charge_in_another_message_are_what_they_are(reader: Hl7Reader) -> None:
    raw = message(
        PID, "OBR|1|P1^HIS|F1^LIS|C1^T^L", "OBX|1|NM|1^x^L||5", "TXA|1|DS|TX|||||||||D9^HIS",
        "FT1|1|T1||20260102||CG|X1^诊查费^L", kind="ORU^R01",
    )  # fmt: skip
    found = resources(reader, raw)
    report = only(found, "DiagnosticReport")
    related = only(found, "DocumentReference")["context"]["related"]
    assert related == [{"reference": f"DiagnosticReport/{report['id']}"}]
    assert only(found, "ChargeItem")["code"]["coding"][0]["code"] == "X1"


def test_persons_that_are_linked_name_each_other(reader: Hl7Reader) -> None:
    one, two = resources(reader, message(PID, "PID|2||8^^^HIS^MR||王^小明", kind="ADT^A24"))
    for each, other in ((one, two), (two, one)):
        assert each["link"] == [{"other": {"reference": f"Patient/{other['id']}"}, "type": "seealso"}]


def test_what_would_be_taken_only_in_part_is_refused(reader: Hl7Reader) -> None:
    for event in ("A37", "A43"):
        raw = message(PID, "PID|2||8^^^HIS^MR||王^小明", kind=f"ADT^{event}")
        assert resources(reader, raw) == []
        assert [problem.path for problem in problems(reader, raw)] == ["MSH-9"]


def test_what_has_no_number_is_never_taken_for_that_of_another_patient_or_day(reader: Hl7Reader) -> None:
    order = ("ORC|NW", "OBR|1|||CBC^血常规^L")
    bare = message(PID, *order, kind="ORM^O01")
    for other in (
        message(PID.replace("|7^", "|8^"), *order, kind="ORM^O01"),
        bare.replace(b"20260102103000", b"20260103"),
    ):
        assert (
            _ids(resources(reader, bare))["ServiceRequest"]
            != _ids(resources(reader, other))["ServiceRequest"]
        )
    dated = message(PID, "ORC|NW", "OBR|1|||CBC^血常规^L|||20260102", kind="ORM^O01")
    again = dated.replace(b"ORM^O01|1|", b"ORM^O01|2|").replace(b"20260102103000", b"20260102103500")
    assert _ids(resources(reader, dated)) == _ids(resources(reader, again))


def test_a_street_said_whole_and_in_parts_stands_once(reader: Hl7Reader) -> None:
    for written, line in (("街1号&街&1", "街1号"), ("&街&1", "街 1"), ("街1号", "街1号")):
        found = only(resources(reader, message(f"PID|1||7^^^HIS^MR||A^B||||||{written}^^信宜市")), "Patient")
        assert found["address"][0]["line"] == [line]


def test_a_result_of_the_person_belongs_to_no_dose(reader: Hl7Reader) -> None:
    raw = message(
        PID, "OBX|1|NM|w^体重^L||5|kg", "ORC|RE||6^KS", "RXA|0|1|20260102||08^Hep B^CVX|0.5",
        "OBX|1|CE|30956-7^x^LN||08", kind="VXU^V04",
    )  # fmt: skip
    weight, kind = [each for each in resources(reader, raw) if each["resourceType"] == "Observation"]
    assert "partOf" not in weight
    assert kind["partOf"][0]["reference"].startswith("Immunization/")


def test_each_dispensing_is_by_its_own_prescription(reader: Hl7Reader) -> None:
    raw = message(
        PID, "ORC|RE|P1^HIS", "RXE|1|A1^药一^L|5||mg", "RXD|1|A1^药一^L|20260102|10|片",
        "ORC|RE|P2^HIS", "RXD|1|B1^药二^L|20260102|10|片", kind="RDS^O13",
    )  # fmt: skip
    assert problems(reader, raw) == []
    found = resources(reader, raw)
    asked = {
        each["id"]: each["medicationCodeableConcept"]["text"]
        for each in found
        if each["resourceType"] == "MedicationRequest"
    }
    for each in found:
        if each["resourceType"] == "MedicationDispense":
            (by,) = each["authorizingPrescription"]
            assert asked[by["reference"].partition("/")[2]] == each["medicationCodeableConcept"]["text"]
