"""The promises of intake: nothing lost, doubled or mixed up, nobody harmed by somebody's mistake."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.platform import Platform
from kangshu.app.wiring import build
from kangshu.domains.intake.pipeline import Pipeline
from kangshu.domains.intake.tally import Tally
from kangshu.kernel.base.errors import Unavailable
from kangshu.kernel.facts.search.request import parse_query
from tests.conftest import EVERYTHING

A, B = "H44099900001", "H44099900002"
PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1985-03-15"}

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"

Json = dict[str, Any]


def send(platform: Platform, org: str, message: Json | bytes, media: Any = None) -> Tally:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return platform.intake.receive(EVERYTHING, org, [raw], media=media)


def bundle(type: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


def post(resource: Json, full_url: str = "", **request: str) -> Json:
    entry: Json = {"resource": resource}
    asked = {"method": "POST", "url": resource["resourceType"], **request}
    return {**entry, "request": asked, **({"fullUrl": full_url} if full_url else {})}


def observation(id: str | None, subject: str, **more: Any) -> Json:
    named = {"id": id} if id else {}
    subject_of = {"subject": {"reference": subject}}
    return {
        "resourceType": "Observation",
        **named,
        "status": "final",
        "code": {"text": "x"},
        **subject_of,
        **more,
    }


def stored(platform: Platform, type: str) -> list[Json]:
    query = parse_query(platform.catalogue, type, [], count=100)
    return [json.loads(fact.body) for fact in platform.reader(EVERYTHING).search(query).facts]


def versions(platform: Platform, type: str, id: str) -> int:
    return platform.reader(EVERYTHING).read(type, id).version


def subject_of(platform: Platform, id: str) -> str:
    return next(o["subject"]["reference"] for o in stored(platform, "Observation") if o["id"] == id)


def problems(platform: Platform) -> dict[int, list[str]]:
    return {entry.position: [p.path for p in entry.problems] for entry in platform.quarantine(EVERYTHING)}


# -- 1. durable before acknowledged


def test_a_message_is_in_the_journal_before_anything_is_done_with_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as broken:
        broken.setattr(Pipeline, "take", die)
        with pytest.raises(Unavailable):
            send(platform, A, PATIENT)
    assert platform.operating_figures().unfinished == 1
    assert platform.quarantine(EVERYTHING) == []
    assert platform.intake.resume() == 1
    assert stored(platform, "Patient") == [PATIENT]
    assert platform.operating_figures().unfinished == 0


def test_every_reader_waits_for_a_connection_only_as_long_as_it_takes_one(platform: Platform) -> None:
    """Twice as many messages at once as there are connections, each needing one while it is read."""
    with build(platform.settings, url=platform.database.url, max_connections=2).closing() as narrow:
        with ThreadPoolExecutor(8) as many:
            taken = list(many.map(lambda n: send(narrow, A, {**PATIENT, "id": f"n{n}"}), range(16)))
        assert sum(tally.stored["Patient"] for tally in taken) == 16


# -- 2. once


def test_the_same_message_twice_changes_nothing(platform: Platform) -> None:
    first, second = send(platform, A, PATIENT), send(platform, A, PATIENT)
    assert (first.stored["Patient"], second.stored["Patient"], second.unchanged["Patient"]) == (1, 0, 1)
    assert versions(platform, "Patient", "1") == 1


def test_the_same_content_in_other_clothes_changes_nothing(platform: Platform) -> None:
    send(platform, A, PATIENT)
    assert send(platform, A, json.dumps(PATIENT).encode() + b"\n").unchanged == {"Patient": 1}
    assert send(platform, A, gzip.compress(json.dumps(PATIENT).encode())).unchanged == {"Patient": 1}
    assert send(platform, A, b"\xef\xbb\xbf" + json.dumps(PATIENT).encode()).unchanged == {"Patient": 1}
    moved = {"meta": {"versionId": "9", "lastUpdated": "2020-01-01T00:00:00Z"}, **PATIENT}
    assert send(platform, A, bundle("collection", {"resource": moved})).unchanged == {"Patient": 1}
    assert versions(platform, "Patient", "1") == 1


def test_new_content_under_the_same_key_is_a_new_version(platform: Platform) -> None:
    for version, gender in enumerate(("male", "female", "other"), start=1):
        assert send(platform, A, {**PATIENT, "gender": gender}).stored == {"Patient": 1}
        assert versions(platform, "Patient", "1") == version
    assert len(stored(platform, "Patient")) == 1


def test_an_update_by_business_key_finds_what_is_there(platform: Platform) -> None:
    key = {"identifier": [{"system": "http://a", "value": "7"}]}
    request = {"method": "PUT", "url": "Patient?identifier=http://a|7"}
    for gender in ("male", "female"):
        resource = {"resourceType": "Patient", **key, "gender": gender}
        send(platform, A, bundle("batch", {"resource": resource, "request": request}))
    other_id = {"resourceType": "Patient", "id": "another", **key, "gender": "other"}
    send(platform, A, bundle("batch", {"resource": other_id, "request": request}))
    (patient,) = stored(platform, "Patient")
    assert (patient["gender"], versions(platform, "Patient", patient["id"])) == ("other", 3)


def test_a_conditional_creation_creates_once(platform: Platform) -> None:
    organization = {"resourceType": "Organization", "identifier": [{"system": "http://o", "value": "1"}]}
    for number in range(2):
        entries = [
            post(organization, "urn:uuid:00000000-0000-4000-8000-000000000001", ifNoneExist="identifier=http://o|1"),
            post({**PATIENT, "id": f"p{number}", "managingOrganization": {
                "reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}}),
        ]  # fmt: skip
        tally = send(platform, A, bundle("transaction", *entries))
        assert not tally.quarantined
    (found,) = stored(platform, "Organization")
    led_to = {patient["managingOrganization"]["reference"] for patient in stored(platform, "Patient")}
    assert led_to == {f"Organization/{found['id']}"}


def test_resources_without_ids_get_the_same_ones_every_time(platform: Platform) -> None:
    message = bundle("batch", post({"resourceType": "Patient"}), post({"resourceType": "Patient"}))
    send(platform, A, message)
    first = {patient["id"] for patient in stored(platform, "Patient")}
    assert len(first) == 2
    send(platform, A, message)
    assert {patient["id"] for patient in stored(platform, "Patient")} == first


def test_a_deletion_deletes_once(platform: Platform) -> None:
    send(platform, A, PATIENT)
    for _ in range(2):
        send(platform, A, bundle("batch", {"request": {"method": "DELETE", "url": "Patient/1"}}))
    assert stored(platform, "Patient") == []


# -- 3. nobody is harmed by somebody's mistake


def test_bad_entries_wait_with_every_problem_and_the_others_are_stored(platform: Platform) -> None:
    bad = {"resourceType": "Patient", "id": "bad", "birthDate": "x", "name": "y", "active": "z"}
    tally = send(
        platform, A, bundle("batch", post(PATIENT), post(bad), {"resource": {"resourceType": "Cat"}})
    )
    assert tally.as_json() == {
        "received": {"?": 1, "Patient": 2},
        "stored": {"Patient": 1},
        "unchanged": {},
        "quarantined": {"?": 1, "Patient": 1},
    }
    assert {position: set(paths) for position, paths in problems(platform).items()} == {
        1: {"Patient.birthDate", "Patient.name", "Patient.active"},
        2: {"resourceType"},
    }


def test_a_transaction_with_a_bad_entry_is_held_back_whole(platform: Platform) -> None:
    bad = {"resourceType": "Patient", "id": "bad", "birthDate": "x"}
    tally = send(platform, A, bundle("transaction", post(PATIENT), post(bad)))
    assert tally.stored == {}
    assert tally.quarantined == {"Patient": 2}
    assert stored(platform, "Patient") == []
    assert problems(platform) == {0: [""], 1: ["Patient.birthDate"]}


def test_a_bad_line_spoils_itself_only(platform: Platform) -> None:
    lines = [b"nonsense", json.dumps(PATIENT).encode(), b'{"resourceType":"Patient","id":"b d"}', b'{"a":']
    tally = send(platform, A, b"\n".join(lines), "ndjson")
    assert (tally.stored, tally.quarantined) == ({"Patient": 1}, {"?": 2, "Patient": 1})
    assert problems(platform).keys() == {0, 2, 3}


def test_a_character_that_cannot_be_stored_spoils_its_own_entry_only(platform: Platform) -> None:
    nul = {
        **PATIENT,
        "id": "nul",
        "name": [{"family": "a\0b"}],
        "identifier": [{"system": "s", "value": "\0"}],
    }
    tally = send(platform, A, bundle("batch", post(nul), post(PATIENT)))
    assert (tally.stored, tally.quarantined) == ({"Patient": 1}, {"Patient": 1})
    assert problems(platform) == {0: ["Patient.name[0].family", "Patient.identifier[0].value"]}


@pytest.mark.parametrize(
    "value",
    [
        {"valueQuantity": {"value": 10**400}},
        {"valueQuantity": {"value": -1e-300}},
        {"effectiveDateTime": "0001-01-01"},
        {"effectiveDateTime": "9999-12-31T23:59:59.999999999-14:00"},
        {"effectivePeriod": {"start": "2020-12-31", "end": "2020-01-01"}},
        {"effectiveDateTime": "1985-02-30"},
        {"valueString": "x" * 1_000_000},
        {"valueString": "%_\\'\";--\u202e\ud83d\ude00"},
        {"category": [{"coding": [{"code": str(n)} for n in range(20_000)]}]},
        {"identifier": [{"system": "u" * 100_000, "value": "v" * 100_000}]},
        {"component": [{"code": {"text": "c"}, "valueQuantity": {"value": n}} for n in range(2_000)]},
    ],
)
def test_odd_values_are_stored_or_set_aside_and_never_stop_the_rest(platform: Platform, value: Json) -> None:
    raw = json.dumps(observation("odd", "Patient/1", **value)).replace(str(10**400), "1e400").encode()
    tally = send(platform, A, raw + b"\n" + json.dumps(PATIENT).encode(), "ndjson")
    assert sum(tally.received.values()) == 2
    assert tally.stored["Patient"] == 1
    assert platform.operating_figures().unfinished == 0


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe{\x00", gzip.compress(b"{}", mtime=0)[:-4], "{张".encode("gb18030")]
)
def test_a_message_that_cannot_be_read_waits_as_a_whole(platform: Platform, raw: bytes) -> None:
    assert send(platform, A, raw).quarantined == {"?": 1}
    assert problems(platform).keys() == {-1}
    assert platform.operating_figures().unfinished == 0


def test_what_was_set_aside_is_replayed_after_a_fix(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = observation("o", "Patient?identifier=http://a|7")
    entry = bundle("batch", post(observed))
    assert send(platform, A, entry).quarantined == {"Observation": 1}
    (waiting,) = platform.quarantine(EVERYTHING)
    assert platform.replay(EVERYTHING, waiting.id).quarantined == {"Observation": 1}
    send(platform, A, {**PATIENT, "identifier": [{"system": "http://a", "value": "7"}]})
    assert platform.replay(EVERYTHING, waiting.id).stored == {"Observation": 1}
    assert platform.quarantine(EVERYTHING) == []
    assert subject_of(platform, "o") == "Patient/1"


# -- 4. whose is it


@pytest.mark.parametrize(
    ("full_url", "own_id", "reference"),
    [
        (URN, None, URN),
        (URN, "1", URN),
        ("http://a.example/fhir/Patient/1", "1", "http://a.example/fhir/Patient/1"),
        ("http://a.example/fhir/Patient/1", "1", "Patient/1"),
        ("", "1", "Patient/1"),
    ],
)  # fmt: skip
def test_references_within_a_message_lead_to_what_is_stored(
    platform: Platform, full_url: str, own_id: str | None, reference: str
) -> None:
    patient = {"resourceType": "Patient", **({"id": own_id} if own_id else {})}
    # The reference comes before what it refers to.
    send(platform, A, bundle("transaction", post(observation("o", reference)), post(patient, full_url)))
    (found,) = stored(platform, "Patient")
    assert subject_of(platform, "o") == f"Patient/{found['id']}"
    assert len(platform.patients_of(platform.person_of("Patient", found["id"]) or 0)) == 1


def test_a_conditional_reference_may_lead_to_another_institutions_resource(platform: Platform) -> None:
    organization = {
        "resourceType": "Organization",
        "id": "o1",
        "identifier": [{"system": "http://o", "value": "1"}],
    }
    send(platform, A, organization)
    linked = {**PATIENT, "managingOrganization": {"reference": "Organization?identifier=http://o|1"}}
    assert not send(platform, B, bundle("transaction", post(linked))).quarantined
    (patient,) = stored(platform, "Patient")
    assert patient["managingOrganization"]["reference"] == "Organization/o1"


@pytest.mark.parametrize("first", [A, B])
@pytest.mark.parametrize("dangling", [True, False])
def test_the_same_id_of_two_institutions_is_two_things(
    platform: Platform, first: str, dangling: bool
) -> None:
    """Each institution's references lead to its own Patient/1, whoever comes first, also with a reference."""
    second = B if first == A else A
    for org in (first, second):
        patient, observed = {**PATIENT, "language": org}, observation(f"of-{org}", "Patient/1")
        for resource in (observed, patient) if dangling else (patient, observed):
            assert not send(platform, org, resource).quarantined
    by_id = {patient["id"]: patient["language"] for patient in stored(platform, "Patient")}
    assert len(by_id) == 2
    for org in (A, B):
        assert by_id[subject_of(platform, f"of-{org}").removeprefix("Patient/")] == org
    assert len({platform.person_of("Patient", id) for id in by_id}) == 2


