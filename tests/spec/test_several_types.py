"""A search over several types asks each type for what its own parameter says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.reference.store import ReferenceStore
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.request import parse_query
from tests.support.stores import CATALOGUE, EXTRACTOR, PostgresStore, Store, at, draft_of

TYPES = ("Encounter", "Observation")
PATIENTS = [("old", "1940-01-01"), ("young", "2015-01-01")]


@pytest.fixture(params=["postgres", "reference"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "reference":
        yield filled(ReferenceStore(EXTRACTOR))
        return
    database = Database(request.getfixturevalue("database_url"), max_connections=2)
    yield filled(PostgresStore(database))
    database.close()


def filled(store: Store) -> Store:
    """Of each patient an encounter and an observation in 2019 and in 2021."""
    resources: list[dict[str, Any]] = []
    for id_, born in PATIENTS:
        resources.append({"resourceType": "Patient", "id": id_, "birthDate": born})
        subject = {"subject": {"reference": f"Patient/{id_}"}}
        for year in (2019, 2021):
            day = f"{year}-06-01"
            resources.append(
                {"resourceType": "Encounter", "id": f"e-{id_}-{year}", "period": {"start": day, "end": day}}
                | subject
            )
            resources.append(
                {"resourceType": "Observation", "id": f"o-{id_}-{year}", "effectiveDateTime": day} | subject
            )
    store.append([draft_of(resource) for resource in resources], at(0))
    return store


def found(store: Store, *pairs: tuple[str, str]) -> list[str]:
    query = parse_query(CATALOGUE, TYPES, pairs, count=100)
    assert store.count(query) == len(store.search(query).facts)
    return sorted(fact.id for fact in store.search(query).facts)


def test_dates_are_kept_in_other_columns_by_each_type():
    assert len({CATALOGUE.parameter(type_, "date").slot for type_ in TYPES}) == 2


def test_a_date_is_asked_of_each_type(store: Store):
    later = ["e-old-2021", "e-young-2021", "o-old-2021", "o-young-2021"]
    assert found(store, ("date", "ge2020")) == later
    assert found(store, ("date", "ge2020"), ("date", "le2022")) == later
    assert found(store, ("date:missing", "true")) == []


def test_a_chain_is_followed_from_each_type(store: Store):
    of_old = ["e-old-2019", "e-old-2021", "o-old-2019", "o-old-2021"]
    assert found(store, ("patient.birthdate", "lt1950")) == of_old
    assert found(store, ("patient", "Patient/old")) == of_old


def test_pages_of_several_types(store: Store):
    query: Query | None = parse_query(CATALOGUE, TYPES, [("date", "ge2020")], sort="-_id", count=3)
    ids: list[str] = []
    while query is not None:
        page = store.search(query)
        ids += [fact.id for fact in page.facts]
        query = replace(query, cursor=page.next) if page.next else None
    assert ids == ["o-young-2021", "o-old-2021", "e-young-2021", "e-old-2021"]


def test_several_types_are_not_sorted_by_what_each_keeps_elsewhere():
    with pytest.raises(Invalid) as refused:
        parse_query(CATALOGUE, TYPES, [], sort="-date")
    assert refused.value.problems[0].path == "_sort"
    assert parse_query(CATALOGUE, TYPES, [], sort="-date", lenient=True).ignored == ("_sort",)
    with pytest.raises(Invalid):  # one column in both, but one holds one value and the other several
        parse_query(CATALOGUE, ("CarePlan", "MedicationRequest"), [], sort="-date")


def test_as_many_values_are_asked_as_a_statement_has_places_for():
    days = ",".join(["2020-01-01"] * 1_500)
    assert parse_query(CATALOGUE, TYPES, [("date", days)])
    with pytest.raises(Invalid) as refused:
        parse_query(CATALOGUE, TYPES, [("date", days), ("date", days)])
    assert refused.value.problems[0].code == "too-costly"


def test_pages_when_one_of_the_types_has_no_facts(store: Store):
    query: Query | None = parse_query(CATALOGUE, ("Patient", "Person"), [], sort="birthdate", count=1)
    ids: list[str] = []
    while query is not None:
        page = store.search(query)
        ids += [fact.id for fact in page.facts]
        query = replace(query, cursor=page.next) if page.next else None
    assert ids == ["old", "young"]
