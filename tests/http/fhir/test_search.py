"""Search through HTTP: what shapes the answer. What is found is tested with the kernel."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from tests.http.fhir.conftest import client_of


@pytest.fixture(scope="module")
def mark(fhir: TestClient) -> str:
    """A tag on five observations of one patient by one practitioner of one organization."""
    tag = str(uuid4())
    meta = {"tag": [{"system": "urn:t", "code": tag}]}
    put(fhir, {"resourceType": "Organization", "id": f"o-{tag}", "name": "x"})
    put(fhir, {"resourceType": "Practitioner", "id": f"d-{tag}", "name": [{"family": "x"}]})
    put(
        fhir,
        {
            "resourceType": "Patient",
            "id": f"p-{tag}",
            "meta": meta,
            "managingOrganization": {"reference": f"Organization/o-{tag}"},
        },
    )
    for number in range(5):
        put(
            fhir,
            {
                "resourceType": "Observation",
                "id": f"{number}-{tag}",
                "meta": meta,
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": f"c{number}"}]},
                "subject": {"reference": f"Patient/p-{tag}"},
                "performer": [{"reference": f"Practitioner/d-{tag}"}],
                "effectiveDateTime": f"202{number}-01-01",
                "valueQuantity": {"value": number},
                "note": [{"text": "n"}],
            },
        )
    return tag


def put(fhir: TestClient, body: dict[str, Any]) -> None:
    answer = fhir.put(f"/fhir/{body['resourceType']}/{body['id']}", json=body)
    assert answer.status_code in (200, 201), answer.text


def ids(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    found = [entry for entry in bundle.get("entry", []) if entry["search"]["mode"] == mode]
    return [entry["resource"].get("id", "") for entry in found]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((each["url"] for each in bundle["link"] if each["relation"] == relation), None)


def find(fhir: TestClient, path: str, **params: str) -> dict[str, Any]:
    answer = fhir.get(f"/fhir/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_search_answers_with_a_searchset(fhir: TestClient, mark: str) -> None:
    bundle = find(fhir, "Observation", _tag=mark)
    assert (bundle["type"], bundle["total"], len(ids(bundle))) == ("searchset", 5, 5)
    assert bundle["entry"][0]["fullUrl"].startswith("http://testserver/fhir/Observation/")
    assert link(bundle, "self") == f"http://testserver/fhir/Observation?_tag={mark}"


def test_get_and_post_find_the_same(fhir: TestClient, mark: str) -> None:
    posted = fhir.post(
        "/fhir/Observation/_search?_count=2", data={"_tag": mark, "code": "http://loinc.org|c1,c2"}
    )
    assert posted.status_code == 200
    assert set(ids(posted.json())) == {f"1-{mark}", f"2-{mark}"}


def test_pages_add_up_to_the_whole(fhir: TestClient, mark: str) -> None:
    for sort in ({}, {"_sort": "-date"}):
        bundle = find(fhir, "Observation", _tag=mark, _count="2", **sort)
        seen = ids(bundle)
        while following := link(bundle, "next"):
            bundle = fhir.get(following).json()
            seen += ids(bundle)
        assert len(seen) == 5
        assert set(seen) == {f"{number}-{mark}" for number in range(5)}
    assert seen == [f"{number}-{mark}" for number in (4, 3, 2, 1, 0)]


def test_one_can_go_back(fhir: TestClient, mark: str) -> None:
    pages = [find(fhir, "Observation", _tag=mark, _count="2", _sort="date")]
    while following := link(pages[-1], "next"):
        pages.append(fhir.get(following).json())
    assert [len(ids(page)) for page in pages] == [2, 2, 1]
    assert link(pages[0], "previous") is None
    for before, page in pairwise(pages):
        assert ids(fhir.get(link(page, "previous") or "").json()) == ids(before)
        assert link(page, "first") == link(pages[0], "self")


def test_a_made_up_cursor_is_refused(fhir: TestClient) -> None:
    for cursor in ("x", "W10", "bnVsbA", "%00", "9" * 400, ".", "a.", "." * 99):
        assert fhir.get(f"/fhir/Observation?_page={cursor}").status_code == 400


def test_only_the_number_is_told(fhir: TestClient, mark: str) -> None:
    for params in ({"_summary": "count"}, {"_count": "0"}):
        bundle = find(fhir, "Observation", _tag=mark, **params)
        assert bundle["total"] == 5
        assert "entry" not in bundle
    assert "total" not in find(fhir, "Observation", _tag=mark, _count="1", _total="none")


def test_what_is_referred_to_comes_along(fhir: TestClient, mark: str) -> None:
    bundle = find(fhir, "Observation", _tag=mark, _include="Observation:subject")
    assert ids(bundle, "include") == [f"p-{mark}"]
    every = find(fhir, "Observation", _tag=mark, _include="*")
    assert set(ids(every, "include")) == {f"p-{mark}", f"d-{mark}"}
    typed = find(fhir, "Observation", _tag=mark, _include="Observation:performer:Organization")
    assert ids(typed, "include") == []
    pairs: list[Any] = [
        ("_tag", mark),
        ("_include", "Observation:subject"),
        ("_include:iterate", "Patient:organization"),
    ]
    far = fhir.get("/fhir/Observation", params=pairs).json()
    assert set(ids(far, "include")) == {f"p-{mark}", f"o-{mark}"}


def test_what_refers_to_it_comes_along(fhir: TestClient, mark: str) -> None:
    bundle = find(fhir, "Patient", _id=f"p-{mark}", _revinclude="Observation:subject")
    assert len(ids(bundle, "include")) == 5
    assert ids(find(fhir, "Patient", _id=f"p-{mark}", _revinclude="Observation:*"), "match") == [f"p-{mark}"]


@pytest.mark.parametrize("name", ["_include", "_revinclude"])
@pytest.mark.parametrize("value", ["x", "Observation:nope", "Nope:subject", "Observation:code", ":::"])
def test_an_include_of_what_there_is_not_is_refused(fhir: TestClient, name: str, value: str) -> None:
    assert fhir.get("/fhir/Observation", params={name: value}).status_code == 400


def test_a_compartment_holds_what_is_about_the_patient(fhir: TestClient, mark: str) -> None:
    assert len(ids(find(fhir, f"Patient/p-{mark}/Observation"))) == 5
    assert ids(find(fhir, f"Patient/p-{mark}/Observation", code="c3")) == [f"3-{mark}"]
    assert len(ids(find(fhir, f"Patient/p-{mark}/*"))) == 6
    assert fhir.get(f"/fhir/Observation/0-{mark}/Patient").status_code == 404


def test_all_types_can_be_searched_at_once(fhir: TestClient, mark: str) -> None:
    assert len(ids(find(fhir, "", _tag=mark))) == 6
    assert len(ids(find(fhir, "", _tag=mark, _type="Patient,Device"))) == 1
    assert fhir.get("/fhir", params={"_type": "Nope"}).status_code == 400


def test_an_unknown_parameter_is_ignored_unless_the_client_is_strict(fhir: TestClient, mark: str) -> None:
    bundle = find(fhir, "Observation", _tag=mark, nope="1")
    assert len(ids(bundle)) == 5
    assert [entry["search"]["mode"] for entry in bundle["entry"]][-1] == "outcome"
    assert dict(parse_qsl(urlsplit(link(bundle, "self") or "").query)) == {"_tag": mark}
    strict = fhir.get("/fhir/Observation", params={"nope": "1"}, headers={"prefer": "handling=strict"})
    assert strict.status_code == 400
    assert strict.json()["issue"][0]["expression"] == ["nope"]


@pytest.mark.parametrize(
    "query",
    [
        "code:nope=x",
        "date=tomorrow",
        "value-quantity=x",
        "_count=-1",
        "_count=x",
        "_total=x",
        "_summary=x",
        "_contained=true",
        "date=gt",
        "subject:nope=x",
        "code=%FF",
        "code=%00",
    ],
)
def test_a_wrong_value_is_refused(fhir: TestClient, query: str) -> None:
    answer = fhir.get(f"/fhir/Observation?{query}")
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_parts_of_what_is_found_are_tagged(fhir: TestClient, mark: str) -> None:
    bundle = find(fhir, "Observation", _tag=mark, _elements="status", _count="1")
    found = bundle["entry"][0]["resource"]
    assert set(found) == {"resourceType", "id", "meta", "status", "code"}
    assert "SUBSETTED" in [tag["code"] for tag in found["meta"]["tag"]]
    summary = find(fhir, "Observation", _tag=mark, _summary="true", _count="1")["entry"][0]["resource"]
    assert "note" not in summary
    assert "valueQuantity" in summary


def test_everything_of_a_patient(fhir: TestClient, mark: str) -> None:
    bundle = find(fhir, f"Patient/p-{mark}/$everything")
    assert ids(bundle)[0] == f"p-{mark}"
    assert len(ids(bundle)) == 6
    assert set(ids(bundle, "include")) == {f"o-{mark}", f"d-{mark}"}
    assert len(ids(find(fhir, f"Patient/p-{mark}/$everything", _type="Observation"))) == 5
    assert len(ids(find(fhir, f"Patient/p-{mark}/$everything", start="2021-06-01", end="2023-06-01"))) == 3
    assert len(ids(find(fhir, f"Patient/p-{mark}/$everything", _since="2099-01-01"))) == 1
    bundle = find(fhir, f"Patient/p-{mark}/$everything", _count="2")
    seen = set(ids(bundle))
    while following := link(bundle, "next"):
        bundle = fhir.get(following).json()
        seen |= set(ids(bundle))
    assert len(seen) == 6
    assert fhir.get(f"/fhir/Patient/{uuid4()}/$everything").status_code == 404


def test_a_search_sees_what_the_grant_lets_through(app: Any, mark: str) -> None:
    reader = client_of(app, "observations")
    assert len(ids(find(reader, "Observation", _tag=mark))) == 5
    assert reader.get("/fhir/Patient").status_code == 403
    assert ids(find(reader, "Observation", _tag=mark, _include="Observation:subject"), "include") == []
    assert ids(find(client_of(app, "hospital"), "Observation", _tag=mark)) == []


@pytest.mark.parametrize("path", ["Patient", "Patient/_history"])
def test_a_page_nobody_gave_out_is_told_by_the_name_it_came_under(fhir: TestClient, path: str) -> None:
    answer = fhir.get(f"/fhir/{path}?_page=nonsense")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["_page"]


def test_everything_that_refers_needs_a_type(fhir: TestClient) -> None:
    refused = fhir.get("/fhir/Patient?_revinclude=*")
    assert refused.status_code == 400
    assert "_revinclude=Observation:*" in refused.json()["issue"][0]["diagnostics"]
    assert fhir.get("/fhir/Patient?_revinclude=Observation:*&_include=*").status_code == 200


def test_includes_and_sorting_have_limits(fhir: TestClient) -> None:
    includes = "&".join(f"_include=Observation:subject:{type}" for type in ("Patient", "Group", "Device"))
    assert fhir.get(f"/fhir/Observation?{includes}").status_code == 200
    many = "&".join(f"_include=Observation:subject:{a}{b}" for a in "abcdefgh" for b in "abcdefgh")
    answer = fhir.get(f"/fhir/Observation?{many}")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "too-costly")
    answer = fhir.get("/fhir/Patient?_sort=" + ",".join(["birthdate"] * 11))
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "too-costly")
