"""What each role gets to see of one person known to two institutions: through the whole application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from kangshu.app.identity_provider.keys import load_keys
from kangshu.app.identity_provider.tokens import SESSION, Tokens, claims_of
from kangshu.app.platform import Platform
from kangshu.interfaces.web.application import create
from kangshu.interfaces.web.login.service import SESSION_COOKIE
from kangshu.kernel.base.time import utc_now
from kangshu.kernel.policies.definition import Principal, Resource
from tests.conftest import EVERYTHING, platform_on
from tests.support.databases import Databases

COUNTY_HOSPITAL, CITY_HOSPITAL = "H44099900001", "H44099800001"
RESIDENT_ID = ("urn:oid:2.16.156.10011.1.3", "440999198001010016")


def patient(local: str, resident_id: str | None) -> dict[str, Any]:
    identifiers = [{"system": "urn:local", "value": local}]
    if resident_id:
        identifiers.append({"system": RESIDENT_ID[0], "value": resident_id})
    return {
        "resourceType": "Patient", "id": local, "identifier": identifiers, "name": [{"text": "张三"}],
        "gender": "male", "birthDate": "1980-01-01",
    }  # fmt: skip


def finding(kind: str, id_: str, local: str) -> dict[str, Any]:
    common = {
        "resourceType": kind,
        "id": id_,
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{local}"},
    }
    return common | ({"status": "final"} if kind == "Observation" else {})


def bundle(*resources: dict[str, Any]) -> bytes:
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    ).encode()


@dataclass(frozen=True)
class City:
    """`shared` is a person both hospitals know, `stranger` one that only the city hospital knows."""

    platform: Platform
    client: TestClient
    shared: int
    stranger: int

    def total(self, principal: Principal, type_: str) -> int | str:
        """How many facts of the type the principal finds; the code of the error if the search is refused."""
        answer = self.get(principal, f"/fhir/{type_}?_total=accurate")
        return answer.json()["total"] if answer.status_code == 200 else str(answer.status_code)

    def get(self, principal: Principal, path: str) -> Any:
        return self.client.get(path, headers={"cookie": f"{SESSION_COOKIE}={self.session_of(principal)}"})

    def session_of(self, principal: Principal) -> str:
        tokens = Tokens(load_keys(self.platform.settings.home / "keys"), utc_now)
        return tokens.sign(SESSION, claims_of(principal), timedelta(hours=1))


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    url = databases.new()
    platform = platform_on(url, tmp_path_factory.mktemp("roles"))
    at_county = bundle(
        {"resourceType": "Organization", "id": "ward", "name": "内科"},
        patient("a1", RESIDENT_ID[1]),
        finding("Observation", "o1", "a1"),
    )
    at_city = bundle(
        patient("b1", RESIDENT_ID[1]),
        patient("b2", None),
        finding("Condition", "c1", "b1"),
        finding("Condition", "c2", "b2"),
    )
    platform.intake.receive(EVERYTHING, COUNTY_HOSPITAL, [at_county])
    platform.intake.receive(EVERYTHING, CITY_HOSPITAL, [at_city])
    shared, stranger = platform.person_of("Patient", "b1"), platform.person_of("Patient", "b2")
    assert shared is not None
    assert stranger is not None
    assert platform.person_of("Patient", "a1") == shared
    with TestClient(create(platform), follow_redirects=False) as client:
        yield City(platform, client, shared, stranger)
    databases.drop(url)


DOCTOR = Principal("doctor", "", "doctor", org=COUNTY_HOSPITAL, county="440999")
COUNTY = Principal("county", "", "county_commission", county="440999")
CITY = Principal("city", "", "city_commission")
STEWARD = Principal("steward", "", "steward", county="440999")
OPERATOR = Principal("operator", "", "operator")
OVERSEER = Principal("overseer", "", "overseer")


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (DOCTOR, {"Patient": 1, "Observation": 1, "Condition": 0, "Organization": 1}),
        (COUNTY, {"Patient": 1, "Observation": 1, "Condition": 0, "Organization": 1}),
        (CITY, {"Patient": 3, "Observation": 1, "Condition": 2, "Organization": 1}),
        (STEWARD, {"Patient": 1, "Observation": "403", "Condition": "403", "Organization": 1}),
        (OPERATOR, {"Patient": "403", "Observation": "403", "Condition": "403", "Organization": "403"}),
        (OVERSEER, {"Patient": "403", "Observation": "403", "Condition": "403", "Organization": "403"}),
    ],
    ids=lambda value: value.role if isinstance(value, Principal) else "",
)
def test_a_search_finds_what_is_the_roles_own(
    city: City, principal: Principal, expected: dict[str, int | str]
) -> None:
    assert {type_: city.total(principal, type_) for type_ in expected} == expected


def test_a_resident_finds_the_own_record_over_both_hospitals(city: City) -> None:
    resident = Principal("resident", "", "resident", person=city.shared)
    found = {type_: city.total(resident, type_) for type_ in ("Patient", "Observation", "Condition")}
    assert found == {"Patient": 2, "Observation": 1, "Condition": 1}
    assert city.get(resident, "/fhir/Condition/c1").status_code == 200
    assert city.get(resident, "/fhir/Condition/c2").status_code == 404


def test_a_doctor_opens_the_whole_record_of_a_patient_in_care_only(city: City) -> None:
    assert city.get(DOCTOR, f"/residents/{city.shared}").status_code == 200
    policies = city.platform.policies
    for person, expected in ((city.shared, {"Patient", "Observation", "Condition"}), (city.stranger, set())):
        care = {"care_orgs": city.platform.care_orgs(person)}
        grant = policies.decide(
            DOCTOR, "view_record", Resource("fact", person=person, attributes=care), "treatment"
        )
        facts = city.platform.reader(grant).of_person(person)
        assert {fact.type for fact in facts} == expected


@pytest.mark.parametrize(
    "path", ["/residents", "/residents/1", "/fhir/Patient/a1", "/fhir/Patient/a1/_history"]
)
def test_the_operator_opens_no_page_and_no_address_of_a_person(city: City, path: str) -> None:
    answer = city.get(OPERATOR, path)
    assert answer.status_code == 403
    assert "张三" not in answer.text


def test_residents_read_who_has_looked_at_their_record(city: City) -> None:
    city.get(DOCTOR, f"/residents/{city.shared}")
    resident = Principal("resident", "", "resident", person=city.shared)
    policies = city.platform.policies
    about = Resource("access_log", person=city.shared)
    grant = policies.decide(resident, "see_access_log", about, "own_record")
    seen = [entry for _, entry in city.platform.access_log.seen(grant)]
    assert any(entry.principal == "doctor" and entry.action == "view_record" for entry in seen)
    assert all(entry.persons == (city.shared,) for entry in seen)
    assert city.platform.access_log.verify().problems == ()


def test_the_overseer_sees_who_looked_and_leaves_a_trace_too(city: City) -> None:
    before = city.platform.access_log.verify().head.number
    assert city.get(OVERSEER, "/access-log").status_code == 200
    assert city.get(OVERSEER, f"/residents/{city.shared}").status_code == 403
    about = Resource("access_log")
    grant = city.platform.policies.decide(OVERSEER, "see_access_log", about, "oversight")
    entries = [entry for number, entry in city.platform.access_log.seen(grant) if number > before]
    assert [(entry.principal, entry.action, entry.persons) for entry in entries] == [
        ("overseer", "see_access_log", ())
    ]


def test_nobody_sees_anything_without_logging_in(city: City) -> None:
    answer = city.client.get("/fhir/Patient")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="kangshu"')
    answer = city.client.get("/fhir/Patient", headers={"authorization": "Bearer forged"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert city.client.get("/residents").headers["location"].startswith("/login?next=")


CITY_PROGRAM = Principal("his", "", "client", org=CITY_HOSPITAL, scopes=("system/*.cruds",))


def test_a_program_of_one_hospital_changes_nothing_of_another(city: City) -> None:
    whole = Principal("w", "", "client", scopes=("system/*.cruds",))
    before = city.get(whole, "/fhir/Observation/o1").content
    cookie = {"cookie": f"{SESSION_COOKIE}={city.session_of(CITY_PROGRAM)}"}
    changed = finding("Observation", "o1", "a1") | {"status": "cancelled"}
    city.client.put("/fhir/Observation/o1", json=changed, headers=cookie)
    city.client.delete("/fhir/Observation/o1", headers=cookie)
    patch = [{"op": "replace", "path": "/status", "value": "cancelled"}]
    patched = cookie | {"content-type": "application/json-patch+json"}
    city.client.patch("/fhir/Observation/o1", content=json.dumps(patch), headers=patched)
    entry = {"resource": changed, "request": {"method": "PUT", "url": "Observation/o1"}}
    for kind in ("transaction", "batch"):
        whole_bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
        city.client.post("/fhir", json=whole_bundle, headers=cookie)
    assert city.get(whole, "/fhir/Observation/o1").content == before


def test_a_program_of_one_hospital_stores_under_its_own_name_only(city: City) -> None:
    cookie = {"cookie": f"{SESSION_COOKIE}={city.session_of(CITY_PROGRAM)}"}
    answer = city.client.post(
        "/fhir/Condition", json=finding("Condition", "", "b2") | {"id": "x"}, headers=cookie
    )
    assert answer.status_code == 201
    assert city.total(DOCTOR, "Condition") == 0
    county_program = Principal("p", "", "client", org=COUNTY_HOSPITAL, scopes=("system/*.rs",))
    assert city.get(county_program, f"/fhir/Condition/{answer.json()['id']}").status_code == 404


OBSERVER = Principal("observer", "", "client", org=CITY_HOSPITAL, scopes=("system/Observation.cruds",))


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_token_for_one_type_brings_in_no_other_by_a_bundle(city: City, kind: str) -> None:
    cookie = {"cookie": f"{SESSION_COOKIE}={city.session_of(OBSERVER)}"}
    entry = {"resource": finding("Condition", f"smuggled-{kind}", "b1")}
    entry |= {"request": {"method": "PUT", "url": f"Condition/smuggled-{kind}"}}
    city.client.post("/fhir", json={"resourceType": "Bundle", "type": kind, "entry": [entry]}, headers=cookie)
    assert city.get(CITY, f"/fhir/Condition/smuggled-{kind}").status_code == 404


def test_a_token_for_one_type_sends_no_messages(city: City) -> None:
    cookie = {
        "cookie": f"{SESSION_COOKIE}={city.session_of(OBSERVER)}",
        "content-type": "application/fhir+json",
    }
    message = bundle(finding("Condition", "smuggled-message", "b1"))
    assert city.client.post("/intake/fhir", content=message, headers=cookie).status_code == 403
    assert city.get(CITY, "/fhir/Condition/smuggled-message").status_code == 404
