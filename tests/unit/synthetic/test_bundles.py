"""Messages are what a FHIR interface would send: valid, complete in themselves, marked as synthetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import fhirkit
import orjson
import pytest

from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Population

Message = tuple[str, bytes]
FEEDS = {"transaction_put", "transaction_uuid", "transaction_conditional", "collection"}


@pytest.fixture(scope="module")
def parsed(messages: list[Message]) -> list[tuple[str, dict[str, Any]]]:
    return [(org, orjson.loads(message)) for org, message in messages]


def references(node: Any) -> Iterator[str]:
    """Every Reference.reference, and every URL of an attachment, below a node."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and (key == "reference" or (key == "url" and "contentType" in node)):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_bundle_is_valid(messages: list[Message]) -> None:
    problems = Counter(str(issue) for _, message in messages for issue in fhirkit.validate(message))
    assert problems == Counter()


def test_every_institution_sends_its_staff_first(
    parsed: list[tuple[str, dict[str, Any]]], county: County
) -> None:
    first: dict[str, dict[str, Any]] = {}
    for org, bundle in parsed:
        first.setdefault(org, bundle)
    assert list(first) == list(county.institutions)
    for org, bundle in first.items():
        types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
        assert types[0] == "Organization"
        assert bundle["entry"][0]["resource"]["id"] == org
        assert set(types[1:]) == {"Practitioner", "PractitionerRole"}


def test_references_resolve_inside_the_bundle_or_to_the_staff(
    parsed: list[tuple[str, dict[str, Any]]],
) -> None:
    resources = [entry["resource"] for _, bundle in parsed for entry in bundle["entry"]]
    staff = {
        f"{each['resourceType']}/{each['id']}"
        for each in resources
        if each["resourceType"] in {"Organization", "Practitioner"}
    }
    conditional = {
        f"Practitioner?identifier={key['system']}|{key['value']}"
        for each in resources
        if each["resourceType"] == "Practitioner"
        for key in each["identifier"]
    }
    for _, bundle in parsed:
        own = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]}
        own |= {entry["fullUrl"] for entry in bundle["entry"]}
        assert set(references(bundle)) <= own | staff | conditional


def test_all_forms_of_feed_occur(parsed: list[tuple[str, dict[str, Any]]], county: County) -> None:
    assert {each.feed for each in county.institutions.values()} == FEEDS
    assert {bundle["type"] for _, bundle in parsed} == {"transaction", "collection"}
    written = {
        text.split("/")[0].split("?")[0].split(":")[0] for _, bundle in parsed for text in references(bundle)
    }
    assert {"urn", "Patient", "Practitioner"} <= written


def test_every_resource_is_marked_and_has_an_id_of_its_own(parsed: list[tuple[str, dict[str, Any]]]) -> None:
    ids: Counter[tuple[str, str]] = Counter()
    for _, bundle in parsed:
        for entry in bundle["entry"]:
            resource = entry["resource"]
            ids[resource["resourceType"], resource["id"]] += 1
            assert {"HTEST", "synthetic"} <= {tag["code"] for tag in resource["meta"]["tag"]}
    assert max(ids.values()) == 1


def test_a_bundle_is_about_the_one_patient_it_brings(parsed: list[tuple[str, dict[str, Any]]]) -> None:
    for org, bundle in parsed:
        patients = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Patient"]
        if not patients:
            continue
        assert len(patients) == 1
        patient = patients[0]["resource"]
        assert patient["identifier"][0]["system"] == f"urn:kangshu:org:{org}:patient"
        allowed = {patients[0]["fullUrl"], f"Patient/{patient['id']}"}
        for entry in bundle["entry"]:
            resource = entry["resource"]
            about = resource.get("subject") or resource.get("patient") or resource.get("beneficiary")
            assert about is None or about["reference"] in allowed
            assert about is not None or resource["resourceType"] in {"Patient", "Binary"}


def test_the_kinds_of_facts_the_record_page_shows_all_occur(
    parsed: list[tuple[str, dict[str, Any]]], hamlet: Population
) -> None:
    types = Counter(entry["resource"]["resourceType"] for _, bundle in parsed for entry in bundle["entry"])
    wanted = (
        "Encounter Condition Observation DiagnosticReport ImagingStudy MedicationRequest Immunization "
        "Procedure AllergyIntolerance Flag CareTeam EpisodeOfCare Composition DocumentReference Binary "
        "Coverage RelatedPerson"
    )
    assert set(wanted.split()) <= set(types)
    assert 100 <= sum(types.values()) / len(hamlet.residents) <= 300


def test_bundles_can_be_made_again_from_the_same_population(
    hamlet: Population, messages: list[Message]
) -> None:
    assert next(iter(bundles(hamlet))) == messages[0]
