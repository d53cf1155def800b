"""Pages on which people write about plans: values with evidence, publications, progress; and the report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.policies.definition import Principal, Resource
from tests.conftest import platform_on
from tests.http.test_plans import HOSPITAL, PEOPLE, born
from tests.support.databases import Databases

XINYI = "/plans/xinyi/plan_2025"
SMOKING = f"{XINYI}/entry/smoking"
WHO = PEOPLE | {"elsewhere": Principal("elsewhere", "林舒", "county_commission", None, "440999")}
GOOD = {"period": "2023", "value": "21.3", "source": "吸烟监测", "evidence": "第 3 页", "decision": "enter"}
PAID = {
    "project": "2",
    "day": "2024-06-30",
    "paid": "31000",
    "work": "60",
    "source": "项目月报",
    "evidence": "附件 2",
}


@pytest.fixture
def place(platform: Platform) -> Platform:
    """With books of this test's own, to write into."""
    return platform


@pytest.fixture(scope="module")
def untouched(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """For all tests in which nothing may come to be in the books."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("untouched")).closing() as made:
        yield made
    databases.drop(url)


def client(platform: Platform, who: str) -> TestClient:
    def principal_of(request: Request) -> Principal:
        return WHO[who]

    routes = portal_routes(platform, principal_of, lambda id_: f"name of {id_}")
    pages = error_pages(platform, principal_of)
    return TestClient(Starlette(routes=routes, exception_handlers=pages), follow_redirects=False)


def seen(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_a_value_is_entered_seen_and_taken_back(place: Platform) -> None:
    county = client(place, "county")
    assert county.post(SMOKING, data=GOOD).headers["location"] == SMOKING
    page = seen(county.get(SMOKING).text)
    assert "2023 21.3 % 当前 吸烟监测 第 3 页 name of county" in page
    wall = seen(county.get("/plans").text)
    assert "21.3 % 未达到 2023 填报" in wall
    assert "2023 21.3 填报 · 吸烟监测；第 3 页" in seen(county.get(f"{XINYI}/smoking").text)
    assert "21.3" in seen(client(place, "overseer").get(f"{XINYI}/report?kind=yearly&year=2023").text)

    county.post(SMOKING, data=GOOD | {"value": "21.1"})
    page = seen(county.get(SMOKING).text)
    assert "21.1 % 当前" in page
    assert "21.3 % 已被后来的填报取代" in page

    back = {"period": "2023", "evidence": "录错年份", "decision": "withdraw"}
    assert county.post(SMOKING, data=back).status_code == 303
    page = seen(county.get(SMOKING).text)
    assert "21.1 % 已被后来的填报取代" in page
    assert "已撤回 撤回 录错年份" in page
    assert "2023 填报" not in seen(county.get("/plans").text)


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("period", "2023Q1", "该指标按年填报"),
        ("period", "23", "写法为 2025"),
        ("period", "2199", "还没有到这个时间"),
        ("value", "many", "应为数字"),
        ("value", "100.1", "高于可能的最大值"),
        ("value", "-1", "低于可能的最小值"),
        ("value", " ", "请填写"),
        ("value", "1e999999", "应为数字"),
        ("source", "", "请填写"),
        ("evidence", "  ", "请填写"),
        ("evidence", "x" * 501, "过长"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(untouched, field, text, told) -> None:
    answer = client(untouched, "county").post(SMOKING, data=GOOD | {field: text})
    assert answer.status_code == 422
    wrong = re.findall(r'<span class="field__problem" id="(\w+)-problem">.*?</svg>(.*?)</span>', answer.text)
    assert [name for name, _ in wrong] == [field]
    assert told in wrong[0][1]
    for other in {"period", "value", "source", "evidence"} - {field}:
        assert f'value="{GOOD[other]}"' in answer.text
    assert not untouched.planning.books.entries(_reading(untouched), untouched.planning.place("xinyi"))


@pytest.mark.parametrize("who", ["elsewhere", "overseer", "doctor", "operator", "resident"])
def test_only_the_commission_of_the_place_writes(untouched: Platform, who: str) -> None:
    other = client(untouched, who)
    for path, form in ((SMOKING, GOOD), (f"{XINYI}/projects", PAID)):
        assert other.post(path, data=form).status_code == 403
    assert other.post(f"{XINYI}/published", data={"choice": "smoking|2020"}).status_code == 403
    if who in ("elsewhere", "overseer"):
        assert "您可以查看" in other.get(SMOKING).text
        assert '<form method="post" action="/plans' not in other.get(SMOKING).text
    else:
        assert other.get(SMOKING).status_code == 403
        assert other.get(f"{XINYI}/report.pdf").status_code == 403


def test_a_form_from_elsewhere_is_not_taken(untouched: Platform) -> None:
    answer = client(untouched, "county").post(SMOKING, data=GOOD, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 400
    assert not untouched.planning.books.entries(_reading(untouched), untouched.planning.place("xinyi"))


def test_what_was_published_stays_and_what_is_known_now_stands_beside_it(place: Platform) -> None:
    county = client(place, "county")
    county.post(SMOKING, data=GOOD)
    at = f"{XINYI}/published"
    assert county.post(at, data={"choice": "smoking|2023"}).headers["location"] == at
    assert "21.3 % 21.3 一致 未变" in seen(county.get(at).text)
    county.post(SMOKING, data=GOOD | {"value": "20.8"})
    assert "21.3 % 20.8 -0.5 未变" in seen(county.get(at).text)
    told = county.get(f"{XINYI}/report.json?year=2023").json()["published"]
    assert [(each["published"], each["now"]) for each in told] == [("21.3", "20.8")]
    assert "21.3 20.8 -0.5 未变" in seen(county.get(f"{XINYI}/report?year=2023").text)
    assert county.get(f"{XINYI}/report.json?year=2022").json()["published"] == []
    # Once is enough, and a year that is not over cannot be.
    assert county.post(at, data={"choice": "smoking|2023"}).status_code == 422
    assert county.post(at, data={"choice": f"smoking|{place.clock().year}"}).status_code == 422
    assert county.post(at, data={"choice": ""}).status_code == 422


def test_a_report_of_what_was_known_before_knows_nothing_of_later_entries(place: Platform) -> None:
    city = client(place, "city")
    city.post(SMOKING, data=GOOD)
    yesterday, today = (place.clock().date() + timedelta(days=days) for days in (-2, 1))

    def known(until: object) -> str | None:
        rows = city.get(f"{XINYI}/report.json?year=2023&known={until}").json()["rows"]
        return next(each["value"] for each in rows if each["indicator"] == "smoking")

    assert (known(yesterday), known(today), known("")) == ("22.22", "21.3", "21.3")
    assert f'value="{yesterday}"' in city.get(f"{XINYI}/report?known={yesterday}").text
    assert city.get(f"{XINYI}/report?known=then").status_code == 400


def test_counted_cells_are_restated_when_late_facts_arrive(place: Platform) -> None:
    def born_here(numbers: range, **more: str) -> None:
        text = "\n".join(json.dumps(born(n, "2023-05-01", **more)) for n in numbers).encode()
        [message] = place.intake.journal([(HOSPITAL, [text], "ndjson")])
        place.intake.work_through(message)

    born_here(range(200))
    born_here(range(10), deceasedDateTime="2023-05-20")
    county = client(place, "county")
    at = f"{XINYI}/published"
    assert county.post(at, data={"choice": "infant_mortality|2023"}).status_code == 303
    born_here(range(200, 400))
    assert re.search(r"婴儿死亡率 2023 50(\.0*)? ‰ 25(\.0*)? -25", seen(county.get(at).text))


def test_all_of_a_year_is_published_at_once(place: Platform) -> None:
    county = client(place, "city")
    county.post(SMOKING, data=GOOD)
    county.post(f"{XINYI}/entry/blood_donation", data=GOOD | {"value": "18"})
    assert county.post(f"{XINYI}/published", data={"choice": "*|2023"}).status_code == 303
    found = place.planning.books.published(_reading(place), place.planning.place("xinyi"))
    assert [(each.indicator, each.value) for each in found] == [
        ("blood_donation", Decimal(18)),
        ("smoking", Decimal("21.3")),
    ]


def test_progress_of_a_project_is_held_against_the_time(place: Platform) -> None:
    county = client(place, "county")
    at = f"{XINYI}/projects"
    assert county.post(at, data=PAID).headers["location"] == at
    page = seen(county.get(at).text)
    # Built 2018 to 2022: in June 2024 the time is over.
    assert "62,000 31,000 50.0% 60% 100.0% 逾期" in page
    assert "2024-06-30 累计支付 31,000 形象进度 60% 项目月报 · 附件 2 · name of county" in page
    assert "31,000" in seen(county.get(f"{XINYI}/report?kind=final").text)


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("project", "99", "请填写"),
        ("day", "June", "写法为 2025-06-30"),
        ("day", "2199-01-01", "还没有到这个时间"),
        ("day", "2010-01-01", "早于项目开工年份"),
        ("paid", "-1", "低于"),
        ("work", "101", "高于"),
        ("evidence", "", "请填写"),
    ],
)
def test_progress_that_cannot_be_is_refused_at_its_field(untouched, field, text, told) -> None:
    answer = client(untouched, "county").post(f"{XINYI}/projects", data=PAID | {field: text})
    assert answer.status_code == 422
    wrong = re.findall(r'<span class="field__problem" id="(\w+)-problem">.*?</svg>(.*?)</span>', answer.text)
    assert [name for name, _ in wrong] == [field]
    assert told in wrong[0][1]
    assert not untouched.planning.books.progress(_reading(untouched), untouched.planning.place("xinyi"))


def test_the_report_is_had_as_files(untouched: Platform) -> None:
    city = client(untouched, "city")
    query = "kind=final&year=2020"
    address = "/plans/xinyi/review_2020/report"
    answers = {form: city.get(f"{address}.{form}?{query}") for form in ("pdf", "xlsx", "html", "json")}
    assert {each.status_code for each in answers.values()} == {200}
    assert answers["pdf"].content.startswith(b"%PDF-")
    assert "xinyi-review_2020-final-2020.pdf" in answers["pdf"].headers["content-disposition"]
    rows = {each["no"]: each for each in answers["json"].json()["rows"]}
    assert rows["1"]["value"] == "77.28"
    assert [no for no, row in rows.items() if row["status"] == "not_met"] == "1 8 20 21 22 24 26".split()
    book = CalamineWorkbook.from_filelike(BytesIO(answers["xlsx"].content))
    table = book.get_sheet_by_name("健康水平").to_python()
    assert next(row for row in table if row[1] == "人均期望寿命")[4:7:2] == [76.8, "2020 · 填报"]
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", answers["html"].text)
    assert "77.28" in answers["html"].text
    # The platform of the test is a demonstration, and files are taken along.
    assert "演示环境" in answers["html"].text
    assert answers["json"].json()["synthetic"]
    assert "演示环境" in str(book.get_sheet_by_index(0).to_python())
    assert city.get(f"{address}.exe?{query}").status_code == 404
    assert city.get(f"{address}?kind=sometimes").status_code == 400
    assert city.get(f"{address}?year=1999").status_code == 400


def test_every_look_and_every_entry_is_in_the_access_log(place: Platform) -> None:
    client(place, "county").post(SMOKING, data=GOOD)
    overseer = place.policies.decide(WHO["overseer"], "see_access_log", Resource("access_log"), "oversight")
    noted = [(each.action, each.type, each.count) for _, each in place.accesses(overseer)]
    assert ("enter", "indicator_entry", 1) in noted
    client(place, "overseer").get(SMOKING)
    noted = [(each.action, each.type, each.count) for _, each in place.accesses(overseer)]
    assert ("history", "indicator_entry", 1) in noted


def _reading(place: Platform):
    return place.policies.decide(WHO["city"], "read", Resource("indicator"), "oversight")
