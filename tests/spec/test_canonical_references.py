"""Chains and `_has` follow references by canonical address, with and without a version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.reference.store import ReferenceStore
from kangshu.kernel.facts.search import following
from kangshu.kernel.facts.search.request import parse_query
from tests.support.stores import CATALOGUE, EXTRACTOR, PostgresStore, at, draft_of

URL = "http://forms.example/Questionnaire/smoking"
FORMS = [
    {"resourceType": "Questionnaire", "id": "smoking", "url": URL, "status": "active", "title": "Smoking"},
    {"resourceType": "Questionnaire", "id": "other", "url": f"{URL}-2", "status": "draft", "title": "Sleep"},
    {"resourceType": "Questionnaire", "id": "nameless", "status": "active", "title": "Smoking"},
]
ANSWERS = {"plain": URL, "versioned": f"{URL}|1", "relative": "Questionnaire/nameless", "else": f"{URL}-3"}

CASES = [
    ("QuestionnaireResponse", "questionnaire.title", "Smok", ["plain", "relative", "versioned"]),
    ("QuestionnaireResponse", "questionnaire:Questionnaire.status", "draft", []),
    (
        "Questionnaire",
        "_has:QuestionnaireResponse:questionnaire:status",
        "completed",
        ["nameless", "smoking"],
    ),
    ("Questionnaire", "_has:QuestionnaireResponse:questionnaire:status", "amended", []),
]


@pytest.fixture(params=["reference", "postgresql", "postgresql, long chains"])
def store(request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    if request.param == "reference":
        yield ReferenceStore(EXTRACTOR)
        return
    if "long" in request.param:
        monkeypatch.setattr(following, "CHAINED", 0)
    database = Database(database_url, max_connections=2)
    yield PostgresStore(database)
    database.close()


def test_canonical_references_are_followed_both_ways(store):
    response = {"resourceType": "QuestionnaireResponse", "status": "completed"}
    answers = [response | {"id": id_, "questionnaire": form} for id_, form in ANSWERS.items()]
    store.append([draft_of(each) for each in [*FORMS, *answers]], at(0))
    for type_, name, value, expected in CASES:
        query = parse_query(CATALOGUE, type_, [(name, value)])
        assert sorted(fact.id for fact in store.search(query).facts) == expected, name
