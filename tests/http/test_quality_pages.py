"""The pages of data quality: who sees which institution, and that nothing of a record is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app import demonstration_tables
from kangshu.app.platform import Platform
from kangshu.domains.quality.scores import Score
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Principal, Resource
from tests.conftest import platform_on
from tests.support.databases import Databases

COUNTY, HOSPITAL, OTHER, WORSE = "440999", "H44099900001", "H44099900002", "H44099900003"
PEOPLE = {
    "doctor": Principal("zhang", "张明", "doctor", HOSPITAL, COUNTY),
    "worse": Principal("fu", "妇幼", "doctor", WORSE, COUNTY),
    "county": Principal("county", "陈立", "county_commission", None, COUNTY),
    "next": Principal("next", "陈立", "county_commission", None, "440998"),
    "city": Principal("city", "周敏", "city_commission"),
    "operator": Principal("operator", "郑涛", "operator"),
    "resident": Principal("resident", "居民", "resident", person=1),
}


@pytest.fixture(scope="module")
def county(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("quality")).closing() as made:
        until = datetime.now(UTC).date() - timedelta(days=1)
        demonstration_tables.deliver(made, default_root() / "places" / "demo_county", seed=1, until=until)
        yield made
    databases.drop(url)


def get(platform: Platform, who: str, path: str):
    def principal_of(request: Request) -> Principal:
        return PEOPLE[who]

    routes = portal_routes(platform, principal_of)
    pages = error_pages(platform, principal_of)
    return TestClient(Starlette(routes=routes, exception_handlers=pages)).get(path)


def test_the_commission_sees_who_gets_worse_and_which_rule_found_it(county: Platform) -> None:
    for who in ("county", "city"):
        text = get(county, who, "/quality").text
        names = [text.index(name) for name in ("示范县妇幼保健院", "示范县人民医院", "示范县中医院")]
        assert names[0] == min(names)
        assert "<svg" in text
        assert "QC-" in text
        worst = text[names[0] : names[1]]
        assert re.search(r"[-−]\d+\.\d", worst), "it has got worse than it was in the span before"


def test_the_institution_sees_each_failing_record_and_how_to_mend_it(county: Platform) -> None:
    own = get(county, "worse", "/quality").text
    assert own.count('<code class="code">QC-') > 10
    assert "怎么改" in own
    assert "B100" not in own.split("<main")[0]
    narrowed = get(county, "worse", f"/quality/{WORSE}?rule=QC-004").text
    assert "身份证号码校验位" in narrowed
    rows = narrowed.split('id="records"')[1]
    assert "QC-004" in rows
    assert "QC-006" not in rows


def test_failing_records_are_paged_and_a_score_says_how_it_was_made(county: Platform) -> None:
    first = get(county, "county", f"/quality/{WORSE}").text
    second = get(county, "county", f"/quality/{WORSE}?page=2").text
    rows = [
        text.split('id="records"')[1].split("<tbody>")[1].split("</tbody>")[0] for text in (first, second)
    ]
    assert [text.count("<tr>") for text in rows] == [20, 20]
    assert rows[0] != rows[1]
    assert "page=2#records" in first
    assert "没有问题记录" in get(county, "county", f"/quality/{WORSE}?page=400").text
    assert "这个评分是怎么算出来的" in first
    assert "医疗保障基金结算清单" in first
    assert "及时性 15%" in first
    assert "settlement_list" not in first


def test_no_value_of_a_record_is_on_the_page(county: Platform) -> None:
    text = get(county, "worse", f"/quality/{WORSE}").text
    assert "440999" not in text.split('id="records"')[1].replace(WORSE, "")
    assert "张伟" not in text


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("doctor", f"/quality/{HOSPITAL}", 200),
        ("doctor", f"/quality/{WORSE}", 403),
        ("worse", f"/quality/{WORSE}", 200),
        ("county", f"/quality/{WORSE}", 200),
        ("next", f"/quality/{WORSE}", 403),
        ("city", "/quality/H99999999999", 200),
        ("operator", "/quality", 403),
        ("operator", f"/quality/{WORSE}", 403),
        ("resident", "/quality", 403),
    ],
)
def test_who_may_see_whom(county: Platform, who: str, path: str, status: int) -> None:
    assert get(county, who, path).status_code == status


def test_a_county_without_deliveries_is_told_so(county: Platform) -> None:
    assert "尚无报送的数据" in get(county, "next", "/quality").text


def test_what_the_check_of_fhir_set_aside_counts_too(county: Platform) -> None:
    good = b'{"resourceType": "Patient", "id": "q1"}'
    bad = b'{"resourceType": "Patient", "id": "q2", "gender": 7}'
    county.intake.take_up(
        message.id for message in county.intake.journal([("H44099900101", [good + b"\n" + bad], "ndjson")])
    )
    county.fact_quality.check()
    grant = county.policies.decide(PEOPLE["county"], "see_quality", Resource("table"), "oversight")
    today = datetime.now(UTC).date()
    found = county.quality(grant).scores(since=today - timedelta(days=1), until=today + timedelta(days=1))
    [fhir] = [score for score in found if score.feed == "fhir" and score.model == "Patient"]
    assert (fhir.source, fhir.received, fhir.aside) == ("H44099900101", 2, 1)
    assert fhir.of("validity") == 50
    next_county = county.policies.decide(PEOPLE["next"], "see_quality", Resource("table"), "oversight")
    elsewhere = county.quality(next_county)
    assert elsewhere.scores(since=today - timedelta(days=1), until=today + timedelta(days=1)) == []


def test_scores_that_are_remembered_are_of_one_grant_and_of_the_tables_as_they_are(county: Platform) -> None:
    def asked(who: str) -> list[Score]:
        grant = county.policies.decide(PEOPLE[who], "see_quality", Resource("table"), "oversight")
        today = datetime.now(UTC).date()
        return county.quality(grant).scores(
            since=today - timedelta(days=1), until=today + timedelta(days=1), source="H44099900102"
        )

    assert asked("county") == asked("county") == asked("next") == []
    county.intake.take_up(
        message.id
        for message in county.intake.journal(
            [("H44099900102", [b'{"resourceType": "Patient", "id": "r1"}'], "ndjson")]
        )
    )
    county.fact_quality.check()
    noted = county.access_log.head()
    assert [score.received for score in asked("county")] == [1]
    assert asked("county") == asked("county")
    assert asked("next") == []
    assert county.access_log.head().number == noted.number + 4, "every look is noted"


WRONG = (
    b'{"resourceType": "Patient", "id": "x1", "gender": "female", "birthDate": "1985-03-15",'
    b' "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "44090219850315001X"}]}'
)


def send_wrong(county: Platform) -> None:
    journalled = county.intake.journal([(HOSPITAL, [WRONG], "ndjson")])
    county.intake.take_up(message.id for message in journalled)
    county.fact_quality.check()


def test_a_failing_fact_is_shown_to_its_institution_with_a_link_and_why(county: Platform) -> None:
    send_wrong(county)
    page = get(county, "doctor", f"/quality/{HOSPITAL}?rule=CQ-007").text
    records = page.split('id="records"')[1]
    assert "性别与身份证号码不符" in page
    assert "对照证件更正性别或号码" in page
    assert "FHIR 接口与文件" in records
    assert 'href="/residents/' in records
    assert "Patient/x1" in records
    assert "44090219850315001X" not in page
    assert "第" not in records.split("<tbody>")[1].split("</tbody>")[0]
    assert "Patient/x1" not in get(county, "worse", f"/quality/{WORSE}").text
    assert get(county, "worse", f"/quality/{HOSPITAL}?rule=CQ-007").status_code == 403
    operator = county.policies.decide(PEOPLE["operator"], "count_quality", Resource("table"), "operations")
    today = datetime.now(UTC).date()
    since, until = today - timedelta(days=1), today + timedelta(days=1)
    counted = county.quality(operator).found(since=since, until=until)
    assert [each.count for each in counted if each.rule == "CQ-007"] == [1]


def test_the_english_page_has_english_titles(county: Platform) -> None:
    send_wrong(county)
    routes = portal_routes(county, lambda request: PEOPLE["doctor"])
    client = TestClient(Starlette(routes=routes), cookies={"kangshu_language": "en"})
    assert "The sex contradicts the identity number" in client.get(f"/quality/{HOSPITAL}").text


def test_each_look_is_logged(county: Platform) -> None:
    before = len(logged(county))
    get(county, "worse", "/quality")
    assert len(logged(county)) > before


def logged(platform: Platform) -> list[object]:
    with platform.database.connection() as session:
        rows = session.execute(
            "SELECT entry FROM access_log WHERE entry::text LIKE '%see_quality%'"
        ).fetchall()
    return [row[0] for row in rows]


def test_both_languages(county: Platform) -> None:
    routes = portal_routes(county, lambda request: PEOPLE["county"])
    client = TestClient(Starlette(routes=routes), cookies={"kangshu_language": "en"})
    assert "Data quality" in client.get("/quality").text
