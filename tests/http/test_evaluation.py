"""The pages of evaluation over a small synthetic city: index, resources and fairness, assessment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.demonstration_city import land_city, read_place
from kangshu.app.indexes import index_of_counties, index_of_institutions
from kangshu.app.platform import Platform
from kangshu.domains.synthetic.city.order import Order
from kangshu.domains.synthetic.city.write import Delivery, write_city
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.lake.engine import engine, literal
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Grant, Principal, Resource
from tests.conftest import platform_on
from tests.support.databases import Databases

ON = date(2025, 12, 31)
YEAR = Order(residents=600, seed=7, first=date(2025, 1, 1), until=ON)
PEOPLE = {
    "city": Principal("city", "周敏", "city_commission"),
    "overseer": Principal("overseer", "孙正", "overseer"),
    "doctor": Principal("zhang", "张明", "doctor", "H44098300001", "440983"),
    "resident": Principal("resident", "居民", "resident", person=1),
}
FEEDS = ("institution", "institution_monthly", "outpatient_visit", "resident", "settlement_list")
"""Those the pages rest on, so that landing stays short."""
PAGES = ("/index/xinyi", "/resources/xinyi", "/performance/xinyi/tertiary_2025")


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A year of a small city, each feed landed as one file."""
    folder = tmp_path_factory.mktemp("city")
    place = read_place(default_root())
    files: list[Delivery] = []
    with engine() as work:
        written = {each.feed for each in write_city(YEAR, place, folder, lambda _done, _of: None)}
        for feed in sorted(written & {f"city_{name}" for name in FEEDS}):
            path = folder / f"{feed}.parquet"
            parts = f"read_parquet({literal(str(folder / feed / '*.parquet'))})"
            work.run(f"COPY (FROM {parts}) TO {literal(str(path))} (FORMAT parquet)")
            files.append(Delivery(feed, path))
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("home")).closing() as made:
        land_city(made, place, files, lambda _done, _of: None)
        yield made
    databases.drop(url)


def get(platform: Platform, who: str, path: str):
    def principal_of(request: Request) -> Principal:
        return PEOPLE[who]

    routes = portal_routes(platform, principal_of)
    pages = error_pages(platform, principal_of)
    return TestClient(Starlette(routes=routes, exception_handlers=pages)).get(path)


def grant_of(platform: Platform) -> Grant:
    return platform.policies.decide(PEOPLE["city"], "read", Resource("indicator"), "oversight")


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["doctor", "resident"])
def test_only_who_may_see_numbers_sees_them(city: Platform, who: str, path: str) -> None:
    assert get(city, who, path).status_code == 403


@pytest.mark.parametrize("path", ["/index/nowhere", "/resources/nowhere", "/performance/xinyi/nothing"])
def test_what_is_not_there_is_not_found(city: Platform, path: str) -> None:
    assert get(city, "city", path).status_code == 404


def test_the_index_of_an_institution_is_the_sum_of_what_its_values_contribute(city: Platform) -> None:
    content = city.planning.place("xinyi")
    edition = content.index("digital").on(ON)
    found = index_of_institutions(city.planning, None, grant_of(city), content, edition, on=ON)
    best = found[0].scored
    assert found[0].rank == 1
    assert best.score == sum((part.contributes for part in best.parts), Fraction(0))
    values = {part.component.key: part.value for part in best.parts}
    [indicator] = [each for each in content.indicators.indicators if each.id == "months_connected"]
    counted = city.planning.count(grant_of(city), content, [indicator], on=ON)["months_connected"]
    own = {
        dict(cell.strata)["institution"]: cell.value
        for cell in counted.by("institution")
        if cell.period == "2025"
    }
    assert values["months_connected"] == own[best.unit]
    text = plain(get(city, "city", "/index/xinyi?year=2025").text)
    assert f"{float(best.score or 0):.1f}" in text
    assert edition.basis in text


def test_a_county_is_ranked_by_all_its_institutions_together(city: Platform) -> None:
    content = city.planning.place("xinyi")
    edition = content.index("digital").on(ON)
    counties = {"440983": ["H44098300001"], "440999": []}
    found = index_of_counties(city.planning, None, grant_of(city), content, edition, counties, on=ON)
    assert [(each.scored.unit, each.rank) for each in found] == [("440983", 1), ("440999", None)]


def test_who_may_not_see_quality_sees_the_index_without_it(city: Platform) -> None:
    text = plain(get(city, "overseer", "/index/xinyi?year=2025").text)
    assert "数据质量得分 没有数据，未计入" in text


def test_fairness_shows_gini_towns_and_what_may_not_be_shown(city: Platform) -> None:
    content = city.planning.place("xinyi")
    spreads = {each.indicator.id: each for each in city.planning.fairness(grant_of(city), content, on=ON)}
    beds, reach = spreads["beds_per_1000"], spreads["hospital_within_reach"]
    assert beds.gini is not None
    assert beds.total is not None
    with engine() as work:
        assert city.tables.lake.offer(work, "monthly", "institution_monthly")
        assert beds.total.numerator == work.one(
            "SELECT sum(beds) FROM monthly WHERE month = DATE '2025-12-01'"
        )
    assert reach.total is not None
    assert reach.total.value is not None
    assert 0 < reach.total.value < 100
    text = plain(get(city, "city", "/resources/xinyi?year=2025").text)
    assert f"{float(beds.gini):.3f}" in text
    assert all(str(cell.strata[0][1]) in text for cell in beds.cells)
    assert ("数量少，未显示，未计入" in text) == any(cell.hidden for cell in beds.left_out)


def test_the_assessment_shows_all_rows_for_all_and_for_one_hospital(city: Platform) -> None:
    content = city.planning.place("xinyi")
    everybody = plain(get(city, "city", "/performance/xinyi/tertiary_2025?year=2025").text)
    for row in content.assessment("tertiary_2025").rows:
        assert row.named in everybody
    hospital = city.institutions.get("H44098300001")
    one = plain(
        get(city, "city", f"/performance/xinyi/tertiary_2025?year=2025&institution={hospital.code}").text
    )
    assert hospital.name in one
    assert "医院填报，尚未填报" in one
    counted = city.planning.count(grant_of(city), content, [content.indicators.get("operated_share")], on=ON)
    [cell] = [each for each in counted["operated_share"].by() if each.period == "2025"]
    assert f"{cell.value} %" in everybody


def test_without_landed_tables_the_pages_say_what_is_missing(platform: Platform) -> None:
    assert "需要机构月报和居民档案" in get(platform, "city", "/resources/xinyi").text
    assert "年没有机构的数据足以计算指数" in get(platform, "city", "/index/xinyi").text
    assert "平台计算，暂无数据" in get(platform, "city", "/performance/xinyi").text
