"""`_has` counts references to what is stored here, in either of its two forms, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.search import following
from kangshu.kernel.facts.search.request import parse_query
from tests.support.stores import CATALOGUE, PostgresStore, at, draft_of

REFERENCES = {
    "here": "Patient/here",
    "versioned": "Patient/versioned/_history/1",
    "elsewhere": "http://elsewhere.example/fhir/Patient/elsewhere",
    "nobody": "Patient/unknown",
}


@pytest.mark.parametrize("most", [1_000, -1], ids=["followed", "asked row by row"])
def test_has_counts_references_to_this_store_only(
    database_url: str, monkeypatch: pytest.MonkeyPatch, most: int
):
    monkeypatch.setattr(following, "DENSE", -1)
    monkeypatch.setattr(following, "CHAINED", most)
    database = Database(database_url, max_connections=2)
    store = PostgresStore(database)
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    patients = [draft_of({"resourceType": "Patient", "id": id_}) for id_ in REFERENCES]
    referrers = [
        draft_of(observation | {"id": id_, "subject": {"reference": reference}})
        for id_, reference in REFERENCES.items()
    ]
    store.append([*patients, *referrers], at(0))
    query = parse_query(CATALOGUE, "Patient", [("_has:Observation:patient:status", "final")])
    assert sorted(fact.id for fact in store.search(query).facts) == ["here", "versioned"]
    group = draft_of({"resourceType": "Group", "id": "g", "type": "person", "actual": True})
    of_group = draft_of(observation | {"id": "og", "subject": {"reference": "Group/g"}})
    store.append([group, of_group], at(1))
    for parameter, expected in (("subject", 1), ("patient", 0)):
        query = parse_query(CATALOGUE, "Group", [(f"_has:Observation:{parameter}:status", "final")])
        assert store.count(query) == expected
    database.close()


@pytest.fixture(params=[1_000, -1], ids=["followed", "asked row by row"])
def store(
    request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PostgresStore]:
    monkeypatch.setattr(following, "DENSE", -1)
    monkeypatch.setattr(following, "CHAINED", request.param)
    database = Database(database_url, max_connections=2)
    yield PostgresStore(database)
    database.close()


def test_resources_inside_of_others_are_referred_to_as_well(store: PostgresStore):
    """`Bundle.composition` is about the first entry itself, not about a reference to it."""
    composition = {"resourceType": "Composition", "id": "c", "status": "final", "title": "t"}
    bundle = {"resourceType": "Bundle", "id": "b", "type": "document", "entry": [{"resource": composition}]}
    store.append([draft_of(composition), draft_of(bundle)], at(0))
    for type_, question in (
        ("Bundle", "composition.status"),
        ("Composition", "_has:Bundle:composition:type"),
    ):
        query = parse_query(CATALOGUE, type_, [(question, "final" if type_ == "Bundle" else "document")])
        assert (len(store.search(query).facts), store.count(query)) == (1, 1)


def test_a_chain_finds_the_same_references_either_way(store: PostgresStore):
    subjects = ["Patient/a", "Patient/a/_history/2", "Patient/a/_history/2/3", "Patient/a/_history/"]
    observations = [
        draft_of({"resourceType": "Observation", "id": f"o{number}", "subject": {"reference": subject}})
        for number, subject in enumerate(subjects)
    ]
    store.append([draft_of({"resourceType": "Patient", "id": "a", "gender": "male"}), *observations], at(0))
    query = parse_query(CATALOGUE, "Observation", [("subject:Patient.gender", "male")])
    assert [fact.id for fact in store.search(query).facts] == ["o0", "o1"]
    assert store.count(query) == 2
