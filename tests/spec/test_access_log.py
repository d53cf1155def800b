"""The access log in PostgreSQL: durable, one chain whoever writes, changed by nobody, seen with a grant."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

from kangshu.app.platform import Platform
from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.facts.access_log import AccessLog
from kangshu.kernel.facts.database import Database
from kangshu.kernel.policies.access_log import AccessEntry, Head, entry_of
from kangshu.kernel.policies.definition import Grant, Principal, Scope
from tests.conftest import EVERYTHING

AT = datetime(2026, 3, 1, tzinfo=UTC)
DOCTOR = Grant(Principal("d", "", "doctor", org="H1"), "search", "treatment", "own", Scope(), ("own",))
OVERSEER = Grant(
    Principal("o", "", "overseer"), "see_access_log", "oversight", "log", Scope(everything=True), ("log",)
)


def resident(person: int) -> Grant:
    scope = Scope(persons=frozenset({person}))
    return Grant(Principal("r", "", "resident", person=person), "see_access_log", "own_record", "own", scope)


def entry(number: int, *persons: int) -> AccessEntry:
    facts = [f"Condition/{number}"]
    return entry_of(DOCTOR, AT, type="Condition", facts=facts, persons=persons or (number,), count=1)


@pytest.fixture
def log(database_url: str) -> Iterator[AccessLog]:
    database = Database(database_url, max_connections=2)
    made = AccessLog(database)
    yield made
    made.close()
    database.close()


def test_entries_of_many_threads_and_processes_form_one_chain(log: AccessLog, database_url: str) -> None:
    program = textwrap.dedent(f"""
        from tests.spec.test_access_log import *
        log = AccessLog(Database({database_url!r}, max_connections=1))
        for number in range(40):
            log.append([entry(number)])
    """)
    others = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: log.append([entry(number), entry(number)]), range(100)))
    assert [other.wait(60) for other in others] == [0, 0]
    verdict = log.verify()
    assert verdict.problems == ()
    assert verdict.head.number == 2 * 40 + 2 * 100
    assert log.verify([verdict.head]).problems == ()


def test_an_entry_is_there_for_others_when_append_returns(log: AccessLog, database_url: str) -> None:
    log.append([entry(1)])
    with psycopg.connect(database_url) as other:
        assert other.execute("SELECT count(*) FROM access_log").fetchone() == (1,)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_log SET entry = 'x' WHERE number = 2",
        "DELETE FROM access_log WHERE number = 2",
        "TRUNCATE access_log",
    ],
)
def test_what_was_written_stays(log: AccessLog, database_url: str, change: str) -> None:
    log.append([entry(number) for number in range(3)])
    with psycopg.connect(database_url) as keeper, pytest.raises(psycopg.errors.RaiseException):
        keeper.execute(change.encode())
    assert log.verify().head.number == 3


def test_a_keeper_who_switches_the_lock_off_is_found_out(log: AccessLog, database_url: str) -> None:
    log.append([entry(number) for number in range(5)])
    with psycopg.connect(database_url) as keeper:
        keeper.execute("ALTER TABLE access_log DISABLE TRIGGER ALL")
        keeper.execute(
            """UPDATE access_log SET entry = replace(entry, '"count":1', '"count":0') WHERE number = 3"""
        )
    verdict = log.verify()
    assert verdict.head.number == 2
    assert [problem.path for problem in verdict.problems] == ["access_log[3]"]


def test_a_log_cut_at_its_end_needs_a_head_that_was_written_down(log: AccessLog, database_url: str) -> None:
    log.append([entry(number) for number in range(5)])
    head = log.verify().head
    with psycopg.connect(database_url) as keeper:
        keeper.execute("ALTER TABLE access_log DISABLE TRIGGER ALL")
        keeper.execute("DELETE FROM access_log WHERE number = 5")
    assert log.verify().problems == ()
    assert [problem.path for problem in log.verify([head]).problems] == ["access_log[4]"]
    assert log.verify([Head(4, b"x" * 32)]).problems


ANEW = """
WITH RECURSIVE changed AS (
  SELECT number, CASE number WHEN {from_} THEN replace(entry, '"count":1', '"count":0') ELSE entry END entry
    FROM access_log
), anew AS (
  SELECT number, entry, hash FROM access_log WHERE number = {from_} - 1
  UNION ALL
  SELECT c.number, c.entry, sha256(a.hash || convert_to(c.entry, 'UTF8'))
    FROM anew a JOIN changed c ON c.number = a.number + 1
)
UPDATE access_log l SET entry = anew.entry, hash = anew.hash FROM anew WHERE l.number = anew.number
"""
"""The log written anew from an entry on, so that the chain fits."""

TAMPERING = {
    "an entry changed": (
        """UPDATE access_log SET entry = replace(entry, '"count":1', '"count":0') WHERE number = 4""",
        "access_log[4]",
    ),
    "a hash changed": ("UPDATE access_log SET hash = sha256('x') WHERE number = 4", "access_log[4]"),
    "one deleted": ("DELETE FROM access_log WHERE number = 4", "access_log[5]"),
    "the first deleted": ("DELETE FROM access_log WHERE number = 1", "access_log[2]"),
    "deleted and the rest moved up": (
        "DELETE FROM access_log WHERE number = 4; UPDATE access_log SET number = number - 1 WHERE number > 4",
        "access_log[4]",
    ),
    "two exchanged": (
        "UPDATE access_log SET number = CASE number WHEN 4 THEN 5 ELSE 4 END WHERE number IN (4, 5)",
        "access_log[4]",
    ),
    "one slipped in": (
        (
            "UPDATE access_log SET number = number + 1 WHERE number > 3;"
            "INSERT INTO access_log SELECT 4, entry, hash FROM access_log WHERE number = 2"
        ),
        "access_log[4]",
    ),
    "one slipped in that fits": (
        (
            "UPDATE access_log SET number = number + 1 WHERE number > 3;"
            "INSERT INTO access_log SELECT 4, entry, sha256(hash || convert_to(entry, 'UTF8'))"
            " FROM access_log WHERE number = 3"
        ),
        "access_log[5]",
    ),
    "one twice": ("INSERT INTO access_log SELECT * FROM access_log WHERE number = 4", "access_log[4]"),
    "the end cut off": ("DELETE FROM access_log WHERE number > 6", "access_log[6]"),
    "all of it gone": ("DELETE FROM access_log", "access_log[0]"),
    "written anew": (ANEW.format(from_=4), "access_log[8]"),
    "written anew from the first": (
        ANEW.format(from_=2) + "; " + ANEW.format(from_=3),
        "access_log[3]",
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_whatever_the_owner_of_the_database_does_to_the_log_is_found_and_placed(
    platform: Platform, how: str
) -> None:
    log = platform.access_log
    log.append([entry(number) for number in range(3)])
    platform.write_head()
    log.append([entry(number) for number in range(3, 8)])
    assert platform.verify_access_log().problems == ()
    statement, place = TAMPERING[how]
    with psycopg.connect(platform.database.url) as keeper:
        keeper.execute("ALTER TABLE access_log DISABLE TRIGGER ALL")
        keeper.execute("ALTER TABLE access_log DROP CONSTRAINT access_log_pkey")
        keeper.execute(statement.encode())
    assert [problem.path for problem in platform.verify_access_log().problems] == [place]


def test_a_log_written_anew_is_placed_after_the_last_head_that_fits(platform: Platform) -> None:
    log = platform.access_log
    for number in range(4):
        log.append([entry(number), entry(number)])
        platform.write_head()
    with psycopg.connect(platform.database.url) as keeper:
        keeper.execute("ALTER TABLE access_log DISABLE TRIGGER ALL")
        keeper.execute(ANEW.format(from_=5).encode())
    (problem,) = platform.verify_access_log().problems
    assert problem.path == "access_log[6]"
    assert "after entry 4" in problem.message


def test_heads_that_were_changed_are_told(platform: Platform) -> None:
    platform.access_log.append([entry(1)])
    platform.write_head()
    path = platform.settings.home / "access-log-heads"
    path.write_text(path.read_text() + "2026-03-01T00:00:00+00:00 nonsense\n")
    with pytest.raises(Invalid, match="Line 2"):
        platform.verify_access_log()


def test_residents_see_who_touched_their_record_and_nobody_else(log: AccessLog) -> None:
    log.append([entry(1, 7), entry(2, 8), entry(3, 7, 8, 9)])
    seen = log.seen(resident(7))
    assert [(number, found.persons, found.facts) for number, found in seen] == [
        (3, (7,), ()),
        (1, (7,), ("Condition/1",)),
    ]
    assert [number for number, _ in log.seen(resident(7), before=3)] == [1]
    assert log.seen(resident(5)) == []


def test_overseers_see_all_of_it_and_a_grant_for_something_else_nothing(log: AccessLog) -> None:
    log.append([entry(number) for number in range(1, 6)])
    assert [number for number, _ in log.seen(OVERSEER, count=2)] == [5, 4]
    assert [number for number, _ in log.seen(OVERSEER, before=4, count=2)] == [3, 2]
    with pytest.raises(Refused):
        log.seen(DOCTOR)


def test_the_log_comes_back_after_its_connection_was_cut(log: AccessLog, database_url: str) -> None:
    log.append([entry(1)])
    with psycopg.connect(database_url, autocommit=True) as keeper:
        keeper.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '%access_log_append%'"
        )
    log.append([entry(2)])
    assert log.verify().head.number == 2


def test_an_export_is_noted_before_it_is_given_out(platform: Platform) -> None:
    patient = b'{"resourceType":"Patient","id":"p1","gender":"male"}'
    platform.intake.receive(EVERYTHING, "H44099900001", [patient])
    before = platform.access_log.verify().head.number
    next(iter(platform.reader(EVERYTHING).export("Patient")))
    (_, noted), *_ = platform.access_log.seen(OVERSEER)
    assert platform.access_log.verify().head.number > before
    assert (noted.type, noted.count, noted.persons) == ("Patient", 1, (platform.person_of("Patient", "p1"),))
