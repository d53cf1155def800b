"""Indicators of Xinyi counted from facts through the base views, down to the units behind a cell."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from kangshu.app.platform import Platform
from kangshu.domains.planning.monitoring import counted
from kangshu.domains.planning.plan import read_place
from kangshu.kernel.indicators.explain import units
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Principal, Resource

HOSPITAL, TOWNSHIP = "H44099900001", "H44099900002"
IDENTITY = [{"system": "urn:oid:2.16.156.10011.1.3", "value": "44090219850315001X"}]
XINYI = read_place(default_root() / "places" / "xinyi")
ON = date(2025, 12, 31)


def receive(platform: Platform, source: str, *resources: dict[str, Any]) -> None:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([(source, [text], "ndjson")])
    platform.intake.work_through(message)


def institution(code: str, level: str) -> dict[str, Any]:
    kind = [{"coding": [{"system": "urn:kangshu:code:service", "code": level}]}]
    return {"resourceType": "Organization", "id": code, "name": code, "type": kind}


def resident(id_: str) -> dict[str, Any]:
    said = {"gender": "male", "birthDate": "1985-03-15", "name": [{"text": "甲"}]}
    return {"resourceType": "Patient", "id": id_, "identifier": IDENTITY, **said}


def visit(id_: str, patient: str, class_: str, *days: str) -> dict[str, Any]:
    period = dict(zip(("start", "end"), (f"{day}T08:00:00+08:00" for day in days), strict=False))
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"system": system, "code": class_},
        "subject": {"reference": f"Patient/{patient}"},
        "period": period,
    }


def pressure(id_: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
        "subject": {"reference": "Patient/t"},
        "effectiveDateTime": f"{day}T08:00:00+08:00",
        "valueQuantity": {"value": 135, "code": "mm[Hg]"},
    }


def test_indicators_are_counted_from_facts(platform: Platform) -> None:
    diagnosis = {
        "resourceType": "Condition",
        "id": "c",
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
            ]
        },
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]},
        "subject": {"reference": "Patient/t"},
        "onsetDateTime": "2023-05-01",
    }
    receive(
        platform,
        HOSPITAL,
        institution(HOSPITAL, "city"),
        resident("h"),
        visit("stay", "h", "IMP", "2025-03-01", "2025-03-09"),
        visit("again", "h", "IMP", "2025-03-20", "2025-03-22"),
        visit("seen", "h", "AMB", "2025-05-01", "2025-05-01"),
    )
    receive(
        platform,
        TOWNSHIP,
        institution(TOWNSHIP, "township"),
        resident("t"),
        diagnosis,
        *(visit(f"v{n}", "t", "AMB", f"2025-0{n}-10", f"2025-0{n}-10") for n in (1, 4, 7)),
        *(pressure(f"p{n}", f"2025-0{n}-10") for n in (1, 4, 7, 9)),
    )
    there = {*platform.views.views.names, *platform.views.views.bases}
    names = sorted(there & {name for each in XINYI.indicators.indicators for name in each.needs})
    principal = Principal("analyst", "", "client", scopes=("system/*.rs",))
    purpose = platform.policies.usual_purpose(principal)
    grant = platform.policies.decide(principal, "export", Resource("fact"), purpose)
    with engine() as work:
        platform.views.prepare(work, names, grant.scope)
        for name, rows in XINYI.indicators.tables.items():
            offer_rows(work, name, rows)
        results = counted(work, XINYI, names, on=ON, small_number=0)
        totals = {id_: {cell.period: cell.value for cell in each.by()} for id_, each in results.items()}
        assert totals["tertiary_stay"] == {"2025": Decimal("5.00")}
        assert totals["readmission_30"] == {"2025": Decimal("50.00")}
        assert totals["primary_care_share"] == {"2025": Decimal("75.00")}
        assert totals["hypertension_management"] == {"2025": Decimal("100.00")}, "nothing has come of 2024"
        stays = units(work, XINYI.indicators.get("tertiary_stay"), period="2025", on=ON, limit=1)
        assert len(stays.units) == 1
        assert stays.after is not None
        hidden = counted(work, XINYI, names, on=ON)["tertiary_stay"].by()
        assert [(each.value, each.hidden) for each in hidden] == [(None, "small")]
