"""Whatever is stored and whatever is asked, PostgreSQL answers as the reference does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.definition import Draft, Page
from kangshu.kernel.facts.reference.store import ReferenceStore
from kangshu.kernel.facts.search import following
from kangshu.kernel.facts.search.context import SearchContext
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.request import parse_query
from tests.generative.worlds import IDS, RESOURCES, SEARCHES, TYPES, Resource
from tests.support.databases import Databases
from tests.support.stores import (
    CATALOGUE,
    EXTRACTOR,
    PostgresStore,
    Store,
    addresses,
    at,
    deletion_of,
    draft_of,
    seen,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
    # The pool's own thread draws a random pause now and then, which Hypothesis takes for ours.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

# Shrinking asks a real database again and again and takes minutes; the failing search is named anyway.
WAY = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] (its metaclass iterates)
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
)
QUICK = settings(WAY, max_examples=25, derandomize=True)
LONG = settings(WAY, max_examples=3_000)

NOW = at(1).timestamp()


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[Database]:
    url = databases.new()
    opened = Database(url, max_connections=2)
    # The pool draws random numbers while it fills, which Hypothesis would take for ours.
    opened.answers()
    yield opened
    opened.close()
    databases.drop(url)


def emptied(database: Database) -> PostgresStore:
    with database.connection() as connection:
        connection.execute("DELETE FROM fact")
    return PostgresStore(database)


Step = tuple[str, Any]
STEPS = st.one_of(
    st.tuples(st.just("store"), st.lists(RESOURCES, min_size=1, max_size=6)),
    st.tuples(st.just("store"), st.lists(RESOURCES, min_size=1, max_size=6)),
    st.tuples(st.just("delete"), st.tuples(st.sampled_from(TYPES), st.sampled_from(IDS))),
    st.tuples(st.just("guarded"), st.tuples(RESOURCES, st.integers(0, 3))),
)
STORIES = st.lists(STEPS, min_size=1, max_size=5)


def drafts_of(step: Step) -> list[Draft]:
    kind, what = step
    if kind == "delete":
        return [deletion_of(*what)]
    if kind == "guarded":
        return [draft_of(what[0], if_version=what[1])]
    return [draft_of(resource, person=_person(resource)) for resource in what]


def _person(resource: Resource) -> int | None:
    reference = resource.get("subject", {}).get("reference", "")
    return IDS.index(reference[8]) if reference.startswith("Patient/") else None


def told(store: Store, story: list[Step]) -> list[Any]:
    """What became of each step."""
    outcomes: list[Any] = []
    for minute, step in enumerate(story):
        try:
            outcomes.append(store.append(drafts_of(step), at(minute)))
        except Conflict:
            outcomes.append("conflict")
    return outcomes


def query_of(question: tuple[str, list[tuple[str, str]], str]) -> Query | None:
    type_, pairs, sort = question
    try:
        return parse_query(CATALOGUE, type_, pairs, sort=sort, count=100, context=SearchContext(now=NOW))
    except Invalid as refused:
        note(f"refused: {[problem.message for problem in refused.problems]}")
        return None


def paged(store: Store, query: Query, size: int) -> list[str]:
    """All pages, one after the other."""
    found: list[str] = []
    cursor = None
    while True:
        asked = Query(query.types, query.where, query.sort, size, cursor, "accurate")
        page: Page = store.search(asked)
        assert len(page.facts) <= size
        found += addresses(page.facts)
        cursor = page.next
        if cursor is None:
            return found


def compare(database: Database, story: list[Step], questions: list[Any], size: int) -> None:
    postgres, reference = emptied(database), ReferenceStore(EXTRACTOR)
    assert told(postgres, story) == told(reference, story)
    for question in questions:
        query = query_of(question)
        if query is None:
            continue
        expected = addresses(reference.search(query).facts)
        note(f"{question} {query}")
        assert addresses(postgres.search(query).facts) == expected, question
        assert postgres.count(query) == len(expected)
        assert paged(postgres, query, size) == expected, question


QUESTIONS = st.lists(SEARCHES, min_size=1, max_size=12)


@QUICK
@given(story=STORIES, questions=QUESTIONS, size=st.integers(1, 3))
def test_both_stores_find_the_same_in_the_same_order(
    database: Database, story: list[Step], questions: list[Any], size: int
):
    compare(database, story, questions, size)


@QUICK
@given(story=STORIES, questions=QUESTIONS)
def test_both_stores_find_the_same_when_referrers_are_many(
    database: Database, story: list[Step], questions: list[Any]
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "DENSE", -1)
        patch.setattr(following, "CHAINED", -1)
        compare(database, story, questions, 100)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@LONG
@given(story=STORIES, questions=QUESTIONS, size=st.integers(1, 3))
def test_both_stores_find_the_same_in_the_same_order_for_long(
    database: Database, story: list[Step], questions: list[Any], size: int
):
    compare(database, story, questions, size)


@QUICK
@given(story=STORIES, size=st.integers(1, 4), minute=st.integers(0, 5))
def test_both_stores_tell_the_same_history(database: Database, story: list[Step], size: int, minute: int):
    postgres, reference = emptied(database), ReferenceStore(EXTRACTOR)
    assert told(postgres, story) == told(reference, story)
    whole = reference.history(count=1000).facts
    assert seen(postgres.history(count=1000).facts) == seen(whole)
    found: list[str] = []
    cursor = None
    while True:
        page = postgres.history(count=size, cursor=cursor)
        found += addresses(page.facts)
        cursor = page.next
        if cursor is None:
            break
    assert found == addresses(whole)
    narrower: list[dict[str, Any]] = [
        {"since": at(minute)},
        {"at": (at(minute), at(minute + 1))},
        {"type": "Patient"},
    ]
    for more in narrower:
        assert seen(postgres.history(**more).facts) == seen(reference.history(**more).facts)
    for person in range(3):
        assert seen(postgres.of_person(person)) == seen(reference.of_person(person))
    for fact in whole:
        if not fact.deleted:
            assert seen([postgres.vread(fact.type, fact.id, fact.version)]) == seen([fact])
