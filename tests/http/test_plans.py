"""The pages of plans: what is counted stands beside what is stated, for whoever may see numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.policies.definition import Principal, Resource
from tests.conftest import platform_on
from tests.support.databases import Databases

HOSPITAL, ELSEWHERE = "H44098300001", "H44099900001"
PEOPLE = {
    "county": Principal("county", "陈立", "county_commission", None, "440983"),
    "city": Principal("city", "周敏", "city_commission"),
    "overseer": Principal("overseer", "孙正", "overseer"),
    "doctor": Principal("zhang", "张明", "doctor", HOSPITAL, "440983"),
    "operator": Principal("operator", "郑涛", "operator"),
    "resident": Principal("resident", "居民", "resident", person=1),
}


def born(number: int, day: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": f"b{number}", "gender": "male", "birthDate": day, **more}


@pytest.fixture(scope="module")
def place(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A county where two hundred were born in 2023 and in 2024; 1 and 20 of them died. And elsewhere."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("plans")).closing() as made:
        for source, count in ((HOSPITAL, 400), (ELSEWHERE, 50)):
            children = [born(number, f"{2023 + number % 2}-05-01") for number in range(count)]
            for number in range(1, 40, 2):
                children[number]["deceasedDateTime"] = "2024-05-20"
            children[0]["deceasedDateTime"] = "2023-05-20"
            text = "\n".join(json.dumps(each) for each in children).encode()
            [message] = made.intake.journal([(source, [text], "ndjson")])
            made.intake.work_through(message)
        yield made
    databases.drop(url)


def get(platform: Platform, who: str, path: str):
    def principal_of(request: Request) -> Principal:
        return PEOPLE[who]

    routes = portal_routes(platform, principal_of)
    pages = error_pages(platform, principal_of)
    return TestClient(Starlette(routes=routes, exception_handlers=pages)).get(path)


def part(text: str, id_: str) -> str:
    """What is folded under an indicator, without tags."""
    found = re.search(rf'<details class="fold" id="{id_}">(.*?)</details>', text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


@pytest.mark.parametrize("who", ["county", "city", "overseer"])
def test_every_row_of_the_plan_is_there_with_its_basis(place: Platform, who: str) -> None:
    text = get(place, who, "/plans").text
    for row in place.planning.place("xinyi").plan("plan_2025").rows:
        assert row.named in text
        assert "依据" in part(text, row.indicator)


def test_what_is_counted_is_of_the_county_alone_and_says_how(place: Platform) -> None:
    told = part(get(place, "city", "/plans").text, "infant_mortality")
    assert "平台计算" in told
    assert re.search(r"2024 100(\.0+)? 平台计算 20 / 200", told)
    assert "填报" in told
    # One death of two hundred births might be somebody.
    assert re.search(r"2023 – 平台计算 人数过少", told)


def test_a_review_is_as_its_document_judges(place: Platform) -> None:
    text = get(place, "city", "/plans/xinyi/review_2020").text
    assert "十三五" in text
    assert "未达到" in text


@pytest.mark.parametrize("who", ["doctor", "operator", "resident"])
def test_nobody_else_sees_it(place: Platform, who: str) -> None:
    assert get(place, who, "/plans").status_code == 403


def test_a_plan_that_is_not_there(place: Platform) -> None:
    assert get(place, "city", "/plans/xinyi/nothing").status_code == 404
    assert get(place, "city", "/plans/nowhere/plan_2025").status_code == 404


def test_what_was_known_before_a_correction_can_be_counted(place: Platform) -> None:
    content = place.planning.place("xinyi")
    indicator = content.indicators.get("infant_mortality")
    principal = PEOPLE["city"]
    grant = place.policies.decide(principal, "read", Resource("indicator"), "oversight")

    def births(as_of: datetime | None) -> dict[str, Any]:
        on = place.clock().date()
        found = place.planning.count(grant, content, [indicator], on=on, as_of=as_of, county="440983")
        return {cell.period: cell.denominator for cell in found["infant_mortality"].by()}

    before = place.clock()
    corrected = json.dumps(born(399, "2023-05-01")).encode()
    [message] = place.intake.journal([(HOSPITAL, [corrected], "json")])
    place.intake.work_through(message)
    assert births(None)["2024"] == 199
    assert births(before)["2024"] == 200
