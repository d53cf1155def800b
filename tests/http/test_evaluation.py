"""The pages of evaluation over a small synthetic city: index, resources and fairness, assessment."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
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


FILES = (
    ("/index/xinyi/bars", "?year=2025"),
    ("/resources/xinyi/lorenz", "?year=2025"),
    ("/performance/xinyi/tertiary_2025/known", "?year=2025&institution=H44098300001"),
)
WHOLE = (
    "/index/xinyi/ranking.csv",
    "/resources/xinyi/towns.csv",
    "/performance/xinyi/tertiary_2025/rows.csv",
)


def rows_of(platform: Platform, path: str) -> list[dict[str, str]]:
    answer = get(platform, "city", f"{path}?year=2025")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(("path", "query"), FILES)
def test_every_drawing_can_be_taken_away_with_its_data(city: Platform, path: str, query: str) -> None:
    page = get(city, "city", path.rpartition("/")[0] + query).text
    for form, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("csv", b"\xef\xbb\xbf"), ("json", b"{")):
        assert f'href="{path}.{form}?year=2025' in page
        answer = get(city, "city", f"{path}.{form}{query}")
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert "attachment" in answer.headers["content-disposition"]


def test_the_whole_ranking_is_a_file_that_adds_up(city: Platform) -> None:
    edition = city.planning.place("xinyi").index("digital").on(ON)
    rows = rows_of(city, WHOLE[0])
    assert len({row["机构代码"] for row in rows}) == len(rows)
    best = rows[0]
    titles = {each.key: plain_title(city, each.indicator) for each in edition.components if each.indicator}
    parts = [
        (float(best[f"{titles[each.key]}（得分）"]), float(each.weight))
        for each in edition.components
        if each.key in titles and best[f"{titles[each.key]}（得分）"]
    ]
    if best["数据质量得分（得分）"]:
        weight = next(float(each.weight) for each in edition.components if not each.indicator)
        parts.append((float(best["数据质量得分（得分）"]), weight))
    whole = sum(points * weight for points, weight in parts) / sum(weight for _, weight in parts)
    assert abs(whole - float(best["指数"])) < 0.2


def plain_title(platform: Platform, indicator: str) -> str:
    return platform.planning.place("xinyi").indicators.get(indicator).title


def test_all_towns_are_a_file_and_what_is_small_is_not_in_it(city: Platform) -> None:
    content = city.planning.place("xinyi")
    [beds] = [
        each
        for each in city.planning.fairness(grant_of(city), content, on=ON, county="440983")
        if each.indicator.id == "beds_per_1000"
    ]
    rows = [row for row in rows_of(city, WHOLE[1]) if row["资源"] == beds.indicator.title]
    assert len(rows) == len(beds.cells) + len(beds.left_out)
    hidden = {str(cell.strata[0][1]) for cell in beds.left_out if cell.hidden}
    assert hidden
    assert all(
        row["数量"] == "" and row["数值"] == "数量少，未显示" for row in rows if row["乡镇（街道）"] in hidden
    )


def test_all_rows_of_an_assessment_are_a_file(city: Platform) -> None:
    rows = rows_of(city, WHOLE[2])
    told = [row.named for row in city.planning.place("xinyi").assessment("tertiary_2025").rows]
    assert [row["指标"] for row in rows] == told
    assert any(row["数值"] for row in rows)
    assert {row["来源"] for row in rows} >= {"平台计算", "待医院填报"}


def test_what_nobody_reported_of_a_year_is_named_and_not_shown_as_nothing(city: Platform) -> None:
    beds = city.planning.place("xinyi").indicators.get("beds_per_1000").title
    text = plain(get(city, "city", "/resources/xinyi?year=2024").text)
    assert "2024 年还没有机构上报" in text
    assert beds in text
    assert "0.00 张" not in text


@pytest.mark.parametrize("path", WHOLE)
def test_files_are_for_who_sees_the_page(city: Platform, path: str) -> None:
    assert get(city, "doctor", path).status_code == 403
    assert get(city, "city", path.replace(".csv", ".svg")).status_code == 404


@pytest.mark.parametrize("page", ["/index/xinyi", "/resources/xinyi", "/performance/xinyi/tertiary_2025"])
def test_where_no_year_is_asked_for_the_newest_that_is_known_is_shown(city: Platform, page: str) -> None:
    next_year = replace(city, clock=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    text = get(next_year, "city", page).text
    assert re.search(r'aria-current="true">2025<', text)
    assert re.search(r'aria-current="true">2026<', get(next_year, "city", f"{page}?year=2026").text)


def test_a_number_leads_to_the_views_it_is_counted_from(city: Platform) -> None:
    for page, view in (
        ("/performance/xinyi/tertiary_2025", "discharge"),
        ("/resources/xinyi", "institution_monthly"),
    ):
        assert f'href="/views/{view}"' in get(city, "city", f"{page}?year=2025").text
        told = plain(get(city, "city", f"/views/{view}").text)
        assert "由视图计算的指标" in told


def test_looking_at_an_earlier_year_leaves_the_numbers_of_plans_as_they_are(city: Platform) -> None:
    def beds() -> list[str]:
        city.planning.forget()
        content = city.planning.place("xinyi")
        chosen = [content.indicators.get("beds_per_1000")]
        found = city.planning.count(grant_of(city), content, chosen, on=today, county="440983")
        return [f"{cell.period} {cell.value}" for cell in found["beds_per_1000"].by()]

    today = city.clock().date()
    before = beds()
    assert any(each.startswith("2025 ") for each in before)
    for page in PAGES:
        assert get(city, "city", f"{page}?year={today.year - 3}").status_code == 200
    assert beds() == before
