"""Measures of packs beside stored ones, and `$evaluate-measure`: numbers as reports, hidden where small."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import fhirkit
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.routes import fhir_routes
from tests.conftest import platform_on
from tests.http.fhir.conftest import HOSPITAL, client_of, principal_of
from tests.support.databases import Databases

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
OVERSIGHT = {"x-kangshu-purpose": "oversight"}
YEAR = {"periodStart": "2024", "periodEnd": "2024"}
DEATHS = "/fhir/Measure/xinyi.infant-mortality"


@pytest.fixture(scope="module")
def county(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A county where 200 were born in 2023 and in 2024, of whom 1 and 20 died; elsewhere 50 more."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("measures")).closing() as made:
        for source, count in ((HOSPITAL, 400), ("H44099900001", 50)):
            born = [
                {
                    "resourceType": "Patient",
                    "id": f"b{number}",
                    "gender": "male" if number % 4 < 2 else "female",
                    "birthDate": f"{2023 + number % 2}-05-01",
                    **({"deceasedDateTime": "2024-05-20"} if number in range(1, 40, 2) else {}),
                    **({"deceasedDateTime": "2023-05-20"} if number == 0 else {}),
                }
                for number in range(count)
            ]
            text = "\n".join(json.dumps(each) for each in born).encode()
            [message] = made.intake.journal([(source, [text], "ndjson")])
            made.intake.work_through(message)
        yield made
    databases.drop(url)


@pytest.fixture(scope="module")
def counting(county: Platform) -> TestClient:
    return client_of(Starlette(routes=fhir_routes(county, principal_of)), "whole")


def report(counting: TestClient, where: str = DEATHS, **params: str) -> dict[str, Any]:
    answer = counting.get(f"{where}/$evaluate-measure", params={**YEAR, **params}, headers=OVERSIGHT)
    assert answer.status_code == 200, answer.text
    assert [str(issue) for issue in fhirkit.validate(answer.content)] == []
    return answer.json()


def counts(group: dict[str, Any]) -> dict[str, int | None]:
    return {each["code"]["coding"][0]["code"]: each.get("count") for each in group["population"]}


# -- what is counted


def test_a_report_says_counts_score_period_and_completeness(counting: TestClient) -> None:
    found = report(counting)
    [group] = found["group"]
    # Its units are births and deaths.
    assert counts(group) == {"initial-population": 220, "denominator": 200, "numerator": 20}
    assert group["measureScore"]["value"] == 100
    assert group["measureScore"]["code"] == "[ppth]"
    assert found["period"] == {"start": "2024-01-01", "end": "2024-12-31"}
    assert found["type"] == "summary"
    [completeness] = group["extension"]
    assert {
        part["url"]: next(v for k, v in part.items() if k != "url") for part in completeness["extension"]
    }["months-due"] == 12
    measure = counting.get(DEATHS).json()
    assert found["measure"] == f"{measure['url']}|{measure['version']}"


def test_strata_are_there_with_their_counts(counting: TestClient) -> None:
    [group] = report(counting)["group"]
    by_sex = next(each for each in group["stratifier"] if [c["text"] for c in each["code"]] == ["sex"])
    found = {each["value"]["text"]: counts(each)["numerator"] for each in by_sex["stratum"]}
    assert found == {"male": 10, "female": 10}
    pair = next(each for each in group["stratifier"] if len(each["code"]) == 2)
    assert {part["code"]["text"] for part in pair["stratum"][0]["component"]} == {"sex", "town"}


def test_what_is_hidden_has_no_number_anywhere(counting: TestClient) -> None:
    """One death of two hundred births might be somebody."""
    [group] = report(counting, periodStart="2023-01-01", periodEnd="2023-12-31")["group"]
    assert "value" not in group["measureScore"]
    assert group["measureScore"]["extension"] == [{"url": ABSENT, "valueCode": "masked"}]
    assert set(counts(group).values()) == {None}
    assert all(each["_count"]["extension"][0]["valueCode"] == "masked" for each in group["population"])


def test_a_period_without_anything_has_no_score_and_no_counts(counting: TestClient) -> None:
    [group] = report(counting, periodStart="2022", periodEnd="2022")["group"]
    assert group["measureScore"]["extension"][0]["valueCode"] == "not-applicable"
    assert "population" not in group


def test_what_was_entered_is_told_with_its_evidence(counting: TestClient) -> None:
    found = report(
        counting, "/fhir/Measure/xinyi.beds-per-1000", periodStart="2020-01-01", periodEnd="2020-12-31"
    )
    about = {each["url"].rpartition(":")[2]: each for each in found["extension"]}
    assert about["origin"]["valueCode"] == "entered"
    assert about["evidence"]["valueString"]
    assert found["group"][0]["measureScore"]["value"] > 0
    assert "population" not in found["group"][0]


def test_what_was_known_then_is_counted(counting: TestClient) -> None:
    [group] = report(counting, asOf="2020-01-01T00:00:00Z")["group"]
    assert group["measureScore"]["extension"][0]["valueCode"] == "not-applicable"


def test_another_county_can_be_asked_for(counting: TestClient) -> None:
    assert counts(report(counting, county="440999")["group"][0])["denominator"] in (25, None)


def test_the_measure_may_be_named_in_the_question(counting: TestClient) -> None:
    whole = report(counting)
    url, _, version = whole["measure"].partition("|")
    for name in (url, f"{url}|{version}", "Measure/xinyi.infant-mortality"):
        assert report(counting, "/fhir/Measure", measure=name)["group"] == whole["group"]
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "measure", "valueReference": {"reference": "Measure/xinyi.infant-mortality"}},
            {"name": "periodStart", "valueDate": "2024-01"},
            {"name": "periodEnd", "valueDate": "2024-12"},
            {"name": "reportType", "valueCode": "summary"},
        ],
    }
    answer = counting.post("/fhir/Measure/$evaluate-measure", json=body, headers=OVERSIGHT)
    assert answer.json()["group"] == whole["group"]


@pytest.mark.parametrize(
    ("where", "params", "status", "told"),
    [
        (DEATHS, {"periodStart": "2024"}, 400, "periodEnd"),
        (DEATHS, {"periodStart": "2024", "periodEnd": "2024-06"}, 400, "2024-12-31"),
        (DEATHS, {"periodStart": "2024-13", "periodEnd": "2024"}, 400, "periodStart"),
        (DEATHS, {**YEAR, "reportType": "subject-list"}, 400, "reportType"),
        (DEATHS, {**YEAR, "subject": "Patient/1"}, 400, "subject"),
        (DEATHS, {**YEAR, "measure": "Measure/other"}, 400, "measure"),
        (DEATHS, {**YEAR, "asOf": "2024-01-01"}, 400, "asOf"),
        (DEATHS, {**YEAR, "county": "../x"}, 400, "county"),
        ("/fhir/Measure", YEAR, 400, "measure"),
        ("/fhir/Measure", {**YEAR, "measure": "urn:kangshu:measure:xinyi:nothing"}, 404, "Measure"),
        (
            "/fhir/Measure",
            {**YEAR, "measure": "urn:kangshu:measure:xinyi:infant_mortality|1"},
            404,
            "version",
        ),
        ("/fhir/Measure/nothing", YEAR, 404, "Measure"),
    ],
)
def test_what_is_wrong_is_told(
    counting: TestClient, where: str, params: dict[str, str], status: int, told: str
) -> None:
    answer = counting.get(f"{where}/$evaluate-measure", params=params, headers=OVERSIGHT)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert told in answer.text


@pytest.mark.parametrize(
    ("who", "purpose", "status"),
    [
        ("whole", "oversight", 200),
        ("whole", "treatment", 403),
        ("hospital", "oversight", 403),
        ("observations", "oversight", 403),
        ("doctor", "treatment", 403),
        ("operator", "operations", 403),
        (None, "oversight", 401),
    ],
)
def test_who_may_count(county: Platform, who: str | None, purpose: str, status: int) -> None:
    client = client_of(Starlette(routes=fhir_routes(county, principal_of)), who)
    answer = client.get(f"{DEATHS}/$evaluate-measure", params=YEAR, headers={"x-kangshu-purpose": purpose})
    assert answer.status_code == status


def test_counting_is_an_entry_of_the_access_log(county: Platform, counting: TestClient) -> None:
    before = county.access_log.head().number
    report(counting)
    assert county.access_log.head().number > before


# -- Measures of packs, beside those that are stored


def pages(client: TestClient, where: str) -> Iterator[dict[str, Any]]:
    following: str | None = where
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        bundle = answer.json()
        yield bundle
        following = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)


def test_every_indicator_is_a_valid_measure(fhir: TestClient, served: Platform) -> None:
    found = [entry for page in pages(fhir, "/fhir/Measure?_count=7") for entry in page.get("entry", ())]
    ids = {entry["resource"]["id"] for entry in found}
    wanted = served.planning.place("xinyi").indicators.indicators
    assert {f"xinyi.{each.id}".replace("_", "-") for each in wanted} <= ids
    assert len(ids) == len(found)
    for entry in found:
        raw = fhir.get(entry["fullUrl"])
        assert raw.json() == entry["resource"]
        assert [str(issue) for issue in fhirkit.validate(raw.content)] == []


def test_a_measure_says_how_its_value_is_made(fhir: TestClient) -> None:
    found = fhir.get("/fhir/Measure/xinyi.hypertension-management").json()
    assert found["scoring"]["coding"][0]["code"] == "proportion"
    assert found["improvementNotation"]["coding"][0]["code"] == "increase"
    assert "JOIN" in b64decode(found["contained"][0]["content"][0]["data"]).decode()
    shares = {each["type"] for each in found["relatedArtifact"]}
    assert shares == {"justification", "documentation", "citation", "depends-on"}
    codes = {
        id_: fhir.get(f"/fhir/Measure/xinyi.{id_}").json()["scoring"]["coding"][0]["code"]
        for id_ in ("infant-mortality", "tertiary-stay", "life-expectancy")
    }
    assert codes == {
        "infant-mortality": "ratio",
        "tertiary-stay": "ratio",
        "life-expectancy": "continuous-variable",
    }


def test_stored_measures_and_those_of_packs_are_found_together(fhir: TestClient) -> None:
    url = f"urn:test:{uuid4()}"
    stored = {"resourceType": "Measure", "status": "draft", "url": url, "title": "高血压规范管理率（外）"}
    id_ = fhir.post("/fhir/Measure", json=stored).json()["id"]
    assert fhir.get("/fhir/Measure", params={"url": url}).json()["total"] == 1
    both = list(pages(fhir, "/fhir/Measure?title=高血压规范管理率&_count=5"))
    found = [entry["resource"]["id"] for page in both for entry in page["entry"]]
    assert set(found) >= {"xinyi.hypertension-management", id_}
    assert {page["total"] for page in both} == {len(found)}
    assert fhir.get("/fhir/Measure", params={"status": "draft", "url": url}).json()["total"] == 1
    of_pack = fhir.get("/fhir/Measure", params={"url": "urn:kangshu:measure:xinyi:myopia"}).json()
    assert [entry["resource"]["id"] for entry in of_pack["entry"]] == ["xinyi.myopia"]
    assert fhir.get("/fhir/Measure", params={"_summary": "count"}).json()["total"] >= 40
    assert fhir.get("/fhir/Measure", params={"_page": "~x"}).status_code == 400


def test_a_client_that_has_a_measure_need_not_take_it_again(fhir: TestClient) -> None:
    first = fhir.get("/fhir/Measure/xinyi.myopia")
    again = fhir.get("/fhir/Measure/xinyi.myopia", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_measure_of_a_pack_cannot_be_written(fhir: TestClient) -> None:
    where = "/fhir/Measure/xinyi.myopia"
    found = fhir.get(where).json()
    assert fhir.put(where, json=found).status_code == 409
    assert fhir.delete(where).status_code == 409
    patched = [{"op": "replace", "path": "/title", "value": "x"}]
    media = {"content-type": "application/json-patch+json"}
    assert fhir.patch(where, json=patched, headers=media).status_code == 409
    entry = {"resource": found, "request": {"method": "PUT", "url": "Measure/xinyi.myopia"}}
    for kind in ("transaction", "batch"):
        bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
        answer = fhir.post("/fhir", json=bundle)
        assert answer.status_code == 409 or answer.json()["entry"][0]["response"]["status"].startswith("409")
    assert fhir.get(where).status_code == 200


def test_what_is_stored_can_still_be_written_and_read(fhir: TestClient) -> None:
    where = f"/fhir/Measure/{uuid4()}"
    body = {"resourceType": "Measure", "id": where.rpartition("/")[2], "status": "active"}
    assert fhir.put(where, json=body).status_code == 201
    assert fhir.get(where).json()["status"] == "active"
    assert fhir.delete(where).status_code in (200, 204)
    assert fhir.get(where).status_code == 410


def test_a_token_that_names_no_measures_sees_none(app: Starlette) -> None:
    for where in ("/fhir/Measure", "/fhir/Measure/xinyi.myopia"):
        assert client_of(app, "operator").get(where).status_code == 403
        assert client_of(app, None).get(where).status_code == 401


def test_views_of_packs_that_are_selects_are_libraries(fhir: TestClient) -> None:
    found = fhir.get("/fhir/Library", params={"url": "urn:kangshu:view:patient"}).json()
    [entry] = found["entry"]
    raw = fhir.get(entry["fullUrl"])
    assert [str(issue) for issue in fhirkit.validate(raw.content)] == []
    assert entry["resource"]["type"]["coding"][0]["code"] == "sql-view"
    assert "urn:kangshu:view:fhir_patient" in {
        each["resource"] for each in entry["resource"]["relatedArtifact"]
    }
