"""Documents after WS/T 500, synthetic: a reader finds in them what their writer put in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from kangshu.domains.intake.cda.document import Reading
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.validation import problems_of
from kangshu.domains.synthetic.cda.definition import KINDS, Contents, Document, Said
from kangshu.domains.synthetic.cda.document import parse_contents, write_document
from kangshu.kernel.packs.find import default_root
from tests.support.cda_texts import reader

MOMENT = datetime(2026, 3, 2, 10, 30)  # noqa: DTZ001 - as the documents have it, without a zone
PACK = default_root() / "standards" / "wst500"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def contents() -> Contents:
    return parse_contents((PACK / "synthetic.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    rows = [line.split("\t") for line in (PACK / "documents.tsv").read_text("utf-8").splitlines()[1:]]
    return {row[1]: row[4] for row in rows}


def made_of(reading: Reading) -> list[Json]:
    for body in reading.resources:
        assert problems_of(written(body)) == []
    return [json.loads(written(body), parse_float=str) for body in reading.resources]


def found_in(resources: list[Json]) -> set[Said]:
    """What the resources say, in the words of the writer."""
    found: set[Said] = set()
    for each in resources:
        found |= set(_READERS.get(each["resourceType"], lambda _: [])(each))
    return found


def _patient(each: Json) -> list[Said]:
    numbers = [n["value"] for n in each["identifier"] if n["system"] == "urn:oid:2.16.156.10011.1.3"]
    return [("name", each["name"][0]["text"]), *(("identity", number) for number in numbers)]


def _condition(each: Json) -> list[Said]:
    return [("diagnosis", each["code"]["coding"][0]["code"], each["code"]["text"])]


def _allergy(each: Json) -> list[Said]:
    none = any(c["code"] == "716186003" for c in each["code"].get("coding", []))
    return [("no allergy",)] if none else [("allergy", each["code"]["text"])]


def _observation(each: Json) -> list[Said]:
    codes = [coding["code"] for coding in each["code"]["coding"]]
    element = next((code for code in codes if code.startswith("DE")), "")
    amount = each.get("valueQuantity", {})
    if amount and element:
        return [("measure", element, str(amount["value"]), amount["unit"])]
    if amount:
        assert each["referenceRange"][0]["low"]["unit"] == amount["unit"]
        return [("result", codes[0], str(amount["value"]), amount["unit"])]
    return [("finding", element, each["valueString"])]


def _medicine(each: Json) -> list[Said]:
    concept = each["medicationCodeableConcept"]
    dosage = (each.get("dosage") or each["dosageInstruction"])[0]
    dose = dosage["doseAndRate"][0]["doseQuantity"]
    assert dosage["timing"]["code"]["coding"][0]["display"] in ("qd", "bid", "tid")
    return [("medicine", concept["coding"][0]["code"], concept["text"], str(dose["value"]), dose["unit"])]


def _report(each: Json) -> list[Said]:
    concluded = [("conclusion", each["conclusion"])] if "conclusion" in each else []
    return [("report", each["code"].get("text", "")), *concluded]


def _encounter(each: Json) -> list[Said]:
    return [("days", str(each["length"]["value"]))] if "length" in each else []


def _composition(each: Json) -> list[Said]:
    shown = " ".join(section.get("text", {}).get("div", "") for section in each["section"])
    kind = each["type"]["coding"][0]["code"]
    return [("document", kind), ("shown", shown)]


_READERS: dict[str, Any] = {
    "Patient": _patient,
    "Condition": _condition,
    "AllergyIntolerance": _allergy,
    "Observation": _observation,
    "MedicationRequest": _medicine,
    "MedicationStatement": _medicine,
    "DiagnosticReport": _report,
    "Procedure": lambda each: [
        ("operation", each["code"]["coding"][0]["code"], each["performedPeriod"]["start"][:10])
    ],
    "Encounter": _encounter,
    "Composition": _composition,
}


def check(document: Document) -> None:
    reading = reader().read(document.xml, source="H44099900001")
    assert reading.kind == document.kind
    found = found_in(made_of(reading))
    (shown,) = (each[1] for each in found if each[0] == "shown")
    missing = document.said - found
    # What has no map stays to be read in the narrative.
    left = {each for each in missing if each[0] == "narrative" and each[1] in shown}
    assert missing - left == set(), document.kind
    extra = {each for each in found - document.said if each[0] not in ("shown", "report")}
    assert extra == set(), document.kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_was_written_into_it(
    kind: str, contents: Contents, titles: dict[str, str]
) -> None:
    for number in range(5):
        check(
            write_document(
                contents,
                kind,
                seed=7,
                number=number,
                institution="H44099900001",
                titles=titles,
                moment=MOMENT,
            )
        )


def test_the_same_seed_writes_the_same_document(contents: Contents, titles: dict[str, str]) -> None:
    def write(seed: int) -> bytes:
        return write_document(
            contents, "C0002", seed=seed, number=1, institution="H1", titles=titles, moment=MOMENT
        ).xml

    assert write(1) == write(1)
    assert write(1) != write(2)
    assert "合成数据" in write(1).decode()


def test_a_prescription_is_asked_for_and_a_visit_has_its_class_and_department(
    contents: Contents, titles: dict[str, str]
) -> None:
    document = write_document(
        contents, "C0004", seed=3, number=1, institution="H1", titles=titles, moment=MOMENT
    )
    resources = made_of(reader().read(document.xml, source="H1"))
    by_type = {each["resourceType"]: each for each in resources}
    assert by_type["MedicationRequest"]["authoredOn"] == "2026-03-02T10:30:00+08:00"
    assert by_type["Encounter"]["class"]["code"] == "AMB"
    assert by_type["Encounter"]["serviceType"]["text"]
    assert by_type["DocumentReference"]["category"][0]["coding"][0]["display"] == "西药处方"
    assert by_type["Patient"]["gender"] in ("male", "female")
