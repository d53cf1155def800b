"""Bulk export: kick-off, progress, files, cancelling, taking up after a kill."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.export_state import read_state, write_state
from kangshu.interfaces.web.fhir.routes import make_service
from tests.http.fhir.conftest import client_of

ASYNC = {"prefer": "respond-async", "accept": "application/fhir+json"}


def finished(fhir: TestClient, where: str) -> dict[str, Any]:
    for _ in range(200):
        answer = fhir.get(where)
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code == 202, answer.text
        assert answer.headers["x-progress"]
        assert int(answer.headers["retry-after"]) >= 0
        time.sleep(0.05)
    raise AssertionError("the export did not finish")


def export(fhir: TestClient, path: str, **params: str) -> dict[str, list[dict[str, Any]]]:
    """The resources exported, by type."""
    answer = fhir.get(path, params=params, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    manifest = finished(fhir, answer.headers["content-location"])
    assert manifest["requiresAccessToken"] is True
    found: dict[str, list[dict[str, Any]]] = {}
    for output in manifest["output"] + manifest["deleted"]:
        file = fhir.get(output["url"])
        assert file.headers["content-type"] == "application/fhir+ndjson"
        lines = [json.loads(line) for line in file.text.splitlines()]
        assert len(lines) == output["count"]
        found.setdefault(output["type"], []).extend(lines)
    return found


@pytest.fixture(scope="module")
def mark(fhir: TestClient) -> str:
    """Two patients with an observation each, one of them in a group."""
    mark = str(uuid4())
    for name in ("a", "b"):
        id = f"{name}-{mark}"
        fhir.put(f"/fhir/Patient/{id}", json={"resourceType": "Patient", "id": id})
        observation = {
            "resourceType": "Observation",
            "id": id,
            "status": "final" if name == "a" else "amended",
            "code": {"text": "x"},
            "subject": {"reference": f"Patient/{id}"},
        }
        fhir.put(f"/fhir/Observation/{id}", json=observation)
    members = [{"entity": {"reference": f"Patient/a-{mark}"}}]
    group = {"resourceType": "Group", "id": mark, "type": "person", "actual": True, "member": members}
    assert fhir.put(f"/fhir/Group/{mark}", json=group).status_code == 201
    return mark


def ids(found: dict[str, list[dict[str, Any]]], type: str, mark: str) -> set[str]:
    return {each["id"].removesuffix(f"-{mark}") for each in found.get(type, ()) if mark in each["id"]}


def test_a_system_export_holds_everything(fhir: TestClient, mark: str) -> None:
    found = export(fhir, "/fhir/$export")
    assert ids(found, "Patient", mark) == {"a", "b"}
    assert ids(found, "Observation", mark) == {"a", "b"}
    assert mark in {each["id"] for each in found["Group"]}
    assert found["Patient"][0]["meta"]["versionId"]


def test_an_export_of_patients_holds_their_compartments(fhir: TestClient, mark: str) -> None:
    found = export(fhir, "/fhir/Patient/$export", _type="Patient,Observation")
    assert set(found) == {"Patient", "Observation"}
    assert ids(found, "Observation", mark) == {"a", "b"}


def test_an_export_of_a_group_holds_its_members(fhir: TestClient, mark: str) -> None:
    found = export(fhir, f"/fhir/Group/{mark}/$export")
    assert [each["id"] for each in found["Patient"]] == [f"a-{mark}"]
    assert [each["id"] for each in found["Observation"]] == [f"a-{mark}"]
    assert fhir.get(f"/fhir/Group/{uuid4()}/$export", headers=ASYNC).status_code == 404


def test_an_export_can_be_narrowed(fhir: TestClient, mark: str) -> None:
    found = export(
        fhir,
        "/fhir/$export",
        _type="Observation,Patient",
        _typeFilter="Observation?status=amended,final&_id=b-" + mark,
    )
    assert ids(found, "Observation", mark) == {"b"}
    assert ids(found, "Patient", mark) == {"a", "b"}
    late = export(fhir, "/fhir/$export", _type="Observation", _since="2099-01-01T00:00:00Z")
    assert late == {}
    parts = export(fhir, "/fhir/$export", _type="Observation", _elements="status")
    assert all(set(each) == {"resourceType", "id", "meta", "status", "code"} for each in parts["Observation"])


def test_deletions_since_then_are_told(fhir: TestClient) -> None:
    id = str(uuid4())
    body = fhir.put(
        f"/fhir/Basic/{id}", json={"resourceType": "Basic", "id": id, "code": {"text": "x"}}
    ).json()
    fhir.delete(f"/fhir/Basic/{id}")
    found = export(fhir, "/fhir/$export", _type="Basic", _since=body["meta"]["lastUpdated"])
    urls = [each["entry"][0]["request"]["url"] for each in found["Bundle"]]
    assert f"Basic/{id}" in urls


def test_a_kick_off_must_be_asked_for_rightly(app: Any, fhir: TestClient, mark: str) -> None:
    assert fhir.get("/fhir/$export").status_code == 400
    for params in (
        {"_type": "Nope"},
        {"_outputFormat": "text/csv"},
        {"_since": "yesterday"},
        {"_typeFilter": "Patient"},
        {"_typeFilter": "Patient?nope=1"},
        {"nope": "1"},
    ):
        answer = fhir.get("/fhir/$export", params=params, headers=ASYNC)
        assert answer.status_code == 400, params
        assert answer.json()["resourceType"] == "OperationOutcome"
    lenient = {**ASYNC, "prefer": "respond-async, handling=lenient"}
    assert fhir.get("/fhir/Group/$export", headers=ASYNC).status_code == 404
    answer = fhir.get("/fhir/$export", params={"nope": "1", "_type": "Group"}, headers=lenient)
    assert answer.status_code == 202
    refused = client_of(app, "observations").get("/fhir/$export", params={"_type": "Patient"}, headers=ASYNC)
    assert refused.status_code == 403
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Group"}]}
    posted = fhir.post("/fhir/$export", json=body, headers=ASYNC)
    manifest = finished(fhir, posted.headers["content-location"])
    assert {output["type"] for output in manifest["output"]} == {"Group"}


def test_an_export_is_its_owners(app: Any, fhir: TestClient, mark: str) -> None:
    where = fhir.get("/fhir/$export?_type=Patient", headers=ASYNC).headers["content-location"]
    file = finished(fhir, where)["output"][0]["url"]
    stranger = client_of(app, "second")
    assert stranger.get(where).status_code == 404
    assert stranger.get(file).status_code == 404
    assert stranger.delete(where).status_code == 404
    assert client_of(app, None).get(file).status_code == 401
    assert fhir.get(file, headers={"accept-encoding": "identity"}).headers.get("content-encoding") is None
    assert fhir.get(file).headers["content-encoding"] == "gzip"
    assert fhir.get(where + "/state.json").status_code == 404


def test_an_export_can_be_thrown_away(fhir: TestClient, served: Platform) -> None:
    where = fhir.get("/fhir/$export?_type=Patient", headers=ASYNC).headers["content-location"]
    finished(fhir, where)
    assert fhir.delete(where).status_code == 202
    assert fhir.get(where).status_code == 404
    assert not (served.settings.home / "export" / where.rpartition("/")[2]).exists()
    running = fhir.get("/fhir/$export", headers=ASYNC).headers["content-location"]
    assert fhir.delete(running).status_code == 202
    assert fhir.get(running).status_code == 404


def test_an_export_is_taken_up_after_a_kill(fhir: TestClient, served: Platform, mark: str) -> None:
    where = fhir.get("/fhir/$export?_type=Patient,Observation", headers=ASYNC).headers["content-location"]
    finished(fhir, where)
    folder = served.settings.home / "export" / where.rpartition("/")[2]
    state = read_state(folder)
    assert state is not None
    # As a process leaves it that was killed in the middle of the second type.
    (folder / "Observation.ndjson").rename(folder / "Observation.part")
    first = tuple(output for output in state.output if output.type == "Patient")
    write_state(folder, msgspec.structs.replace(state, status="running", finished=("Patient",), output=first))
    service = make_service(served, {})
    for _ in range(200):
        state = service.exports.state(folder.name, "whole")
        if state.status == "done":
            break
        time.sleep(0.05)
    assert {output.type for output in state.output} == {"Patient", "Observation"}
    assert (folder / "Observation.ndjson").exists()
