"""history of a resource, a type and everything."""

from __future__ import annotations

from uuid import uuid4

from starlette.testclient import TestClient


def test_the_history_of_a_resource_tells_every_version(fhir: TestClient) -> None:
    id = str(uuid4())
    where = f"/fhir/Patient/{id}"
    for gender in ("male", "female"):
        fhir.put(where, json={"resourceType": "Patient", "id": id, "gender": gender})
    fhir.delete(where)
    bundle = fhir.get(f"{where}/_history").json()
    assert (bundle["type"], bundle["total"]) == ("history", 3)
    assert [entry["request"]["method"] for entry in bundle["entry"]] == ["DELETE", "PUT", "PUT"]
    assert [entry["response"]["etag"] for entry in bundle["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']
    assert "resource" not in bundle["entry"][0]
    assert bundle["entry"][1]["resource"]["gender"] == "female"
    assert fhir.get(f"/fhir/Patient/{uuid4()}/_history").status_code == 404


def test_a_history_is_read_page_by_page(fhir: TestClient) -> None:
    id = str(uuid4())
    for number in range(5):
        body = {"resourceType": "Patient", "id": id, "multipleBirthInteger": number}
        fhir.put(f"/fhir/Patient/{id}", json=body)
    where: str | None = f"/fhir/Patient/{id}/_history?_count=2"
    seen: list[str] = []
    while where:
        bundle = fhir.get(where).json()
        seen += [entry["resource"]["meta"]["versionId"] for entry in bundle["entry"]]
        where = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
    assert seen == ["5", "4", "3", "2", "1"]


def test_the_history_since_a_moment(fhir: TestClient) -> None:
    id = str(uuid4())
    body = fhir.put(f"/fhir/Device/{id}", json={"resourceType": "Device", "id": id}).json()
    since = body["meta"]["lastUpdated"]
    for path in ("/fhir/_history", "/fhir/Device/_history"):
        bundle = fhir.get(path, params={"_since": since}).json()
        assert id in [entry["resource"]["id"] for entry in bundle["entry"] if "resource" in entry]
        later = fhir.get(path, params={"_since": "2099-01-01"}).json()
        assert "entry" not in later
    assert fhir.get("/fhir/_history", params={"_since": "yesterday"}).status_code == 400
    assert fhir.get(f"/fhir/Device/{id}/_history", params={"_at": "2099"}).status_code == 200
