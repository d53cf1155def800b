"""From a local code nobody knows to facts that carry the standard one: the steward's whole way."""

from __future__ import annotations

import json
from collections.abc import Mapping

import orjson
import pytest

from kangshu.app import local_codes, retranslation
from kangshu.app.platform import Platform
from kangshu.domains.intake.change import Change
from kangshu.domains.terminology.shelf import OWN
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.policies.definition import Grant, Principal, Resource, Scope
from tests.conftest import EVERYTHING

ICD = "https://code.nhsa.gov.cn/icd10"
HOSPITAL, OTHER = "H44098300001", "H44098300002"
STANDARD = {
    "resourceType": "CodeSystem",
    "id": "icd10-small",
    "url": ICD,
    "version": "2.0",
    "status": "active",
    "content": "complete",
    "caseSensitive": True,
    "concept": [
        {"code": "I10.x00x002", "display": "高血压"},
        {"code": "I15.000", "display": "肾血管性高血压"},
        {"code": "E11.900", "display": "2型糖尿病"},
        {"code": "J45.900", "display": "哮喘"},
    ],
}


def condition(id: str, code: str, name: str) -> dict[str, object]:
    return {
        "resourceType": "Condition",
        "id": id,
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "urn:his:dx", "code": code, "display": name}]},
    }


def load(platform: Platform, source: str, *resources: Mapping[str, object]) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }
    tally = platform.intake.receive(EVERYTHING, source, [orjson.dumps(bundle)])
    assert not tally.quarantined


@pytest.fixture
def steward(platform: Platform) -> Grant:
    principal = Principal("steward", "", "steward")
    return platform.policies.decide(principal, "steward", Resource("work_item"), "operations")


@pytest.fixture
def filled(platform: Platform) -> Platform:
    platform.intake.receive(EVERYTHING, OWN, [orjson.dumps(STANDARD)])
    patient = {"resourceType": "Patient", "id": "p1"}
    load(
        platform,
        HOSPITAL,
        patient,
        *(condition(f"c{number}", "GXY01", "高血压病") for number in range(5)),
        condition("d1", "TNB", "糖尿病(2型)"),
    )
    load(
        platform,
        OTHER,
        {**patient, "id": "p2"},
        {**condition("e1", "7788", "高血压病"), "subject": {"display": "p2"}},
    )
    return platform


def test_unknown_codes_wait_most_frequent_first_with_the_likeliest_standard_code(
    filled: Platform, steward: Grant
):
    rows = local_codes.work_list(filled, steward)
    assert [(row.org, row.code, row.occurrences) for row in rows] == [
        (HOSPITAL, "GXY01", 5),
        (HOSPITAL, "TNB", 1),
        (OTHER, "7788", 1),
    ]
    best = [local_codes.suggestions(filled, row)[0].code for row in rows]
    assert best == ["I10.x00x002", "E11.900", "I10.x00x002"]


def test_scanning_again_counts_nothing_twice(filled: Platform, steward: Grant):
    retranslation.scan(filled)
    assert [row.occurrences for row in local_codes.work_list(filled, steward)] == [5, 1, 1]


def test_an_approved_code_translates_what_comes_and_what_was_there(filled: Platform, steward: Grant):
    row = local_codes.work_list(filled, steward)[0]
    local_codes.approve(filled, steward, row.id, "I10.x00x002")

    load(filled, HOSPITAL, condition("c9", "GXY01", "高血压病"))
    assert codes_of(filled, "c9") == ["GXY01", "I10.x00x002"]
    assert found_by(filled, "I10.x00x002") == ["c9"]
    done = retranslation.retranslate(filled)
    assert (done.codes, done.facts) == (1, 5)
    fact = filled.reader(EVERYTHING).read("Condition", "c0")
    assert (fact.version, fact.org) == (2, HOSPITAL)
    assert Coding(ICD, "I10.x00x002") in [
        Coding(each["system"], each["code"]) for each in json.loads(fact.body)["code"]["coding"]
    ]
    first = filled.reader(EVERYTHING).vread("Condition", "c0", 1)
    assert json.loads(first.body)["code"] == condition("c0", "GXY01", "高血压病")["code"]
    other = filled.reader(EVERYTHING).read("Condition", "e1")
    assert other.version == 1


def test_the_same_again_is_unchanged_with_standard_codes_beside_it(filled: Platform, steward: Grant):
    # Blanks within, as files have them: they must not make it look like something else.
    spaced = json.dumps(condition("s1", "GXY01", "高血压病"), ensure_ascii=False, indent=2).encode()
    filled.intake.receive(EVERYTHING, HOSPITAL, [spaced])
    row = local_codes.work_list(filled, steward)[0]
    local_codes.approve(filled, steward, row.id, "I10.x00x002")
    retranslation.retranslate(filled)
    load(filled, HOSPITAL, condition("c9", "GXY01", "高血压病"))
    again = filled.intake.receive(EVERYTHING, HOSPITAL, [b" " + spaced])
    assert again.unchanged["Condition"] == 1
    assert filled.reader(EVERYTHING).read("Condition", "s1").version == 2
    stored = filled.reader(EVERYTHING).read("Condition", "c9").body
    for body in (stored, orjson.dumps(condition("c9", "GXY01", "高血压病"))):
        assert filled.intake.receive(EVERYTHING, HOSPITAL, [body]).unchanged["Condition"] == 1


