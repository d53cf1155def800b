"""A tally that followed what changed is the one that is counted anew."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.kept_views import KeptViews
from kangshu.app.lens import Lens
from kangshu.app.platform import Platform
from kangshu.app.relations import Relations
from kangshu.app.tallies import Tallies, problems_of_follows
from kangshu.kernel.indicators import tally as tallying
from kangshu.kernel.indicators.definition import Indicator, parse_indicator
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.sql_view import parse_select
from kangshu.kernel.views.view_set import ViewSet
from tests.support.tables import csv_of, visit
from tests.unit.indicators.texts import TOML

HOSPITAL = "H44099900001"
ON = date(2026, 12, 31)
SEEN = parse_view(
    {
        "resourceType": "ViewDefinition",
        "name": "seen_here",
        "status": "active",
        "resource": "Encounter",
        "select": [
            {
                "column": [
                    {"name": "id", "path": "id"},
                    {"name": "status", "path": "status"},
                    {"name": "started", "path": "period.start"},
                ]
            }
        ],
    }
)
SEEN_ANYWHERE = """
SELECT s.id, TRY_CAST(left(s.started, 10) AS DATE) AS day, m.org AS place, s.status
FROM seen_here AS s JOIN fact_of_encounter AS m ON m.id = s.id
UNION ALL
SELECT visit_no, CAST(visit_time AS DATE), fixmedins_code, 'finished' FROM outpatient_visit
"""
FINISHED = """
SELECT v.id AS unit, v.day AS happened, v.place, 1 AS denominator,
  CASE WHEN v.status = 'finished' THEN 1 ELSE 0 END AS numerator
