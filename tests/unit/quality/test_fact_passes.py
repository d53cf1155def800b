"""Passes over facts: what they find, and that repeating, killing and replaying them doubles nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kangshu.app.platform import Platform
from kangshu.domains.quality.facts.days import due_days, judge_day
from kangshu.domains.quality.facts.outcome import DELIVERY, FINDING
from kangshu.kernel.facts import journal, stretch
from kangshu.kernel.facts.exclusive import exclusive
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.policies.definition import Principal, Resource

HOSPITAL, OTHER = "H44099900001", "H44099900002"
GOOD = {
    "resourceType": "Patient",
    "id": "a",
    "name": [{"text": "甲"}],
    "gender": "male",
    "birthDate": "1985-03-15",
    "telecom": [{"system": "phone", "value": "12900000001"}],
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "44090219850315001X"}],
}
LOINC = "http://loinc.org"


def result(id_: str, value: float, unit: str = "Cel", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "8310-5"}]},
        "subject": {"reference": "Patient/a"},
        "effectiveDateTime": "2026-01-05T08:00:00+08:00",
        "valueQuantity": {"value": value, "unit": unit, "code": unit},
        **more,
    }


def receive(platform: Platform, *resources: Any, source: str = HOSPITAL) -> int:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([(source, [text], "ndjson")])
    platform.intake.work_through(message)
    return message.id


def rows(platform: Platform, query: str) -> list[tuple[Any, ...]]:
    with engine() as work:
        for table in (FINDING, DELIVERY):
            platform.tables.lake.offer(work, table, table)
        return work.rows(query)


def findings(platform: Platform) -> list[tuple[Any, ...]]:
    return rows(
        platform,
        f"SELECT key, rule, part, row, field, _message FROM {FINDING} WHERE _message > 0 ORDER BY ALL",
    )


def rules_of(platform: Platform, key: str) -> Sequence[str]:
    return [row[1] for row in findings(platform) if row[0] == key]


def check(platform: Platform) -> None:
    platform.fact_quality.check()


def test_a_result_is_judged_with_the_patient_that_came_before(platform: Platform) -> None:
    receive(platform, GOOD)
    check(platform)
    wrong = result("r1", 366.0) | {"effectiveDateTime": "1980-01-05T08:00:00+08:00"}
    receive(platform, wrong, result("r2", 36.6))
    check(platform)
    assert set(rules_of(platform, "Observation/r1")) == {"CQ-044", "CQ-046"}
    assert rules_of(platform, "Observation/r2") == []
    assert rules_of(platform, "Patient/a") == []


def test_what_waits_in_quarantine_counts_once(platform: Platform) -> None:
    receive(platform, GOOD, {"resourceType": "Patient", "id": "q", "gender": 7})
    check(platform)
    principal = Principal("city", "周敏", "city_commission")
    grant = platform.policies.decide(principal, "see_quality", Resource("table"), "oversight")
    today = datetime.now(UTC).date()
    since, until = today - timedelta(days=1), today + timedelta(days=1)
    [score] = [
        each for each in platform.quality(grant).scores(since=since, until=until) if each.model == "Patient"
    ]
    assert (score.feed, score.received, score.aside, score.refused) == ("fhir", 2, 1, 0)
    assert score.of("validity") == 50
    [failing] = platform.quality(grant).failing(since=since, until=until, rule="form")
    assert (failing.key, failing.aside) == (None, True)


def test_a_message_that_is_nothing_at_all_is_refused(platform: Platform) -> None:
    [message] = platform.intake.journal([(HOSPITAL, [b"{"], "json")])
    platform.intake.work_through(message)
    check(platform)
    assert rows(platform, f"SELECT model, received, aside FROM {DELIVERY} WHERE _message > 0") == [("", 0, 0)]


def test_judging_again_doubles_nothing(platform: Platform) -> None:
    receive(platform, GOOD | {"gender": "female"}, result("r1", 366.0), result("r2", 367.0))
    check(platform)
    before, came = findings(platform), rows(platform, f"SELECT model, received FROM {DELIVERY} ORDER BY ALL")
    assert len(before) >= 3
    platform.fact_quality.check(since=date(2020, 1, 1))
    with platform.database.connection() as session:
        session.execute("DELETE FROM feed_place")
    check(platform)
    assert findings(platform) == before
    assert rows(platform, f"SELECT model, received FROM {DELIVERY} ORDER BY ALL") == came


def test_a_pass_that_was_killed_before_it_noted_its_place_is_done_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(platform, GOOD | {"gender": "female"}, result("r1", 366.0))
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(stretch, "move", killed)
        with pytest.raises(KeyboardInterrupt):
            check(platform)
    before = findings(platform)
    assert before
    check(platform)
    assert findings(platform) == before


def test_what_was_mended_disappears(platform: Platform) -> None:
    first = receive(platform, GOOD, result("r1", 366.0), result("r2", 367.0))
    check(platform)
    assert {row[5] for row in findings(platform)} == {first}
    receive(platform, result("r1", 36.6))
    check(platform)
    assert [row[0] for row in findings(platform)] == ["Observation/r2"]
    second = receive(platform, result("r2", 368.0))
    check(platform)
    assert [(row[0], row[5]) for row in findings(platform)] == [("Observation/r2", second)]


def test_a_replayed_message_counts_once(platform: Platform) -> None:
    number = receive(platform, GOOD, result("r1", 366.0), {"resourceType": "Patient", "id": "q", "gender": 7})
    check(platform)
    before, came = findings(platform), rows(platform, f"SELECT * EXCLUDE (_recorded_at) FROM {DELIVERY}")
    with platform.database.connection() as session:
        message = journal.message(session, number)
    platform.intake.work_through(message, again=True)
    check(platform)
    assert findings(platform) == before
    assert len(came) == len(rows(platform, f"SELECT * FROM {DELIVERY}"))


def test_the_same_result_under_another_id_is_found_across_messages(platform: Platform) -> None:
    receive(platform, GOOD, result("r1", 36.6))
    check(platform)
    receive(platform, result("r9", 36.6))
    check(platform)
    assert rules_of(platform, "Observation/r9") == ["CQ-050"]


def test_a_feed_that_usually_comes_and_did_not_is_found_once(platform: Platform) -> None:
    day = date(2026, 3, 30)
    for weeks in range(1, 5):
        number = receive(platform, GOOD | {"id": f"w{weeks}"})
        other = receive(platform, GOOD | {"id": f"o{weeks}"}, source=OTHER)
        when = datetime(2026, 3, 30, 2, tzinfo=UTC) - timedelta(weeks=weeks)
        with platform.database.connection() as session:
            session.execute("UPDATE message SET received_at = %s WHERE id = %s", (when, number))
            late = when if weeks < 3 else when - timedelta(days=1)
            session.execute("UPDATE message SET received_at = %s WHERE id = %s", (late, other))
    check(platform)
    lake, content = platform.tables.lake, platform.fact_quality.passes.content
    now = datetime(2026, 3, 31, tzinfo=UTC)
    assert [judge_day(lake, content, day, now) for _ in range(2)] == [1, 1]
    found = rows(platform, f"SELECT _source, rule FROM {FINDING} WHERE _message = -20260330")
    assert found == [(HOSPITAL, "CQ-100")]


def test_a_day_is_judged_once_it_is_over(platform: Platform) -> None:
    today = date(2026, 3, 31)
    assert due_days(None, today) == [date(2026, 3, 30)]
    assert due_days(date(2026, 3, 30), today) == []
    assert due_days(date(2026, 3, 28), today) == [date(2026, 3, 29), date(2026, 3, 30)]
    assert len(due_days(date(2020, 1, 1), today)) == 7
    check(platform)
    with platform.database.connection() as session:
        at = stretch.place_of(session, "quality of days").tx
    assert date.fromordinal(at) == (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=1)


def test_one_process_at_a_time(platform: Platform) -> None:
    receive(platform, GOOD)
    with platform.database.statements() as session, exclusive(session, "quality of facts"):
        assert platform.fact_quality.check_if_free(lambda: False) is None
    assert platform.fact_quality.check_if_free(lambda: False) is not None


def test_what_belongs_to_no_institution_is_passed_over_and_stops_nobody(platform: Platform) -> None:
    """A client of the interface may belong to none: there is nobody whose score it would be."""
    receive(platform, GOOD | {"id": "nobody"}, source="")
    receive(platform, GOOD, result("o1", 400))
    check(platform)
    assert {row[0] for row in findings(platform)} == {"Observation/o1"}
    check(platform)
    assert rows(platform, f"SELECT DISTINCT _source FROM {DELIVERY}") == [(HOSPITAL,)]
