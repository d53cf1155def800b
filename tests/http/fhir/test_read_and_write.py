"""create, read, update, delete and what HTTP adds to them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from starlette.testclient import TestClient


def patient(**more: object) -> dict[str, object]:
    return {"resourceType": "Patient", "name": [{"family": "王", "given": ["小明"]}], **more}


def created(fhir: TestClient, **more: object) -> dict[str, object]:
    return fhir.post("/fhir/Patient", json=patient(**more)).json()


def test_what_is_created_can_be_read(fhir: TestClient) -> None:
    answer = fhir.post("/fhir/Patient", json=patient())
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["location"] == f"http://testserver/fhir/Patient/{body['id']}/_history/1"
    assert body["meta"]["versionId"] == "1"
    read = fhir.get(f"/fhir/Patient/{body['id']}")
    assert (read.status_code, read.json()) == (200, body)
    assert read.headers["content-type"] == "application/fhir+json; charset=utf-8"


def test_a_create_ignores_the_id_of_the_body(fhir: TestClient) -> None:
    assert created(fhir, id="mine")["id"] != "mine"


def test_numbers_and_meta_come_back_as_they_were_sent(fhir: TestClient) -> None:
    id = str(uuid4())
    text = (
        '{"resourceType":"Observation","id":"ID","meta":{"tag":[{"code":"a"}],"versionId":"9"},"status":"final",'
        '"code":{"text":"x"},"valueQuantity":{"value":1.50,"unit":"kg"},'
        '"component":[{"code":{"text":"y"},"valueQuantity":{"value":1e-3}}]}'
    ).replace("ID", id)
    headers = {"content-type": "application/fhir+json"}
    assert fhir.put(f"/fhir/Observation/{id}", content=text, headers=headers).status_code == 201
    back = fhir.get(f"/fhir/Observation/{id}")
    assert '"value":1.50,' in back.text
    assert '"value":1e-3}' in back.text
    assert back.json()["meta"]["tag"] == [{"code": "a"}]
    assert back.json()["meta"]["versionId"] == "1"


def test_an_update_makes_a_version(fhir: TestClient) -> None:
    body = created(fhir)
    body["gender"] = "male"
    answer = fhir.put(f"/fhir/Patient/{body['id']}", json=body)
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    same = fhir.put(f"/fhir/Patient/{body['id']}", json=body)
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"2"')
    assert "gender" not in fhir.get(f"/fhir/Patient/{body['id']}/_history/1").json()
    assert fhir.get(f"/fhir/Patient/{body['id']}/_history/3").status_code == 404


def test_an_update_of_what_is_not_there_creates_it(fhir: TestClient) -> None:
    id = str(uuid4())
    assert fhir.put(f"/fhir/Patient/{id}", json=patient(id=id)).status_code == 201


def test_an_update_says_which_version_it_is_of(fhir: TestClient) -> None:
    body = created(fhir)
    where = f"/fhir/Patient/{body['id']}"
    body["gender"] = "male"
    assert fhir.put(where, json=body, headers={"if-match": 'W/"7"'}).status_code == 412
    assert fhir.put(where, json=body, headers={"if-match": 'W/"1"'}).status_code == 200
    assert fhir.put(where, json=body, headers={"if-none-match": "*"}).status_code == 412
    assert fhir.put(where, json=body, headers={"if-match": "x"}).status_code == 412


def test_what_the_client_has_is_not_sent_again(fhir: TestClient) -> None:
    where = f"/fhir/Patient/{created(fhir)['id']}"
    first = fhir.get(where)
    assert fhir.get(where, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert fhir.get(where, headers={"if-none-match": 'W/"5"'}).status_code == 200
    since = {"if-modified-since": first.headers["last-modified"]}
    assert fhir.get(where, headers=since).status_code == 304


def test_what_is_deleted_is_gone_but_remembered(fhir: TestClient) -> None:
    where = f"/fhir/Patient/{created(fhir)['id']}"
    assert fhir.delete(where).status_code == 204
    assert fhir.get(where).status_code == 410
    assert fhir.get(where).json()["issue"][0]["code"] == "deleted"
    assert fhir.get(f"{where}/_history/1").status_code == 200
    assert fhir.delete(where).status_code == 204
    assert fhir.delete(f"/fhir/Patient/{uuid4()}").status_code == 204


def test_prefer_says_what_comes_back(fhir: TestClient) -> None:
    minimal = fhir.post("/fhir/Patient", json=patient(), headers={"prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content) == (201, b"")
    outcome = fhir.post("/fhir/Patient", json=patient(), headers={"prefer": "return=OperationOutcome"})
    assert outcome.json()["resourceType"] == "OperationOutcome"


def test_a_conditional_create_happens_once(fhir: TestClient) -> None:
    value = str(uuid4())
    body = patient(identifier=[{"system": "urn:x", "value": value}])
    condition = {"if-none-exist": f"identifier=urn:x|{value}"}
    first = fhir.post("/fhir/Patient", json=body, headers=condition)
    second = fhir.post("/fhir/Patient", json=body, headers=condition)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    fhir.post("/fhir/Patient", json=body)
    assert fhir.post("/fhir/Patient", json=body, headers=condition).status_code == 412
    assert fhir.post("/fhir/Patient", json=body, headers={"if-none-exist": "nope=1"}).status_code == 400


def test_conditional_creates_at_once_make_one_resource(fhir: TestClient) -> None:
    value = str(uuid4())
    body = patient(identifier=[{"system": "urn:x", "value": value}])
    condition = {"if-none-exist": f"identifier=urn:x|{value}"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: fhir.post("/fhir/Patient", json=body, headers=condition), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]


def test_a_byte_order_mark_does_no_harm(fhir: TestClient) -> None:
    content = b'\xef\xbb\xbf{"resourceType":"Patient"}'
    headers = {"content-type": "application/fhir+json"}
    assert fhir.post("/fhir/Patient", content=content, headers=headers).status_code == 201


def test_a_conditional_update_finds_what_it_is_about(fhir: TestClient) -> None:
    value = str(uuid4())
    body = patient(identifier=[{"system": "urn:x", "value": value}])
    where = f"/fhir/Patient?identifier=urn:x|{value}"
    first = fhir.put(where, json=body)
    assert first.status_code == 201
    second = fhir.put(where, json={**body, "gender": "female"})
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert second.json()["meta"]["versionId"] == "2"
    assert fhir.put(where, json={**body, "id": "other"}).status_code == 400
    fhir.post("/fhir/Patient", json=body)
    assert fhir.put(where, json=body).status_code == 412


def test_a_conditional_delete_removes_all_that_match(fhir: TestClient) -> None:
    value = str(uuid4())
    body = patient(identifier=[{"system": "urn:x", "value": value}])
    ids = [fhir.post("/fhir/Patient", json=body).json()["id"] for _ in range(2)]
    assert fhir.delete(f"/fhir/Patient?identifier=urn:x|{value}").status_code == 204
    assert [fhir.get(f"/fhir/Patient/{id}").status_code for id in ids] == [410, 410]
    assert fhir.delete("/fhir/Patient").status_code == 400


def test_head_answers_without_a_body(fhir: TestClient) -> None:
    where = f"/fhir/Patient/{created(fhir)['id']}"
    head = fhir.head(where)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == 'W/"1"'


def test_a_part_of_a_resource_is_tagged_as_one(fhir: TestClient) -> None:
    where = f"/fhir/Patient/{created(fhir, gender='male', photo=[{'title': 'x'}])['id']}"
    part = fhir.get(where, params={"_elements": "gender"}).json()
    assert set(part) == {"resourceType", "id", "meta", "gender"}
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "photo" not in fhir.get(where, params={"_summary": "true"}).json()
    assert "name" in fhir.get(where, params={"_summary": "true"}).json()
    assert set(fhir.get(where, params={"_summary": "text"}).json()) == {"resourceType", "id", "meta"}


def test_pretty_answers_have_lines(fhir: TestClient) -> None:
    where = f"/fhir/Patient/{created(fhir)['id']}"
    assert len(fhir.get(where, params={"_pretty": "true"}).text.splitlines()) > 5
