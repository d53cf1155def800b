"""The change feed misses nothing and repeats nothing, whoever commits when."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import psycopg
import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts import feed
from kangshu.kernel.facts.columns import NO_COLUMNS
from kangshu.kernel.facts.definition import Draft, Fact
from kangshu.kernel.facts.rows import body_hash
from kangshu.kernel.facts.store import Appender

NOW = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def draft(type_: str, id_: str, value: int = 0) -> Draft:
    body = json.dumps({"resourceType": type_, "id": id_, "value": value}).encode()
    return Draft(
        type=type_, id=id_, body=body, columns=NO_COLUMNS, person=None, org="H1", county="", message=1,
        digest=body_hash(body),
    )  # fmt: skip


def append(connection: psycopg.Connection, *drafts: Draft) -> None:
    Appender(connection, NOW).append(drafts)


def drain(
    connection: psycopg.Connection, cursor: str | None, type_: str | None = None, limit: int = 2
) -> tuple[list[Fact], str]:
    """Everything there is at present, page by page."""
    facts: list[Fact] = []
    while True:
        page, cursor = feed.read(connection, type_, cursor, limit)
        connection.commit()
        facts += page
        if len(page) < limit:
            return facts, cursor


def ids(facts: list[Fact]) -> list[str]:
    return [fact.id for fact in facts]


def test_versions_and_deletions_come_in_the_order_of_their_transactions(database_url: str):
    with psycopg.connect(database_url) as writer, psycopg.connect(database_url) as reader:
        for value in range(3):
            append(writer, draft("Patient", "a", value), draft("Basic", f"b{value}"))
            writer.commit()
        facts, cursor = drain(reader, None)
        assert [(f.id, f.version) for f in facts if f.type == "Patient"] == [("a", 1), ("a", 2), ("a", 3)]
        assert len(facts) == 6
        assert drain(reader, cursor)[0] == []
        assert len(drain(reader, None, "Patient")[0]) == 3
        append(writer, draft("Patient", "late"))
        writer.commit()
        assert ids(drain(reader, cursor)[0]) == ["late"]


def test_a_late_commit_is_not_missed_and_what_came_after_it_waits(database_url: str):
    with (
        psycopg.connect(database_url) as slow,
        psycopg.connect(database_url) as quick,
        psycopg.connect(database_url) as reader,
    ):
        append(quick, draft("Patient", "before"))
        quick.commit()
        append(slow, draft("Patient", "slow"))
        append(quick, draft("Patient", "quick"))
        quick.commit()
        facts, cursor = drain(reader, None)
        assert ids(facts) == ["before"]
        slow.commit()
        facts, cursor = drain(reader, cursor)
        assert ids(facts) == ["slow", "quick"]
        assert drain(reader, cursor)[0] == []


def test_what_is_rolled_back_is_not_seen(database_url: str):
    with psycopg.connect(database_url) as writer, psycopg.connect(database_url) as reader:
        append(writer, draft("Patient", "never"))
        writer.rollback()
        append(writer, draft("Patient", "kept"))
        writer.commit()
        assert ids(drain(reader, None)[0]) == ["kept"]


def test_writers_that_commit_out_of_order_are_each_seen_once(database_url: str):
    """Six writers with transactions of very different length, one reader that never stops asking."""
    writers, rounds = 6, 8

    def write(number: int) -> None:
        with psycopg.connect(database_url) as connection:
            for turn in range(rounds):
                append(connection, draft("Patient", f"{number}-{turn}-first"))
                connection.execute("SELECT pg_sleep(%s)", (0.002 * ((number * 7 + turn * 3) % 11),))
                append(connection, draft("Patient", f"{number}-{turn}-second"))
                connection.commit()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    seen: list[str] = []
    cursor = None
    with psycopg.connect(database_url) as reader:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            facts, cursor = drain(reader, cursor, limit=5)
            seen += ids(facts)
        seen += ids(drain(reader, cursor, limit=5)[0])
    assert len(seen) == len(set(seen)) == writers * rounds * 2


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "bnVsbA", "W251bGwsIDEsIDJd", "ÿ"])
def test_nonsense_is_no_cursor(database_url: str, cursor: str):
    with psycopg.connect(database_url) as connection, pytest.raises(Invalid):
        feed.read(connection, None, cursor, 10)


def test_a_cursor_from_before_a_restore_is_refused_with_what_to_do(database_url: str):
    with psycopg.connect(database_url) as connection:
        _, cursor = feed.read(connection, None, None, 10)
        connection.execute("UPDATE feed_epoch SET epoch = epoch + 1")
        with pytest.raises(Invalid) as refused:
            feed.read(connection, None, cursor, 10)
        assert "Start over" in refused.value.remedy
