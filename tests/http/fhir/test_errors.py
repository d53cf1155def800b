"""Every refusal is an OperationOutcome, whatever the route; nothing makes the server fail."""

from __future__ import annotations

import gc
import gzip
import zlib
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.http.fhir.conftest import client_of

JSON = {"content-type": "application/fhir+json"}


def check(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    for issue in body["issue"]:
        assert issue["severity"] in ("fatal", "error", "warning", "information")
        assert issue["diagnostics"]
    return body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/fhir/Nope", 404),
        ("GET", "/fhir/Nope/1", 404),
        ("GET", "/fhir/patient/1", 404),
        ("GET", "/fhir/Patient/nobody", 404),
        ("GET", "/fhir/Patient/a_b", 404),
        ("GET", f"/fhir/Patient/{'x' * 65}", 404),
        ("GET", "/fhir/Patient/1/_history/x", 404),
        ("GET", "/fhir/Patient/1/_history/99999999999999999999", 404),
        ("GET", "/fhir/Patient/1/2/3/4/5", 404),
        ("GET", "/fhir/$nope", 404),
        ("GET", "/fhir/Patient/1/$nope", 404),
        ("GET", "/fhir/_export/nope", 404),
        ("GET", "/fhir/_export/..%2f..%2fetc/passwd", 404),
        ("GET", "/fhir/Patient/%00", 400),
        ("GET", "/fhir/%FF", 404),
        ("PUT", "/fhir/metadata", 405),
        ("BREW", "/fhir/Patient", 405),
        ("TRACE", "/intake/fhir", 405),
        ("POST", "/fhir/Patient/1", 405),
        ("DELETE", "/fhir", 405),
        ("PUT", "/fhir/Patient/a_b", 400),
        ("DELETE", "/fhir/Patient", 400),
        ("GET", "/fhir/*", 404),
    ],
)
def test_addresses_that_lead_nowhere(fhir: TestClient, method: str, path: str, status: int) -> None:
    content = b'{"resourceType":"Patient","id":"a_b"}' if method in ("PUT", "POST") else None
    check(fhir.request(method, path, content=content, headers=JSON), status)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"x"', 400),
        (b'{"resourceType":"Patient","resourceType":"Patient"}', 400),
        (b'{"resourceType":"Patient","gender":"\xff"}', 400),
        (b'{"resourceType":"Patient","gender":"\\u0000"}', 400),
        (b'{"resourceType":"Patient","gender":"\\ud800"}', 400),
        (b'{"resourceType":"Patient","multipleBirthInteger":NaN}', 400),
        (b'{"resourceType":"Observation"}', 400),
        (b'{"resourceType":5}', 400),
        (b"{}", 400),
        (b'{"resourceType":"Patient","gender":"x y "}', 422),
        (b'{"resourceType":"Patient","nope":1}', 422),
        (b'{"resourceType":"Patient","name":"x"}', 422),
        (b'{"resourceType":"Patient","x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", 413),
        (b'{"resourceType":"Patient","x":' + b"[" * 200 + b"]" * 200 + b"}", 413),
        (b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 10_000 + b"}", 422),
    ],
)
def test_bodies_that_are_no_patient(fhir: TestClient, body: bytes, status: int) -> None:
    check(fhir.post("/fhir/Patient", content=body, headers=JSON), status)


def test_problems_name_their_places_and_no_values(fhir: TestClient) -> None:
    body = {"resourceType": "Patient", "birthDate": "secretvalue", "gender": "secretvalue "}
    outcome = check(fhir.post("/fhir/Patient", json=body), 422)
    assert {issue["expression"][0] for issue in outcome["issue"]} == {"Patient.birthDate", "Patient.gender"}
    assert "secretvalue" not in str(outcome)


def test_what_the_client_reads_and_sends_must_be_json(fhir: TestClient) -> None:
    check(fhir.get("/fhir/Patient", headers={"accept": "application/fhir+xml"}), 406)
    check(fhir.get("/fhir/Patient?_format=xml"), 406)
    check(fhir.get("/fhir/Patient", headers={"accept": "application/fhir+json; fhirVersion=5.0"}), 406)
    for accept in ("application/fhir+json", "application/json", "*/*", "text/html, */*;q=0.1"):
        assert fhir.get("/fhir/Patient", headers={"accept": accept}).status_code == 200
    for wanted in ("json", "application/json", "application/fhir+json", "application/fhir%2Bjson"):
        url = f"/fhir/Patient?_format={wanted}"
        assert fhir.get(url, headers={"accept": "application/xml"}).status_code == 200
    body = b'{"resourceType":"Patient"}'
    check(fhir.post("/fhir/Patient", content=body, headers={"content-type": "application/fhir+xml"}), 415)
    utf16 = {"content-type": "application/fhir+json; charset=utf-16"}
    check(fhir.post("/fhir/Patient", content=body, headers=utf16), 415)
    check(fhir.post("/fhir/Patient/_search", content=body, headers=JSON), 415)


