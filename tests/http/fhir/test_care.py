"""Who has a patient in their care sees what other institutions know of the same person."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from tests.http.fhir.conftest import client_of

HEALTH_CARD = "urn:oid:2.16.156.10011.1.19"


def patient_of(institution: TestClient, number: str) -> str:
    body = {"resourceType": "Patient", "identifier": [{"system": HEALTH_CARD, "value": number}]}
    return institution.post("/fhir/Patient", json=body).json()["id"]


def observed(institution: TestClient, patient: str) -> str:
    body = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{patient}"},
    }
    return institution.post("/fhir/Observation", json=body).json()["id"]


def test_care_opens_the_record_of_the_person(app: Any) -> None:
    ours, theirs, doctor = (client_of(app, name) for name in ("hospital", "other", "doctor"))
    number = uuid4().hex
    patient_of(ours, number)
    elsewhere = patient_of(theirs, number)
    observation = observed(theirs, elsewhere)
    assert doctor.get(f"/fhir/Patient/{elsewhere}").status_code == 200
    found = doctor.get("/fhir/Observation", params={"patient": elsewhere}).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [observation]
    for path in ("", "/_history", "/_history/1"):
        assert doctor.get(f"/fhir/Observation/{observation}{path}").status_code == 200, path
    everything = doctor.get(f"/fhir/Patient/{elsewhere}/$everything").json()
    assert {entry["resource"]["id"] for entry in everything["entry"]} == {elsewhere, observation}


def test_without_care_nothing_is_opened(app: Any) -> None:
    theirs, doctor = client_of(app, "other"), client_of(app, "doctor")
    elsewhere = patient_of(theirs, uuid4().hex)
    observation = observed(theirs, elsewhere)
    assert doctor.get(f"/fhir/Patient/{elsewhere}").status_code == 404
    for path in ("", "/_history", "/_history/1"):
        assert doctor.get(f"/fhir/Observation/{observation}{path}").status_code == 404, path
    assert doctor.get("/fhir/Observation", params={"patient": elsewhere}).json()["total"] == 0
    assert doctor.get(f"/fhir/Patient/{elsewhere}/$everything").status_code == 404
    assert doctor.put(
        f"/fhir/Patient/{elsewhere}", json={"resourceType": "Patient", "id": elsewhere}
    ).status_code in (
        403,
        409,
    )


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("type", ["Patient", "Observation"])
@pytest.mark.parametrize("path", ["{}", "{}/_history", "{}/_history/1", "{}/$everything", "?_id={}"])
def test_what_is_out_of_reach_cannot_be_told_from_what_is_not_there(
    app: Any, path: str, type: str, deleted: bool
) -> None:
    theirs, doctor = client_of(app, "other"), client_of(app, "doctor")
    patient = patient_of(theirs, uuid4().hex)
    hidden = patient if type == "Patient" else observed(theirs, patient)
    if deleted:
        theirs.delete(f"/fhir/{type}/{hidden}")
    absent = str(uuid4())

    def seen(id: str) -> tuple[int, dict[str, str], str]:
        where = path.format(id)
        answer = doctor.get(f"/fhir/{type}{where}" if where[0] == "?" else f"/fhir/{type}/{where}")
        headers = {name: value for name, value in answer.headers.items() if name != "date"}
        return answer.status_code, headers, answer.text.replace(id, "ID")

    assert seen(hidden) == seen(absent)