def test_dangling_references_of_two_institutions_wait_for_their_own(platform: Platform) -> None:
    for org in (A, B):
        send(platform, org, observation(f"of-{org}", "Patient/1/_history/3"))
    for org in (B, A):
        send(platform, org, {**PATIENT, "language": org})
    by_id = {patient["id"]: patient["language"] for patient in stored(platform, "Patient")}
    for org in (A, B):
        assert by_id[subject_of(platform, f"of-{org}").split("/")[1]] == org


def test_a_patient_in_quarantine_keeps_its_id(platform: Platform) -> None:
    send(
        platform, A, bundle("batch", post({**PATIENT, "birthDate": "x"}), post(observation("o", "Patient/1")))
    )
    send(platform, B, {**PATIENT, "language": B})
    (other,) = stored(platform, "Patient")
    assert subject_of(platform, "o") == "Patient/1" != f"Patient/{other['id']}"


def test_two_institutions_at_once_do_not_take_each_others_ids(platform: Platform) -> None:
    def both(org: str) -> Tally:
        resources = [
            resource
            for n in range(100)
            for resource in (
                observation(f"{org}-{n}", f"Patient/c{n}"),
                {**PATIENT, "id": f"c{n}", "language": org},
            )
        ]
        return send(platform, org, b"\n".join(json.dumps(r).encode() for r in resources), "ndjson")

    with ThreadPoolExecutor(2) as two:
        assert not any(tally.quarantined for tally in two.map(both, (A, B)))
    query = parse_query(platform.catalogue, "Patient", [], count=1000)
    facts = platform.reader(EVERYTHING).search(query).facts
    owner = {f"Patient/{fact.id}": json.loads(fact.body)["language"] for fact in facts}
    assert len(owner) == 200
    query = parse_query(platform.catalogue, "Observation", [], count=1000)
    for fact in platform.reader(EVERYTHING).search(query).facts:
        assert owner[json.loads(fact.body)["subject"]["reference"]] == fact.id.partition("-")[0]


