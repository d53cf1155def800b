"""batch and transaction."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

from starlette.testclient import TestClient

Json = dict[str, Any]


def entry(method: str, url: str, resource: Json | None = None, full_url: str = "", **request: str) -> Json:
    made: Json = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    if full_url:
        made["fullUrl"] = full_url
    return made


def post(fhir: TestClient, kind: str, *entries: Json, **headers: str) -> Any:
    return fhir.post(
        "/fhir", json={"resourceType": "Bundle", "type": kind, "entry": list(entries)}, headers=headers
    )


def patient(**more: Any) -> Json:
    return {"resourceType": "Patient", **more}


def observation(subject: str, **more: Any) -> Json:
    reference = {"reference": subject}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": reference,
        **more,
    }


def statuses(answer: Any) -> list[str]:
    return [each["response"]["status"][:3] for each in answer.json()["entry"]]


def id_of(answer: Any, position: int) -> str:
    return answer.json()["entry"][position]["response"]["location"].split("/")[-3]


def test_references_between_entries_lead_to_where_they_are_stored(fhir: TestClient) -> None:
    urn = f"urn:uuid:{uuid4()}"
    narrative = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{urn}">p</a></div>',
    }
    answer = post(
        fhir,
        "transaction",
        entry("POST", "Observation", observation(urn, text=narrative, identifier=[{"value": urn}])),
        entry("POST", "Patient", patient(), full_url=urn),
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "transaction-response"
    assert statuses(answer) == ["201", "201"]
    stored = fhir.get(f"/fhir/Observation/{id_of(answer, 0)}").json()
    assert stored["subject"]["reference"] == f"Patient/{id_of(answer, 1)}"
    assert f'href="Patient/{id_of(answer, 1)}"' in stored["text"]["div"]
    assert stored["identifier"][0]["value"] == urn


def test_relative_references_follow_a_full_url(fhir: TestClient) -> None:
    base = "http://elsewhere.example/fhir"
    answer = post(
        fhir,
        "transaction",
        entry("POST", "Patient", patient(id="1"), full_url=f"{base}/Patient/1"),
        entry("POST", "Observation", observation("Patient/1"), full_url=f"{base}/Observation/2"),
    )
    stored = fhir.get(f"/fhir/Observation/{id_of(answer, 1)}").json()
    assert stored["subject"]["reference"] == f"Patient/{id_of(answer, 0)}"


def test_numbers_in_a_transaction_keep_their_spelling(fhir: TestClient) -> None:
    text = json.dumps(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [entry("POST", "Observation", observation("Patient/x", valueQuantity={"value": 12345}))],
        }
    ).replace("12345", "1.500")
    answer = fhir.post("/fhir", content=text, headers={"content-type": "application/fhir+json"})
    assert '"value":1.500}' in fhir.get(f"/fhir/Observation/{id_of(answer, 0)}").text


def test_all_of_a_transaction_or_nothing(fhir: TestClient) -> None:
    id = str(uuid4())
    answer = post(
        fhir,
        "transaction",
        entry("PUT", f"Patient/{id}", patient(id=id)),
        entry("POST", "Patient", patient(gender=["no"])),
    )
    assert answer.status_code == 422
    places = [place for issue in answer.json()["issue"] for place in issue["expression"]]
    assert {place.partition("[0]")[0] for place in places} <= {"Bundle.entry[1].resource.gender"}
    assert fhir.get(f"/fhir/Patient/{id}").status_code == 404


def test_entries_are_worked_through_in_the_order_of_the_standard(fhir: TestClient) -> None:
    old, new = str(uuid4()), str(uuid4())
    fhir.put(f"/fhir/Patient/{old}", json=patient(id=old))
    answer = post(
        fhir,
        "transaction",
        entry("GET", f"Patient/{new}"),
        entry("PUT", f"Patient/{new}", patient(id=new)),
        entry("DELETE", f"Patient/{old}"),
    )
    assert statuses(answer) == ["200", "201", "204"]
    assert answer.json()["entry"][0]["resource"]["id"] == new
    assert fhir.get(f"/fhir/Patient/{old}").status_code == 410


def test_a_resource_stands_only_once_in_a_transaction(fhir: TestClient) -> None:
    id = str(uuid4())
    twice = entry("PUT", f"Patient/{id}", patient(id=id))
    answer = post(fhir, "transaction", twice, twice)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["code"] == "duplicate"
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert fhir.get(f"/fhir/Patient/{id}").status_code == 404


def test_conditions_in_a_transaction(fhir: TestClient) -> None:
    value, urn = str(uuid4()), f"urn:uuid:{uuid4()}"
    named = patient(identifier=[{"system": "urn:x", "value": value}])
    condition = f"identifier=urn:x|{value}"
    first = post(fhir, "transaction", entry("POST", "Patient", named, urn, ifNoneExist=condition))
    again = post(
        fhir,
        "transaction",
        entry("POST", "Patient", named, urn, ifNoneExist=condition),
        entry("POST", "Observation", observation(urn)),
        entry("POST", "Observation", observation(f"Patient?{condition}")),
    )
    assert statuses(first) == ["201"]
    assert statuses(again) == ["200", "201", "201"]
    for position in (1, 2):
        stored = fhir.get(f"/fhir/Observation/{id_of(again, position)}").json()
        assert stored["subject"]["reference"] == f"Patient/{id_of(first, 0)}"
    changed = post(fhir, "transaction", entry("PUT", f"Patient?{condition}", {**named, "gender": "male"}))
    assert statuses(changed) == ["200"]
    assert id_of(changed, 0) == id_of(first, 0)
    gone = post(fhir, "transaction", entry("DELETE", f"Patient?{condition}"))
    assert statuses(gone) == ["204"]
    lost = post(fhir, "transaction", entry("POST", "Observation", observation(f"Patient?{condition}")))
    assert lost.status_code == 412


def test_versions_and_patches_in_a_transaction(fhir: TestClient) -> None:
    id = str(uuid4())
    fhir.put(f"/fhir/Patient/{id}", json=patient(id=id))
    operations = json.dumps([{"op": "add", "path": "/gender", "value": "male"}]).encode()
    binary = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": base64.b64encode(operations).decode(),
    }
    stale = post(fhir, "transaction", entry("PUT", f"Patient/{id}", patient(id=id), ifMatch='W/"9"'))
    assert stale.status_code == 412
    answer = post(fhir, "transaction", entry("PATCH", f"Patient/{id}", binary, ifMatch='W/"1"'))
    assert statuses(answer) == ["200"]
    assert fhir.get(f"/fhir/Patient/{id}").json()["gender"] == "male"


def test_a_reference_to_no_entry_is_refused(fhir: TestClient) -> None:
    answer = post(fhir, "transaction", entry("POST", "Observation", observation(f"urn:uuid:{uuid4()}")))
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[0]"]


def test_entries_of_a_batch_stand_for_themselves(fhir: TestClient) -> None:
    id = str(uuid4())
    answer = post(
        fhir,
        "batch",
        entry("PUT", f"Patient/{id}", patient(id=id)),
        entry("GET", f"Patient/{id}"),
        entry("GET", f"Patient/{uuid4()}"),
        entry("GET", f"Patient?_id={id}"),
        entry("POST", "Patient", patient(gender=["no"])),
        entry("GET", "metadata"),
        entry("GET", "http://elsewhere.example/Patient/1"),
        {"request": {"method": "TRACE", "url": "Patient"}},
        {},
        entry("POST", "$export", patient()),
        entry("DELETE", f"Patient/{id}"),
    )
    assert answer.status_code == 200
    assert answer.json()["type"] == "batch-response"
    assert statuses(answer) == ["201", "200", "404", "200", "422", "200", "400", "400", "400", "400", "204"]
    entries = answer.json()["entry"]
    assert entries[1]["resource"]["id"] == id
    assert entries[3]["resource"]["total"] == 1
    assert entries[2]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_other_bundles_are_refused_with_a_hint(fhir: TestClient) -> None:
    for body in ({"resourceType": "Bundle", "type": "collection"}, patient(), {"resourceType": "Bundle"}):
        assert fhir.post("/fhir", json=body).status_code == 400
    wrong = {"resourceType": "Bundle", "type": "transaction", "entry": 1}
    assert fhir.post("/fhir", json=wrong).status_code == 400
    empty = post(fhir, "transaction")
    assert (empty.status_code, empty.json()) == (
        200,
        {"resourceType": "Bundle", "type": "transaction-response"},
    )
