"""Searching by value set and by hierarchy: `:in`, `:not-in`, `:above`, `:below`."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

SYSTEM = "urn:test:search-codes"
VALUE_SET = "urn:test:search-codes:heart"


def tree() -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": "search-codes",
        "url": SYSTEM,
        "status": "active",
        "content": "complete",
        "concept": [
            {"code": "I", "concept": [{"code": "I10", "concept": [{"code": "I10|a"}]}, {"code": "I20"}]},
            {"code": "E", "concept": [{"code": "E11"}]},
        ],
    }


@pytest.fixture(scope="module")
def client(fhir: TestClient) -> TestClient:
    heart = {"system": SYSTEM, "filter": [{"property": "concept", "op": "descendent-of", "value": "I"}]}
    value_set = {
        "resourceType": "ValueSet",
        "id": "search-heart",
        "url": VALUE_SET,
        "status": "active",
        "compose": {"include": [heart]},
    }
    for resource in (tree(), value_set):
        answer = fhir.put(f"/fhir/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.status_code in (200, 201)
    for code in ("I", "I10", "I10|a", "I20", "E11"):
        condition = {
            "resourceType": "Condition",
            "id": f"sc-{code.replace('|', '-')}",
            "subject": {"display": "x"},
            "code": {"coding": [{"system": SYSTEM, "code": code}]},
        }
        assert fhir.put(f"/fhir/Condition/{condition['id']}", json=condition).status_code in (200, 201)
    return fhir


def found(client: TestClient, **parameters: str) -> set[str]:
    query = {"_id": "sc-I,sc-I10,sc-I10-a,sc-I20,sc-E11", **parameters}
    bundle = client.get("/fhir/Condition", params=query).json()
    assert bundle["resourceType"] == "Bundle", bundle
    return {each["resource"]["id"].removeprefix("sc-") for each in bundle.get("entry", [])}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("code:in", VALUE_SET, {"I10", "I10-a", "I20"}),
        ("code:not-in", VALUE_SET, {"I", "E11"}),
        ("code:below", f"{SYSTEM}|I10", {"I10", "I10-a"}),
        ("code:above", f"{SYSTEM}|I10", {"I", "I10"}),
        ("code:below", f"{SYSTEM}|E11,{SYSTEM}|I20", {"E11", "I20"}),
    ],
)
def test_codes_are_found_by_what_they_mean(client: TestClient, name: str, value: str, expected: set[str]):
    assert found(client, **{name: value}) == expected


def test_what_is_not_known_is_refused(client: TestClient):
    for name, value in (("code:in", "urn:nobody"), ("code:below", f"{SYSTEM}|X"), ("code:below", "urn:x|I")):
        answer = client.get("/fhir/Condition", params={name: value})
        assert answer.status_code == 400
        assert answer.json()["issue"][0]["expression"] == [name]
