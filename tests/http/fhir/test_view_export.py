"""Views of packs by name, and views exported in the background: within the grant, as of one moment."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.export_state import KEPT, read_state, write_state
from kangshu.interfaces.web.fhir.routes import make_service
from tests.http.fhir.conftest import client_of

ASYNC = {"prefer": "respond-async"}
VIEW: dict[str, Any] = {
    "resourceType": "ViewDefinition",
    "name": "basic",
    "status": "active",
    "resource": "Basic",
    "select": [
        {"column": [{"name": "id", "path": "getResourceKey()"}, {"name": "word", "path": "code.text"}]}
    ],
}


@pytest.fixture
def mark(app: Starlette) -> str:
    """A thing of one institution and one of another, under a word of their own."""
    mark = uuid4().hex
    for client in ("hospital", "other"):
        body = {"resourceType": "Basic", "code": {"text": f"{mark} {client}"}}
        assert client_of(app, client).post("/fhir/Basic", json=body).status_code == 201
    return mark


def view_of(mark: str) -> dict[str, Any]:
    return {**VIEW, "where": [{"path": f"code.text.startsWith('{mark}')"}]}


def asked(*views: dict[str, Any], **more: str) -> dict[str, Any]:
    """A question for views, each a part `viewResource` or `viewReference` by its kind."""
    parts = [
        [{"name": "viewResource", "resource": each}]
        if "resourceType" in each
        else [{"name": name, **value} for name, value in each.items()]
        for each in views
    ]
    parameters = [{"name": "view", "part": each} for each in parts]
    parameters += [{"name": name, "valueString": value} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": parameters}


def reference(name: str) -> dict[str, Any]:
    return {"viewReference": {"valueReference": {"reference": name}}}


def told(body: dict[str, Any], name: str) -> Any:
    found = [each for each in body["parameter"] if each["name"] == name]
    return next(value for key, value in found[0].items() if key.startswith("value")) if found else None


def finished(client: TestClient, where: str) -> dict[str, Any]:
    for _ in range(400):
        answer = client.get(where)
        if answer.status_code == 200:
            assert told(answer.json(), "status") == "completed"
            assert answer.headers["expires"]
            return answer.json()
        assert answer.status_code == 202, answer.text
        assert told(answer.json(), "status") in ("accepted", "in-progress")
        assert answer.headers["x-progress"]
        time.sleep(0.05)
    raise AssertionError("the export did not finish")


def export(client: TestClient, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest and the files, by name of the output."""
    answer = client.post("/fhir/ViewDefinition/$viewdefinition-export", json=body, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    assert told(answer.json(), "location") == answer.headers["content-location"]
    manifest = finished(client, answer.headers["content-location"])
    files: dict[str, Any] = {}
    for output in (each for each in manifest["parameter"] if each["name"] == "output"):
        parts = {each["name"]: next(v for k, v in each.items() if k != "name") for each in output["part"]}
        files[parts["name"]] = client.get(parts["location"])
    return manifest, files


def words(file: Any) -> set[str]:
    return {json.loads(line)["word"].split()[1] for line in file.text.splitlines()}


def test_rows_are_those_of_the_grant(app: Starlette, mark: str) -> None:
    for who, expected in (("whole", {"hospital", "other"}), ("hospital", {"hospital"})):
        _, files = export(client_of(app, who), asked(view_of(mark)))
        assert words(files["basic"]) == expected
    for who, status in ((None, 401), ("operator", 403), ("observations", 403), ("doctor", 403)):
        answer = client_of(app, who).post(
            "/fhir/ViewDefinition/$viewdefinition-export", json=asked(view_of(mark)), headers=ASYNC
        )
        assert answer.status_code == status


def test_several_views_each_under_its_name_and_in_every_format(fhir: TestClient, mark: str) -> None:
    named = {"name": {"valueString": "一览"}, **reference("ViewDefinition/patient")}
    body = asked(view_of(mark), reference("urn:kangshu:view:fhir_patient"), named, clientTrackingId="t1")
    manifest, files = export(fhir, body)
    assert set(files) == {"basic", "fhir_patient", "一览"}
    assert told(manifest, "clientTrackingId") == "t1"
    assert files["basic"].headers["content-type"] == "application/x-ndjson"
    _, files = export(fhir, asked(view_of(mark), _format="csv"))
    rows = list(csv.DictReader(io.StringIO(files["basic"].text)))
    assert {row["word"].split()[1] for row in rows} == {"hospital", "other"}
    _, files = export(fhir, asked(view_of(mark), _format="parquet"))
    assert pq.read_table(io.BytesIO(files["basic"].content)).num_rows == 2


def test_a_view_without_rows_has_its_file_all_the_same(fhir: TestClient) -> None:
    _, files = export(fhir, asked(view_of(uuid4().hex)))
    assert files["basic"].status_code == 200
    assert files["basic"].text == ""


def test_one_view_by_its_address(fhir: TestClient) -> None:
    answer = fhir.get("/fhir/ViewDefinition/patient/$viewdefinition-export?_format=csv", headers=ASYNC)
    manifest = finished(fhir, answer.headers["content-location"])
    assert told(manifest, "_format") == "csv"


@pytest.mark.parametrize(
    ("body", "status", "texts"),
    [
        (asked(), 400, ["view"]),
        (asked(reference("nothing"), {**VIEW, "resource": "Nothing"}), 400, ["parameter[0]", "parameter[1]"]),
        (asked(VIEW, VIEW), 400, ["one name"]),
        (asked(VIEW, _since="2020-01-01T00:00:00Z"), 400, ["_since"]),
        (asked(VIEW, _format="xlsx"), 400, ["format"]),
        (asked({"name": {"valueString": "x"}}), 400, ["viewReference"]),
        ({"resourceType": "Patient"}, 400, ["Parameters"]),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_done(
    fhir: TestClient, body: dict[str, Any], status: int, texts: list[str]
) -> None:
    answer = fhir.post("/fhir/ViewDefinition/$viewdefinition-export", json=body, headers=ASYNC)
    assert answer.status_code == status, answer.text
    assert all(text in answer.text for text in texts)


def test_a_view_that_fails_on_the_rows_is_named(fhir: TestClient, mark: str) -> None:
    body = {"resourceType": "Basic", "identifier": [{"value": mark}, {"value": "b"}], "code": {"text": mark}}
    assert fhir.post("/fhir/Basic", json=body).status_code == 201
    twice = {
        **view_of(mark),
        "name": "twice",
        "select": [{"column": [{"name": "number", "path": "identifier.value"}]}],
    }
    answer = fhir.post(
        "/fhir/ViewDefinition/$viewdefinition-export", json=asked(view_of(mark), twice), headers=ASYNC
    )
    where = answer.headers["content-location"]
    for _ in range(400):
        answer = fhir.get(where)
        if answer.status_code != 202:
            break
        time.sleep(0.05)
    assert answer.status_code == 422
    assert "view 2 of 2" in answer.text
    assert mark not in answer.text


def test_it_runs_in_the_background_only(fhir: TestClient) -> None:
    answer = fhir.post("/fhir/ViewDefinition/$viewdefinition-export", json=asked(VIEW))
    assert answer.status_code == 400
    assert "respond-async" in answer.text


def test_nobody_else_sees_it_and_it_can_be_thrown_away(app: Starlette, fhir: TestClient) -> None:
    answer = fhir.post("/fhir/ViewDefinition/$viewdefinition-export", json=asked(VIEW), headers=ASYNC)
    where = answer.headers["content-location"]
    finished(fhir, where)
    assert client_of(app, "second").get(where).status_code == 404
    assert client_of(app, "second").get(f"{where}/1.ndjson").status_code == 404
    assert fhir.delete(where).status_code == 202
    assert fhir.get(where).status_code == 404
    assert fhir.get(f"{where}/1.ndjson").status_code == 404


def test_taken_up_after_a_kill_the_rows_are_those_of_its_beginning(
    fhir: TestClient, served: Platform, mark: str
) -> None:
    answer = fhir.post(
        "/fhir/ViewDefinition/$viewdefinition-export", json=asked(view_of(mark)), headers=ASYNC
    )
    where = answer.headers["content-location"]
    finished(fhir, where)
    folder = served.settings.home / "export" / where.rpartition("/")[2]
    state = read_state(folder)
    assert state is not None
    (folder / "1.ndjson").unlink()
    body = {"resourceType": "Basic", "code": {"text": f"{mark} later"}}
    assert fhir.post("/fhir/Basic", json=body).status_code == 201
    write_state(folder, msgspec.structs.replace(state, status="running", finished=(), output=()))
    make_service(served, {})
    manifest = finished(fhir, where)
    [location] = [
        part["valueUri"]
        for each in manifest["parameter"]
        if each["name"] == "output"
        for part in each["part"]
        if part["name"] == "location"
    ]
    assert words(fhir.get(location)) == {"hospital", "other"}


def test_after_a_week_it_is_gone(fhir: TestClient, served: Platform) -> None:
    answer = fhir.post("/fhir/ViewDefinition/$viewdefinition-export", json=asked(VIEW), headers=ASYNC)
    where = answer.headers["content-location"]
    finished(fhir, where)
    folder = served.settings.home / "export" / where.rpartition("/")[2]
    state = read_state(folder)
    assert state is not None
    long_ago = state.transaction_time - KEPT - timedelta(minutes=1)
    write_state(folder, msgspec.structs.replace(state, transaction_time=long_ago))
    assert fhir.get(where).status_code == 404
    make_service(served, {})
    assert not folder.exists()


# -- views of packs by name


def test_views_of_packs_are_listed_and_read(fhir: TestClient, served: Platform) -> None:
    found = fhir.get("/fhir/ViewDefinition").json()
    listed = {entry["resource"]["name"] for entry in found["entry"]}
    assert listed == set(served.views.views.definitions)
    assert found["total"] == len(listed)
    [one] = fhir.get("/fhir/ViewDefinition?resource=Condition").json()["entry"]
    assert fhir.get(one["fullUrl"]).json() == one["resource"]
    assert fhir.get("/fhir/ViewDefinition/fhir_condition").json() == one["resource"]
    assert fhir.get("/fhir/ViewDefinition/patient").status_code == 404
    assert fhir.get("/fhir/ViewDefinition/nothing").status_code == 404
    strict = {"prefer": "handling=strict"}
    assert fhir.get("/fhir/ViewDefinition?more=1", headers=strict).status_code == 400


def test_a_view_of_a_pack_runs_by_its_name(app: Starlette, fhir: TestClient) -> None:
    id_ = f"p-{uuid4()}"
    fhir.put(f"/fhir/Patient/{id_}", json={"resourceType": "Patient", "id": id_, "gender": "male"})
    where = "/fhir/ViewDefinition/fhir-patient/$run"
    rows = fhir.get(where).json()
    assert id_ in json.dumps(rows)
    assert fhir.get(f"{where}?_format=csv&_limit=1").text.count("\n") == 2
    assert fhir.get(where, headers={"accept": "text/csv"}).headers["content-type"].startswith("text/csv")
    again = fhir.get("/fhir/ViewDefinition/$run?viewReference=ViewDefinition/fhir-patient").json()
    assert sorted(map(json.dumps, again)) == sorted(map(json.dumps, rows))  # a view has no order
    assert id_ not in client_of(app, "hospital").get(where).text
    assert client_of(app, "operator").get(where).status_code == 403
    assert fhir.get("/fhir/ViewDefinition/nothing/$run").status_code == 404
    assert fhir.get(f"{where}?viewReference=patient").status_code == 400
