"""References however they are written: by canonical address, and with the address of this service."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

BASE = "http://testserver/fhir"


def put(fhir: TestClient, resource: dict[str, Any]) -> None:
    answer = fhir.put(f"/fhir/{resource['resourceType']}/{resource['id']}", json=resource)
    assert answer.status_code in (200, 201), answer.text


def found(fhir: TestClient, path: str, **params: str) -> list[str]:
    answer = fhir.get(f"/fhir/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return sorted(entry["resource"]["id"] for entry in answer.json().get("entry", []))


def test_what_answers_a_form_comes_with_the_form(fhir: TestClient) -> None:
    key = str(uuid4())
    url = f"http://forms.example/Questionnaire/{key}"
    put(fhir, {"resourceType": "Questionnaire", "id": f"f{key[:8]}", "url": url, "status": "active"})
    for id_, form in (("a", url), ("b", f"{url}|2"), ("c", f"{url}-other")):
        answers = {"resourceType": "QuestionnaireResponse", "id": f"{id_}{key[:8]}", "status": "completed"}
        put(fhir, answers | {"questionnaire": form})
    expected = [f"a{key[:8]}", f"b{key[:8]}", f"f{key[:8]}"]
    for revinclude in ("QuestionnaireResponse:questionnaire", "QuestionnaireResponse:*"):
        assert found(fhir, "Questionnaire", url=url, _revinclude=revinclude) == expected


@pytest.mark.parametrize("way", ["put", "transaction", "patch"])
def test_a_reference_that_spells_out_our_address_is_found_like_a_relative_one(
    fhir: TestClient, way: str
) -> None:
    key = str(uuid4())
    put(fhir, {"resourceType": "Patient", "id": f"p-{key}", "name": [{"family": key}]})
    reference = {"reference": f"{BASE}/Patient/p-{key}"}
    observation = {"resourceType": "Observation", "id": f"o-{key}", "status": "final", "code": {"text": "x"}}
    if way == "put":
        put(fhir, observation | {"subject": reference})
    elif way == "transaction":
        request = {"method": "PUT", "url": f"Observation/o-{key}"}
        entry = {"resource": observation | {"subject": reference}, "request": request}
        sent = fhir.post("/fhir", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
        assert sent.status_code == 200, sent.text
    else:
        put(fhir, observation)
        operations = [{"op": "add", "path": "/subject", "value": reference}]
        headers = {"content-type": "application/json-patch+json"}
        sent = fhir.patch(f"/fhir/Observation/o-{key}", json=operations, headers=headers)
        assert sent.status_code == 200, sent.text
    assert found(fhir, "Observation", subject=f"Patient/p-{key}") == [f"o-{key}"]
    assert found(fhir, "Observation", patient=f"{BASE}/Patient/p-{key}") == [f"o-{key}"]
    assert found(fhir, "Observation", **{"subject.family": key}) == [f"o-{key}"]
    assert found(fhir, f"Patient/p-{key}/$everything") == [f"o-{key}", f"p-{key}"]


def test_a_reference_to_another_service_stays_one(fhir: TestClient) -> None:
    key = str(uuid4())
    put(fhir, {"resourceType": "Patient", "id": f"p-{key}"})
    elsewhere = f"http://elsewhere.example/fhir/Patient/p-{key}"
    observation = {"resourceType": "Observation", "id": f"o-{key}", "status": "final", "code": {"text": "x"}}
    put(fhir, observation | {"subject": {"reference": elsewhere}})
    assert found(fhir, "Observation", subject=f"Patient/p-{key}") == []
    assert found(fhir, "Observation", subject=elsewhere) == [f"o-{key}"]


def test_validate_says_when_a_profile_was_not_looked_at(fhir: TestClient) -> None:
    def issues(profile: str) -> list[tuple[str, str]]:
        answer = fhir.post(
            "/fhir/Patient/$validate", params={"profile": profile}, json={"resourceType": "Patient"}
        )
        assert answer.status_code == 200
        return [(issue["severity"], issue["code"]) for issue in answer.json()["issue"]]

    assert issues("http://hl7.org/fhir/StructureDefinition/Patient") == [("information", "informational")]
    assert issues("http://profiles.example/Patient") == [("warning", "not-supported")]