# -- 5. files and folders


def _folder(root: Path) -> Iterator[Path]:
    (root / "deep").mkdir(parents=True)
    contents = {
        "one.json": json.dumps({**PATIENT, "id": "f1"}).encode(),
        "deep/two.json.gz": gzip.compress(json.dumps({**PATIENT, "id": "f2"}).encode()),
        "three.ndjson": b"nonsense\n" + json.dumps({**PATIENT, "id": "f3"}).encode(),
        "four.ndjson.gz": b"".join(
            gzip.compress(json.dumps({**PATIENT, "id": f"f{n}"}).encode() + b"\n") for n in (4, 5)
        ),
    }
    for name, content in contents.items():
        (root / name).write_bytes(content)
        yield root / name


def test_files_of_every_kind_are_taken_together(platform: Platform, tmp_path: Path) -> None:
    paths = list(_folder(tmp_path / "in"))
    tally, early = platform.intake.receive_files(A, paths)
    assert (tally.stored, tally.quarantined) == ({"Patient": 5}, {"?": 1})
    assert not early
    again, _ = platform.intake.receive_files(A, paths)
    assert (again.stored, again.unchanged, again.quarantined) == ({}, {"Patient": 5}, {"?": 1})


def test_a_file_may_refer_to_what_another_of_the_same_group_brings(
    platform: Platform, tmp_path: Path
) -> None:
    linked = bundle(
        "transaction",
        post({**PATIENT, "managingOrganization": {"reference": "Organization?identifier=http://o|1"}}),
    )
    brings = {
        "resourceType": "Organization",
        "id": "o1",
        "identifier": [{"system": "http://o", "value": "1"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(linked))
    (tmp_path / "b.json").write_text(json.dumps(brings))
    tally, early = platform.intake.receive_files(A, sorted(tmp_path.glob("*.json")))
    tally.add(platform.intake.take_up(early))
    assert (tally.stored, tally.quarantined) == ({"Patient": 1, "Organization": 1}, {})
