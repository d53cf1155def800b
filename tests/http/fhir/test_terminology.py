"""The terminology operations on stored resources: every way to ask, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.http.fhir.conftest import client_of

SYSTEM = "urn:test:terms"


def code_system(version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": f"terms-{version}",
        "url": SYSTEM,
        "version": version,
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "valueSet": "urn:test:terms:all",
        "concept": [
            {
                "code": "heart",
                "display": "心脏病",
                "designation": [{"language": "en", "value": "Heart disease"}],
                "concept": [
                    {"code": "attack", "display": "心肌梗死"},
                    {"code": "failure", "display": "心力衰竭"},
                ],
            },
            {"code": "lung", "display": "肺病"},
        ],
        **more,
    }


VALUE_SET = {
    "resourceType": "ValueSet",
    "id": "terms-heart",
    "url": "urn:test:terms:heart",
    "status": "active",
    "compose": {
        "include": [{"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "heart"}]}],
        "exclude": [{"system": SYSTEM, "concept": [{"code": "failure"}]}],
    },
}
CONCEPT_MAP = {
    "resourceType": "ConceptMap",
    "id": "terms-map",
    "url": "urn:test:terms:map",
    "status": "active",
    "group": [
        {
            "source": SYSTEM,
            "target": "urn:test:other",
            "element": [{"code": "heart", "target": [{"code": "H", "equivalence": "wider"}]}],
            "unmapped": {"mode": "fixed", "code": "X"},
        }
    ],
}


@pytest.fixture(scope="module")
def client(fhir: TestClient) -> TestClient:
    for resource in (code_system(), VALUE_SET, CONCEPT_MAP):
        answer = fhir.put(f"/fhir/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.status_code in (200, 201)
    return fhir


def parameters(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {
        each["name"]: next((value for name, value in each.items() if name != "name"), None)
        for each in answer.json()["parameter"]
    }


def test_a_code_is_looked_up_in_every_way_to_ask(client: TestClient):
    coding = {"system": SYSTEM, "code": "heart"}
    body = {"resourceType": "Parameters", "parameter": [{"name": "coding", "valueCoding": coding}]}
    answers = [
        client.get("/fhir/CodeSystem/$lookup", params={"system": SYSTEM, "code": "heart"}),
        client.get("/fhir/CodeSystem/terms-1.0.0/$lookup", params={"code": "heart"}),
        client.post("/fhir/CodeSystem/$lookup", json=body),
    ]
    assert [parameters(each)["display"] for each in answers] == ["心脏病"] * 3


def test_a_name_comes_in_the_language_asked_for(client: TestClient):
    path = "/fhir/CodeSystem/$lookup"
    asked = client.get(path, params={"system": SYSTEM, "code": "heart", "displayLanguage": "en"})
    assert parameters(asked)["display"] == "Heart disease"
    header = client.get(path, params={"system": SYSTEM, "code": "heart"}, headers={"accept-language": "en"})
    assert parameters(header)["display"] == "Heart disease"


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        ("heart", "attack", "subsumes"),
        ("attack", "heart", "subsumed-by"),
        ("heart", "heart", "equivalent"),
        ("lung", "attack", "not-subsumed"),
    ],
)
def test_subsumption(client: TestClient, one: str, other: str, outcome: str):
    query = {"system": SYSTEM, "codeA": one, "codeB": other}
    assert parameters(client.get("/fhir/CodeSystem/$subsumes", params=query))["outcome"] == outcome
    del query["system"]
    instance = client.get("/fhir/CodeSystem/terms-1.0.0/$subsumes", params=query)
    assert parameters(instance)["outcome"] == outcome


@pytest.mark.parametrize(
    ("code", "expected"),
    [("heart", True), ("attack", True), ("failure", False), ("lung", False), ("x", False)],
)
def test_membership_by_filter_and_exclusion(client: TestClient, code: str, expected: bool):
    query = {"url": "urn:test:terms:heart", "system": SYSTEM, "code": code}
    assert parameters(client.get("/fhir/ValueSet/$validate-code", params=query))["result"] is expected
    del query["url"]
    instance = client.get("/fhir/ValueSet/terms-heart/$validate-code", params=query)
    assert parameters(instance)["result"] is expected


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["code"] for each in answer.json()["expansion"].get("contains", [])]


def test_expansion_whole_filtered_and_page_by_page(client: TestClient):
    path = "/fhir/ValueSet/$expand"
    assert codes(client.get("/fhir/ValueSet/terms-heart/$expand")) == ["heart", "attack"]
    flat = {"url": "urn:test:terms:all", "excludeNested": "true"}
    assert codes(client.get(path, params=flat)) == ["heart", "attack", "failure", "lung"]
    assert codes(client.get(path, params={**flat, "filter": "心 梗"})) == ["attack"]
    assert codes(client.get(path, params={**flat, "filter": "HEART"})) == ["heart"]
    pages = [codes(client.get(path, params={**flat, "count": 3, "offset": each})) for each in (0, 3)]
    assert pages == [["heart", "attack", "failure"], ["lung"]]
    tree = client.get(path, params={"url": "urn:test:terms:all"}).json()["expansion"]["contains"]
    assert [each["code"] for each in tree] == ["heart", "lung"]


def test_translation_both_ways_and_for_what_is_not_mapped(client: TestClient):
    path = "/fhir/ConceptMap/$translate"
    query = {"url": "urn:test:terms:map", "system": SYSTEM, "code": "heart"}
    (match,) = [
        each for each in client.get(path, params=query).json()["parameter"] if each["name"] == "match"
    ]
    parts = {each["name"]: each for each in match["part"]}
    assert parts["equivalence"]["valueCode"] == "wider"
    assert parts["concept"]["valueCoding"] == {"system": "urn:test:other", "code": "H"}
    assert parts["source"]["valueUri"] == "urn:test:terms:map"
    assert '"X"' in client.get(path, params={**query, "code": "lung"}).text
    back = client.get(path, params={**query, "system": "urn:test:other", "code": "H", "reverse": "true"})
    assert '"heart"' in back.text
    assert '"narrower"' in back.text
    assert parameters(
        client.get("/fhir/ConceptMap/terms-map/$translate", params={"system": SYSTEM, "code": "heart"})
    )["result"]


def test_what_was_just_stored_is_known_at_once_and_the_latest_version_counts(client: TestClient):
    newer = code_system("1.10.0", concept=[{"code": "new", "display": "新"}])
    client.put("/fhir/CodeSystem/terms-1.10.0", json=newer)
    path = "/fhir/CodeSystem/$lookup"
    assert parameters(client.get(path, params={"system": SYSTEM, "code": "new"}))["version"] == "1.10.0"
    old = client.get(path, params={"system": SYSTEM, "code": "heart", "version": "1.0.0"})
    assert old.status_code == 200
    client.delete("/fhir/CodeSystem/terms-1.10.0")
    assert client.get(path, params={"system": SYSTEM, "code": "new"}).status_code == 404


def test_refusals_name_what_is_missing(client: TestClient):
    for path, status in (
        ("/fhir/CodeSystem/$lookup", 400),
        ("/fhir/CodeSystem/$lookup?system=urn:nobody&code=x", 404),
        (f"/fhir/CodeSystem/$lookup?system={SYSTEM}&code=nope", 404),
        ("/fhir/ValueSet/$expand", 400),
        ("/fhir/ValueSet/$expand?url=urn:nobody", 404),
        ("/fhir/ValueSet/$expand?url=urn:test:terms:all&count=-1", 400),
        ("/fhir/ValueSet/nobody/$expand", 404),
        ("/fhir/ConceptMap/$translate?url=urn:nobody&code=x", 404),
    ):
        answer = client.get(path)
        assert answer.status_code == status, path
        assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_program_without_scopes_for_anything_is_refused(app: Starlette):
    answer = client_of(app, "operator").get("/fhir/CodeSystem/$lookup?system=urn:test:terms&code=heart")
    assert answer.status_code == 403


def test_an_institution_cannot_overrule_what_the_platform_imported(client: TestClient, app: Starlette):
    own = {**code_system("1"), "id": "own-terms", "url": "urn:test:own-terms"}
    assert client.post(
        "/intake/fhir", json=own, headers={"x-kangshu-source": "KANGSHU"}, params={"source": "KANGSHU"}
    ).status_code in (200, 201, 202)
    forged = {**own, "id": "forged", "version": "9", "concept": [{"code": "heart", "display": "伪造"}]}
    assert client_of(app, "hospital").put("/fhir/CodeSystem/forged", json=forged).status_code == 201
    answer = client.get("/fhir/CodeSystem/$lookup", params={"system": "urn:test:own-terms", "code": "heart"})
    assert parameters(answer)["display"] == "心脏病"


def test_patterns_that_blow_up_elsewhere_are_answered_at_once(client: TestClient):
    bad = {"property": "code", "op": "regex", "value": "((a+)+)+$"}
    value_set = {
        "resourceType": "ValueSet",
        "status": "active",
        "compose": {"include": [{"system": "urn:a", "filter": [bad]}]},
    }
    system = {**code_system("1"), "url": "urn:a", "concept": [{"code": "a" * 5_000 + "!"}]}
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "valueSet", "resource": value_set},
            {"name": "tx-resource", "resource": system},
        ],
    }
    assert codes(client.post("/fhir/ValueSet/$expand", json=body)) == []


def test_value_sets_that_multiply_are_refused_at_once(client: TestClient):
    chain = [
        {
            "resourceType": "ValueSet",
            "url": f"urn:v{number}",
            "status": "active",
            "compose": {
                "include": [{"valueSet": [f"urn:v{number + 1}"]}, {"valueSet": [f"urn:v{number + 1}"]}]
            },
        }
        for number in range(60)
    ]
    sent = [{"name": "tx-resource", "resource": each} for each in chain]
    body = {"resourceType": "Parameters", "parameter": [{"name": "url", "valueUri": "urn:v0"}, *sent]}
    for operation in ("$expand", "$validate-code"):
        answer = client.post(f"/fhir/ValueSet/{operation}", json=body)
        assert answer.status_code in (400, 413)


def test_resources_nested_without_end_do_no_harm(client: TestClient):
    value_set: dict[str, Any] = {"resourceType": "ValueSet", "status": "active"}
    concept: dict[str, Any] = {"code": "0"}
    for number in range(250):
        value_set = {"resourceType": "ValueSet", "status": "active", "contained": [value_set]}
        concept = {"code": str(number + 1), "concept": [concept]}
    nested = {**code_system(), "concept": [concept]}
    for name, resource in (("valueSet", value_set), ("tx-resource", nested)):
        body = {"resourceType": "Parameters", "parameter": [{"name": name, "resource": resource}]}
        assert client.post("/fhir/ValueSet/$expand", json=body).status_code < 500


_value = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "resourceType url version code system concept compose include filter property op value "
                "valueSet group element target contained id coding name part expansion contains".split()
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
_names = st.sampled_from(
    "url code system coding codeableConcept valueSet tx-resource count offset filter displayLanguage property"
    " useSupplement system-version conceptMap codingA codingB codeA codeB activeOnly".split()
)
_parameter = st.builds(
    lambda name, kind, value: {"name": name, kind: value},
    _names,
    st.sampled_from(
        ["valueString", "valueUri", "valueCoding", "valueCodeableConcept", "resource", "valueBoolean"]
    ),
    _value,
)
_resource = st.builds(
    lambda type_, rest: {"name": "tx-resource", "resource": {**rest, "resourceType": type_}},
    st.sampled_from(["CodeSystem", "ValueSet", "ConceptMap"]),
    st.dictionaries(st.sampled_from("url concept compose group version".split()), _value, max_size=4),
)


@settings(max_examples=150)
@given(
    path=st.sampled_from(
        [
            "CodeSystem/$lookup",
            "CodeSystem/$validate-code",
            "CodeSystem/$subsumes",
            "ValueSet/$expand",
            "ValueSet/$validate-code",
            "ConceptMap/$translate",
        ]
    ),
    sent=st.lists(_parameter | _resource, max_size=5),
)
def test_no_question_makes_the_server_fail(client: TestClient, path: str, sent: list[Any]):
    answer = client.post(f"/fhir/{path}", json={"resourceType": "Parameters", "parameter": sent})
    assert answer.status_code < 500, answer.text
