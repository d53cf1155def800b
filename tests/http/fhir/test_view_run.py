"""`ViewDefinition/$run`: rows of a view that is sent along, within the grant, in every format."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette

from tests.http.fhir.conftest import client_of

SYSTEM = "urn:test:views"
VIEW: dict[str, Any] = {
    "resourceType": "ViewDefinition",
    "name": "basic",
    "status": "active",
    "resource": "Basic",
    "constant": [{"name": "mark", "valueString": ""}],
    "where": [{"path": "identifier.where(value = %mark).exists()"}],
    "select": [
        {"column": [{"name": "id", "path": "getResourceKey()"}, {"name": "word", "path": "code.text"}]}
    ],
}


@pytest.fixture
def mark(app: Starlette) -> str:
    """Two things of one institution and one of another, under a mark of their own."""
    mark = uuid4().hex
    for client, word in (("hospital", '甲,"乙"\n丙'), ("hospital", "丁"), ("other", "戊")):
        body = {
            "resourceType": "Basic",
            "identifier": [{"system": SYSTEM, "value": mark}],
            "code": {"text": word},
        }
        assert client_of(app, client).post("/fhir/Basic", json=body).status_code == 201
    return mark


def run(app: Starlette, who: str | None, mark: str, view: Any = None, **more: Any) -> Any:
    asked = {**VIEW, "constant": [{"name": "mark", "valueString": mark}]} if view is None else view
    parameters: list[dict[str, Any]] = [{"name": "viewResource", "resource": asked}]
    parameters += [
        {"name": name, "valueInteger" if isinstance(value, int) else "valueString": value}
        for name, value in more.items()
    ]
    body = {"resourceType": "Parameters", "parameter": parameters}
    return client_of(app, who).post("/fhir/ViewDefinition/$run", json=body)


def words(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {row["word"] for row in answer.json()}


def test_rows_are_those_of_the_grant(app: Starlette, mark: str) -> None:
    assert words(run(app, "whole", mark)) == {'甲,"乙"\n丙', "丁", "戊"}
    assert words(run(app, "hospital", mark)) == {'甲,"乙"\n丙', "丁"}
    assert words(run(app, "other", mark)) == {"戊"}
    for who, status in ((None, 401), ("operator", 403), ("narrow", 403), ("observations", 403)):
        assert run(app, who, mark).status_code == status


def test_every_format_says_the_same(app: Starlette, mark: str) -> None:
    expected = words(run(app, "whole", mark))
    ndjson = run(app, "whole", mark, _format="ndjson")
    assert {json.loads(line)["word"] for line in ndjson.text.splitlines()} == expected
    text = run(app, "whole", mark, _format="text/csv")
    assert text.headers["content-type"].startswith("text/csv")
    assert {row["word"] for row in csv.DictReader(io.StringIO(text.text))} == expected
    packed = run(app, "whole", mark, _format="parquet")
    assert set(pq.read_table(io.BytesIO(packed.content)).column("word").to_pylist()) == expected


def test_what_changes_shows_at_once_and_what_was_known_can_be_asked(app: Starlette, mark: str) -> None:
    fhir = client_of(app, "whole")
    rows = run(app, "whole", mark).json()
    fact = next(row["id"] for row in rows if row["word"] == "丁")
    found = fhir.get(f"/fhir/Basic/{fact}")
    before = found.json()["meta"]["lastUpdated"]
    assert fhir.put(f"/fhir/Basic/{fact}", json={**found.json(), "code": {"text": "新"}}).status_code == 200
    other = next(row["id"] for row in rows if row["word"] == "戊")
    assert fhir.delete(f"/fhir/Basic/{other}").status_code in (200, 204)
    assert words(run(app, "whole", mark)) == {'甲,"乙"\n丙', "新"}
    assert "丁" in words(run(app, "whole", mark, asOf=before))
    shifted = datetime.fromisoformat(before).astimezone(timezone(timedelta(hours=8))).isoformat()
    assert "丁" in words(run(app, "whole", mark, asOf=shifted))
    assert words(run(app, "whole", mark, asOf="2020-01-01T00:00:00Z")) == set()


def test_a_limit(app: Starlette, mark: str) -> None:
    assert len(run(app, "whole", mark, _limit=1).json()) == 1
    assert run(app, "whole", mark, _limit=0).json() == []


@pytest.mark.parametrize(
    ("view", "more", "told"),
    [
        ({**VIEW, "select": [{"column": [{"name": "a", "path": "x("}]}]}, {}, "select[0].column[0].path"),
        ({**VIEW, "resource": "Nothing"}, {}, "Nothing"),
        ({**VIEW, "extra": 1}, {}, "extra"),
        ({"resourceType": "Patient"}, {}, "ViewDefinition"),
        (VIEW, {"_format": "xlsx"}, "format"),
        (VIEW, {"_limit": "many"}, "_limit"),
        (VIEW, {"asOf": "2020-01-01"}, "asOf"),
        (VIEW, {"group": "Group/1"}, "group"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    app: Starlette, view: dict[str, Any], more: dict[str, Any], told: str
) -> None:
    answer = run(app, "whole", "", view, **more)
    assert answer.status_code in (400, 403, 404, 422)
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert told in answer.text
    assert "Traceback" not in answer.text


def test_two_values_where_one_may_be_are_refused(app: Starlette) -> None:
    fhir = client_of(app, "whole")
    mark = uuid4().hex
    body = {
        "resourceType": "Basic",
        "identifier": [{"value": mark}, {"value": "b"}],
        "code": {"text": "x"},
    }
    assert fhir.post("/fhir/Basic", json=body).status_code == 201
    view = {
        **VIEW,
        "constant": [{"name": "mark", "valueString": mark}],
        "select": [{"column": [{"name": "number", "path": "identifier.value"}]}],
    }
    answer = run(app, "whole", mark, view)
    assert answer.status_code in (400, 422)
    assert "number" in answer.text
