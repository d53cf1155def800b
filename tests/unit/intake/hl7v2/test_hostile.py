"""Messages made to be slow, large or strange: each is read or refused in time, and the place is named."""

from __future__ import annotations

import time

import pytest

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.kernel.base.errors import Invalid
from tests.support.hl7 import message, problems, resources

HEAD = r"MSH|^~\&|HIS|XRY|KS|CITY|20260102103000||ORU^R01|1|P|2.5.1"
START = f"{HEAD}\rPID|1||7^^^HIS^MR||A^B\rOBR|1|P|F|C^C^L\r"
LONG = 1_000_000

Told = list[tuple[str, str]]


def _read(reader: Hl7Reader, raw: bytes) -> tuple[int, Told]:
    """Resources, and what is told of the rest; a file that holds no message at all is refused as a whole."""
    try:
        units = list(reader.units([raw], "S"))
    except Invalid as error:
        return 0, [(problem.path, problem.code) for problem in error.problems]
    told = [(problem.path, problem.code) for unit in units for _, problem in unit.bad]
    return sum(len(unit.entries) for unit in units), told


@pytest.mark.parametrize("character", ["1", "a", "1.", " ", "^", "&", "\\", "-", "１"])
@pytest.mark.parametrize(
    "place",
    ["OBX|1|NM|1^x||{}", "OBX|1|SN|1^x||{}", "OBX|1|DT|1^x||{}", "OBX|1|NM|1^x||5|{}", "OBX|1|NM|1^x||5|g|{}",
     "OBX|1|CE|{}||5", "OBX|1|ST|1^x^{}||5", "OBX|1|XAD|1^x||{}"],
)  # fmt: skip
def test_a_long_field_takes_no_longer_than_reading_it(reader: Hl7Reader, place: str, character: str) -> None:
    raw = (START + place.replace("{}", character * (LONG // len(character)))).encode()
    began = time.perf_counter()
    found, _ = _read(reader, raw)
    assert time.perf_counter() - began < 5
    assert found >= 3, "the patient, the order and the report are read all the same"


@pytest.mark.parametrize(
    ("segment", "at_least"),
    [
        ("OBX|1|NM|1^x||5", 10_000),
        ("OBX|1|NM|||5", 3),
        ("SPM|1", 10_000),
        ("ORC|NW", 10_000),
        ("ZZZ|1", 10_000),
        ("PID|1", 3),
        ("NTE|1||x", 3),
    ],
)
def test_many_segments_take_no_longer_each_than_few(reader: Hl7Reader, segment: str, at_least: int) -> None:
    began = time.perf_counter()
    found, _ = _read(reader, (START + f"{segment}\r" * 15_000).encode())
    assert time.perf_counter() - began < 10
    assert found >= at_least


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"MSH", "MSH"),
        (b"MSH|", "MSH-2"),
        (b"MSH|^\rPID|1||7", "MSH-2"),
        (b"MSH|||||", "MSH-2"),
        (b"MSH|^^^^|A|B|C|D|2026||ORU^R01|1|P|2.5\r", "MSH-2"),
        (b"MSH|^~\\&", "MSH-9"),
        (b"MSH|^~\\&|A\r", "MSH-9"),
        (HEAD.encode(), "PID"),
        (b"PID|1||7\r", "MSH"),
        (b"", "MSH"),
        (b"\x00\x01\x02", "MSH"),
        (HEAD.encode() + b"\rPID|1||7||\xff\xfe\x81", "MSH-18"),
        (HEAD.encode() + b"||||||GB18030\rPID|1||7||\xff\xfe\x81", "MSH-18"),
        (HEAD.encode() + b"||||||UNICODE UTF-8\rPID|1||7||\xc3^", "MSH-18"),
        (f"{START}OBX|1|NM|1^x||{'5~' * 100_000}".encode(), "OBX[1]-5"),
        (START.encode() + b"OBX|1|NM|1^x||5\r" * 100_000, "OBX"),
    ],
    ids=range(16),
)
def test_what_cannot_be_read_is_told_with_its_place(reader: Hl7Reader, raw: bytes, path: str) -> None:
    found, told = _read(reader, raw)
    assert found == 0
    assert told[0][0] == path


def test_control_characters_never_reach_a_resource(reader: Hl7Reader) -> None:
    raw = START.encode() + b"OBX|1|ST|1^x||a\x00b\\X00\\c\r"
    assert all(b"\\u0000" not in each.raw and b"\0" not in each.raw
               for unit in reader.units([raw], "S") for each in unit.entries)  # fmt: skip


def test_an_appointment_that_is_said_twice_in_one_message_is_one(reader: Hl7Reader) -> None:
    schedule = "SCH|1|2||||R|NORMAL|60|min|m|^^60^20260102090000^20260102100000"
    raw = message(schedule, schedule, "PID|1||P1^^^HIS^MR||王^强", kind="SIU^S12")
    (appointment,) = [each for each in resources(reader, raw) if each["resourceType"] == "Appointment"]
    assert appointment["participant"][0]["status"] == "accepted"
    assert any("SCH[2]" in problem.path for problem in problems(reader, raw))
