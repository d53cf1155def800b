"""Which source patients become one person: by exact keys, never against evidence, in any order."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from kangshu.app.platform import Platform
from tests.conftest import EVERYTHING

A, B, C = "H44099900001", "H44099900002", "H44099900003"
RESIDENT_ID, HEALTH_CARD = "urn:oid:2.16.156.10011.1.3", "urn:oid:2.16.156.10011.1.19"
MALE_1985, FEMALE_1952 = "44090219850315001X", "440981195207080020"

Json = dict[str, Any]


def patient(id: str, *keys: tuple[str, str], **more: Any) -> Json:
    identifiers = [{"system": system, "value": value} for system, value in keys]
    return {"resourceType": "Patient", "id": id, "identifier": identifiers, **more}


def observation(id: str, subject: str) -> Json:
    code = {"text": "pulse"}
    reference = {"reference": subject}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": code, "subject": reference}


def send(platform: Platform, org: str, *resources: Json) -> None:
    raw = b"\n".join(json.dumps(resource).encode() for resource in resources)
    tally = platform.intake.receive(EVERYTHING, org, [raw], media="ndjson")
    assert not tally.quarantined, tally


def person(platform: Platform, id: str, type: str = "Patient") -> int:
    (found,) = [
        fact.person for fact in platform.reader(EVERYTHING).read_many([(type, id)]) if fact.person is not None
    ]
    return found


def reasons(platform: Platform) -> list[str]:
    return [item.details["why"] for item in platform.work_items(EVERYTHING)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((RESIDENT_ID, MALE_1985), (RESIDENT_ID, MALE_1985)),
        ((RESIDENT_ID, MALE_1985), (RESIDENT_ID, "44090219850315001x")),
        ((RESIDENT_ID, MALE_1985), (RESIDENT_ID, "440902850315001")),
        ((HEALTH_CARD, "C" * 64), (HEALTH_CARD, "C" * 64)),
    ],
)
def test_a_national_key_joins_across_institutions(
    platform: Platform, one: tuple[str, str], other: tuple[str, str]
) -> None:
    send(platform, A, patient("a", one))
    send(platform, B, patient("b", other))
    assert person(platform, "a") == person(platform, "b")
    assert not reasons(platform)


def test_a_local_number_joins_within_its_institution_only(platform: Platform) -> None:
    send(platform, A, patient("a1", ("http://a/mrn", "7")), patient("a2", ("http://a/mrn", "7")))
    send(platform, B, patient("b1", ("http://a/mrn", "7")))
    assert person(platform, "a1") == person(platform, "a2") != person(platform, "b1")


@pytest.mark.parametrize(
    "number", ["440902198503150010", "440902198502300013", "44090299990315001X", "unknown"]
)
def test_a_number_that_fails_its_check_joins_nobody(platform: Platform, number: str) -> None:
    send(platform, A, patient("a", (RESIDENT_ID, number)))
    send(platform, B, patient("b", (RESIDENT_ID, number)))
    assert person(platform, "a") != person(platform, "b")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_arrival_makes_no_difference(platform: Platform, order: tuple[int, ...]) -> None:
    arrivals = [
        (A, observation("oa", "Patient/pa")),
        (A, patient("pa", (RESIDENT_ID, MALE_1985))),
        (B, patient("pb", (RESIDENT_ID, MALE_1985))),
    ]
    for number in order:
        send(platform, arrivals[number][0], arrivals[number][1])
    assert person(platform, "pa") == person(platform, "pb") == person(platform, "oa", "Observation")
    assert sorted(platform.patients_of(person(platform, "pa"))) == ["Patient/pa", "Patient/pb"]


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (patient("b", (RESIDENT_ID, MALE_1985), birthDate="1985-03-16"), "birth-date"),
        (patient("b", (RESIDENT_ID, MALE_1985), gender="female"), "sex"),
        (patient("b", (HEALTH_CARD, "card"), (RESIDENT_ID, FEMALE_1952)), "resident-id"),
        (patient("b", (HEALTH_CARD, "card"), birthDate="1990-01-01"), "birth-date"),
        (patient("b", (RESIDENT_ID, MALE_1985), (RESIDENT_ID, FEMALE_1952)), "two-resident-ids"),
    ],
)
def test_a_contradiction_is_asked_about_and_never_joined(platform: Platform, second: Json, why: str) -> None:
    send(platform, A, patient("a", (RESIDENT_ID, MALE_1985), (HEALTH_CARD, "card"), birthDate="1985-03-15"))
    send(platform, B, second, observation("ob", "Patient/b"))
    assert person(platform, "a") != person(platform, "b") == person(platform, "ob", "Observation")
    assert reasons(platform) == [why]


def test_keys_of_two_persons_join_neither(platform: Platform) -> None:
    send(platform, A, patient("a", (RESIDENT_ID, MALE_1985)))
    send(platform, B, patient("b", (HEALTH_CARD, "card")))
    send(platform, C, patient("c", (RESIDENT_ID, MALE_1985), (HEALTH_CARD, "card")))
    assert len({person(platform, id) for id in "abc"}) == 3
    (item,) = platform.work_items(EVERYTHING)
    assert item.details["why"] == "keys-of-different-persons"
    assert item.details["candidates"] == sorted([person(platform, "a"), person(platform, "b")])


def test_a_doubt_takes_no_key_away_from_whoever_comes_later(platform: Platform) -> None:
    send(platform, A, patient("a", (RESIDENT_ID, MALE_1985), gender="female"))
    send(platform, B, patient("b", (RESIDENT_ID, MALE_1985), gender="male"))
    send(platform, C, patient("c", (RESIDENT_ID, MALE_1985)))
    assert person(platform, "a") != person(platform, "b") == person(platform, "c")


def test_a_record_that_turns_into_somebody_else_is_asked_about(platform: Platform) -> None:
    send(platform, A, patient("a", (RESIDENT_ID, MALE_1985)))
    before = person(platform, "a")
    send(platform, A, patient("a", (RESIDENT_ID, FEMALE_1952)))
    assert person(platform, "a") == before
    assert reasons(platform) == ["resident-id"]


def test_the_same_doubt_is_asked_about_once(platform: Platform) -> None:
    for name in ("x", "y", "z"):
        send(platform, A, patient("a", (RESIDENT_ID, MALE_1985), gender="female", language=name))
    assert len(reasons(platform)) == 1


def test_a_work_item_holds_no_names_and_no_numbers(platform: Platform) -> None:
    send(platform, A, patient("a", (RESIDENT_ID, MALE_1985), gender="female", name=[{"text": "张三丰"}]))
    text = json.dumps([dict(item.details) for item in platform.work_items(EVERYTHING)], ensure_ascii=False)
    assert "张三丰" not in text
    assert MALE_1985 not in text


def test_who_comes_with_more_keys_later_brings_the_persons_records_together(platform: Platform) -> None:
    send(platform, A, patient("a", (HEALTH_CARD, "card")))
    send(platform, A, patient("a", (HEALTH_CARD, "card"), (RESIDENT_ID, MALE_1985)))
    send(platform, B, patient("b", (RESIDENT_ID, MALE_1985)))
    assert person(platform, "a") == person(platform, "b")
