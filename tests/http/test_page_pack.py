"""Who follows the page `define-an-indicator` has numbers on the pages, in the report and as FHIR.

And who errs in a place keeps nobody else from theirs.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.interfaces.web.fhir.routes import fhir_routes
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.policies.definition import Principal
from tests.http.fhir.conftest import client_of, principal_of
from tests.support.databases import Databases
from tests.support.page_pack import write_page_pack

CITY = Principal("city", "周敏", "city_commission")
PLAN = "/plans/my_city/my_plan"
SOURCE = "H44098300001"


def newborn(number: int) -> list[dict[str, Any]]:
    """A child of 2025, and a visit to it at home: of 45 in 60 within a week."""
    child = {"resourceType": "Patient", "id": f"c{number}", "birthDate": "2025-02-01", "gender": "female"}
    visit = {
        "resourceType": "Encounter",
        "id": f"v{number}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HH"},
        "subject": {"reference": f"Patient/c{number}"},
        "period": {"start": "2025-02-08" if number % 4 else "2025-02-09"},
    }
    return [child, visit]


def on_packs(url: str, home: Path, packs: Path) -> Platform:
    home.mkdir(exist_ok=True)
    return build(Settings(home=home, packs=packs, database_url=url, demo=True), url=url)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stranger")


@pytest.fixture(scope="module")
def city(databases: Databases, home: Path) -> Iterator[Platform]:
    url = databases.new()
    (home / "packs").mkdir()
    write_page_pack(home / "packs")
    with on_packs(url, home / "home", home / "packs").closing() as made:
        text = "\n".join(json.dumps(each) for number in range(60) for each in newborn(number)).encode()
        [message] = made.intake.journal([(SOURCE, [text], "ndjson")])
        made.intake.work_through(message)
        yield made
    databases.drop(url)


def pages(platform: Platform) -> TestClient:
    def principal(request: Request) -> Principal:
        return CITY

    routes = portal_routes(platform, principal)
    return TestClient(Starlette(routes=routes, exception_handlers=error_pages(platform, principal)))


def test_its_indicators_are_on_the_pages_with_values_and_targets(city: Platform) -> None:
    page = pages(city).get(PLAN).text
    assert "新生儿访视率" in page
    assert "75.0" in page
    assert "15岁以上人群吸烟率" in page
    one = pages(city).get(f"{PLAN}/newborn_visits").text
    assert "活产数" in one
    assert "国家基本公共卫生服务规范" in one


def test_they_are_in_the_report_in_every_form(city: Platform) -> None:
    client = pages(city)
    [row, entered] = client.get(f"{PLAN}/report.json?year=2025").json()["rows"]
    assert [row["indicator"], row["value"], row["value_period"]] == ["newborn_visits", "75.0", "2025Q1"]
    # A quarter of a plan by the year: the way from the last quarter of its base to that of its target.
    assert row["time"] == "85.0"
    assert entered["indicator"] == "smoking_rate"
    assert "75.0" in client.get(f"{PLAN}/report?year=2025").text
    assert client.get(f"{PLAN}/report.pdf?year=2025").content.startswith(b"%PDF")
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{PLAN}/report.xlsx?year=2025").content))
    cells = [
        cell
        for name in book.sheet_names
        for line in book.get_sheet_by_name(name).to_python()
        for cell in line
    ]
    assert "新生儿访视率" in cells
    assert 75 in cells


def test_they_are_measures_and_their_values_measure_reports(city: Platform) -> None:
    client = client_of(Starlette(routes=fhir_routes(city, principal_of)), "whole")
    assert (
        client.get("/fhir/Measure/my-city.newborn-visits").json()["scoring"]["coding"][0]["code"]
        == "proportion"
    )
    found = client.get(
        "/fhir/Measure/my-city.newborn-visits/$evaluate-measure",
        params={"periodStart": "2025-01-01", "periodEnd": "2025-03-31"},
        headers={"x-kangshu-purpose": "oversight"},
    ).json()
    [group] = found["group"]
    assert {each["code"]["coding"][0]["code"]: each["count"] for each in group["population"]} == {
        "initial-population": 60,
        "denominator": 60,
        "numerator": 45,
    }
    assert group["measureScore"]["value"] == 75


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("views/own.sql", "SELECT * FROM nowhere", r"my_city/views/own\.sql: reads nowhere"),
        ("views/own.sql", "SELECT p.gone FROM patient AS p", r'views/own\.sql: .* column named "gone"'),
        ("views/own.view.json", "{", r"my_city/views/own\.view\.json: is not JSON"),
        ("indicators/smoking_rate.toml", "id = 5", r"indicators/smoking_rate\.toml title: is missing"),
        ("params.toml", "", r"params\.toml small_number: is missing"),
        ("plans/my_plan.tsv", "no\n", r"plans/my_plan\.tsv.* has no column category"),
    ],
)
def test_a_place_that_is_wrong_is_left_out_and_the_others_go_on(
    city: Platform, tmp_path: Path, file: str, text: str, said: str
) -> None:
    folder = write_page_pack(tmp_path)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(text, "utf-8")
    assert city.settings.database_url is not None
    with on_packs(city.settings.database_url, tmp_path / "home", tmp_path).closing() as made:
        assert list(made.planning.places) == ["xinyi"]
        with pytest.raises(Invalid, match=said):
            made.planning.place("my_city")
        assert pages(made).get("/plans").status_code == 200
        assert pages(made).get("/views").status_code == 200
        assert pages(made).get(PLAN).status_code == 404
        assert made.planning.place("xinyi").plan("plan_2025").period.last == date(2025, 12, 31)