FROM seen AS v LEFT JOIN town AS t ON t.place = v.place
"""


def indicator(sql: str = FINISHED, **more: Any) -> Indicator:
    toml = TOML.replace('["sex", "town"]', '["place"]').replace('["visit"]', '["seen", "town"]')
    return replace(parse_indicator(toml, sql, "regular"), **more)


def tallies_of(platform: Platform, sql: str = SEEN_ANYWHERE) -> Tallies:
    known = platform.views.kept.relations
    toml = 'follows = ["seen_here", "fact_of_encounter", "outpatient_visit"]'
    selects = {"seen": parse_select("seen", sql, toml)}
    views = ViewSet({"seen_here": SEEN}, selects, {}, known.views.bases)
    relations = Relations(views, known.models, known.types, known.elements)
    tables = {"town": [{"place": HOSPITAL, "town": "东镇街道"}]}
    return Tallies(KeptViews(platform.views.facts, relations), "here", tables, None)


def counted(tallies: Tallies, chosen: Indicator) -> Result:
    return tallies.results([chosen], on=ON, small_number=0)[chosen.id]


def anew(tallies: Tallies, chosen: Indicator) -> Result:
    with engine() as work:
        with tallies.kept.up_to_date(["seen"]) as present:
            tallies.kept.relations.make(work, ["seen"], Lens(), present)
        work.run("CREATE TABLE town AS SELECT 'H44099900001' AS place")
        return run(work, chosen, on=ON)


def encounter(number: int, day: str | None, status: str = "finished") -> dict[str, Any]:
    period = {"period": {"start": f"{day}T08:00:00+08:00"}} if day else {}
    return {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "status": status,
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        **period,
    }


def receive(platform: Platform, *resources: Any) -> None:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([(HOSPITAL, [text], "ndjson")])
    platform.intake.work_through(message)


def land(platform: Platform, folder: Path, rows: list[dict[str, Any]]) -> None:
    path = folder / "visits.csv"
    head = "visit_no,fixmedins_code,visit_time,gend,brdy,medfee_sumamt,chief_complaint"
    more = "patn_cert_type,certno,diag_code,dr_code"
    lines = csv_of(rows).splitlines()
    assert lines[0] == head
    path.write_text("\n".join([f"{head},{more}", *(f"{line},01,,," for line in lines[1:])]) + "\n", "utf-8")
    landing, _ = platform.intake.deliveries.land(HOSPITAL, "outpatient_visit", path)
    assert not landing.bad


def day_of(chance: random.Random) -> str:
    return f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happened_it_is_what_counting_anew_finds(
    platform: Platform, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    tallies, chosen = tallies_of(platform), indicator(follows=("seen",))
    receive(platform, {"resourceType": "Patient", "id": "p1"})
    for _ in range(6):
        if chance.random() < 0.6:
            some = {chance.randrange(12) for _ in range(4)}
            receive(
                platform,
                *(
                    encounter(
                        number,
                        day_of(chance) if chance.random() < 0.9 else None,
                        chance.choice(("finished", "in-progress")),
                    )
                    for number in some
                ),
            )
        else:
            some = {chance.randrange(12) for _ in range(4)}
            land(platform, tmp_path, [visit(n, visit_time=f"{day_of(chance)} 09:00:00") for n in some])
        if chance.random() < 0.3:
            for table in platform.tables.lake.tables():
                platform.tables.lake.tidy(table.name)
        assert counted(tallies, chosen) == anew(tallies, chosen)


def months_counted(monkeypatch: pytest.MonkeyPatch) -> list[list[str] | None]:
    found: list[list[str] | None] = []
    real = tallying.tally_months

    def noted(*given: Any, months: list[str] | None = None, **more: Any) -> None:
        found.append(months)
        real(*given, months=months, **more)

    monkeypatch.setattr("kangshu.app.tallies.tally_months", noted)
    return found


def test_only_the_months_of_what_changed_are_counted_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    tallies, chosen = tallies_of(platform), indicator(follows=("seen",))
    receive(platform, {"resourceType": "Patient", "id": "p1"})
    receive(platform, *(encounter(month, f"2026-{month:02d}-05") for month in range(1, 7)))
    counted(tallies, chosen)
    found = months_counted(monkeypatch)
    receive(platform, encounter(2, "2026-05-05"))
    assert counted(tallies, chosen) == anew(tallies, chosen)
    assert found == [["2026-02", "2026-05"]]
    counted(tallies, chosen)
    assert len(found) == 1


def test_what_is_only_new_is_added_and_nothing_is_counted_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tallies, chosen = tallies_of(platform), indicator(follows=("seen",))
    receive(platform, {"resourceType": "Patient", "id": "p1"})
    receive(platform, *(encounter(month, f"2026-{month:02d}-05") for month in range(1, 7)))
    land(platform, tmp_path, [visit(1, visit_time="2026-02-05 09:00:00")])
    counted(tallies, chosen)
    found = months_counted(monkeypatch)
    receive(
        platform, encounter(7, "2026-02-05"), encounter(8, "2026-11-05", "in-progress"), encounter(9, None)
    )
    land(
        platform,
        tmp_path,
        [visit(2, visit_time="2026-02-05 10:00:00"), visit(3, visit_time="2026-12-05 10:00:00")],
    )
    assert counted(tallies, chosen) == anew(tallies, chosen)
    assert found == []
    land(platform, tmp_path, [visit(2, visit_time="2026-03-05 10:00:00")])
    assert counted(tallies, chosen) == anew(tallies, chosen)
    assert found == [["2026-02", "2026-03"]]


def test_what_is_looked_up_means_counting_everything(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = SEEN_ANYWHERE.replace(
        "JOIN fact_of_encounter AS m ON m.id = s.id",
        "JOIN fact_of_encounter AS m ON m.id = s.id CROSS JOIN (SELECT count(*) AS n FROM fact_of_patient)",
    )
    tallies, chosen = tallies_of(platform, looked_up), indicator(follows=("seen",))
    receive(platform, {"resourceType": "Patient", "id": "p1"})
    receive(platform, encounter(1, "2026-01-05"))
    counted(tallies, chosen)
    found = months_counted(monkeypatch)
    receive(platform, {"resourceType": "Patient", "id": "p2"})
    assert counted(tallies, chosen) == anew(tallies, chosen)
    assert found == [None]


def test_what_was_counted_for_another_day_is_not_taken_for_that_of_this_one(platform: Platform) -> None:
    asks = FINISHED + "WHERE v.day <= CAST($on AS DATE)"
    tallies, chosen = tallies_of(platform), indicator(asks)
    receive(platform, {"resourceType": "Patient", "id": "p1"})
    receive(platform, encounter(1, "2025-01-05"), encounter(2, "2026-01-05"))
    today = counted(tallies, chosen)
    assert {cell.period for cell in today.cells} == {"2025", "2026"}
    before = tallies.results([chosen], on=date(2025, 12, 31), small_number=0)[chosen.id]
    assert {cell.period for cell in before.cells} == {"2025"}
    assert counted(tallies, chosen) == today


def test_following_two_things_that_are_joined_is_told(platform: Platform) -> None:
    views = tallies_of(platform).kept.relations.views
    joined = indicator(
        FINISHED.replace("town AS t", "outpatient_visit AS t"), follows=("seen", "outpatient_visit")
    )
    [problem] = problems_of_follows(views, joined)
    assert "joins seen and outpatient_visit" in problem.message
    assert problems_of_follows(views, indicator(follows=("seen",))) == []
