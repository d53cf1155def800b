"""The header of a document: whose it is, what it is, and what it may lack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Invalid
from tests.support.cda_texts import PATIENT, PRESSURE, document, reader, section

Json = dict[str, Any]
SOUND = document(section("8716-3", PRESSURE))
CODE = "<code code='34133-9' codeSystem='2.16.840.1.113883.6.1'/>"
DATE = "<effectiveTime value='202401021530+0800'/>"
IDENTITY = "<id root='1.2.3' extension='d1'/>"


def read(text: str) -> dict[str, Json]:
    """One resource of each type."""
    bodies = [json.loads(written(body)) for body in reader().read(text.encode(), source="H1").resources]
    for body in bodies:
        assert problems_of(written(body)) == []
    return {body["resourceType"]: body for body in bodies}


@pytest.mark.parametrize("there", [CODE, DATE, IDENTITY, "<title>摘要</title>"])
def test_what_a_document_does_not_say_of_itself_does_not_hide_it(there: str) -> None:
    name = there[1:].split(">")[0].split()[0]
    for instead in ("", f"<{name} nullFlavor='UNK'/>"):
        text = SOUND.replace(there, instead, 1)
        assert text != SOUND
        found = read(text)
        assert found["Composition"]["section"][0]["text"]["div"]
        assert found["Composition"]["title"]
        assert found["Observation"]["valueQuantity"]["value"] == 132


def test_a_document_without_code_is_called_by_its_title() -> None:
    assert read(SOUND.replace(CODE, ""))["Composition"]["type"] == {"text": "摘要"}
    bare = read(SOUND.replace(CODE, "").replace("<title>摘要</title>", ""))["Composition"]
    assert bare["type"]["coding"][0]["code"] == "unknown"


def test_a_document_without_date_has_that_of_its_author_or_says_that_it_is_unknown() -> None:
    author = (
        "<author><time value='20240103'/><assignedAuthor><id root='1.2.7' extension='a'/></assignedAuthor>"
        "</author>"
    )
    of_author = document(section("8716-3", PRESSURE), header=author).replace(DATE, "")
    assert read(of_author)["Composition"]["date"] == "2024-01-03"
    undated = read(SOUND.replace(DATE, ""))["Composition"]
    assert "date" not in undated
    assert undated["_date"]["extension"][0]["valueCode"] == "unknown"


def test_a_document_about_two_patients_is_refused() -> None:
    other = PATIENT.replace("P1", "P2").replace("陈", "林")
    with pytest.raises(Invalid, match="more than one patient") as refused:
        read(document(section("8716-3", PRESSURE), patient=PATIENT + other))
    assert refused.value.problems[0].path.startswith("ClinicalDocument/recordTarget/patientRole")


@pytest.mark.parametrize(
    "again",
    [
        PATIENT,
        PATIENT.replace("P1", "P2"),
        PATIENT.replace("陈", "林"),
        PATIENT.replace("<given>", "\n<given>"),
    ],
)
def test_one_patient_described_twice_is_one(again: str) -> None:
    found = read(document(section("8716-3", PRESSURE), patient=PATIENT + again))
    assert found["Patient"]["name"] == [{"family": "陈", "given": ["样"]}]


NAMELESS_NUMBERS = [
    "<id root='2.16.156.10011.1.2' extension=''/>",
    "<id root='2.16.156.10011.1.2' extension='  '/>",
    "<id root='2.16.156.10011.1.19'/>",
    "<id root='1.2.3.4' extension=''/>",
]


@pytest.mark.parametrize("number", NAMELESS_NUMBERS)
def test_a_number_space_without_number_makes_no_two_patients_one(number: str) -> None:
    """The templates of WS/T 500 have every `id`; an institution that has no such number leaves it empty."""
    told = PATIENT.replace("<id root='1.2.3.4' extension='P1'/>", number)
    first = read(document(section("8716-3", PRESSURE), patient=told))["Patient"]
    second = read(document(section("8716-3", PRESSURE), patient=told.replace("陈", "林")))["Patient"]
    assert "identifier" not in first
    assert first["id"] != second["id"]


def test_an_oid_of_its_own_is_a_number() -> None:
    told = PATIENT.replace("<id root='1.2.3.4' extension='P1'/>", "<id root='1.2.3.4.77'/>")
    found = read(document(section("8716-3", PRESSURE), patient=told))["Patient"]
    assert found["identifier"] == [{"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3.4.77"}]


def test_languages_birthplace_and_religion() -> None:
    more = (
        "<religiousAffiliationCode code='1013' codeSystem='2.16.840.1.113883.5.1076'/>"
        "<birthplace><place><addr><city>信宜市</city></addr></place></birthplace>"
        "<languageCommunication><languageCode code='zh_CN'/></languageCommunication>"
    )
    found = read(
        document(section("8716-3", PRESSURE), patient=PATIENT.replace("</patient>", f"{more}</patient>"))
    )
    patient = found["Patient"]
    by_url = {each["url"].rpartition("/")[2]: each for each in patient["extension"]}
    assert by_url["patient-birthPlace"]["valueAddress"] == {"city": "信宜市"}
    assert by_url["patient-religion"]["valueCodeableConcept"]["coding"][0]["code"] == "1013"
    assert patient["communication"][0]["language"]["coding"][0]["code"] == "zh-CN"
