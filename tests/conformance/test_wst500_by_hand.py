"""Documents of WS/T 500 written by hand in the shapes that institutions fill in: parts they have nothing for
are left there, empty. Nothing here comes from our own writer of such documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kangshu.domains.intake.cda.document import Reading
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.packs.find import default_root
from tests.support.cda_texts import reader

Json = dict[str, Any]
ROOT = "2.16.156.10011"
PACK: Path = default_root() / "standards" / "wst500"
KINDS = [f"C{number:04d}" for number in range(1, 54)]
DEPARTMENT = (
    "<asOrganizationPartOf><wholeOrganization><id root='2.16.156.10011.1.21' extension=''/><name>12床</name>"
    "<asOrganizationPartOf><wholeOrganization><id root='2.16.156.10011.1.26' extension='K01'/>"
    "<name>心内科</name>"
    "<asOrganizationPartOf><wholeOrganization><id root='2.16.156.10011.1.5' extension='H44098300001'/>"
    "<name>示范医院</name></wholeOrganization></asOrganizationPartOf>"
    "</wholeOrganization></asOrganizationPartOf></wholeOrganization></asOrganizationPartOf>"
)


def document(kind: str, *sections: str, stay: str = "ZY0001", name: str = "合成甲") -> str:
    number = 20 + int(kind[1:])
    return (
        "<?xml version='1.0' encoding='UTF-8'?><ClinicalDocument xmlns='urn:hl7-org:v3' "
        "xmlns:mif='urn:hl7-org:v3/mif' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
        "xsi:schemaLocation='urn:hl7-org:v3 ../sdschemas/SDA.xsd'><realmCode code='CN'/>"
        "<typeId root='2.16.840.1.113883.1.3' extension='POCD_MT000040'/>"
        f"<templateId root='{ROOT}.2.1.1.{number}'/><id root='{ROOT}.1.1' extension='D-{kind}'/>"
        f"<code code='{kind}' codeSystem='{ROOT}.2.4'/><title>合成文档</title>"
        "<effectiveTime value='20260302103000'/><confidentialityCode code='N'/><languageCode code='zh-CN'/>"
        "<setId/><versionNumber/>"
        f"<recordTarget><patientRole><id root='{ROOT}.1.19' extension=''/>"
        f"<id root='{ROOT}.1.12' extension='{stay}'/><id root='{ROOT}.1.13' extension=''/>"
        "<addr use='H'><houseNumber></houseNumber><city>示范市</city></addr>"
        f"<telecom value=''/><patient><id root='{ROOT}.1.3' extension=''/><name>{name}</name>"
        f"<administrativeGenderCode code='2' codeSystem='{ROOT}.2.3.3.4'/><birthTime value='19500101'/>"
        "<age value='76' unit='岁'/></patient></patientRole></recordTarget>"
        f"<author><time value='20260302'/><assignedAuthor><id root='{ROOT}.1.7' extension=''/>"
        "<assignedPerson><name>医师甲</name></assignedPerson></assignedAuthor></author>"
        f"<custodian><assignedCustodian><representedCustodianOrganization><id root='{ROOT}.1.5' "
        "extension='H44098300001'/><name>示范医院</name></representedCustodianOrganization></assignedCustodian>"
        "</custodian><relatedDocument typeCode='RPLC'><parentDocument><id/><setId/><versionNumber/>"
        "</parentDocument></relatedDocument><componentOf><encompassingEncounter><effectiveTime>"
        "<low value='20260220'/><high value='20260302'/></effectiveTime><location><healthCareFacility>"
        f"<serviceProviderOrganization>{DEPARTMENT}</serviceProviderOrganization></healthCareFacility></location>"
        "</encompassingEncounter></componentOf><component><structuredBody>"
        + "".join(f"<component>{section}</component>" for section in sections)
        + "</structuredBody></component></ClinicalDocument>"
    )


def section(code: str, *entries: str) -> str:
    said = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f"<section><code code='{code}' codeSystem='2.16.840.1.113883.6.1'/><text/>{said}</section>"


def element(code: str, value: str, inside: str = "", *, name: str = "") -> str:
    return (
        f"<observation classCode='OBS' moodCode='EVN'><code code='{code}' codeSystem='{ROOT}.2.2.1' "
        f"displayName='{name}'/>{value}{inside}</observation>"
    )


def words(text: str) -> str:
    return f"<value xsi:type='ST'>{text}</value>"


def coded(code: str, system: str, name: str = "") -> str:
    return f"<value xsi:type='CD' code='{code}' codeSystem='{ROOT}.{system}' displayName='{name}'/>"


def amount(value: str, unit: str) -> str:
    return f"<value xsi:type='PQ' value='{value}' unit='{unit}'/>"


def organizer(*parts: str) -> str:
    inside = "".join(f"<component>{part}</component>" for part in parts)
    return f"<organizer classCode='CLUSTER' moodCode='EVN'><statusCode/>{inside}</organizer>"


def read(text: str) -> Reading:
    reading = reader().read(text.encode(), source="H44098300001")
    for body in reading.resources:
        assert problems_of(written(body)) == []
    return reading


def of(reading: Reading, type_: str) -> list[Json]:
    bodies = [json.loads(written(body)) for body in reading.resources]
    return [body for body in bodies if body["resourceType"] == type_]


def test_a_front_page() -> None:
    principal = organizer(
        element("DE05.01.025.00", words("不稳定型心绞痛"), name="出院诊断-疾病名称"),
        element("DE05.01.024.00", coded("I20.000", "2.3.3.11.3"), name="出院诊断-疾病编码"),
        element("DE09.00.104.00", coded("1", "2.3.1.253", "有"), name="入院病情代码"),
    )
    empty = organizer(
        element("DE05.01.025.00", words("")), element("DE05.01.024.00", coded("", "2.3.3.11.3"))
    )
    operation = (
        f"<procedure classCode='PROC' moodCode='EVN'><code code='36.0600' codeSystem='{ROOT}.2.3.3.12'/>"
        "<statusCode/><effectiveTime value='20260223'/><entryRelationship typeCode='COMP'>"
        + element("DE06.00.094.00", words("冠状动脉支架置入术"))
        + "</entryRelationship></procedure>"
    )
    reading = read(
        document(
            "C0032",
            section("11535-2", principal, empty),
            section("47519-4", operation),
            section("8648-8", element("DE06.00.310.00", amount("10", "天"))),
        )
    )
    assert reading.kind == "C0032"
    (condition,) = of(reading, "Condition")
    assert condition["code"]["text"] == "不稳定型心绞痛"
    assert [each["code"] for each in condition["code"]["coding"]] == ["I20.000"]
    (procedure,) = of(reading, "Procedure")
    assert procedure["code"]["text"] == "冠状动脉支架置入术"
    assert procedure["performedDateTime"] == "2026-02-23"
    (encounter,) = of(reading, "Encounter")
    assert encounter["class"]["code"] == "IMP"
    assert encounter["length"]["value"] == 10
    assert encounter["serviceType"]["text"] == "心内科"
    assert encounter["period"] == {"start": "2026-02-20", "end": "2026-03-02"}
    (patient,) = of(reading, "Patient")
    assert patient["identifier"] == [{"system": f"urn:oid:{ROOT}.1.12", "value": "ZY0001"}]
    assert "telecom" not in patient


def test_a_discharge_summary_with_diagnoses_of_both_medicines() -> None:
    reading = read(
        document(
            "C0053",
            section("11450-4", element("DE05.10.148.00", words("反复胸闷3天入院。"))),
            section(
                "11535-2",
                element("DE05.01.024.00", coded("I20.000", "2.3.3.11.5", "不稳定型心绞痛")),
                element(
                    "DE05.10.130.00", coded("BNX020", "2.3.3.14", "胸痹心痛病"), name="出院诊断-中医病名代码"
                ),
                element("DE05.10.130.00", coded("", "2.3.3.14"), name="出院诊断-中医证候代码"),
            ),
            section("8648-8", element("DE06.00.296.00", words("予抗血小板治疗，好转。"))),
        )
    )
    names = {each["code"]["text"] for each in of(reading, "Condition")}
    assert names == {"不稳定型心绞痛", "胸痹心痛病"}
    (chinese,) = (each for each in of(reading, "Condition") if each["code"]["text"] == "胸痹心痛病")
    assert chinese["code"]["coding"][0]["code"] == "BNX020"
    assert chinese["note"][0]["text"] == "出院诊断-中医病名代码"
    findings = {each["valueString"] for each in of(reading, "Observation")}
    assert findings == {"反复胸闷3天入院。", "予抗血小板治疗，好转。"}


def test_vital_signs() -> None:
    reading = read(
        document(
            "C0020",
            section(
                "8716-3",
                element("DE04.10.081.00", amount("18", "次/min"), name="呼吸频率(次/min)"),
                element("DE04.10.186.00", amount("36.8", "C"), name="体温(C)"),
                element("DE04.10.118.00", amount("", "次/min")),
                organizer(
                    element("DE04.10.174.00", amount("132", "mmHg")),
                    element("DE04.10.176.00", amount("85", "mmHg")),
                ),
            ),
        )
    )
    found = {
        each["code"]["coding"][0]["code"]: (each["valueQuantity"]["value"], each["valueQuantity"]["code"])
        for each in of(reading, "Observation")
    }
    assert found == {
        "9279-1": (18, "/min"),
        "8310-5": (36.8, "Cel"),
        "8480-6": (132, "mm[Hg]"),
        "8462-4": (85, "mm[Hg]"),
    }


def test_orders() -> None:
    def order(kind: str, text: str) -> str:
        return organizer(
            element("DE06.00.289.00", coded("01", "2.3.1.268", kind)), element("DE06.00.288.00", words(text))
        )

    reading = read(
        document("C0052", section("46209-3", order("药品", "阿司匹林肠溶片"), order("检验", "血常规")))
    )
    (drug,) = of(reading, "MedicationRequest")
    assert drug["medicationCodeableConcept"]["text"] == "阿司匹林肠溶片"
    (test,) = of(reading, "ServiceRequest")
    assert test["code"]["text"] == "血常规"
    assert test["category"][0]["text"] == "检验"


@pytest.mark.parametrize("code", ["DE05.01.024.00", "DE05.10.130.00", "DE02.10.023.00"])
def test_what_is_denied_is_never_said_as_so(code: str) -> None:
    denied = element(code, coded("I20.000", "2.3.3.11", "心绞痛")).replace(
        "<observation", "<observation negationInd='true'"
    )
    reading = read(document("C0034", section("29548-5", denied)))
    for each in (*of(reading, "Condition"), *of(reading, "AllergyIntolerance")):
        assert each["verificationStatus"]["coding"][0]["code"] == "refuted"


def test_patients_and_documents_without_numbers_are_not_one() -> None:
    texts = [document("C0034", section("29548-5"), stay="", name=name) for name in ("合成甲", "合成乙")]
    first, second = (read(text.replace("extension='D-C0034'", "extension=''")) for text in texts)
    for type_ in ("Patient", "Composition", "DocumentReference", "Encounter"):
        assert of(first, type_)[0]["id"] != of(second, type_)[0]["id"], type_


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_template_and_by_its_code(kind: str) -> None:
    diagnosis = element("DE05.01.024.00", coded("I10.x00", "2.3.3.11", "高血压"))
    whole = document(kind, section("29548-5", diagnosis))
    for text in (
        whole,
        whole.replace(f"<code code='{kind}' codeSystem='{ROOT}.2.4'/>", ""),
        whole.replace(f"<templateId root='{ROOT}.2.1.1.{20 + int(kind[1:])}'/>", ""),
    ):
        reading = read(text)
        assert reading.kind == kind
        (condition,) = of(reading, "Condition")
        assert condition["code"]["coding"][0]["code"] == "I10.x00"
        (reference,) = of(reading, "DocumentReference")
        assert reference["category"][0]["coding"][0]["code"] == kind
