"""patch through HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

JSON_PATCH = {"content-type": "application/json-patch+json"}


def stored(fhir: TestClient) -> str:
    id = str(uuid4())
    text = (
        '{"resourceType":"Observation","id":"ID","status":"final","code":{"text":"x"},'
        '"valueQuantity":{"value":1.50},"component":[{"code":{"text":"y"},"valueQuantity":{"value":1e3}}]}'
    )
    body = text.replace("ID", id)
    fhir.put(f"/fhir/Observation/{id}", content=body, headers={"content-type": "application/fhir+json"})
    return f"/fhir/Observation/{id}"


def patched(fhir: TestClient, where: str, operations: Any, **headers: str) -> Any:
    return fhir.patch(where, content=json.dumps(operations), headers={**JSON_PATCH, **headers})


def parameters(**parts: Any) -> dict[str, Any]:
    listed = [{"name": name, **value} for name, value in parts.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": listed}]}


def test_a_json_patch_changes_what_it_names_and_nothing_else(fhir: TestClient) -> None:
    where = stored(fhir)
    answer = patched(fhir, where, [{"op": "replace", "path": "/status", "value": "amended"}])
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    text = fhir.get(where).text
    assert '"status":"amended"' in text
    assert '"value":1.50}' in text
    assert '"value":1e3}' in text


def test_a_fhirpath_patch_changes_what_it_names_and_nothing_else(fhir: TestClient) -> None:
    where = stored(fhir)
    patch = parameters(
        type={"valueCode": "replace"},
        path={"valueString": "Observation.status"},
        value={"valueCode": "amended"},
    )
    answer = fhir.patch(where, json=patch, headers={"content-type": "application/fhir+json"})
    assert answer.status_code == 200
    assert '"status":"amended"' in answer.text
    assert '"value":1e3}' in answer.text


def test_a_merge_patch_changes_what_it_names_and_nothing_else(fhir: TestClient) -> None:
    where = stored(fhir)
    answer = fhir.patch(where, json={"status": "amended", "component": None})
    assert answer.status_code == 200
    assert answer.json()["status"] == "amended"
    assert "component" not in answer.json()
    assert '"value":1.50}' in answer.text


def test_a_conditional_patch(fhir: TestClient) -> None:
    where = stored(fhir)
    id = where.rpartition("/")[2]
    replace = [{"op": "replace", "path": "/status", "value": "amended"}]
    assert patched(fhir, f"/fhir/Observation?_id={id}", replace).status_code == 200
    assert patched(fhir, f"/fhir/Observation?_id={uuid4()}", replace).status_code == 404


def test_a_patch_of_another_version_is_refused(fhir: TestClient) -> None:
    where = stored(fhir)
    replace = [{"op": "replace", "path": "/status", "value": "amended"}]
    assert patched(fhir, where, replace, **{"if-match": 'W/"3"'}).status_code == 412
    assert patched(fhir, where, replace, **{"if-match": 'W/"1"'}).status_code == 200


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"op": "remove", "path": "/nope"}], 422),
        ([{"op": "test", "path": "/status", "value": "x"}], 422),
        ([{"op": "replace", "path": "/id", "value": "other"}], 422),
        ([{"op": "replace", "path": "/status", "value": 5}], 422),
        ([{"op": "remove", "path": "/status"}], 422),
        ([{"op": "replace", "path": "", "value": []}], 422),
        ([{"op": "nope", "path": "/status"}], 400),
        ([{"path": "/status"}], 400),
        ([1], 400),
        ({"op": "remove"}, 400),
        ([{"op": "copy", "from": "", "path": "/x"}] * 30, 400),
        ([{"op": "add", "path": "/component/99", "value": {}}], 422),
        ([{"op": "add", "path": "status", "value": {}}], 422),
        ([{"op": "move", "from": "/status", "path": 7}], 422),
    ],
)
def test_a_patch_that_cannot_be_applied_is_refused(fhir: TestClient, operations: Any, status: int) -> None:
    where = stored(fhir)
    answer = patched(fhir, where, operations)
    assert answer.status_code in (status, 400), answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert fhir.get(where).headers["etag"] == 'W/"1"'


def test_other_kinds_of_patch_are_not_supported(fhir: TestClient) -> None:
    answer = fhir.patch(stored(fhir), content=b"<x/>", headers={"content-type": "application/xml-patch+xml"})
    assert answer.status_code == 415
    assert "application/json-patch+json" in answer.headers["accept-patch"]


def test_a_patch_of_what_is_not_there(fhir: TestClient) -> None:
    assert patched(fhir, f"/fhir/Patient/{uuid4()}", []).status_code == 404


def test_patches_at_once_are_all_applied(fhir: TestClient) -> None:
    where = stored(fhir)

    def add(number: int) -> int:
        note = [{"op": "add", "path": "/component/-", "value": {"code": {"text": f"n{number}"}}}]
        return patched(fhir, where, note).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(add, range(12))) == {200}
    assert len(fhir.get(where).json()["component"]) == 13
