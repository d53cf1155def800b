"""Data types of HL7 V3 in the forms of FHIR, through whole documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.intake.cda.quantities import number
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.cda.times import date_time
from tests.support.cda_texts import PATIENT, PRESSURE, TEMPLATES, document, reader, section

Json = dict[str, Any]

DRUG = (
    "<consumable><manufacturedProduct><manufacturedMaterial><code code='1'/></manufacturedMaterial>"
    "</manufacturedProduct></consumable>"
)


def read(text: str) -> list[Json]:
    return [json.loads(written(body)) for body in reader().read(text.encode(), source="H1").resources]


def only(type: str, *sections: str, **parts: str) -> Json:
    (found,) = (body for body in read(document(*sections, **parts)) if body["resourceType"] == type)
    return found


def observation(value: str, code: str = "8716-3") -> Json:
    start, end = PRESSURE.index("<value"), PRESSURE.index("</observation>")
    return only("Observation", section(code, PRESSURE[:start] + value + PRESSURE[end:]))


def statement(element: str, template: str, inside: str, mood: str = "EVN", more: str = "") -> str:
    return (
        f"<{element} classCode='X' moodCode='{mood}' {more}><templateId root='{TEMPLATES}.{template}'/>"
        f"<id root='1.2' extension='x'/>{inside}</{element}>"
    )


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        ("2024", "2024"),
        ("202402", "2024-02"),
        ("20240229", "2024-02-29"),
        ("20230229", None),
        ("2024010215", "2024-01-02T15:00:00+08:00"),
        ("202401021530", "2024-01-02T15:30:00+08:00"),
        ("20240102153059.1234-0500", "2024-01-02T15:30:59.1234-05:00"),
        ("20240102153059Z", "2024-01-02T15:30:59Z"),
        ("20240102253059", "2024-01-02"),
        ("20240102153059+9900", "2024-01-02T15:30:59+08:00"),
        ("2024-01-02T15:30:59+08:00", "2024-01-02T15:30:59+08:00"),
        ("2024-01-02", "2024-01-02"),
        ("20240102153059+08:00", "2024-01-02T15:30:59+08:00"),
        ("20240102153059+09", "2024-01-02T15:30:59+09:00"),
        ("20240200", "2024-02"),
        ("20240000", "2024"),
        ("1.5", None),
        ("", None),
        (None, None),
    ],
)
def test_points_in_time(ts: str | None, expected: str | None) -> None:
    assert date_time(ts, "+08:00") == expected


@given(st.text(alphabet="0123456789.+-ZT: ", max_size=24))
def test_no_text_makes_an_illegal_time(text: str) -> None:
    body = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    found = date_time(text, "+08:00")
    if found is not None:
        from kangshu.domains.intake.validation import problems_of

        assert problems_of(written(body | {"effectiveDateTime": found})) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07.50", b"7.50"),
        ("-3", b"-3"),
        (".5", b"0.5"),
        ("0", b"0"),
        ("000", b"0"),
        ("+1", b"1"),
        ("1e5", b"100000"),
        ("1.50E+2", b"150"),
        ("-2.5e-3", b"-0.0025"),
        ("1e500", None),
        ("1,5", None),
        ("x", None),
    ],
)
def test_numbers_keep_their_decimals(text: str, expected: bytes | None) -> None:
    found = number(text)
    assert (None if found is None else bytes(found)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "<value xsi:type='PQ' value='1.50' unit='mg/dL'/>",
            {
                "valueQuantity": {
                    "value": 1.5,
                    "unit": "mg/dL",
                    "system": "http://unitsofmeasure.org",
                    "code": "mg/dL",
                }
            },
        ),
        (
            "<value xsi:type='PQ' value='36.8' unit='℃'/>",
            {
                "valueQuantity": {
                    "value": 36.8,
                    "unit": "℃",
                    "system": "http://unitsofmeasure.org",
                    "code": "Cel",
                }
            },
        ),
        ("<value xsi:type='PQ' value='2' unit='片'/>", {"valueQuantity": {"value": 2, "unit": "片"}}),
        ("<value xsi:type='PQ' value='1,5' unit='片'/>", {"valueString": "1,5 片"}),
        (
            "<value xsi:type='MO' value='12.5' currency='CNY'/>",
            {
                "valueQuantity": {
                    "value": 12.5,
                    "unit": "CNY",
                    "system": "urn:iso:std:iso:4217",
                    "code": "CNY",
                }
            },
        ),
        (
            "<value xsi:type='IVL_PQ'><low value='1.5'/><width value='2'/></value>",
            {"valueRange": {"low": {"value": 1.5}, "high": {"value": 3.5}}},
        ),
        (
            "<value xsi:type='IVL_PQ'><width value='2'/><high value='5'/></value>",
            {"valueRange": {"low": {"value": 3}, "high": {"value": 5}}},
        ),
        ("<value xsi:type='IVL_PQ'><low value='1' unit='h'/><width value='2' unit='min'/></value>", {}),
        (
            "<value xsi:type='IVL_TS'><low value='20240102'/><width value='1' unit='wk'/></value>",
            {"valuePeriod": {"start": "2024-01-02", "end": "2024-01-09"}},
        ),
        (
            "<value xsi:type='IVL_TS'><width value='90' unit='min'/><high value='202401020030'/></value>",
            {"valuePeriod": {"start": "2024-01-01T23:00:00+08:00", "end": "2024-01-02T00:30:00+08:00"}},
        ),
        (
            "<value xsi:type='IVL_TS'><low value='202401'/><width value='3' unit='d'/></value>",
            {"valuePeriod": {"start": "2024-01"}},
        ),
        ("<value xsi:type='ED' representation='B64'>5bm0</value>", {"valueString": "年"}),
        ("<value xsi:type='ED' mediaType='image/png' representation='B64'>5bm0</value>", {}),
        ("<value xsi:type='II' root='1.2.3' extension='A7'/>", {"valueString": "A7"}),
        ("<value xsi:type='SLIST_PQ'><origin value='0'/><digits>1 2 3</digits></value>", {}),
        (
            "<value><low value='3' unit='片'/></value>",
            {"valueQuantity": {"value": 3, "comparator": ">=", "unit": "片"}},
        ),
        (
            "<value xsi:type='IVL_PQ'><low value='300' unit='mg' inclusive='false'/></value>",
            {
                "valueQuantity": {
                    "value": 300,
                    "comparator": ">",
                    "unit": "mg",
                    "system": "http://unitsofmeasure.org",
                    "code": "mg",
                }
            },
        ),
        (
            "<value xsi:type='IVL_PQ'><high value='3'/></value>",
            {"valueQuantity": {"value": 3, "comparator": "<="}},
        ),
        (
            "<value xsi:type='IVL_PQ'><low value='3'/><high value='5'/></value>",
            {"valueRange": {"low": {"value": 3}, "high": {"value": 5}}},
        ),
        ("<value xsi:type='INT' value='15'/>", {"valueInteger": 15}),
        ("<value xsi:type='BL' value='true'/>", {"valueBoolean": True}),
        ("<value xsi:type='ST'>  yellow\n </value>", {"valueString": "yellow"}),
        ("<value xsi:type='TS' value='20240102'/>", {"valueDateTime": "2024-01-02"}),
        (
            "<value xsi:type='IVL_TS'><low value='2023'/><high value='2024'/></value>",
            {"valuePeriod": {"start": "2023", "end": "2024"}},
        ),
        (
            "<value xsi:type='RTO'><numerator value='1'/><denominator value='40'/></value>",
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 40}}},
        ),
        (
            (
                "<value xsi:type='CD' code='a' codeSystem='2.16.840.1.113883.6.96' displayName='A'>"
                "<translation code='b' codeSystem='1.2.3'/></value>"
            ),
            {
                "valueCodeableConcept": {
                    "coding": [
                        {"system": "http://snomed.info/sct", "code": "a", "display": "A"},
                        {"system": "urn:oid:1.2.3", "code": "b"},
                    ],
                    "text": "A",
                }
            },
        ),
        (
            "<value xsi:type='CD' nullFlavor='OTH'><originalText>other</originalText></value>",
            {"valueCodeableConcept": {"text": "other"}},
        ),
        (
            "<value xsi:type='PQ' nullFlavor='UNK'/>",
            {
                "dataAbsentReason": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                            "code": "unknown",
                        }
                    ]
                }
            },
        ),
        (
            (
                "<value xsi:type='PQ' nullFlavor='OTH'>"
                "<translation value='1' code='x' displayName='spoon'/></value>"
            ),
            {"valueQuantity": {"value": 1, "unit": "spoon"}},
        ),
    ],
)
def test_values_of_observations(value: str, expected: Json) -> None:
    found = observation(value)
    assert {
        name: part for name, part in found.items() if name.startswith(("value", "dataAbsent"))
    } == expected


def test_a_reference_leads_to_the_words_of_the_narrative() -> None:
    found = only(
        "Condition",
        section(
            "11450-4",
            statement(
                "observation",
                "4.4",
                "<value xsi:type='CD' code='1' codeSystem='1.2'>"
                "<originalText><reference value='#p'/></originalText></value>",
            ),
            text="<list><item><content ID='p'>Bad <content styleCode='Bold'>back</content></content></item>"
            "</list>",
        ),
    )
    assert found["code"]["text"] == "Bad back"


def test_what_is_negated_is_not_said_to_have_happened() -> None:
    drug = f"<effectiveTime value='2024'/>{DRUG}"
    no = "negationInd='true'"
    assert (
        only("Immunization", section("11369-6", statement("substanceAdministration", "4.52", drug, more=no)))[
            "status"
        ]
        == "not-done"
    )
    assert (
        only(
            "MedicationStatement",
            section("10160-0", statement("substanceAdministration", "4.16", drug, more=no)),
        )["status"]
        == "not-taken"
    )
    assert (
        only(
            "Procedure",
            section(
                "47519-4",
                statement("procedure", "4.14", "<code code='1'/><statusCode code='completed'/>", more=no),
            ),
        )["status"]
        == "not-done"
    )
    problem = only(
        "Condition",
        section(
            "11450-4",
            statement(
                "observation",
                "4.4",
                "<value xsi:type='CD' code='38341003' codeSystem='2.16.840.1.113883.6.96'/>",
                more=no,
            ),
        ),
    )
    assert problem["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert "clinicalStatus" not in problem
    allergy = only(
        "AllergyIntolerance",
        section(
            "48765-2",
            statement(
                "observation",
                "4.7",
                "<value xsi:type='CD' code='416098002'/>"
                "<participant><participantRole><playingEntity><code nullFlavor='NA'/></playingEntity>"
                "</participantRole></participant>",
                more=no,
            ),
        ),
    )
    assert allergy["code"]["coding"][0]["code"] == "409137002"
    assert allergy["verificationStatus"]["coding"][0]["code"] == "confirmed"


def test_how_often_a_medicine_is_taken() -> None:
    drug = (
        "<statusCode code='active'/><effectiveTime xsi:type='IVL_TS'><low value='20240101'/></effectiveTime>"
        "<effectiveTime xsi:type='PIVL_TS' operator='A'><period value='6' unit='h'/></effectiveTime>"
        f"<doseQuantity value='2'/>{DRUG}"
    )
    found = only(
        "MedicationStatement", section("10160-0", statement("substanceAdministration", "4.16", drug))
    )
    assert found["status"] == "active"
    assert found["effectivePeriod"] == {"start": "2024-01-01"}
    assert found["dosage"] == [
        {
            "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}},
            "doseAndRate": [{"doseQuantity": {"value": 2}}],
        }
    ]
    planned = only(
        "MedicationRequest",
        section("10160-0", statement("substanceAdministration", "4.16", drug, mood="INT")),
    )
    assert planned["intent"] == "order"
    meal = drug.replace("<period value='6' unit='h'/>", "<event code='ACM'/>").replace("PIVL", "EIVL")
    found = only(
        "MedicationStatement", section("10160-0", statement("substanceAdministration", "4.16", meal))
    )
    assert found["dosage"][0]["timing"] == {"repeat": {"when": ["ACM"]}}


def test_the_header_says_who_and_where() -> None:
    patient = PATIENT.replace(
        "<patient>",
        "<addr use='HP'><streetAddressLine>1 路</streetAddressLine><city>城</city></addr>"
        "<telecom value='tel:+86 1' use='MC'/>"
        "<telecom value='mailto:a@b.c'/><patient>",
    )
    author = (
        "<author><time value='2024'/><assignedAuthor><id root='1.9' extension='d'/>"
        "<assignedPerson><name>周明</name>"
        "</assignedPerson></assignedAuthor></author>"
    )
    found = read(document(patient=patient, header=author))
    by_type = {body["resourceType"]: body for body in found}
    assert by_type["Patient"]["address"] == [{"use": "home", "city": "城", "line": ["1 路"]}]
    assert by_type["Patient"]["telecom"] == [
        {"system": "phone", "value": "+86 1", "use": "mobile"},
        {"system": "email", "value": "a@b.c"},
    ]
    assert by_type["Practitioner"]["name"] == [{"text": "周明"}]
    assert (
        by_type["DocumentReference"]["author"][0]["reference"]
        == f"Practitioner/{by_type['Practitioner']['id']}"
    )


def test_a_body_that_is_a_file_is_kept_as_one() -> None:
    text = document().replace(
        "<structuredBody></structuredBody>",
        "<nonXMLBody><text mediaType='application/pdf' representation='B64'>SGk\n=</text></nonXMLBody>",
    )
    found = read(text)
    binaries = {body["contentType"]: body for body in found if body["resourceType"] == "Binary"}
    assert binaries["application/pdf"]["data"] == "SGk="
    (reference,) = (body for body in found if body["resourceType"] == "DocumentReference")
    assert reference["content"][1]["attachment"]["url"] == f"Binary/{binaries['application/pdf']['id']}"
    outside = text.replace("representation='B64'>SGk\n=", "><reference value='file:///etc/passwd'/>")
    (reference,) = (body for body in read(outside) if body["resourceType"] == "DocumentReference")
    assert reference["content"][1]["attachment"] == {
        "contentType": "application/pdf",
        "title": "file:///etc/passwd",
    }


def test_what_has_no_legal_form_is_left_out_and_told() -> None:
    reading = reader().read(
        document(
            section(
                "61146-7",
                statement("observation", "4.121", "<code code='1'/><value xsi:type='TS' value='2024'/>"),
            )
        ).encode(),
        source="H1",
    )
    assert [problem.path.split(".")[0] for problem in reading.left_out] == ["Goal"]


CODE = "<code code='c' codeSystem='1.2.3'/>"
PIECES = DRUG.replace("<code code='1'/>", "<name>药</name>")


@pytest.mark.parametrize(
    ("type", "code", "inside"),
    [
        ("Observation", "8716-3", f"<observation>{CODE}<value xsi:type='PQ' value='1'/></observation>"),
        ("Observation", "29762-2", f"<observation>{CODE}<value xsi:type='ST'>x</value></observation>"),
        (
            "DiagnosticReport",
            "30954-2",
            f"<organizer>{CODE}<component><observation>{CODE}</observation></component></organizer>",
        ),
        ("Immunization", "11369-6", f"<substanceAdministration>{PIECES}</substanceAdministration>"),
        ("MedicationStatement", "10160-0", f"<substanceAdministration>{PIECES}</substanceAdministration>"),
        ("Procedure", "47519-4", f"<procedure>{CODE}</procedure>"),
        ("ServiceRequest", "18776-5", f"<procedure moodCode='INT'>{CODE}</procedure>"),
        ("Encounter", "46240-8", f"<encounter>{CODE}</encounter>"),
        ("Observation", "99999-9", f"<observation>{CODE}<value xsi:type='ST'>x</value></observation>"),
    ],
)
def test_a_statement_without_template_is_known_by_its_kind_and_section(
    type: str, code: str, inside: str
) -> None:
    assert type in {body["resourceType"] for body in read(document(section(code, inside)))}


def test_vital_signs_without_templates_are_a_panel_of_vital_signs() -> None:
    measured = f"<observation>{CODE}<value xsi:type='PQ' value='1'/></observation>"
    inside = f"<organizer>{CODE}<component>{measured}</component></organizer>"
    found = [b for b in read(document(section("8716-3", inside))) if b["resourceType"] == "Observation"]
    assert {b["category"][0]["coding"][0]["code"] for b in found} == {"vital-signs"}
    assert sum("hasMember" in b for b in found) == 1


def test_a_medicine_given_in_a_procedure_was_administered() -> None:
    given = statement("substanceAdministration", "4.16", "<doseQuantity value='5' unit='mg'/>" + DRUG)
    inside = f"{CODE}<effectiveTime value='20240102'/><entryRelationship>{given}</entryRelationship>"
    found = only("MedicationAdministration", section("47519-4", statement("procedure", "4.14", inside)))
    assert found["effectiveDateTime"] == "2024-01-02"
    assert found["dosage"]["dose"]["value"] == 5


def test_a_planned_supply_is_asked_for() -> None:
    inside = f"<quantity value='3'/>{DRUG.replace('consumable>', 'product>')}"
    found = only("SupplyRequest", section("18776-5", statement("supply", "4.43", inside, mood="INT")))
    assert found["quantity"] == {"value": 3}
    assert found["itemCodeableConcept"] == {"coding": [{"code": "1"}]}


def test_a_section_says_why_it_is_empty() -> None:
    text = document(section("48765-2")).replace("<section>", "<section nullFlavor='NASK'>")
    (composition,) = (body for body in read(text) if body["resourceType"] == "Composition")
    assert composition["section"][0]["emptyReason"]["coding"][0]["code"] == "notasked"


def test_insurance_without_a_named_payer_is_known_by_the_number_of_the_payer() -> None:
    inside = (
        f"{CODE}<performer><assignedEntity><id root='1.7' extension='payer'/></assignedEntity></performer>"
    )
    found = only("Coverage", section("48768-6", statement("act", "4.61", inside)))
    assert found["payor"] == [{"identifier": {"system": "urn:oid:1.7", "value": "payer"}}]


def test_chinese_headers_and_elements() -> None:
    patient = PATIENT.replace(
        "<birthTime value='19850315'/>",
        "<birthTime value='19850315'/><maritalStatusCode code='20' codeSystem='2.16.156.10011.2.3.3.5'/>"
        "<ethnicGroupCode code='01' codeSystem='2.16.156.10011.2.3.3.3' displayName='汉族'/>"
        "<nationality code='156' codeSystem='2.16.156.10011.2.3.3.1' displayName='中国'/>",
    )

    def element(code: str, value: str) -> str:
        return f"<observation><code code='{code}' codeSystem='2.16.156.10011.2.2.1'/>{value}</observation>"

    found = read(
        document(
            section(
                "29548-5",
                element("DE05.01.025.00", "<value xsi:type='ST'>感冒</value>"),
                element("DE04.50.001.00", "<value xsi:type='CD' code='1' displayName='A型'/>"),
                element("DE99.99.999.00", "<value xsi:type='ST'>其他</value>"),
            ),
            patient=patient,
        )
    )
    by_type = {body["resourceType"]: body for body in found}
    assert by_type["Patient"]["maritalStatus"]["coding"][0]["code"] == "M"
    assert [each["url"] for each in by_type["Patient"]["extension"]] == [
        "urn:oid:2.16.156.10011.2.3.3.3",
        "http://hl7.org/fhir/StructureDefinition/patient-nationality",
    ]
    assert by_type["Condition"]["code"] == {"text": "感冒"}
    observations = [body for body in found if body["resourceType"] == "Observation"]
    assert [body["code"]["coding"][0]["code"] for body in observations] == ["883-9"]
    assert observations[0]["valueCodeableConcept"]["text"] == "A型"
