"""What institutions send in their formats: together all there is; faults of documents are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import orjson
import pytest

from kangshu.app.demonstration_messages import batches, elsewhere
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.cda.document import parse_contents
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.faults.documents import DOCUMENT_FAULTS
from kangshu.domains.synthetic.sending import Sent, send_cda
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.find import default_root, find_packs
from tests.support.cda_texts import reader as cda_reader
from tests.support.hl7 import resources

HOSPITAL, CHINESE_MEDICINE = "H44099900001", "H44099900002"


@pytest.fixture(scope="module")
def documents(hamlet: Population) -> list[Sent]:
    contents = parse_contents((default_root() / "standards" / "wst500" / "synthetic.toml").read_text("utf-8"))
    return list(send_cda(hamlet, CHINESE_MEDICINE, contents, since=date(2000, 1, 1), faults=0))


def test_the_laboratory_of_the_hospital_loses_no_result_to_faults(hamlet: Population) -> None:
    reader = Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))
    tests = hamlet.county.tests
    there = Counter(
        (reading.test, reading.at.isoformat())
        for visit in hamlet.visits
        if visit.org == HOSPITAL
        for reading in visit.readings
        if tests[reading.test].kind == "laboratory"
    )
    local = {
        row.code: row.standard
        for row in hamlet.county.local_codes.values()
        if (row.institution, row.kind) == (HOSPITAL, "test")
    }
    found = set[tuple[str, str]]()
    for org, batch in batches(hamlet):
        if org == HOSPITAL:
            for each in resources(reader, batch, org):
                if each["resourceType"] == "Observation" and "effectiveDateTime" in each:
                    code: str = each["code"]["coding"][0]["code"]
                    found.add((str(local.get(code, code)), each["effectiveDateTime"][:19]))
    assert len(there) > 100
    # Only what was dated into the future is there under another day alone.
    future = {each for each in found if each not in there}
    lost = set(there) - found
    assert len(lost) <= len(future) < 0.03 * len(there)


def test_what_is_sent_elsewhere_is_not_in_the_bundles(hamlet: Population) -> None:
    tests = {code for code, each in hamlet.county.tests.items() if each.kind == "laboratory"}
    apart = elsewhere(hamlet.county)
    codes = Counter[str]()
    whole = {org: part for org, part in apart.items() if part == "all"}
    for org, bundle in bundles(hamlet, apart):
        for entry in orjson.loads(bundle)["entry"]:
            resource = entry["resource"]
            assert org not in whole or resource["resourceType"] != "Patient"
            if org == HOSPITAL and resource["resourceType"] == "Observation":
                codes[resource["code"]["coding"][0]["code"]] += 1
    assert codes
    assert not tests & set(codes)


def test_documents_are_about_the_residents_and_their_illnesses(
    hamlet: Population, documents: list[Sent]
) -> None:
    keys = {each.id_number for each in hamlet.registrations if each.org == CHINESE_MEDICINE}
    known = {code for visit in hamlet.visits if visit.org == CHINESE_MEDICINE for code in visit.conditions}
    assert len(documents) > 5
    for each in documents:
        found = cda_reader().read(each.content, source=each.org).resources
        patients = [body for body in found if body["resourceType"] == "Patient"]
        numbers = {n["value"] for n in patients[0]["identifier"] if n["system"].endswith("10011.1.3")}
        assert numbers <= keys
        diagnoses = [body for body in found if body["resourceType"] == "Condition"]
        assert {body["code"]["coding"][0]["code"] for body in diagnoses} <= known
        assert diagnoses


def test_documents_say_what_was_measured_and_given_and_nothing_else(
    hamlet: Population, documents: list[Sent]
) -> None:
    visits = [each for each in hamlet.visits if each.org == CHINESE_MEDICINE and each.conditions]
    laboratory = {code for code, each in hamlet.county.tests.items() if each.kind == "laboratory"}
    said, given = Counter[tuple[str, float]](), Counter[str]()
    for each in documents:
        for body in cda_reader().read(each.content, source=each.org).resources:
            if body["resourceType"] == "Observation" and "valueQuantity" in body:
                said[body["code"]["coding"][0]["code"], float(body["valueQuantity"]["value"])] += 1
            given[body["resourceType"]] += 1
    there = Counter(
        (reading.test, round(reading.value, hamlet.county.tests[reading.test].decimals))
        for visit in visits
        for reading in visit.readings
    )
    assert {key: count for key, count in said.items() if key[0] in laboratory} == {
        key: count for key, count in there.items() if key[0] in laboratory
    }
    assert not set(said) - set(there)
    assert given["MedicationRequest"] + given["MedicationStatement"] == sum(
        len(each.prescriptions) for each in visits
    )
    assert given["Procedure"] == sum(len(each.procedures) for each in visits)
    assert not given["AllergyIntolerance"]


def test_a_broken_document_is_refused_and_the_others_are_read(documents: list[Sent]) -> None:
    raw, org = documents[0].content, CHINESE_MEDICINE
    right = cda_reader().read(raw, source=org)
    with pytest.raises(Invalid):
        cda_reader().read(DOCUMENT_FAULTS["broken_xml"](raw), source=org)
    other = cda_reader().read(DOCUMENT_FAULTS["wrong_template"](raw), source=org)
    assert other.kind != right.kind
    # What a section said is missing, and nobody is told: a section that must be there is not asked for yet.
    less = cda_reader().read(DOCUMENT_FAULTS["missing_section"](raw), source=org)
    assert len(less.resources) <= len(right.resources)
    assert _sections(less.resources) == _sections(right.resources) - 1


def _sections(found: Iterable[Mapping[str, Any]]) -> int:
    (composition,) = [each for each in found if each["resourceType"] == "Composition"]
    return len(composition["section"])
