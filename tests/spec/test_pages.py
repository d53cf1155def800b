"""Pages follow each other, whatever is changed in between; the cursor says nothing about anybody."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.request import parse_query
from tests.support.stores import CATALOGUE, PostgresStore, at, deletion_of, draft_of

BORN = {
    "a": "1990",
    "b": "1971-02-03",
    "c": "1971-02-03",
    "d": "2001-05",
    "e": None,
    "f": "1963-11-30",
    "g": None,
}


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresStore]:
    database = Database(database_url, max_connections=2)
    store = PostgresStore(database)
    store.append([draft_of(patient(id_, born)) for id_, born in BORN.items()], at(0))
    yield store
    database.close()


def patient(id_: str, born: str | None) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, **({"birthDate": born} if born else {})}


def asked(*pairs: tuple[str, str], sort: str = "", count: int = 2) -> Query:
    return parse_query(CATALOGUE, "Patient", pairs, sort=sort, count=count)


def pages(store: PostgresStore, query: Query) -> list[str]:
    """The ids on each page, written together."""
    found: list[str] = []
    while True:
        page = store.search(query)
        found.append("".join(fact.id for fact in page.facts))
        if page.next is None:
            return found
        query = replace(query, cursor=page.next)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("birthdate", ["fb", "ca", "de", "g"]),
        ("-birthdate", ["da", "bc", "fe", "g"]),
        ("-birthdate,-_id", ["da", "cb", "fg", "e"]),
        ("", ["ab", "cd", "ef", "g"]),
    ],
)
def test_pages_in_every_kind_of_order(store: PostgresStore, sort: str, expected: list[str]):
    assert pages(store, asked(sort=sort)) == expected


@pytest.mark.parametrize("sort", ["birthdate", "-birthdate", ""])
def test_pages_within_a_window_hold_what_one_page_holds(store: PostgresStore, sort: str):
    window = (("birthdate", "ge1971-02-03"), ("birthdate", "lt2001-05-02"))
    whole = pages(store, asked(*window, sort=sort, count=100))
    assert sorted(whole[0]) == ["a", "b", "c", "d"]
    assert ["".join(pages(store, asked(*window, sort=sort, count=1)))] == whole


def test_a_search_from_one_date_to_another_comes_in_the_order_of_the_date(store: PostgresStore):
    window = (("birthdate", "ge1970"), ("birthdate", "le1999"))
    assert pages(store, asked(*window)) == ["bc", "a"]
    assert pages(store, asked(*window, sort="-_id")) == ["cb", "a"]
    assert pages(store, asked(("birthdate", "ge1970"))) == ["ab", "cd"]


@pytest.mark.parametrize("sort", ["birthdate", "-birthdate"])
@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_the_next_page_starts_where_the_last_one_ended(store: PostgresStore, sort: str, change: str):
    first = store.search(asked(sort=sort))
    last = first.facts[-1].id
    later = deletion_of("Patient", last) if change == "deleted" else draft_of(patient(last, "2020"))
    following = store.search(replace(asked(sort=sort), cursor=first.next))
    store.append([later], at(1))
    assert store.search(replace(asked(sort=sort), cursor=first.next)).facts == following.facts


def test_a_cursor_tells_no_value(store: PostgresStore):
    """It stands in addresses, and so in logs."""
    told = store.search(asked(sort="birthdate")).next
    assert told is not None
    assert base64.urlsafe_b64decode(told + "==") == b"1/b"


@pytest.mark.parametrize("sort", ["", "birthdate", "-birthdate,-_id"])
@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.5", "1/", "9/none", "1/\0", "1/\ud800", "1/b/", "[3]", "9" * 19, "[" * 100_000]
)
def test_a_cursor_made_elsewhere_is_refused(store: PostgresStore, sort: str, text: str):
    with pytest.raises(Invalid, match="not one that was given out here"):
        store.search(replace(asked(sort=sort), cursor=cursor(text)))


@pytest.mark.parametrize(("sort", "text"), [("", "1/b"), ("birthdate", "3"), ("-birthdate,-_id", "1/b")])
def test_a_cursor_of_another_search_is_refused(store: PostgresStore, sort: str, text: str):
    with pytest.raises(Invalid, match="not one that was given out here"):
        store.search(replace(asked(sort=sort), cursor=cursor(text)))


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()
