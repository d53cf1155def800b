"""Every hostile document, through the whole intake and inside other messages: named, kept, not obeyed."""

from __future__ import annotations

import base64
import json
import time

from kangshu.app.media import HL7V2
from kangshu.app.platform import Platform
from kangshu.kernel.facts.search.request import parse_query
from tests.conftest import EVERYTHING
from tests.support.cda_hostile import MARK, READ, REFUSED

ORG = "H44099900001"


def test_what_is_refused_waits_in_quarantine_with_its_place_and_its_original(platform: Platform) -> None:
    for name, raw in REFUSED.items():
        started = time.monotonic()
        tally = platform.intake.receive(EVERYTHING, ORG, [raw], media="cda")
        assert time.monotonic() - started < 10, name
        assert tally.quarantined == {"?": 1}, name
        assert not tally.stored, name
        entry = platform.quarantine(EVERYTHING, limit=100)[-1]
        (problem,) = entry.problems
        assert problem.path or problem.code == "too-costly", name
        assert problem.message, name
        assert MARK not in problem.message + problem.path, name
        assert b"".join(platform.intake.messages.content(entry.message)) == raw, name
        assert platform.replay(EVERYTHING, entry.id).quarantined == {"?": 1}, name
    assert len(platform.quarantine(EVERYTHING, limit=100)) == len(REFUSED)


def test_what_is_read_is_not_obeyed(platform: Platform) -> None:
    for raw in READ.values():
        assert platform.intake.receive(EVERYTHING, ORG, [raw], media="cda").quarantined == {}
    query = parse_query(platform.catalogue, "Composition", [], count=100)
    bodies = b" ".join(fact.body for fact in platform.reader(EVERYTHING).search(query).facts)
    assert b"root:" not in bodies
    assert b"127.0.0.1" not in bodies


def test_a_document_inside_another_message_is_kept_as_it_is_and_not_read(platform: Platform) -> None:
    raw = REFUSED["external-entity"]
    data = base64.b64encode(raw).decode()
    hl7 = (
        f"MSH|^~\\&|LIS|{ORG}|HIE|HIE|20240102120000+0800||ORU^R01^ORU_R01|M1|P|2.5.1\r"
        "PID|1||P1^^^LIS^MR||Zhang^San||19850315|F\r"
        "OBR|1||L1^LIS|11502-2^Report^LN|||20240102120000+0800|||||||||||||||||LAB|F\r"
        f"OBX|1|ED|11502-2^Report^LN||^application^xml^Base64^{data}||||||F\r"
    ).encode()
    with_hl7 = platform.intake.receive(EVERYTHING, ORG, [hl7], media=HL7V2)  # type: ignore[arg-type]
    assert with_hl7.stored["DiagnosticReport"] == 1
    binary = {"resourceType": "Binary", "id": "b1", "contentType": "application/hl7-cda+xml", "data": data}
    assert platform.intake.receive(EVERYTHING, ORG, [json.dumps(binary).encode()]).stored == {"Binary": 1}
    query = parse_query(platform.catalogue, "Composition", [], count=100)
    assert not platform.reader(EVERYTHING).search(query).facts
