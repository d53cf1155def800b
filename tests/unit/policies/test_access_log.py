"""The chain of the access log: whatever is changed, the first broken entry is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.policies.access_log import (
    FIRST_HASH,
    MOST_NAMED,
    Head,
    LoggedEntry,
    canonical,
    chain_hash,
    entry_of,
    parse_entry,
    parse_head,
    verify,
)
from kangshu.kernel.policies.definition import Grant, Principal, Scope

GRANT = Grant(Principal("d", "张明", "doctor", org="H1"), "read", "treatment", "本机构", Scope(), ("own",))
AT = datetime(2026, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=8)))


def log(count: int) -> list[LoggedEntry]:
    entries: list[LoggedEntry] = []
    before = FIRST_HASH
    for number in range(1, count + 1):
        entry = entry_of(
            GRANT, AT, type="Condition", facts=[f"Condition/{number}"], persons=[number], count=1
        )
        before = chain_hash(before, canonical(entry))
        entries.append(LoggedEntry(number, canonical(entry), before))
    return entries


def test_an_entry_has_one_spelling_and_reads_back() -> None:
    entry = entry_of(
        GRANT, AT, type="Condition", facts=["Condition/2", "Condition/1"], persons=[7, 7], count=2
    )
    assert canonical(entry) == (
        '{"action":"read","at":"2026-03-01T00:30:00.000000+00:00","count":2,"facts":["Condition/1","Condition/2"],'
        '"org":"H1","persons":[7],"policies":["own"],"principal":"d","purpose":"treatment","reason":"本机构",'
        '"role":"doctor","type":"Condition"}'
    )
    assert parse_entry(canonical(entry)) == entry
    assert entry.at == AT.astimezone(UTC)


def test_a_name_is_not_logged() -> None:
    assert "张明" not in canonical(entry_of(GRANT, AT, count=0))


def test_very_many_facts_are_counted_but_not_named() -> None:
    entry = entry_of(GRANT, AT, facts=[f"Condition/{i}" for i in range(MOST_NAMED + 1)], count=MOST_NAMED + 1)
    assert (entry.facts, entry.count) == ((), MOST_NAMED + 1)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"at":1}', canonical(entry_of(GRANT, AT, count=0)) + " "])
def test_another_spelling_is_no_entry(text: str) -> None:
    with pytest.raises(Invalid):
        parse_entry(text)


def test_an_unbroken_log_is_good_and_names_its_head() -> None:
    entries = log(5)
    verdict = verify(iter(entries))
    assert verdict.problems == ()
    assert verdict.head == Head(5, entries[-1].hash)
    assert verify([]).head == Head(0, FIRST_HASH)


def test_a_changed_entry_is_named() -> None:
    entries = log(5)
    entries[2] = replace(entries[2], text=entries[2].text.replace('"count":1', '"count":0'))
    (problem,) = verify(entries).problems
    assert problem.path == "access_log[3]"


def test_a_changed_entry_with_a_new_hash_breaks_the_next() -> None:
    entries = log(5)
    text = entries[2].text.replace('"count":1', '"count":0')
    entries[2] = LoggedEntry(3, text, chain_hash(entries[1].hash, text))
    (problem,) = verify(entries).problems
    assert problem.path == "access_log[4]"


@pytest.mark.parametrize("gone", [0, 1, 3])
def test_a_removed_entry_is_missed(gone: int) -> None:
    entries = log(5)
    del entries[gone]
    (problem,) = verify(entries).problems
    assert problem.path == f"access_log[{gone + 2}]"


def test_swapped_entries_are_noticed() -> None:
    entries = log(5)
    entries[1], entries[2] = replace(entries[2], number=2), replace(entries[1], number=3)
    assert verify(entries).problems[0].path == "access_log[2]"


def test_a_head_written_down_elsewhere_shows_a_cut_or_rewritten_log() -> None:
    entries = log(5)
    head = Head(5, entries[-1].hash)
    assert verify(log(5), [head]).problems == ()
    assert verify(entries[:4], [head]).problems[0].path == "access_log[4]"
    assert verify([], [head]).problems[0].path == "access_log[0]"
    assert verify(entries, [Head(2, b"other")]).problems[0].path == "access_log[2]"


def test_a_head_is_read_back_as_it_was_printed() -> None:
    head = verify(log(3)).head
    assert parse_head(f" {head}\n") == head


@pytest.mark.parametrize("text", ["", "3", "3:", "3:xyz", "-1:" + "0" * 64, "3:" + "0" * 63])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_head(text)