def test_compressed_bodies(fhir: TestClient) -> None:
    body = b'{"resourceType":"Patient"}'
    for encoding, packed in (("gzip", gzip.compress(body, mtime=0)), ("deflate", zlib.compress(body))):
        headers = {**JSON, "content-encoding": encoding}
        assert fhir.post("/fhir/Patient", content=packed, headers=headers).status_code == 201
        check(fhir.post("/fhir/Patient", content=packed[:-6], headers=headers), 400)
        check(fhir.post("/fhir/Patient", content=b"no", headers=headers), 400)
    two_members = gzip.compress(body[:9], mtime=0) + gzip.compress(body[9:], mtime=0)
    headers = {**JSON, "content-encoding": "gzip"}
    assert fhir.post("/fhir/Patient", content=two_members, headers=headers).status_code == 201
    check(fhir.post("/fhir/Patient", content=two_members[:-6], headers=headers), 400)
    check(fhir.post("/fhir/Patient", content=two_members + b"no", headers=headers), 400)
    bomb = gzip.compress(b" " * (100 << 20), 9, mtime=0)
    check(fhir.post("/fhir/Patient", content=bomb, headers={**JSON, "content-encoding": "gzip"}), 413)
    check(fhir.post("/fhir/Patient", content=body, headers={**JSON, "content-encoding": "br"}), 415)


def test_a_body_over_the_limit_is_not_read(fhir: TestClient) -> None:
    check(fhir.post("/fhir/Patient", content=iter([b" " * (1 << 20)] * 17), headers=JSON), 413)


def test_methods_that_an_address_has_are_named(fhir: TestClient) -> None:
    assert fhir.delete("/fhir/metadata").headers["allow"] == "GET, HEAD, OPTIONS"
    answer = fhir.options("/fhir/Patient/1")
    assert (answer.status_code, answer.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert fhir.get("/fhir/metadata").headers["access-control-allow-origin"] == "*"


def test_without_credentials_only_the_capabilities_are_told(app: Any) -> None:
    anybody = client_of(app, None)
    assert anybody.get("/fhir/metadata").status_code == 200
    for path in ("/fhir/Patient", "/fhir/Patient/1", "/fhir/_history", "/fhir/_export/x", "/fhir/nope"):
        answer = anybody.get(path)
        check(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    check(anybody.post("/intake/fhir", content=b"{}"), 401)
    wrong = client_of(app, "nobody").get("/fhir/Patient")
    check(wrong, 401)
    assert "invalid_token" in wrong.headers["www-authenticate"]


def test_what_the_policy_refuses_is_refused_with_a_reason(app: Any) -> None:
    check(client_of(app, "operator").get("/fhir/Patient"), 403)
    check(client_of(app, "reader").post("/fhir/Patient", json={"resourceType": "Patient"}), 403)
    check(client_of(app, "observations").get("/fhir/Patient/1"), 403)
    stated = {"x-kangshu-purpose": "research"}
    check(client_of(app, "whole").get("/fhir/Patient", headers=stated), 403)


def test_what_others_have_stays_theirs(app: Any, fhir: TestClient) -> None:
    ours, theirs = client_of(app, "hospital"), client_of(app, "other")
    id = ours.post("/fhir/Basic", json={"resourceType": "Basic", "code": {"text": "x"}}).json()["id"]
    changed = {"resourceType": "Basic", "id": id, "code": {"text": "y"}}
    check(theirs.get(f"/fhir/Basic/{id}"), 404)
    check(theirs.put(f"/fhir/Basic/{id}", json=changed), 403)
    assert theirs.delete(f"/fhir/Basic/{id}").status_code == 204
    assert ours.get(f"/fhir/Basic/{id}").json()["meta"]["versionId"] == "1"
    ours.delete(f"/fhir/Basic/{id}")
    check(theirs.put(f"/fhir/Basic/{id}", json=changed), 403)
    assert ours.get(f"/fhir/Basic/{id}").status_code == 410


def test_the_body_of_a_refused_request_is_let_go(fhir: TestClient) -> None:
    answer = fhir.post("/fhir/Patient?" + "a=1&" * 1001, json={"resourceType": "Patient"})
    assert answer.status_code == 413
    # A file that nobody closed would be told now, and a warning fails the test.
    gc.collect()
