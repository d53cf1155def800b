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
TOWNS = ("合水镇", "水口镇")
PEOPLE = {
    "county": Principal("county", "陈立", "county_commission", None, "440983"),
    "city": Principal("city", "周敏", "city_commission"),
    "elsewhere": Principal("elsewhere", "赵宁", "county_commission", None, "440999"),
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
            children = [
                born(
                    number,
                    f"{2023 + number % 2}-05-01",
                    address=[{"line": [f"{TOWNS[number // 2 % 3 == 0]}新村"]}],
                )
                for number in range(count)
            ]
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


def words_of(text: str) -> str:
    """A page without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(platform: Platform, who: str, indicator: str, query: str = "") -> str:
    return words_of(get(platform, who, f"/plans/xinyi/plan_2025/{indicator}{query}").text)


@pytest.mark.parametrize("who", ["county", "city", "overseer"])
def test_every_row_of_the_plan_is_on_the_wall_and_leads_to_its_page(place: Platform, who: str) -> None:
    text = get(place, who, "/plans").text
    plan = place.planning.place("xinyi").plan("plan_2025")
    for row in plan.rows:
        assert row.named in text
        assert f'href="/plans/xinyi/plan_2025/{row.indicator}"' in text


@pytest.mark.parametrize("plan", ["plan_2025", "review_2020"])
def test_every_indicator_has_a_page_with_its_basis_and_version(place: Platform, plan: str) -> None:
    content = place.planning.place("xinyi")
    for row in content.plan(plan).rows:
        answer = get(place, "overseer", f"/plans/xinyi/{plan}/{row.indicator}")
        assert answer.status_code == 200
        told, indicator = words_of(answer.text), content.indicators.get(row.indicator)
        assert indicator.basis in told
        assert indicator.version in told


def test_what_is_counted_is_of_the_county_alone_and_says_how(place: Platform) -> None:
    told = page(place, "city", "infant_mortality")
    assert re.search(r"2024 100(\.0+)? 20 200 平台计算", told)
    assert "填报" in told
    # One death of two hundred births might be somebody.
    assert re.search(r"2023 数量少，未显示 平台计算", told)


def test_a_parameter_stands_with_its_legal_basis(place: Platform) -> None:
    told = page(place, "city", "hypertension_management")
    assert "国家基本公共卫生服务规范（第三版）：每年至少 4 次面对面随访" in told or "尚无数值" in told


def test_what_is_off_course_is_told_with_its_reason(place: Platform) -> None:
    text = get(place, "city", "/plans/xinyi/review_2020").text
    off = words_of(text[text.index("off-title") : text.index("wall-1")])
    assert "期满未达标 人均期望寿命 2020 年 77.28 岁" in off
    assert "婴儿死亡率" not in off


def test_a_review_is_as_its_document_judges(place: Platform) -> None:
    text = get(place, "city", "/plans/xinyi/review_2020").text
    assert "十三五" in text
    assert "未达到" in text


def test_towns_are_ranked_and_what_is_small_is_not_told(place: Platform) -> None:
    told = page(place, "city", "infant_mortality", "?period=2024")
    ranking = told[told.index("2024 排名") : told.index("并排对比")]
    assert ranking.index("合水镇") < ranking.index("水口镇")
    assert "乡镇示意图" in told
    small = page(place, "city", "infant_mortality", "?period=2023")
    assert "数量少，未显示" in small


def test_a_cell_of_one_town_can_be_opened_by_sex(place: Platform) -> None:
    query = "?period=2024&by=sex&in=town&is=%E5%90%88%E6%B0%B4%E9%95%87"
    told = page(place, "city", "infant_mortality", query)
    assert "2024 分组 · 合水镇" in told
    assert "返回全部" in told


def test_periods_and_towns_are_compared(place: Platform) -> None:
    query = "?period=2024&other=2023&a=%E5%90%88%E6%B0%B4%E9%95%87&b=%E6%B0%B4%E5%8F%A3%E9%95%87"
    text = get(place, "city", f"/plans/xinyi/plan_2025/infant_mortality{query}").text
    assert '<option value="合水镇" selected>' in text[text.index('id="a"') : text.index('id="b"')]
    assert '<option value="水口镇" selected>' in text[text.index('id="b"') :]


@pytest.mark.parametrize(
    "query", ["?period=1999", "?by=colour&in=moon&is=x", "?a=nowhere&b=", "?period=&other=&by="]
)
def test_what_does_not_exist_is_not_chosen(place: Platform, query: str) -> None:
    answer = get(place, "city", f"/plans/xinyi/plan_2025/infant_mortality{query}")
    assert answer.status_code == 200


DRAWINGS = ("series", "groups", "map", "compare")


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize(
    ("form", "begins"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("csv", b"\xef\xbb\xbf"), ("json", b"{")]
)
def test_every_chart_can_be_taken_away_with_its_data(
    place: Platform, drawing: str, form: str, begins: bytes
) -> None:
    answer = get(place, "overseer", f"/plans/xinyi/plan_2025/infant_mortality/{drawing}.{form}?period=2024")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert "attachment" in answer.headers["content-disposition"]


def test_a_file_says_no_more_than_the_page(place: Platform) -> None:
    table = get(
        place, "city", "/plans/xinyi/plan_2025/infant_mortality/groups.csv?period=2023"
    ).content.decode("utf-8-sig")
    rows = {line.split(",")[0]: line.split(",")[1:] for line in table.splitlines()}
    assert rows["水口镇"] == ["数量少，未显示", "", ""]


def test_a_chart_that_is_not_there(place: Platform) -> None:
    for path in (
        "infant_mortality/cake.svg",
        "infant_mortality/series.docx",
        "smoking/groups.csv",
        "nothing/series.svg",
    ):
        assert get(place, "city", f"/plans/xinyi/plan_2025/{path}").status_code == 404


FACTS = "/plans/xinyi/plan_2025/infant_mortality/facts?period=2024"


@pytest.mark.parametrize("who", ["county", "city"])
def test_the_commission_sees_the_cases_behind_a_number_and_that_is_noted(place: Platform, who: str) -> None:
    text = get(place, who, f"{FACTS}&which=reached").text
    links = re.findall(r'href="/residents/(\d+)"', text)
    assert len(links) == 20
    born_here = {place.person_of("Patient", f"b{number}") for number in range(1, 40, 2)}
    assert {int(each) for each in links} == born_here
    overseer = place.policies.decide(
        PEOPLE["overseer"], "see_access_log", Resource("access_log"), "oversight"
    )
    entries = [entry for _, entry in place.accesses(overseer, count=5)]
    noted = next(each for each in entries if each.principal == who and each.persons)
    assert set(noted.persons) == born_here


def test_cases_are_turned_page_by_page_without_naming_anybody(place: Platform) -> None:
    seen: list[str] = []
    for number in range(1, 6):
        answer = get(place, "city", f"{FACTS}&which=missed&page={number}")
        seen += re.findall(r'href="/residents/(\d+)"', answer.text)
        if 'rel="next"' not in answer.text:
            break
    assert len(seen) == len(set(seen)) == 200


def test_cases_of_one_town_only(place: Platform) -> None:
    text = get(place, "city", f"{FACTS}&town=%E5%90%88%E6%B0%B4%E9%95%87&which=reached").text
    assert "合水镇" in words_of(text)
    assert 0 < len(re.findall(r'href="/residents/(\d+)"', text)) <= 20
    assert "没有符合条件的个案" in get(place, "city", f"{FACTS}&town=%E4%B8%9C").text


def test_who_sees_numbers_only_is_told_so_and_whom_to_ask(place: Platform) -> None:
    answer = get(place, "overseer", FACTS)
    assert answer.status_code == 403
    assert "只能查看指标数值" in answer.text
    assert "本县卫生健康部门" in answer.text
    assert not re.search(r'href="/residents/', answer.text)


def test_the_commission_of_another_county_sees_no_cases(place: Platform) -> None:
    assert get(place, "elsewhere", FACTS).status_code == 403


@pytest.mark.parametrize(
    "path", ["infant_mortality/facts?period=1999", "infant_mortality/facts", "smoking/facts?period=2020"]
)
def test_cases_of_what_was_not_counted(place: Platform, path: str) -> None:
    assert get(place, "city", f"/plans/xinyi/plan_2025/{path}").status_code == 404


@pytest.mark.parametrize("who", ["doctor", "operator", "resident"])
def test_nobody_else_sees_it(place: Platform, who: str) -> None:
    for path in ("/plans", "/plans/xinyi/plan_2025/infant_mortality", FACTS):
        assert get(place, who, path).status_code == 403
    drawing = "/plans/xinyi/plan_2025/infant_mortality/series.csv"
    assert get(place, who, drawing).status_code == 403


def test_boundaries_of_the_county_become_its_map(place: Platform) -> None:
    square = [[110, 22], [111, 22], [111, 23], [110, 22]]
    towns = [
        {"properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [square]}}
        for name in ("合水镇", "水口镇")
    ]
    taken = json.dumps({"type": "FeatureCollection", "features": towns}).encode()
    place.maps.take("440983", taken)
    try:
        assert "乡镇地图" in page(place, "city", "infant_mortality", "?period=2024")
        drawing = get(place, "city", "/plans/xinyi/plan_2025/infant_mortality/map.json?period=2024").json()
        names = {each["name"]: each["value"] for each in drawing["data"]["values"]}
        assert names.keys() == {"合水镇", "水口镇"}
        assert None not in names.values()
    finally:
        place.maps.remove("440983")


def test_what_came_later_is_counted_behind(place: Platform) -> None:
    def births() -> str:
        found = re.search(r"2022 (\S+) \d* ?(\d+)? ?平台计算", page(place, "city", "infant_mortality"))
        return found[0] if found else ""

    before = births()
    text = "\n".join(json.dumps(born(1000 + n, "2022-05-01")) for n in range(60)).encode()
    [message] = place.intake.journal([(HOSPITAL, [text], "ndjson")])
    place.intake.work_through(message)
    assert births() == before
    place.counted_plans.kept.settle()
    assert births() != before
    # The cases of then are not shown for the numbers of now.
    cases = "/plans/xinyi/plan_2025/infant_mortality/facts?period=2022"
    assert len(re.findall(r'href="/residents/', get(place, "city", f"{cases}&page=2").text)) == 10
    more = "\n".join(json.dumps(born(2000 + n, "2022-06-01")) for n in range(5)).encode()
    [message] = place.intake.journal([(HOSPITAL, [more], "ndjson")])
    place.intake.work_through(message)
    assert births() == births()
    place.counted_plans.kept.settle()
    assert len(re.findall(r'href="/residents/', get(place, "city", f"{cases}&page=2").text)) == 15


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


def test_the_wall_judges_nothing_by_the_value_a_plan_starts_from(place: Platform) -> None:
    text = get(place, "city", "/plans/xinyi/plan_2025").text
    card = words_of(text[text.index("/plan_2025/life_expectancy") :][:1500])
    assert "77.28 岁 基期后无数据 2020 填报" in card
    assert "2025 年目标 ≥ 79.2 岁" in card
    report = words_of(get(place, "city", "/plans/xinyi/plan_2025/report").text)
    [count] = re.findall(r"基期后无数据 (\d+) 去填报", words_of(text))
    assert f"基期后无数据 {count} 项" in report
    told = page(place, "city", "life_expectancy")
    assert "2020 年以后还没有数值，所示为规划的起点，不作评价。 去填报" in told


def test_a_change_says_since_when_and_in_which_unit(place: Platform) -> None:
    assert re.search(r"较 20\d\d 年 [+-]?[\d.]+ 个千分点", page(place, "city", "infant_mortality"))


def test_an_indicator_leads_to_its_views_and_these_back(place: Platform) -> None:
    text = get(place, "city", "/plans/xinyi/plan_2025/infant_mortality").text
    assert 'href="/views/patient"' in text[text.index('id="definition"') :]
    assert 'href="/views/patient"' in get(place, "city", "/plans/xinyi/plan_2025").text
    assert 'href="/plans/xinyi/plan_2025/infant_mortality"' in get(place, "city", "/views/patient").text
