"""The same message written in another way says the same; another value in one field changes that only.

The messages are the published ones (the first part) and one of each kind made for it (the second).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.kernel.packs.find import default_root, find_packs
from tests.support.hl7 import message, resources

Write = Callable[[str], bytes]

OWN = str.maketrans("^~\\&", "*!?;")
BACK = str.maketrans("*!?;", "^~\\&")


@pytest.fixture(scope="module")
def reader() -> Hl7Reader:
    return Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))


@pytest.fixture(scope="module")
def samples(testdata: Path) -> list[str]:
    folder = testdata / "hl7v2" / "ms_fhir_converter"
    if not folder.is_dir():
        pytest.skip("hl7v2 is not in the test data")
    written = [path.read_bytes().decode("utf-8-sig", "replace") for path in sorted(folder.rglob("*.hl7"))]
    return [re.sub(r"\r\n|\n", "\r", each).strip("\r") + "\r" for each in written]


@pytest.fixture(scope="module")
def said(reader: Hl7Reader, samples: list[str]) -> dict[str, list[str]]:
    """The samples, and what each says as it is."""
    return {text: _facts(reader, text.encode()) for text in samples}


def _facts(reader: Hl7Reader, raw: bytes) -> list[str]:
    found = resources(reader, raw)
    return sorted(json.dumps(each, sort_keys=True, ensure_ascii=False) for each in found)


def _head(text: str, number: int, value: str) -> str:
    """With another value in a field of MSH."""
    first, _, rest = text.partition("\r")
    fields = first.split("|")
    fields += [""] * (number - len(fields))
    fields[number - 1] = value
    return "|".join(fields) + "\r" + rest


def _kind(text: str, parts: int) -> str:
    kind = text.split("|")[8].split("^")[:2]
    return _head(text, 9, "^".join([*kind, "_".join(kind)][:parts]))


def _lines(text: str, change: Callable[[list[str]], list[str]], skip: str = "MSH|NTE|OBX|TXA|Z..") -> str:
    lines = text.split("\r")
    ready = [
        line if re.match(skip, line) or "|" not in line else "|".join(change(line.split("|")))
        for line in lines
    ]
    return "\r".join(ready)


def _trailing(fields: list[str]) -> list[str]:
    free = ("OBR", 13), ("SPM", 14), ("RF1", 10), ("RXA", 9), ("RXD", 9)
    told = [
        each + "^^" if at and each and each != '""' and (fields[0], at) not in free else each
        for at, each in enumerate(fields)
    ]
    return [*told, "", "", ""]


def _twice(fields: list[str]) -> list[str]:
    """Names, numbers, addresses and telephones each said again."""
    again = (3, 5, 11, 13, 14) if fields[0] == "PID" else ()
    return [f"{each}~{each}" if at in again and each else each for at, each in enumerate(fields)]


def _escaped(fields: list[str]) -> list[str]:
    return [fields[0], *(re.sub("[eE]", lambda m: f"\\X{ord(m[0]):02X}\\", each) for each in fields[1:])]


WRITTEN: dict[str, Write] = {
    **{
        f"version {version}": lambda text, v=version: _head(text, 12, v).encode()
        for version in "2.1 2.2 2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.7.1 2.8 2.8.2 2.5.1^CHN".split()
    },
    **{
        f"lines end in {end!r}": lambda text, e=end: text.replace("\r", e).encode()
        for end in ("\n", "\r\n", "\r\r", "\r \r")
    },
    **{
        f"in {name}": lambda text, n=name, c=codec: _head(text, 18, n).encode(c, "replace")
        for name, codec in (
            ("UNICODE UTF-8", "utf-8"), ("GB18030", "gb18030"), ("GB 18030-2000", "gb18030"), ("", "utf-8"),
        )
    },
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "in its frame": lambda text: b"\x0b" + text.encode() + b"\x1c\r",
    "no end of the last line": lambda text: text.rstrip("\r").encode(),
    "MSH-9 of two parts": lambda text: _kind(text, 2).encode(),
    "MSH-9 of three parts": lambda text: _kind(text, 3).encode(),
    "empty components and fields at the end": lambda text: _lines(text, _trailing).encode(),
    "everything said twice": lambda text: _lines(text, _twice).encode(),
    "letters as hexadecimal": lambda text: _lines(text, _escaped, "MSH|Z..").encode(),
    "unknown segments between": lambda text: re.sub("\r(PV1|OBX)", "\rUAC|1^x\r\\1", text).encode(),
}  # fmt: skip


@pytest.mark.parametrize("way", WRITTEN)
def test_the_same_written_in_another_way_says_the_same(
    reader: Hl7Reader, said: dict[str, list[str]], way: str
) -> None:
    assert len(said) == 139
    for text, as_it_is in said.items():
        assert _facts(reader, WRITTEN[way](text)) == as_it_is, text[:80]


def test_other_delimiters_say_the_same(reader: Hl7Reader, said: dict[str, list[str]]) -> None:
    compared = 0
    for text, as_it_is in said.items():
        if not set("*!?;") & set(text + "".join(as_it_is)):
            other = _facts(reader, text.translate(OWN).encode())
            # In free text a delimiter that is meant as itself is another character now.
            assert [each.translate(BACK) for each in other] == as_it_is
            compared += 1
    assert compared > 20


def test_a_segment_of_the_senders_own_adds_a_provenance_and_nothing_else(
    reader: Hl7Reader, said: dict[str, list[str]]
) -> None:
    for text, as_it_is in said.items():
        if "\rZ" in text:
            continue
        more = _facts(reader, f"{text}ZZZ|1|own\r".encode())
        added = [json.loads(each)["resourceType"] for each in more if each not in as_it_is]
        assert (added, [each for each in as_it_is if each not in more]) == (["Provenance"], []), text[:80]


PID = "PID|1||7^^^HIS^MR||王^小明||19800101|M|||街1号^^信宜市^广东省^525300||13800000000|||M"
VISIT = "PV1|1|I|内科^3^12||||D1^李^医||||||||||||V9^^^HIS^VN" + "|" * 25 + "20260102080000|20260105080000"
OTHER = "OBR|2|P2^HIS|F2^LIS|C2^尿^L|||20260102|||||||||||||||20260103080000|||F"
RESULTS = (
    PID, VISIT, "ORC|RE|P1^HIS|F1^LIS",
    "OBR|1|P1^HIS|F1^LIS|C1^血^L|||20260102|||||||||||||||20260103080000|||F",
    "OBX|1|NM|1^Hb^LN||5|g/L|1-10|N|||F", "NTE|1||备注", "SPM|1|S1&HIS^S2&LIS||BLD", OTHER,
    "OBX|1|ST|2^Ph^LN||弱酸||||||F",
)  # fmt: skip
CARE = (
    PID, VISIT, "AL1|1|DA|P^青霉素^L|SV|皮疹", "DG1|1||I10^高血压^I10||20260102|F", "NK1|1|王^父|FTH",
    "PR1|1||47.01^阑尾切除^I9||20260102",
)  # fmt: skip
DOSE = (
    PID, "ORC|RE|A1^HIS|6^KS",
    "RXA|0|1|20260102||08^Hep B^CVX|0.5|mL^^UCUM||00^New^NIP001|||||L12|20270101|||||CP|A",
    "RXR|IM^x^HL70162", "ORC|RE||7^KS", "RXA|0|1|20260103||20^DTaP^CVX|0.5|mL||||||||L13||||||CP|A",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "segments", "at", "value", "changed"),
    [
        ("ORU^R01", RESULTS, "4-5", "6", {"Observation.valueQuantity"}),
        ("ORU^R01", RESULTS, "4-6", "mmol/L", {"Observation.valueQuantity", "Observation.referenceRange"}),
        ("ORU^R01", RESULTS, "4-7", "2-9", {"Observation.referenceRange"}),
        ("ORU^R01", RESULTS, "4-8", "HH", {"Observation.interpretation"}),
        ("ORU^R01", RESULTS, "4-11", "C", {"Observation.status"}),
        ("ORU^R01", RESULTS, "4-14", "20260101", {"Observation.effectiveDateTime"}),
        ("ORU^R01", RESULTS, "5-3", "另", {"Observation.note"}),
        ("ORU^R01", RESULTS, "6-4", "SER", {"Specimen.type"}),
        ("ORU^R01", RESULTS, "3-22", "20260104080000", {"DiagnosticReport.issued"}),
        ("ORU^R01", RESULTS, "3-25", "P", {"DiagnosticReport.status"}),
        ("ORU^R01", RESULTS, "0-8", "F", {"Patient.gender"}),
        ("ORU^R01", RESULTS, "1-2", "O", {"Encounter.class"}),
        ("ADT^A08", CARE, "0-5", "李^红", {"Patient.name"}),
        ("ADT^A08", CARE, "0-7", "1981", {"Patient.birthDate"}),
        ("ADT^A08", CARE, "0-11", "街2号", {"Patient.address"}),
        ("ADT^A08", CARE, "0-13", "13900000000", {"Patient.telecom"}),
        ("ADT^A08", CARE, "0-16", "S", {"Patient.maritalStatus"}),
        ("ADT^A08", CARE, "0-30", "Y", {"Patient.deceasedBoolean"}),
        ("ADT^A08", CARE, "1-3", "外科^1^2", {"Encounter.location"}),
        ("ADT^A08", CARE, "1-7", "D2^张^医", {"Encounter.participant"}),
        ("ADT^A08", CARE, "1-45", "20260106080000", {"Encounter.period"}),
        ("ADT^A08", CARE, "2-4", "MI", {"AllergyIntolerance.criticality", "AllergyIntolerance.reaction"}),
        ("ADT^A08", CARE, "2-5", "喉头水肿", {"AllergyIntolerance.reaction"}),
        ("ADT^A08", CARE, "3-6", "W", {"Condition.verificationStatus"}),
        ("ADT^A08", CARE, "4-3", "MTH", {"RelatedPerson.relationship"}),
        ("ADT^A08", CARE, "5-5", "20260103", {"Procedure.performedDateTime"}),
        ("VXU^V04", DOSE, "2-15", "L99", {"Immunization.lotNumber"}),
        ("VXU^V04", DOSE, "2-20", "RE", {"Immunization.status"}),
        ("VXU^V04", DOSE, "2-21", "D", {"Immunization.status"}),
        (
            "VXU^V04",
            DOSE,
            "2-9",
            "01^Old^NIP001",
            {"Immunization.primarySource", "Immunization.reportOrigin"},
        ),
        ("VXU^V04", DOSE, "3-1", "SC^x^HL70162", {"Immunization.route"}),
    ],
)
def test_another_value_changes_what_it_says_and_nothing_else(
    reader: Hl7Reader, kind: str, segments: tuple[str, ...], at: str, value: str, changed: set[str]
) -> None:
    place, number = map(int, at.split("-"))
    fields = segments[place].split("|")
    fields += [""] * (number + 1 - len(fields))
    fields[number] = value
    before = _bare(resources(reader, message(*segments, kind=kind)))
    after = _bare(
        resources(reader, message(*segments[:place], "|".join(fields), *segments[place + 1 :], kind=kind))
    )
    assert _changed(before, after) == dict.fromkeys(changed, 1)


def _bare(value: Any) -> Any:
    """Without ids: some are made of what changes here."""
    if isinstance(value, dict):
        body = cast(dict[str, Any], value)
        return {name: _bare(each) for name, each in body.items() if name not in ("id", "reference")}
    return [_bare(each) for each in cast(list[Any], value)] if isinstance(value, list) else value


def _changed(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, int]:
    """Which elements differ, and in how many resources."""
    found: dict[str, int] = {}
    for one, other in zip(before, after, strict=True):
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                key = f"{one['resourceType']}.{name}"
                found[key] = found.get(key, 0) + 1
    return found
