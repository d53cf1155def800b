"""The base views over facts: one row a person, and nothing the grant does not let through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kangshu.app.platform import Platform
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.policies.definition import Principal, Resource

A, B = "H44099900001", "H44099900002"
IDENTITY = [{"system": "urn:oid:2.16.156.10011.1.3", "value": "44090219850315001X"}]


def receive(platform: Platform, source: str, *resources: dict[str, Any]) -> None:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([(source, [text], "ndjson")])
    platform.intake.work_through(message)


def patient(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "identifier": IDENTITY, "name": [{"text": "甲"}], **more}


def rows(platform: Platform, name: str, org: str | None = None) -> list[dict[str, Any]]:
    principal = Principal("analyst", "", "client", org=org, scopes=("system/*.rs",))
    purpose = platform.policies.usual_purpose(principal)
    grant = platform.policies.decide(principal, "export", Resource("fact"), purpose)
    with engine() as work:
        platform.views.prepare(work, [name], grant.scope)
        names = work.names(f"SELECT * FROM {name}")
        return [dict(zip(names, row, strict=True)) for row in work.rows(f"SELECT * FROM {name}")]


def test_a_person_of_two_institutions_is_one_row(platform: Platform) -> None:
    address = [{"line": ["青石镇石桥村1号"]}]
    receive(platform, A, patient("a", gender="male", birthDate="1985-03-15"))
    receive(platform, B, patient("b", gender="male", birthDate="1985-03-15", address=address))
    [row] = rows(platform, "patient")
    assert (row["town"], row["sex"], str(row["birth"])) == ("青石镇", "male", "1985-03-15")
    [row] = rows(platform, "patient", org=A)
    assert row["town"] is None
    assert rows(platform, "patient", org="H44099900003") == []


def test_what_was_entered_in_error_is_no_row(platform: Platform) -> None:
    receive(platform, A, patient("a", gender="male", birthDate="1985-03-15"))
    result = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
        "subject": {"reference": "Patient/a"},
        "effectiveDateTime": "2026-01-05T08:00:00+08:00",
        "valueQuantity": {"value": 135.5, "code": "mm[Hg]"},
    }
    receive(platform, A, {**result, "id": "r1"}, {**result, "id": "r2", "status": "entered-in-error"})
    [row] = rows(platform, "observation")
    assert (row["code"], str(row["taken"]), float(row["value"]), row["institution"]) == (
        "8480-6",
        "2026-01-05",
        135.5,
        A,
    )


def test_every_view_of_the_packs_runs_where_there_is_nothing(platform: Platform) -> None:
    for name in platform.views.views.names:
        assert rows(platform, name) == []


def test_every_view_says_what_it_is() -> None:
    folder = Path(__file__).parents[2] / "packs" / "standards" / "base_views" / "views"
    assert all(path.read_text("utf-8").startswith("-- ") for path in folder.glob("*.sql"))
