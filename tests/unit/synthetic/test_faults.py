"""The catalogue of faults: each is done to a right message, and the reader makes of it what is promised."""

from __future__ import annotations

from typing import Any

import pytest

from kangshu.domains.intake.hl7v2.acknowledgement import verdict
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.domains.synthetic.chance import chance
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.faults.catalogue import Catalogue
from kangshu.domains.synthetic.faults.messages import FUTURE, LATE, MESSAGE_FAULTS
from kangshu.domains.synthetic.hl7v2.message import Message
from kangshu.domains.synthetic.hl7v2.writer import Interface
from kangshu.domains.synthetic.sending import hl7v2_of
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.packs.find import default_root, find_packs
from tests.support.hl7 import problems, resources

ORG = "H44099900003"
Json = dict[str, Any]

EXPECTED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "wrong_check_digit": ("accepted", []),
    "swapped_birth_date": ("accepted", [("value", "PID-7")]),
    "missing_patient_id": ("error", [("required", "PID-3")]),
    "unknown_sex": ("accepted", []),
    "unit_missing": ("accepted", []),
    "text_compared": ("accepted", []),
    "text_negative": ("accepted", [("value", "OBX-5")]),
    "text_thousands": ("accepted", [("value", "OBX-5")]),
    "decimal_point": ("accepted", []),
    "future_time": ("accepted", []),
    "wrong_charset": ("rejected", [("value", "MSH-18")]),
    "truncated_segment": ("accepted", [("required", "OBX-3")]),
    "unescaped_delimiter": ("accepted", []),
    "late": ("accepted", []),
}
"""By fault: what the sender is told, and the problems that wait in quarantine."""


@pytest.fixture(scope="module")
def reader() -> Hl7Reader:
    return Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))


@pytest.fixture(scope="module")
def right(hamlet: Population) -> list[Message]:
    """Messages with one numeric result in the last segment, of people born after the twelfth of a month."""
    found = [each for group in hl7v2_of(hamlet, ORG, Interface()) for each in group]
    return [
        each
        for each in found
        if each.kind.startswith("ORU")
        and sum(segment[0] == "OBX" for segment in each.segments) > 1
        and int(each.segments[0][7][6:]) > 12
        and "SFZ" in each.segments[0][3]
    ]


def befallen(fault: str, message: Message) -> Message:
    wrong = MESSAGE_FAULTS[fault](message, chance(1, "test"))
    assert wrong is not None
    return wrong


def told(reader: Hl7Reader, raw: bytes) -> str:
    """What the sender hears."""
    try:
        message = reader.read(raw)
    except Invalid as error:
        return verdict(list(error.problems))
    return verdict(reader.check.problems(message, known=True))


def places(found: list[Problem]) -> list[tuple[str, str]]:
    return [
        (each.code, "OBX-" + each.path.rpartition("-")[2] if each.path.startswith("OBX") else each.path)
        for each in found
    ]


def test_every_fault_of_messages_is_expected_here() -> None:
    assert set(EXPECTED) == set(MESSAGE_FAULTS)


@pytest.mark.parametrize("fault", sorted(EXPECTED))
def test_a_fault_is_told_and_found_as_promised(fault: str, right: list[Message], reader: Hl7Reader) -> None:
    assert (told(reader, right[0].render()), problems(reader, right[0].render())) == ("accepted", [])
    raw = befallen(fault, right[0]).render()
    assert (told(reader, raw), places(problems(reader, raw))) == EXPECTED[fault]


def changed(fault: str, right: list[Message], reader: Hl7Reader) -> tuple[list[Json], list[Json]]:
    """The observations of the right message and of the wrong one, those alike left out."""
    message = right[0]
    before = of(resources(reader, message.render(), ORG))
    after = of(resources(reader, befallen(fault, message).render(), ORG))
    return [each for each in before if each not in after], [each for each in after if each not in before]


def of(found: list[Json]) -> list[Json]:
    return [each for each in found if each["resourceType"] == "Observation"]


def test_faults_of_one_result_touch_one_result(right: list[Message], reader: Hl7Reader) -> None:
    for fault in ("unit_missing", "text_compared", "text_negative", "decimal_point", "unescaped_delimiter"):
        (was,), (became,) = changed(fault, right, reader)
        value = was["valueQuantity"]
        if fault == "unit_missing":
            assert became["valueQuantity"] == {"value": value["value"]}
        elif fault == "text_compared":
            assert became["valueQuantity"] == {**value, "comparator": "<", "value": 0.5}
        elif fault == "text_negative":
            assert became["valueString"] == "阴性"
        elif fault == "decimal_point":
            assert became["valueQuantity"]["value"] == pytest.approx(value["value"] * 10)
        else:
            # The fields behind the delimiter moved: what is left is a result without its value.
            assert "valueQuantity" not in became


def test_what_lies_in_the_future_is_stored_as_it_was_said(right: list[Message], reader: Hl7Reader) -> None:
    before, after = changed("future_time", right, reader)
    for was, became in zip(before, after, strict=True):
        assert became["effectiveDateTime"] > was["effectiveDateTime"]
    assert FUTURE.days == 400


def test_a_late_message_says_the_same_and_was_made_later(right: list[Message], reader: Hl7Reader) -> None:
    wrong = befallen("late", right[0])
    assert wrong.at - right[0].at == LATE
    assert changed("late", right, reader) == ([], [])


def test_a_patient_with_a_wrong_check_digit_keeps_the_local_number_alone_as_a_key(
    right: list[Message], reader: Hl7Reader
) -> None:
    raw = befallen("wrong_check_digit", right[0]).render()
    (patient,) = [each for each in resources(reader, raw, ORG) if each["resourceType"] == "Patient"]
    (was,) = [each for each in resources(reader, right[0].render(), ORG) if each["resourceType"] == "Patient"]
    assert patient["id"] == was["id"]
    assert patient["identifier"][1]["value"][:17] == was["identifier"][1]["value"][:17]
    assert patient["identifier"][1]["value"] != was["identifier"][1]["value"]


def test_what_is_sent_twice_or_in_another_order_is_all_there(
    hamlet: Population, right: list[Message]
) -> None:
    catalogue = Catalogue(hamlet.county)
    twice = [each.message for each in catalogue.messages(right[:4], seed=1, share=1, only=["duplicate"])]
    assert [each.control for each in twice[:2]] == [right[0].control, f"{right[0].control}R"]
    assert [each.segments for each in twice[::2]] == [each.segments for each in right[:4]]
    turned = [each.message for each in catalogue.messages(right[:4], seed=1, share=1, only=["out_of_order"])]
    assert turned == [right[1], right[0], right[3], right[2]]


def test_the_share_and_the_seed_decide(hamlet: Population) -> None:
    found = [each for group in hl7v2_of(hamlet, ORG, Interface()) for each in group]
    catalogue = Catalogue(hamlet.county)
    assert [each.message for each in catalogue.messages(found, seed=1, share=0)] == found
    once, again = (list(catalogue.messages(found, seed=1, share=0.3)) for _ in range(2))
    other = list(catalogue.messages(found, seed=2, share=0.3))
    assert once == again
    assert once != other
    share = sum(bool(each.fault) for each in once) / len(found)
    assert 0.15 < share < 0.35