def test_what_is_stored_by_the_api_is_translated_too(filled: Platform, steward: Grant):
    local_codes.approve(filled, steward, local_codes.work_list(filled, steward)[0].id, "I10.x00x002")
    body = orjson.dumps(condition("w1", "GXY01", "高血压病"))
    doctor = Grant(Principal("d", "", "doctor", org=HOSPITAL), "write", "care", "a test", EVERYTHING.scope)
    done = [filled.writer(doctor).apply([Change("Condition", "w1", body)], raw=body)[0].done for _ in "12"]
    assert done == ["created", "unchanged"]
    assert codes_of(filled, "w1") == ["GXY01", "I10.x00x002"]


def test_a_code_is_counted_once_for_each_version_that_is_stored(filled: Platform, steward: Grant):
    load(filled, HOSPITAL, condition("d1", "TNB", "糖尿病(2型)"), {"resourceType": "Patient", "id": "p9"})
    load(filled, HOSPITAL, {**condition("d1", "TNB", "糖尿病(2型)"), "recordedDate": "2026-01-01"})
    bad = {**condition("d2", "TNB", "糖尿病(2型)"), "recordedDate": "gestern"}
    assert filled.intake.receive(EVERYTHING, HOSPITAL, [orjson.dumps(bad)]).quarantined
    assert {row.code: row.occurrences for row in local_codes.work_list(filled, steward)}["TNB"] == 2


def codes_of(platform: Platform, id: str) -> list[str]:
    body = json.loads(platform.reader(EVERYTHING).read("Condition", id).body)
    return [each["code"] for each in body["code"]["coding"]]


def found_by(platform: Platform, code: str) -> list[str]:
    query = parse_query(platform.catalogue, "Condition", [("code", f"{ICD}|{code}")])
    return [fact.id for fact in platform.reader(EVERYTHING).search(query).facts]


def test_taking_it_to_old_facts_again_changes_nothing(filled: Platform, steward: Grant):
    row = local_codes.work_list(filled, steward)[0]
    local_codes.approve(filled, steward, row.id, "I10.x00x002")
    retranslation.retranslate(filled)
    assert retranslation.retranslate(filled).codes == 0
    # Decided anew the same way: it is looked at again, and everything has it already.
    local_codes.approve(filled, steward, row.id, "I10.x00x002")
    assert retranslation.retranslate(filled) == retranslation.Retranslated(1, 0)
    assert filled.reader(EVERYTHING).read("Condition", "c0").version == 2


def test_it_goes_on_where_it_was_stopped(filled: Platform, steward: Grant, monkeypatch: pytest.MonkeyPatch):
    row = local_codes.work_list(filled, steward)[0]
    local_codes.approve(filled, steward, row.id, "I10.x00x002")
    monkeypatch.setattr(retranslation, "_PAGE", 2)
    whole, pages = retranslation._store, 0

    def stopped(*arguments: object) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise KeyboardInterrupt
        whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(retranslation, "_store", stopped)
    with pytest.raises(KeyboardInterrupt):
        retranslation.retranslate(filled)
    monkeypatch.setattr(retranslation, "_store", whole)
    assert retranslation.retranslate(filled) == retranslation.Retranslated(1, 3)
    versions = {filled.reader(EVERYTHING).read("Condition", f"c{number}").version for number in range(5)}
    assert versions == {2}


def test_what_others_decided_is_suggested_first(filled: Platform, steward: Grant):
    row = local_codes.work_list(filled, steward)[0]
    local_codes.approve(filled, steward, row.id, "I15.000")
    same_name = next(each for each in local_codes.work_list(filled, steward) if each.org == OTHER)
    best = local_codes.suggestions(filled, same_name)[0]
    assert best.code == "I15.000"
    assert "others" in best.reasons


def test_a_code_the_standard_does_not_have_is_refused(filled: Platform, steward: Grant):
    row = local_codes.work_list(filled, steward)[0]
    with pytest.raises(Invalid, match="no such code"):
        local_codes.approve(filled, steward, row.id, "I99")


def test_a_rejected_code_is_not_asked_about_again(filled: Platform, steward: Grant):
    row = local_codes.work_list(filled, steward)[0]
    local_codes.reject(filled, steward, row.id, note="internal")
    retranslation.scan(filled)
    assert row.code not in [each.code for each in local_codes.work_list(filled, steward)]


def test_a_steward_of_a_county_sees_only_its_institutions(filled: Platform, steward: Grant):
    elsewhere = Grant(
        steward.principal, "steward", "operations", "a test", Scope(counties=frozenset({"440999"}))
    )
    assert local_codes.work_list(filled, elsewhere) == []
    row = local_codes.work_list(filled, steward)[0]
    with pytest.raises(NotFound):
        local_codes.local_code(filled, elsewhere, row.id)
