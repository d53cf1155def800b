"""Intake by HTTP."""

from __future__ import annotations

import gzip
import json
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from tests.http.fhir.conftest import HOSPITAL, client_of
from tests.support.cda_hostile import MARK, REFUSED
from tests.support.cda_texts import PRESSURE, document, section


def lines(mark: str) -> bytes:
    good = [{"resourceType": "Patient", "id": f"{number}-{mark}"} for number in range(3)]
    bad = {"resourceType": "Patient", "id": f"bad-{mark}", "name": "x"}
    return b"\n".join(json.dumps(each).encode() for each in [*good, bad])


def test_ndjson_is_taken_in_line_by_line(app: Any, fhir: TestClient) -> None:
    mark = str(uuid4())[:20]
    where = f"/intake/fhir?source={HOSPITAL}"
    headers = {"content-type": "application/fhir+ndjson"}
    answer = fhir.post(where, content=lines(mark), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["received"] == {"Patient": 4}
    assert answer.json()["stored"] == {"Patient": 3}
    assert answer.json()["quarantined"] == {"Patient": 1}
    assert client_of(app, "hospital").get(f"/fhir/Patient/1-{mark}").status_code == 200
    again = fhir.post(where, content=gzip.compress(lines(mark), mtime=0), headers=headers)
    assert again.json()["stored"] == {}
    assert again.json()["unchanged"] == {"Patient": 3}


def test_a_bundle_is_taken_in(app: Any) -> None:
    ours = client_of(app, "hospital")
    entry = {"resource": {"resourceType": "Patient", "id": str(uuid4())}}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    answer = ours.post("/intake/fhir", json=bundle)
    assert answer.json()["stored"] == {"Patient": 1}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_cda_document_is_set_aside(fhir: TestClient, name: str) -> None:
    headers = {"content-type": "application/hl7-cda+xml"}
    answer = fhir.post(f"/intake/fhir?source={HOSPITAL}", content=REFUSED[name], headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["quarantined"] == {"?": 1}
    assert answer.json()["stored"] == {}
    assert MARK not in answer.text


def test_a_cda_document_is_taken_in(app: Any, fhir: TestClient) -> None:
    where = f"/intake/fhir?source={HOSPITAL}"
    for number, media in enumerate(
        ("application/hl7-cda+xml", "application/xml", "text/xml; charset=gb18030", "")
    ):
        text = document(section("8716-3", PRESSURE.replace("bp1", f"bp{number}")), number=f"http{number}")
        content = f'<?xml version="1.0" encoding="gb18030"?>{text}'.encode("gb18030")
        answer = fhir.post(where, content=content, headers={"content-type": media} if media else {})
        assert answer.status_code == 200, answer.text
        assert answer.json()["stored"]["Observation"] == 1, media
        assert answer.json()["quarantined"] == {}
    found = client_of(app, "hospital").get(
        "/fhir/Observation?code=http://loinc.org|8480-6&value-quantity=132"
    )
    assert found.json()["total"] == 4
    refused = fhir.post(where, content=b"<!DOCTYPE x><x/>", headers={"content-type": "application/xml"})
    assert refused.json()["quarantined"] == {"?": 1}


def test_intake_is_for_those_who_may(app: Any, fhir: TestClient) -> None:
    assert fhir.post("/intake/fhir", json={}).status_code == 400
    assert client_of(app, "hospital").post("/intake/fhir?source=x", json={}).status_code == 403
    assert client_of(app, "reader").post("/intake/fhir?source=x", json={}).status_code == 403
    headers = {"content-type": "text/csv"}
    assert fhir.post("/intake/fhir?source=x", content=b"a,b", headers=headers).status_code == 415


def test_messages_are_taken_by_post_only(fhir: TestClient) -> None:
    answer = fhir.get("/intake/fhir")
    assert (answer.status_code, answer.json()["resourceType"]) == (405, "OperationOutcome")


def test_what_cannot_be_read_is_quarantined(fhir: TestClient) -> None:
    where = f"/intake/fhir?source={HOSPITAL}"
    headers = {"content-type": "application/fhir+json"}
    for content in (b"{", b"\xff", gzip.compress(lines("x"), mtime=0)[:-9], b"[" * 100_000):
        answer = fhir.post(where, content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["quarantined"] == {"?": 1}


@pytest.mark.parametrize("source", ["../../etc", "a b", "x" * 65, "H1\n"])
def test_a_source_that_is_no_code_is_refused(fhir: TestClient, source: str) -> None:
    answer = fhir.post("/intake/fhir", params={"source": source}, json={"resourceType": "Patient"})
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["code"] == "value"


TYPES = {
    "collection": 1,
    "batch": 1,
    "transaction": 1,
    "history": 1,
    "searchset": 1,
    "document": 1,
    "message": 1,
    "batch-response": 0,
    "transaction-response": 0,
}
"""Types of Bundles, and how many patients come in with one that holds a patient."""


@pytest.mark.parametrize("type", TYPES)
def test_every_type_of_bundle_is_taken_by_those_who_may_and_by_nobody_else(
    app: Any, fhir: TestClient, type: str
) -> None:
    mark = str(uuid4())
    patient = {"resourceType": "Patient", "id": mark}
    entry: dict[str, Any] = {"fullUrl": f"urn:uuid:{mark}", "resource": patient}
    if type in ("batch", "transaction", "history"):
        entry["request"] = {"method": "PUT", "url": f"Patient/{mark}"}
    bundle = {"resourceType": "Bundle", "type": type, "entry": [entry]}
    where = f"/intake/fhir?source={HOSPITAL}"
    refused = {
        None: 401,
        "nobody": 401,
        "reader": 403,
        "observations": 403,
        "other": 403,
        "operator": 403,
    }
    for name, status in refused.items():
        answer = client_of(app, name).post(where, json=bundle)
        assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome"), name
    assert fhir.get(f"/fhir/Patient/{mark}").status_code == 404
    answer = client_of(app, "hospital").post(where, json=bundle)
    assert answer.status_code == 200, answer.text
    assert answer.json()["stored"].get("Patient", 0) == TYPES[type], answer.text
    assert fhir.get(f"/fhir/Patient/{mark}").status_code == (200 if TYPES[type] else 404)


def test_who_may_write_a_type_only_sends_no_messages(app: Any) -> None:
    # A message may hold anything, so its token must cover everything.
    answer = client_of(app, "narrow").post("/intake/fhir", json={"resourceType": "Patient"})
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("type", ["", "unheard-of", 7, None])
def test_a_bundle_of_no_type_does_no_harm(fhir: TestClient, type: Any) -> None:
    bundle = {"resourceType": "Bundle", "type": type, "entry": [{"resource": {"resourceType": "Patient"}}]}
    answer = fhir.post(f"/intake/fhir?source={HOSPITAL}", json=bundle)
    assert answer.status_code == 200, answer.text
