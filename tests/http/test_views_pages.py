"""The pages of lineage: how numbers are made, for whoever oversees or runs the platform; no rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.policies.definition import Principal
from tests.conftest import platform_on
from tests.support.databases import Databases

HOSPITAL, CERTNO = "H44099900001", "44090219850315001X"
PEOPLE = {
    "county": Principal("county", "陈立", "county_commission", None, "440983"),
    "overseer": Principal("overseer", "孙正", "overseer"),
    "operator": Principal("operator", "郑涛", "operator"),
    "doctor": Principal("zhang", "张明", "doctor", HOSPITAL, "440983"),
    "steward": Principal("steward", "何宁", "steward"),
    "resident": Principal("resident", "居民", "resident", person=1),
}


@pytest.fixture(scope="module")
def place(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Three patients, and views that are kept of them."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("views")).closing() as made:
        identifier = [{"system": "urn:oid:2.16.156.10011.1.3", "value": CERTNO}]
        people = [{"resourceType": "Patient", "id": f"p{number}", "gender": "male"} for number in range(3)]
        people[0]["identifier"] = identifier  # pyright: ignore[reportArgumentType]
        text = "\n".join(json.dumps(each) for each in people).encode()
        [message] = made.intake.journal([(HOSPITAL, [text], "ndjson")])
        made.intake.work_through(message)
        made.views.refresh(also=made.views.views.names)
        yield made
    databases.drop(url)


def get(platform: Platform, who: str, path: str):
    def principal_of(request: Request) -> Principal:
        return PEOPLE[who]

    routes = portal_routes(platform, principal_of)
    pages = error_pages(platform, principal_of)
    return TestClient(Starlette(routes=routes, exception_handlers=pages)).get(path)


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize("who", ["county", "overseer", "operator"])
def test_every_view_is_there_with_how_it_is_kept(place: Platform, who: str) -> None:
    told = words(get(place, who, "/views").text)
    for view in place.view_lineage.described.values():
        assert view.kind == "codes" or view.title in told
    assert re.search(r"FHIR 患者 fhir_patient 最新 3 \d{4}-\d\d-\d\d \d\d:\d\d", told)
    assert "就诊与住院 encounter 即用即算" in told


def test_a_view_says_what_its_columns_are_what_it_is_made_of_and_what_reads_it(place: Platform) -> None:
    page = get(place, "county", "/views/patient").text
    told = words(page)
    assert "迁入本地日期" in told
    assert "FHIR 患者" in told
    assert "FHIR Patient FHIR 资源 · 3 行" in told
    for name in ("fhir_patient", "fact_of_patient", "resident", "person_of_certno"):
        assert f'href="/views/{name}"' in page
    assert "/plans/xinyi/plan_2025" in page
    assert "GROUP BY id" in told


def test_what_has_come_in_leads_up_to_the_indicators(place: Platform) -> None:
    page = get(place, "county", "/views/fact_of_patient").text
    assert 'href="/views/patient"' in page
    for each in place.view_lineage.indicators():
        if "patient" in each.indicator.needs:
            assert each.indicator.title in page


def test_the_drawing_and_the_lists_say_the_same(place: Platform) -> None:
    page = get(place, "county", "/views/encounter").text
    drawing, rest = page[page.index('<svg class="lineage') :].split("</svg>", 1)
    drawn, listed = (set(re.findall(r'href="/views/(\w+)"', text)) for text in (drawing, rest))
    assert drawn - {"encounter"} == listed - {"encounter"} != set()


@pytest.mark.parametrize("who", ["doctor", "steward", "resident"])
@pytest.mark.parametrize("path", ["/views", "/views/patient"])
def test_nobody_else_sees_it(place: Platform, who: str, path: str) -> None:
    assert get(place, who, path).status_code == 403


def test_the_operator_is_not_led_to_plans(place: Platform) -> None:
    assert "/plans/" not in get(place, "operator", "/views/patient").text


def test_nothing_of_a_person_is_shown(place: Platform) -> None:
    for name in ("", *(f"/{each}" for each in place.view_lineage.described)):
        page = get(place, "county", f"/views{name}")
        assert page.status_code == 200
        assert CERTNO not in page.text


def test_a_view_that_nobody_has(place: Platform) -> None:
    assert get(place, "county", "/views/nothing").status_code == 404


def test_what_is_drawn_stands_below_what_it_is_made_of(place: Platform) -> None:
    lineage = place.view_lineage
    for name in lineage.described:
        order = [*lineage.below(name), name, *lineage.above(name)]
        for number, each in enumerate(order):
            assert not set(lineage.of(each).needs) & set(order[number:])
