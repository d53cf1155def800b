"""CDA documents through the whole intake: once, in versions, with the original kept, joined to a person."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from kangshu.app.platform import Platform
from kangshu.domains.intake.tally import Tally
from kangshu.kernel.facts.search.request import parse_query
from tests.conftest import EVERYTHING
from tests.support.cda_texts import PATIENT, PRESSURE, document, section

A, B = "H44099900001", "H44099900002"


def send(platform: Platform, text: str | bytes, org: str = A, media: Any = None) -> Tally:
    raw = text if isinstance(text, bytes) else text.encode()
    return platform.intake.receive(EVERYTHING, org, [raw], media=media)


def stored(platform: Platform, type: str) -> list[dict[str, Any]]:
    query = parse_query(platform.catalogue, type, [], count=100)
    return [json.loads(fact.body) for fact in platform.reader(EVERYTHING).search(query).facts]


def test_a_document_becomes_facts_and_its_original_is_kept_to_the_byte(platform: Platform) -> None:
    raw = document(section("8716-3", PRESSURE)).encode()
    tally = send(platform, raw)
    assert not tally.quarantined
    (observation,) = stored(platform, "Observation")
    assert observation["valueQuantity"] == {
        "value": 132,
        "unit": "mm[Hg]",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    }
    (reference,) = stored(platform, "DocumentReference")
    (binary,) = stored(platform, "Binary")
    attachment = reference["content"][0]["attachment"]
    assert attachment["url"] == f"Binary/{binary['id']}"
    assert attachment["contentType"] == binary["contentType"] == "application/hl7-cda+xml"
    assert base64.b64decode(binary["data"]) == raw
    (patient,) = stored(platform, "Patient")
    assert platform.person_of("Patient", patient["id"]) is not None


def test_what_became_no_fact_is_counted_with_the_message(platform: Platform) -> None:
    unknown = PRESSURE.replace("moodCode='EVN'", "moodCode='EVN' nullFlavor='UNK'").replace("bp1", "bp2")
    unmapped = "<act classCode='ACT' moodCode='EVN'><code code='x' codeSystem='1.2.3'/></act>"
    tally = send(platform, document(section("8716-3", PRESSURE, unknown, unmapped, unmapped)))
    assert tally.stored["Observation"] == 1
    assert tally.left_out == {"suppressed": 1, "not-supported": 2}
    with platform.database.connection() as session:
        (counts,) = session.execute("SELECT counts FROM message").fetchone()  # type: ignore[misc]
    assert counts["left_out"] == {"suppressed": 1, "not-supported": 2}
    sound = send(platform, document(section("8716-3", PRESSURE), number="d2"))
    assert "left_out" not in sound.as_json()


def test_xml_is_recognised_by_its_first_bytes_and_out_of_gzip(platform: Platform) -> None:
    raw = document(section("8716-3", PRESSURE)).encode()
    assert send(platform, b"\xef\xbb\xbf" + raw).stored["Observation"] == 1
    assert send(platform, gzip.compress(raw)).unchanged["Observation"] == 1
    assert send(platform, raw.decode().encode("utf-16"), B).stored["Observation"] == 1


def test_the_same_document_in_other_bytes_changes_only_the_original(platform: Platform) -> None:
    text = document(section("8716-3", PRESSURE))
    send(platform, text)
    again = send(platform, text.replace("><", ">\n<"))
    assert sorted(again.stored) == ["Binary", "DocumentReference"]
    assert again.unchanged["Observation"] == again.unchanged["Patient"] == again.unchanged["Composition"] == 1


def test_a_replaced_document_is_a_new_version_of_the_same_facts(platform: Platform) -> None:
    first = document(
        section("8716-3", PRESSURE), header="<setId root='1.2.3.5' extension='s'/><versionNumber value='1'/>"
    )
    second = document(
        section("8716-3", PRESSURE.replace("132", "128")),
        header="<setId root='1.2.3.5' extension='s'/><versionNumber value='2'/>"
        "<relatedDocument typeCode='RPLC'><parentDocument><id root='1.2.3' extension='d1'/>"
        "<setId root='1.2.3.5' extension='s'/></parentDocument></relatedDocument>",
        number="d2",
    )
    send(platform, first)
    tally = send(platform, second)
    assert tally.stored["Composition"] == tally.stored["DocumentReference"] == tally.stored["Binary"] == 1
    for type in ("Composition", "DocumentReference", "Observation", "Binary"):
        (body,) = stored(platform, type)
        assert platform.reader(EVERYTHING).read(type, body["id"]).version == 2
    (observation,) = stored(platform, "Observation")
    assert observation["valueQuantity"]["value"] == 128
    (reference,) = stored(platform, "DocumentReference")
    assert reference["relatesTo"][0]["code"] == "replaces"
    assert reference["relatesTo"][0]["target"]["identifier"]["value"] == "d1"


def test_a_document_that_replaces_another_by_its_number_alone_is_a_new_version_of_it(
    platform: Platform,
) -> None:
    send(platform, document(section("8716-3", PRESSURE)))
    replaces = (
        "<relatedDocument typeCode='RPLC'><parentDocument><id root='1.2.3' extension='d1'/></parentDocument>"
        "</relatedDocument>"
    )
    send(platform, document(section("8716-3", PRESSURE), header=replaces, number="d2"))
    (reference,) = stored(platform, "DocumentReference")
    assert reference["masterIdentifier"]["value"] == "d2"


def test_two_institutions_mean_different_things_by_the_same_numbers(platform: Platform) -> None:
    text = document(section("8716-3", PRESSURE))
    send(platform, text)
    send(platform, text, B)
    assert len(stored(platform, "Patient")) == len(stored(platform, "Observation")) == 2


def test_numbers_copied_from_the_document_of_another_patient_overwrite_nothing(platform: Platform) -> None:
    send(platform, document(section("8716-3", PRESSURE)))
    send(
        platform,
        document(section("8716-3", PRESSURE.replace("132", "99")), patient=PATIENT.replace("P1", "P2")),
    )
    values = {each["valueQuantity"]["value"] for each in stored(platform, "Observation")}
    assert values == {132, 99}
    assert len(stored(platform, "Composition")) == len(stored(platform, "Binary")) == 2


def test_a_resident_is_one_person_by_the_identity_number_of_the_header(platform: Platform) -> None:
    number = "<id root='2.16.156.10011.1.3' extension='440981195207080020'/>"
    one = PATIENT.replace("<patient>", f"<patient>{number}").replace("19850315", "19520708")
    send(platform, document(patient=one))
    send(platform, document(patient=one.replace("'P1'", "'Q7'")), B)
    persons = {platform.person_of("Patient", patient["id"]) for patient in stored(platform, "Patient")}
    assert len(persons) == 1


def test_files_are_documents_by_their_names(platform: Platform, tmp_path: Path) -> None:
    for number, name in enumerate(("a.xml", "b.CDA", "c.ccda", "d.xml.gz")):
        raw = document(section("8716-3", PRESSURE.replace("bp1", f"bp{number}")), number=name).encode()
        (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    (tmp_path / "e.xml").write_text("{}", "utf-8")
    tally, early = platform.intake.receive_files(A, sorted(tmp_path.iterdir()))
    assert early == []
    assert tally.stored["Observation"] == 4
    assert tally.quarantined == {"?": 1}


def test_what_cannot_be_read_waits_in_quarantine_with_its_line_and_harms_nobody(platform: Platform) -> None:
    tally = send(platform, "<ClinicalDocument xmlns='urn:hl7-org:v3'>\n<id></ClinicalDocument>", media="cda")
    assert tally.quarantined == {"?": 1}
    (entry,) = platform.quarantine(EVERYTHING)
    assert [problem.path for problem in entry.problems] == ["line 2"]
    assert send(platform, document(section("8716-3", PRESSURE))).stored["Observation"] == 1
