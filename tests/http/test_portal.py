"""The portal through HTTP: who sees what, and what never leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape, unescape
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.policies.definition import Principal
from tests.conftest import EVERYTHING, platform_on
from tests.support.cda_texts import PATIENT, PRESSURE, document, section
from tests.support.databases import Databases
from tests.support.demo_county import fill

COUNTY, CITY = "440999", None
HOSPITAL, OTHER = "H44099900001", "H44099900002"

PEOPLE = {
    person.id: person
    for person in (
        Principal("zhang", "张明", "doctor", HOSPITAL, COUNTY),
        Principal("li", "李静", "doctor", OTHER, COUNTY),
        Principal("county", "陈立", "county_commission", None, COUNTY),
        Principal("city", "周敏", "city_commission"),
        Principal("steward", "吴洁", "steward", None, COUNTY),
        Principal("operator", "郑涛", "operator"),
        Principal("overseer", "孙正", "overseer"),
    )
}
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
TABS = ("", "/timeline", "/trends", "/documents", "/sources", "/accesses")


@dataclass(frozen=True)
class County:
    platform: Platform
    person: int
    stranger: int
    evil: int

    def client(
        self, who: str, *, person: int | None = None, principal: Principal | None = None
    ) -> TestClient:
        """A browser in which somebody is logged in."""
        resident = Principal("resident", "居民", "resident", person=person or self.person)
        principal = principal or PEOPLE.get(who) or resident

        def principal_of(request: Request) -> Principal | None:
            return principal if request.headers.get("x-nobody") is None else None

        routes = portal_routes(self.platform, principal_of)
        return TestClient(
            Starlette(routes=routes, exception_handlers=error_pages(self.platform, principal_of))
        )


def evil_patient() -> bytes:
    entry: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "evil", "name": [{"text": EVIL}], "address": [{"text": EVIL}]},
        {
            "resourceType": "Condition",
            "id": "evil-c",
            "subject": {"reference": "Patient/evil"},
            "code": {"coding": [{"system": EVIL, "code": "x", "display": EVIL}], "text": EVIL},
            "recordedDate": "2024-01-01",
        },
        {
            "resourceType": "Observation",
            "id": "evil-o",
            "status": "final",
            "subject": {"reference": "Patient/evil"},
            "code": {"text": EVIL},
            "effectiveDateTime": "2024-01-01",
            "valueQuantity": {"value": 1, "unit": EVIL},
        },
    ]
    return "\n".join(json.dumps(resource) for resource in entry).encode()


@pytest.fixture(scope="module")
def county(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("portal")).closing() as platform:
        fill(platform, EVERYTHING, residents=30, years=2)
        platform.intake.receive(EVERYTHING, HOSPITAL, [evil_patient()])
        reader = platform.reader(EVERYTHING)
        orgs: dict[int, set[str]] = {}
        for fact in reader.export("Encounter"):
            if fact.person is not None:
                orgs.setdefault(fact.person, set()).add(fact.org)
        person = next(p for p, seen in sorted(orgs.items()) if HOSPITAL in seen and len(seen) > 1)
        stranger = next(p for p, seen in sorted(orgs.items()) if HOSPITAL not in seen)
        evil = platform.person_of("Patient", "evil")
        assert evil is not None
        yield County(platform, person, stranger, evil)
    databases.drop(url)


def test_nobody_is_sent_to_the_login_and_back(county: County) -> None:
    answer = county.client("zhang").get(
        f"/residents/{county.person}", headers={"x-nobody": "1"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/login?next=/residents/{county.person}",
    )


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_record_can_be_read_in_both_languages(
    county: County, tab: str, language: str
) -> None:
    client = county.client("zhang")
    client.cookies.set("kangshu_language", language)
    answer = client.get(f"/residents/{county.person}{tab}")
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in answer.text


@pytest.mark.parametrize("tab", TABS)
def test_pages_forbid_scripts_from_elsewhere_frames_and_keeping(county: County, tab: str) -> None:
    headers = county.client("zhang").get(f"/residents/{county.person}{tab}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("tab", TABS)
def test_pages_need_nothing_inline_and_nothing_from_elsewhere(county: County, tab: str) -> None:
    page = county.client("zhang").get(f"/residents/{county.person}{tab}").text
    scripts = re.findall(r"<script(?![^>]*(?:src=\"/static/|type=\"application/json\"))[^>]*>", page)
    assert scripts == []
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page)
    assert not re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", ["", "/timeline", "/trends", "/sources", "/entries/Observation/evil-o"])
def test_markup_from_a_source_stays_text(county: County, path: str) -> None:
    page = county.client("zhang").get(f"/residents/{county.evil}{path}").text
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_markup_from_the_search_field_stays_text(county: County) -> None:
    page = county.client("zhang").post("/residents", data={"q": EVIL}).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_resident_is_found_by_name_and_number_and_nothing_of_it_is_in_an_address(county: County) -> None:
    client = county.client("zhang")
    facts = county.platform.reader(EVERYTHING).of_person(county.person, ["Patient"])
    patient = json.loads(next(fact for fact in facts if fact.org == HOSPITAL).body)
    name = patient["name"][0]["text"]
    numbers = [i["value"] for i in patient["identifier"]]
    phones = [t["value"] for t in patient.get("telecom", []) if t.get("system") == "phone"]
    for asked in (name, *numbers, *phones):
        page = client.post("/residents", data={"q": asked})
        assert f'href="/residents/{county.person}"' in page.text, "not found"
        assert str(page.url).endswith("/residents")
        assert not any(
            value in link for link in re.findall(r'href="([^"]*)"', page.text) for value in (name, *numbers)
        )


def test_going_back_to_a_search_shows_it_again_but_not_to_somebody_else(county: County) -> None:
    client = county.client("zhang")
    client.post("/residents", data={"q": "不存在的名字"})
    assert "不存在的名字" in client.get("/residents").text
    other = county.client("li")
    other.cookies.update(client.cookies)
    assert "不存在的名字" not in other.get("/residents").text


@pytest.mark.parametrize("cookie", ["", "x", "W10=", "e30=", "WzEsMl0=", "WyJ6aGFuZyJd", "/////w==", "MQ=="])
def test_a_search_cookie_that_is_none_of_ours_is_no_search(county: County, cookie: str) -> None:
    client = county.client("zhang")
    client.cookies.set("kangshu_search", cookie)
    assert client.get("/residents").status_code == 200


def test_a_form_that_is_none_is_refused_politely(county: County) -> None:
    client = county.client("zhang")
    for path in ("/residents", "/language"):
        assert client.post(path, content=b"x" * 100_000).status_code == 400
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post(path, content=b"q=" + b"x" * 100_000, headers=headers).status_code == 400


def test_numbers_are_masked_on_every_list_and_page(county: County) -> None:
    client = county.client("zhang")
    facts = county.platform.reader(EVERYTHING).of_person(county.person, ["Patient"])
    numbers = {
        i["value"]
        for f in facts
        for i in json.loads(f.body)["identifier"]
        if re.fullmatch(r"\d{17}[\dX]", i["value"])
    }
    assert numbers
    pages = [client.get(f"/residents/{county.person}{tab}").text for tab in TABS]
    assert not [number for number in numbers for page in pages if number in page]


@pytest.mark.parametrize(
    ("text", "says"),
    [("x", "至少"), ("不存在的名字", "没有找到"), ("440999********0000", "没有找到"), ("%", "至少")],
)
def test_a_search_that_finds_nobody_says_what_to_do(county: County, text: str, says: str) -> None:
    assert says in county.client("zhang").post("/residents", data={"q": text}).text


def test_odd_searches_are_answered(county: County) -> None:
    client = county.client("zhang")
    for text in (
        "a,b|c$d",
        "\\\\\\",
        "王,李",
        "____",
        "'; DROP TABLE fact; --",
        "王" * 200,
        "\u0000\u0000\u0000abc",
    ):
        assert client.post("/residents", data={"q": text, "born": "abcd", "sex": "x"}).status_code == 200


def test_the_login_and_the_other_language_lead_back_to_the_very_page(county: County) -> None:
    client, path = county.client("zhang"), f"/residents/{county.person}/timeline?year=2024&kind=result"
    answer = client.get(path, headers={"x-nobody": "1"}, follow_redirects=False)
    assert unquote(answer.headers["location"]) == f"/login?next={path}"
    assert f'name="back" value="{escape(path)}"' in client.get(path).text


def test_a_doctor_sees_why_a_stranger_is_not_shown(county: County) -> None:
    answer = county.client("zhang").get(f"/residents/{county.stranger}")
    assert answer.status_code == 403
    assert "没有诊疗或签约记录" in answer.text
    nobody = county.client("zhang").get("/residents/99999999")
    assert re.sub(r"\d+", "", nobody.text) == re.sub(r"\d+", "", answer.text), "existence shows"


@pytest.mark.parametrize("who", ["steward", "operator", "overseer"])
def test_those_without_care_see_no_record_and_are_told_the_policy(county: County, who: str) -> None:
    client = county.client(who)
    for tab in (*TABS, "/entries/Patient/x"):
        answer = client.get(f"/residents/{county.person}{tab}")
        assert answer.status_code == 403
        assert "访问策略" in unescape(answer.text)


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("zhang", ["/", "/residents"]),
        ("county", ["/", "/residents", "/institutions"]),
        ("city", ["/", "/residents", "/institutions"]),
        ("steward", ["/", "/residents", "/work-items", "/local-codes", "/institutions"]),
        ("operator", ["/", "/quarantine"]),
        ("overseer", ["/", "/access-log"]),
        ("resident", ["/me", "/me/timeline", "/me/trends", "/me/accesses"]),
    ],
)
def test_each_role_has_its_work_place(county: County, who: str, paths: list[str]) -> None:
    client = county.client(who)
    for path in paths:
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("zhang", ["/work-items", "/quarantine", "/access-log", "/me"]),
        ("operator", ["/residents", "/work-items", "/access-log", "/me"]),
        ("overseer", ["/residents", "/quarantine", "/work-items"]),
        ("resident", ["/residents", "/quarantine", "/work-items", "/access-log"]),
    ],
)
def test_no_role_has_the_work_place_of_another(county: County, who: str, paths: list[str]) -> None:
    client = county.client(who)
    for path in paths:
        assert client.get(path).status_code == 403, path


def test_a_resident_starts_at_the_own_record_and_sees_no_other(county: County) -> None:
    client = county.client("resident")
    assert str(client.get("/").url).endswith("/me")
    assert client.get(f"/residents/{county.stranger}").status_code == 403


def test_a_steward_finds_people_but_is_led_to_no_record(county: County) -> None:
    client = county.client("steward")
    facts = county.platform.reader(EVERYTHING).of_person(county.person, ["Patient"])
    name = json.loads(facts[0].body)["name"][0]["text"]
    page = client.post("/residents", data={"q": name}).text
    assert name in page
    assert "/residents/" not in page


def test_residents_see_who_has_looked(county: County) -> None:
    county.client("zhang").get(f"/residents/{county.person}")
    page = county.client("resident").get("/me/accesses").text
    assert "zhang" in page
    assert "诊疗" in page


def test_an_entry_shows_its_elements_its_source_and_its_versions(county: County) -> None:
    client = county.client("zhang")
    fact = next(
        f
        for f in county.platform.reader(EVERYTHING).of_person(county.person, ["Observation"])
        if f.org == HOSPITAL
    )
    page = client.get(f"/residents/{county.person}/entries/Observation/{fact.id}").text
    assert f"Observation/{fact.id}" in page
    assert "示范县人民医院" in page
    shown = re.search(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    assert shown
    assert json.loads(unescape(shown[1])) == json.loads(fact.body)


def test_what_an_entry_refers_to_is_named_and_can_be_opened(county: County) -> None:
    address = next(
        fact
        for fact in county.platform.reader(EVERYTHING).of_person(county.person)
        if fact.type == "Observation" and b'"Encounter/' in fact.body
    )
    base = f"/residents/{county.person}/entries"
    page = county.client("city").get(f"{base}/{address.type}/{address.id}").text
    elements = page.split('class="elements"')[1]
    assert re.search(rf'<a href="{base}/Encounter/[^"]+">[^/<]+</a>', elements)
    assert re.search(rf'<a href="{base}/Patient/[^"]+">[^/<]+</a>', elements)


def test_a_cda_document_is_shown_with_its_tables_and_without_its_scripts(county: County) -> None:
    text = (
        "<paragraph>读我</paragraph><script>alert(1)</script><table><tbody><tr><td colspan='2'>收缩压"
        "</td></tr></tbody></table><linkHtml href='javascript:alert(2)'>点我</linkHtml>"
    )
    patient = PATIENT.replace("P1", "portal")
    raw = document(section("8716-3", PRESSURE, text=text), patient=patient, number="portal").encode()
    tally = county.platform.intake.receive(EVERYTHING, HOSPITAL, [raw])
    assert not tally.quarantined
    facts = county.platform.reader(EVERYTHING).export("Patient")
    id_ = next(fact.id for fact in facts if b'"portal"' in fact.body)
    person = county.platform.person_of("Patient", id_)
    assert person is not None
    for type in ("Composition", "DocumentReference"):
        (fact,) = county.platform.reader(EVERYTHING).of_person(person, [type])
        page = county.client("zhang").get(f"/residents/{person}/entries/{type}/{fact.id}").text
        assert '<td colspan="2">收缩压</td>' in page
        assert "读我" in page
        assert "点我" in page
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


def test_a_cda_document_without_date_code_and_title_is_shown(county: County) -> None:
    raw = document(section("8716-3", PRESSURE, text="只有正文"), patient=PATIENT.replace("P1", "bare"))
    for there in (
        "<effectiveTime value='202401021530+0800'/>",
        "<code code='34133-9' codeSystem='2.16.840.1.113883.6.1'/>",
        "<title>摘要</title>",
        "<id root='1.2.3' extension='d1'/>",
    ):
        assert there in raw
        raw = raw.replace(there, "", 1)
    assert not county.platform.intake.receive(EVERYTHING, HOSPITAL, [raw.encode()]).quarantined
    facts = county.platform.reader(EVERYTHING).export("Patient")
    id_ = next(fact.id for fact in facts if b'"bare"' in fact.body)
    person = county.platform.person_of("Patient", id_)
    assert person is not None
    client = county.client("zhang")
    assert client.get(f"/residents/{person}").status_code == 200
    assert client.get(f"/residents/{person}/timeline").status_code == 200
    (fact,) = county.platform.reader(EVERYTHING).of_person(person, ["Composition"])
    assert "只有正文" in client.get(f"/residents/{person}/entries/Composition/{fact.id}").text


def test_an_entry_of_somebody_else_is_not_part_of_the_record(county: County) -> None:
    other = next(iter(county.platform.reader(EVERYTHING).of_person(county.stranger, ["Encounter"])))
    answer = county.client("zhang").get(f"/residents/{county.person}/entries/Encounter/{other.id}")
    assert answer.status_code == 404


def test_the_timeline_narrows_by_year_and_kind(county: County) -> None:
    client = county.client("zhang")
    whole = client.get(f"/residents/{county.person}/timeline?year=2025").text
    medicines = client.get(f"/residents/{county.person}/timeline?year=2025&kind=medicine").text
    assert 'id="year-2025"' in whole
    assert "item--diagnosis" not in medicines
    assert client.get(f"/residents/{county.person}/timeline?year=nonsense&kind=%3Cb%3E").status_code == 200


def test_every_chart_comes_with_its_table_and_its_drawing(county: County) -> None:
    page = county.client("zhang").get(f"/residents/{county.person}/trends").text
    charts = page.count('<figure class="chart card">')
    assert charts
    assert page.count('<details class="chart__table">') == charts
    assert page.count('class="marks"') == charts
    for spec in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL):
        assert json.loads(spec)["data"]["values"]


def test_the_language_can_be_changed_and_the_reader_comes_back(county: County) -> None:
    client = county.client("zhang")
    answer = client.post("/language", data={"language": "en", "back": "/residents"})
    assert str(answer.url).endswith("/residents")
    assert "Find residents" in answer.text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "evil"])
def test_a_change_of_language_leads_nowhere_else(county: County, back: str) -> None:
    answer = county.client("zhang").post(
        "/language", data={"language": "en", "back": back}, follow_redirects=False
    )
    assert answer.headers["location"] == "/"


def test_static_files_are_few_known_and_remembered_by_content(county: County) -> None:
    client = county.client("zhang")
    for name in ("portal.css", "page.js", "charts.js", "icons.svg", "mark.svg"):
        answer = client.get(f"/static/portal/{name}")
        assert answer.status_code == 200
        again = client.get(f"/static/portal/{name}", headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    for name in ("..%2fpage.py", "page.py", "nothing.css"):
        assert client.get(f"/static/portal/{name}").status_code == 404


def test_invented_data_says_so_on_every_page(county: County) -> None:
    client = county.client("zhang")
    for path in ("/", "/residents", *(f"/residents/{county.person}{tab}" for tab in TABS)):
        assert "合成数据" in client.get(path).text


def test_an_unknown_address_gets_a_page_that_says_so(county: County) -> None:
    answer = county.client("zhang").get("/nothing/here")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "<title>没有找到" in answer.text


def test_whoever_is_lost_keeps_the_navigation_and_the_mark_of_a_demonstration(county: County) -> None:
    demo = replace(county.platform, settings=replace(county.platform.settings, demo=True))
    page = County(demo, county.person, county.stranger, county.evil).client("zhang").get("/nothing").text
    assert 'href="/residents"' in page
    assert "张明" in page
    assert "合成数据" in page


def test_who_works_where_stands_beside_the_name(county: County) -> None:
    assert "医生 · 示范县人民医院" in county.client("zhang").get("/").text


def doubt(county: County, name: str) -> str:
    """A registration whose identity number says another birth date; the address of its work item."""
    patient = {
        "resourceType": "Patient",
        "id": name,
        "name": [{"text": "郑重"}],
        "gender": "male",
        "birthDate": "1980-01-01",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "440999198106300116"}],
    }
    known = {each.id for each in county.platform.work_items(EVERYTHING, limit=10_000)}
    county.platform.intake.receive(EVERYTHING, HOSPITAL, [json.dumps(patient).encode()])
    (item,) = (e for e in county.platform.work_items(EVERYTHING, limit=10_000) if e.id not in known)
    return f"/work-items/{item.id}"


def test_the_steward_sees_what_contradicts_what(county: County) -> None:
    page = county.client("steward").get(doubt(county, "doubt-seen")).text
    assert "1980-01-01" in page
    assert "证件号所示 1981-06-30" in page
    assert page.count("不一致</span>") == 1
    assert not re.search(r"(?<!\d)\d{17}[\dX](?!\d)", page)


def test_a_work_item_is_settled_once_and_leaves_the_list(county: County) -> None:
    client, address = county.client("steward"), doubt(county, "doubt-settled")
    assert f'"{address}"' in client.get("/work-items").text
    assert client.post(address, data={"decision": "whatever"}).status_code == 400
    answer = client.post(address, data={"decision": "apart"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/work-items")
    assert f'"{address}"' not in client.get("/work-items").text
    assert client.get(address).status_code == 404
    assert client.post(address, data={"decision": "apart"}, follow_redirects=False).status_code == 303


def test_nobody_but_the_steward_of_the_place_settles(county: County) -> None:
    address = doubt(county, "doubt-elsewhere")
    assert county.client("zhang").post(address, data={"decision": "apart"}).status_code == 403
    assert county.client("operator").post(address, data={"decision": "apart"}).status_code == 403
    elsewhere = county.client("steward", principal=Principal("s", "吴", "steward", None, "440998"))
    assert elsewhere.post(address, data={"decision": "apart"}).status_code == 404
    assert f'"{address}"' in county.client("steward").get("/work-items").text


def test_the_log_of_accesses_can_be_turned_page_by_page(county: County) -> None:
    client = county.client("overseer")
    for _ in range(60):
        county.client("zhang").get("/residents")
        client.get("/access-log")
    first = client.get("/access-log").text
    older = re.search(r'href="(/access-log\?before=\d+)"', first)
    assert older
    assert "回到最新" in client.get(older[1]).text
    assert client.get("/access-log?before=x").status_code == 200


def test_the_operator_reads_problems_in_the_own_language(county: County) -> None:
    bad = b'{"resourceType": "Patient", "id": "bad", "gender": 7}'
    county.platform.intake.receive(EVERYTHING, HOSPITAL, [bad])
    client = county.client("operator")
    assert "结构有误" in client.get("/quarantine").text
    assert "隔离中的条目" in client.get("/").text
    assert client.get("/quarantine?after=999999").status_code == 200


def test_the_steward_sees_doubtful_registrations_side_by_side_and_masked(county: County) -> None:
    client = county.client("steward")
    links = re.findall(r'href="(/work-items/\d+)"', client.get("/work-items").text)
    if not links:
        pytest.skip("this county has no doubtful identity")
    page = client.get(links[0]).text
    assert "登记对照" in page
    assert not re.search(r"(?<!\d)\d{17}[\dX](?!\d)", page)
