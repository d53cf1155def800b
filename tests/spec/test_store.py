"""What a fact store promises, asked of both: PostgreSQL and the reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kangshu.kernel.base.errors import Conflict, Gone, KangshuError, NotFound
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.reference.store import ReferenceStore
from kangshu.kernel.facts.search.request import parse_query
from tests.support.stores import (
    CATALOGUE,
    EXTRACTOR,
    PostgresStore,
    Store,
    addresses,
    at,
    deletion_of,
    draft_of,
)


@pytest.fixture(params=["postgres", "reference"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "reference":
        yield ReferenceStore(EXTRACTOR)
        return
    database = Database(request.getfixturevalue("database_url"), max_connections=2)
    yield PostgresStore(database)
    database.close()


def patient(id_: str = "a", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, **more}


def found(store: Store, type_: str, *pairs: tuple[str, str], sort: str = "") -> list[str]:
    page = store.search(parse_query(CATALOGUE, type_, pairs, sort=sort, count=100))
    assert page.total == len(page.facts)
    return [fact.id for fact in page.facts]


def refusal(work: Any) -> type[KangshuError] | None:
    try:
        work()
    except KangshuError as error:
        return type(error)
    return None


def test_each_change_is_a_version_and_the_last_one_is_current(store: Store):
    done = [
        store.append([draft_of(patient(gender="male"))], at(0))[0],
        store.append([draft_of(patient(gender="female"))], at(1))[0],
        store.append([deletion_of("Patient", "a")], at(2))[0],
        store.append([draft_of(patient(gender="male"))], at(3))[0],
    ]
    assert [(o.version, o.done, o.recorded_at) for o in done] == [
        (1, "created", at(0)),
        (2, "updated", at(1)),
        (3, "deleted", at(2)),
        (4, "created", at(3)),
    ]
    assert store.read("Patient", "a").version == 4
    first = store.vread("Patient", "a", 1)
    assert (first.recorded_at, first.superseded_at) == (at(0), at(1))
    assert len({fact.line for fact in store.history(type="Patient", id="a").facts}) == 1


def test_the_same_body_again_changes_nothing(store: Store):
    store.append([draft_of(patient(active=True))], at(0))
    (again,) = store.append([draft_of(patient(active=True))], at(1))
    assert (again.done, again.version, again.recorded_at) == ("unchanged", 1, at(0))
    assert len(store.history().facts) == 1


def test_deleting_again_changes_nothing(store: Store):
    store.append([draft_of(patient())], at(0))
    store.append([deletion_of("Patient", "a")], at(1))
    assert store.append([deletion_of("Patient", "a")], at(2))[0].done == "unchanged"


def test_versions_of_one_thing_in_one_go_keep_their_order(store: Store):
    drafts = [draft_of(patient(gender=g)) for g in ("male", "female", "female", "other")]
    drafts.insert(1, draft_of(patient("b")))
    done = store.append(drafts, at(0))
    assert [(o.id, o.version, o.done) for o in done] == [
        ("a", 1, "created"),
        ("b", 1, "created"),
        ("a", 2, "updated"),
        ("a", 2, "unchanged"),
        ("a", 3, "updated"),
    ]
    assert b"other" in store.read("Patient", "a").body
    assert found(store, "Patient", ("gender", "female")) == []
    store.append([draft_of(patient(gender="unknown"))], at(1))
    assert found(store, "Patient", ("gender", "other")) == []
    assert found(store, "Patient", ("gender", "unknown")) == ["a"]


@pytest.mark.parametrize(
    ("stored", "expected", "refused"),
    [
        ("nothing", 0, False),
        ("nothing", 1, True),
        ("something", 1, False),
        ("something", 0, True),
        ("something", 2, True),
        ("deleted", 0, False),
        ("deleted", 2, True),
    ],
)
def test_an_expected_version_must_be_current(store: Store, stored: str, expected: int, refused: bool):
    if stored != "nothing":
        store.append([draft_of(patient())], at(0))
    if stored == "deleted":
        store.append([deletion_of("Patient", "a")], at(1))
    change = draft_of(patient(active=True), if_version=expected)
    assert refusal(lambda: store.append([change], at(2))) == (Conflict if refused else None)


def test_a_conflict_undoes_the_whole_transaction(store: Store):
    store.append([draft_of(patient())], at(0))
    drafts = [draft_of(patient("b")), draft_of(patient(active=True), if_version=7)]
    with pytest.raises(Conflict):
        store.append(drafts, at(1))
    assert addresses(store.history().facts) == ["Patient/a/1"]


def test_what_is_not_there_and_what_is_gone_are_told_apart(store: Store):
    store.append([draft_of(patient())], at(0))
    store.append([deletion_of("Patient", "a")], at(1))
    assert refusal(lambda: store.read("Patient", "a")) == Gone
    assert refusal(lambda: store.read("Patient", "b")) == NotFound
    assert refusal(lambda: store.read("Basic", "a")) == NotFound
    assert refusal(lambda: store.vread("Patient", "a", 2)) == Gone
    assert refusal(lambda: store.vread("Patient", "a", 3)) == NotFound
    assert refusal(lambda: store.history(type="Patient", id="b")) == NotFound
    assert store.vread("Patient", "a", 1).version == 1


def test_read_many_leaves_out_what_cannot_be_read(store: Store):
    store.append([draft_of(patient(id_)) for id_ in "abc"], at(0))
    store.append([deletion_of("Patient", "b")], at(1))
    wanted = [("Patient", "a"), ("Patient", "b"), ("Patient", "x"), ("Basic", "c")]
    assert addresses(store.read_many(wanted)) == ["Patient/a/1"]


def test_bodies_keep_their_bytes(store: Store):
    tricky = {
        "resourceType": "Basic",
        "id": "x",
        "text": {"div": "<div>\t\\n \\ 100% \u2028 王😀 \u0001</div>"},
    }
    draft = draft_of(tricky)
    store.append([draft], at(0))
    assert store.read("Basic", "x").body == draft.body


def test_history_is_newest_first_with_deletions(store: Store):
    store.append([draft_of(patient()), draft_of(patient("b"))], at(0))
    store.append([draft_of(patient(active=True))], at(1))
    store.append([deletion_of("Patient", "a")], at(2))
    store.append([draft_of({"resourceType": "Basic", "id": "c"})], at(3))
    whole = store.history()
    assert addresses(whole.facts)[:3] == ["Basic/c/1", "Patient/a/3", "Patient/a/2"]
    assert len(whole.facts) == 5
    assert len(store.history(type="Patient").facts) == 4
    one = store.history(type="Patient", id="a")
    assert (one.total, addresses(one.facts)) == (3, ["Patient/a/3", "Patient/a/2", "Patient/a/1"])
    assert addresses(store.history(since=at(2)).facts) == ["Basic/c/1", "Patient/a/3"]
    assert addresses(store.history(type="Patient", id="a", at=(at(1), at(2))).facts) == ["Patient/a/2"]
    assert store.history(type="Patient", id="a", since=at(5)).facts == []


def test_history_is_paged_without_loss(store: Store):
    for minute in range(7):
        store.append([draft_of(patient(multipleBirthInteger=minute))], at(minute))
    versions: list[int] = []
    cursor = None
    while True:
        page = store.history(type="Patient", id="a", count=3, cursor=cursor)
        versions += [fact.version for fact in page.facts]
        cursor = page.next
        if cursor is None:
            break
    assert versions == [7, 6, 5, 4, 3, 2, 1]


def test_a_persons_facts_are_newest_first_and_unknown_times_last(store: Store):
    def observation(id_: str, **more: Any) -> dict[str, Any]:
        return {"resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"}, **more}

    store.append(
        [
            draft_of(observation("old", effectiveDateTime="2001"), person=7),
            draft_of(observation("never"), person=7),
            draft_of(observation("new", effectiveDateTime="2020-02-01T10:00:00Z"), person=7),
            draft_of(observation("other", effectiveDateTime="2020"), person=8),
            draft_of({"resourceType": "Basic", "id": "b", "created": "2010"}, person=7),
        ],
        at(0),
    )
    assert [fact.id for fact in store.of_person(7)] == ["new", "b", "old", "never"]
    assert [fact.id for fact in store.of_person(7, ["Observation"])] == ["new", "old", "never"]
    assert store.of_person(9) == []


def test_search_sees_current_facts_only(store: Store):
    store.append([draft_of(patient("a", gender="male")), draft_of(patient("b", gender="male"))], at(0))
    store.append([draft_of(patient("a", gender="female"))], at(1))
    store.append([deletion_of("Patient", "b")], at(2))
    assert found(store, "Patient", ("gender", "male")) == []
    assert found(store, "Patient", ("gender", "female")) == ["a"]
    assert store.count(parse_query(CATALOGUE, "Patient", [])) == 1
    assert found(store, "Patient", ("_lastUpdated", f"eq{at(1).isoformat()}"[:-6] + "Z")) == ["a"]


def test_sorting_puts_missing_values_last_either_way(store: Store):
    store.append(
        [
            draft_of(patient("none")),
            draft_of(patient("b", birthDate="2000-01-01", name=[{"family": "Bo"}])),
            draft_of(patient("c", birthDate="1990", name=[{"family": "al"}])),
            draft_of(patient("d", birthDate="1990", name=[{"family": "王"}])),
        ],
        at(0),
    )
    assert found(store, "Patient", sort="birthdate") == ["c", "d", "b", "none"]
    assert found(store, "Patient", sort="-birthdate,-_id") == ["b", "d", "c", "none"]
    assert found(store, "Patient", sort="family") == ["c", "b", "d", "none"]
    assert found(store, "Patient", sort="-family") == ["d", "b", "c", "none"]
    assert found(store, "Patient", sort="-_id") == ["none", "d", "c", "b"]


def test_a_reference_in_words_only_is_not_missing(store: Store):
    """https://hl7.org/fhir/R4/search.html#modifiers"""
    subject = {"display": "somebody"}
    store.append(
        [
            draft_of({"resourceType": "Observation", "id": "words", "status": "final", "subject": subject}),
            draft_of({"resourceType": "Observation", "id": "none", "status": "final"}),
        ],
        at(0),
    )
    query = parse_query(CATALOGUE, "Observation", [("subject:missing", "true")])
    assert addresses(store.search(query).facts) == ["Observation/none/1"]
