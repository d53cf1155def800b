"""The steward decides where a local code leads, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.app.retranslation import scan
from kangshu.domains.terminology.shelf import OWN
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.policies.definition import Principal
from tests.conftest import EVERYTHING, platform_on
from tests.http.fhir.test_local_codes import HOSPITAL, STANDARD, condition, load
from tests.support.databases import Databases

EVIL = "<script>alert(1)</script>"
STEWARD = Principal("steward", "吴洁", "steward")
DOCTOR = Principal("zhang", "张明", "doctor", HOSPITAL, "440983")


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("local")).closing() as made:
        made.intake.receive(EVERYTHING, OWN, [orjson.dumps(STANDARD)])
        patient = {"resourceType": "Patient", "id": "p1"}
        load(made, HOSPITAL, patient, condition("c1", "GXY", "高血压病"), condition("c2", "EVIL", EVIL))
        scan(made)
        yield made
    databases.drop(url)


def client(platform: Platform, principal: Principal) -> TestClient:
    routes = portal_routes(platform, lambda request: principal)
    pages = error_pages(platform, lambda request: principal)
    return TestClient(Starlette(routes=routes, exception_handlers=pages), follow_redirects=False)


def number_of(platform: Platform, code: str) -> int:
    with platform.database.connection() as session:
        row = session.execute("SELECT id FROM local_code WHERE code = %s", (code,)).fetchone()
    assert row is not None
    return row[0]


def test_the_list_shows_local_codes_in_chinese_and_nothing_as_markup(filled: Platform):
    page = client(filled, STEWARD).get("/local-codes")
    assert page.status_code == 200
    assert "编码对照" in page.text
    assert "高血压病" in page.text
    assert EVIL not in page.text


def test_the_likeliest_standard_code_is_chosen_beforehand(filled: Platform):
    page = client(filled, STEWARD).get(f"/local-codes/{number_of(filled, 'GXY')}")
    assert 'value="I10.x00x002" checked' in page.text
    assert "名称相近" in page.text


def test_a_decision_takes_the_code_off_the_list(filled: Platform):
    item = number_of(filled, "GXY")
    browser = client(filled, STEWARD)
    done = browser.post(f"/local-codes/{item}", data={"code": "I10.x00x002", "decision": "approve"})
    assert (done.status_code, done.headers["location"]) == (303, "/local-codes")
    assert f'href="/local-codes/{item}"' not in browser.get("/local-codes").text
    assert "I10.x00x002" in browser.get(f"/local-codes/{item}").text


def test_a_code_the_standard_does_not_have_is_refused_and_nothing_decided(filled: Platform):
    item = number_of(filled, "EVIL")
    browser = client(filled, STEWARD)
    answer = browser.post(f"/local-codes/{item}", data={"other": "nope", "decision": "approve"})
    assert answer.status_code == 400
    assert f'href="/local-codes/{item}"' in browser.get("/local-codes").text


def test_a_form_from_another_site_decides_nothing(filled: Platform):
    item = number_of(filled, "EVIL")
    browser = client(filled, STEWARD)
    for headers in (
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        browser.post(f"/local-codes/{item}", data={"decision": "reject"}, headers=headers)
    assert f'href="/local-codes/{item}"' in browser.get("/local-codes").text


def test_a_form_of_ours_is_taken_although_its_page_names_no_origin(filled: Platform):
    """Browsers send `Origin: null` from a page without referrer, as ours are."""
    item = number_of(filled, "EVIL")
    headers = {"origin": "null", "sec-fetch-site": "same-origin"}
    answer = client(filled, STEWARD).post(
        f"/local-codes/{item}", data={"decision": "approve"}, headers=headers
    )
    assert answer.status_code == 400, "taken, and found without a code"


def test_nobody_but_a_steward_decides(filled: Platform):
    browser = client(filled, DOCTOR)
    item = number_of(filled, "EVIL")
    assert browser.get("/local-codes").status_code == 403
    assert browser.post(f"/local-codes/{item}", data={"decision": "reject"}).status_code == 403
