"""The base views over facts: one row a person, and nothing the grant does not let through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kangshu.app.platform import Platform
from kangshu.kernel.lake.engine import engine, literal
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


CENTRE, NUMBER, OTHER = "H44098300000", "44090219850315001X", "440983199001010018"
LANDED = {
    "city_resident": f"""SELECT column0 AS record_no, 'H44098301001' AS fixmedins_code,
      DATE '2020-01-01' AS created,
      '甲' AS psn_name, '1' AS gend, column2 AS brdy, column1 AS certno, '镇隆镇' AS township_name,
      DATE '2025-06-01' AS moved_out
      FROM (VALUES ('1', '{NUMBER}', DATE '1985-03-15'), ('2', '{OTHER}', DATE '1990-01-01'))
      AS v(column0, column1, column2)""",
    "city_outpatient_visit": f"""SELECT 'V1' AS visit_no, 'H44098301001' AS fixmedins_code,
      TIMESTAMP '2025-03-01 09:00:00' AS visit_time, '2' AS visit_type, '1' AS gend,
      DATE '1985-03-15' AS brdy,
      '01' AS patn_cert_type, '{NUMBER}' AS certno, 'I10.x00x002' AS diag_code,
      'D440983010011' AS dr_code""",
    "city_institution": """SELECT 'H44098301001' AS fixmedins_code, '镇隆镇卫生院' AS org_name,
      'C220' AS org_class, '1' AS hosp_lv,
      '440983101' AS township, '镇隆镇' AS township_name, DATE '1960-01-01' AS opened""",
    "city_prescription": f"""SELECT 'R1' AS rx_no, 'H44098301001' AS fixmedins_code, 'V1' AS visit_no,
      TIMESTAMP '2025-03-01 09:10:00' AS rx_time, '{NUMBER}' AS certno, 'I10.x00x002' AS diag_code,
      'D440983010011' AS dr_code,
      [{{'drug_code': 'XJ01CAA901A001010199999', 'drug_name': 'a', 'cnt': 1}},
       {{'drug_code': 'ZA03AAA9056010199999', 'drug_name': 'b', 'cnt': 2}}] AS rx_drug""",
}


def land(platform: Platform, folder: Path, names: list[str]) -> None:
    for name in names:
        path = folder / f"{name}.parquet"
        with engine() as work:
            work.run(f"COPY ({LANDED[name]}) TO {literal(str(path))} (FORMAT parquet)")
        landing, tally = platform.intake.deliveries.land(CENTRE, name, path)
        assert not landing.bad
        assert tally.stored


def test_a_person_known_by_facts_and_by_tables_is_one_row(platform: Platform, tmp_path: Path) -> None:
    receive(platform, A, patient("a", gender="male", birthDate="1985-03-15"))
    land(platform, tmp_path, ["city_resident", "city_outpatient_visit"])
    both, landed = sorted(rows(platform, "patient"), key=lambda row: str(row["birth"]))
    assert (both["town"], both["sex"], str(both["moved_out"])) == ("镇隆镇", "male", "2025-06-01")
    assert both["id"].isdigit()
    assert len(landed["id"]) == 16
    [seen] = rows(platform, "encounter")
    assert (seen["patient"], seen["class"], str(seen["started"])) == (both["id"], "EMER", "2025-03-01")
    [known] = rows(platform, "condition")
    assert (known["patient"], known["code"], known["status"]) == (both["id"], "I10.x00x002", "active")


def test_an_institution_of_the_register_gives_its_visits_a_town(platform: Platform, tmp_path: Path) -> None:
    land(platform, tmp_path, ["city_institution", "city_outpatient_visit"])
    [place] = rows(platform, "organization")
    assert (place["id"], place["level"], place["kind"]) == ("H44098301001", "1", "乡镇卫生院")
    assert [row["town"] for row in rows(platform, "encounter")] == ["镇隆镇"]
    sent = {"resourceType": "Organization", "id": "H44098301001", "name": "镇隆镇卫生院"}
    receive(platform, "H44098301001", sent)
    assert len(rows(platform, "organization")) == len(rows(platform, "encounter")) == 1


def test_each_medicine_of_a_landed_prescription_is_a_row(platform: Platform, tmp_path: Path) -> None:
    land(platform, tmp_path, ["city_prescription"])
    found = sorted(rows(platform, "medication_request"), key=lambda row: row["drug"])
    assert [(row["atc"], row["class"]) for row in found] == [("J01CA", "AMB"), (None, "AMB")]
    assert len({row["prescription"] for row in found}) == 1
