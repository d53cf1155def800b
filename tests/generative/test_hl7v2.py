"""Messages with anything wrong with them: never a crash, never a resource that is not valid FHIR R4."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kangshu.domains.intake.hl7v2.acknowledgement import NO_HEAD, answers, head_in, verdict
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Invalid, TooCostly
from kangshu.kernel.base.time import utc_now
from kangshu.kernel.packs.find import default_root, find_packs
from tests.support.hl7 import bodies

PIECES = [
    *("", '""', "^", "~", "&", "|", "\\", "\\F\\", "\\X00\\", "\\X0D\\", "\\.br\\", "^^^^^^", "&&&", "~~~"),
    *(
        "20260230",
        "99999999",
        "2026010225",
        "-1",
        "1e999",
        "0",
        "NaN",
        "+0800",
        "2.16.840.1.113883.4.6",
        "1.2",
    ),
    *(
        "ED",
        "NM",
        "SN",
        "RP",
        "TX",
        "CE",
        "Base64",
        "^^^Base64^====",
        "D",
        "X",
        "I",
        "HL70001",
        "<5",
        ">^1",
        "^1^:^0",
    ),
    *(
        " ",
        "\t",
        "\x00",
        "\x7f",
        "\x85",
        "\u2028",
        "王",
        "😀",
        "A" * 300,
        "http://a b",
        "urn:oid:1",
        "\r",
        "\n",
    ),
    *("OBX|", "PID|1"),
]


def _samples() -> list[bytes]:
    data = Path(os.environ.get("KANGSHU_TESTDATA", "../shared/data"))
    return [path.read_bytes() for path in sorted((data / "hl7v2" / "ms_fhir_converter").rglob("*.hl7"))]


SAMPLES = _samples()
READER = Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sample with some of its fields, components or segments replaced, doubled, moved or taken out."""
    text = draw(st.sampled_from(SAMPLES)).decode("utf-8", "replace").lstrip("\ufeff")
    lines = [line for line in text.replace("\n", "\r").split("\r") if line]
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("field", "field", "field", "component", "drop", "double", "swap"))):
            case "field" | "component" as kind:
                mark = "|" if kind == "field" else "^"
                parts = lines[at].split(mark)
                place = draw(st.integers(min(1, len(parts) - 1), len(parts) - 1))
                parts[place] = draw(st.sampled_from(PIECES) | st.text(max_size=12))
                lines[at] = mark.join(parts)
            case "drop" if len(lines) > 2 and at:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case _:
                other = draw(st.integers(0, len(lines) - 1))
                if at and other:
                    lines[at], lines[other] = lines[other], lines[at]
    return "\r".join(lines).encode("utf-8", "surrogatepass")


@pytest.mark.skipif(not SAMPLES, reason="test data not found: set KANGSHU_TESTDATA")
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_whatever_a_message_says_its_resources_are_valid(raw: bytes) -> None:
    try:
        found = bodies(READER, raw)
    except (Invalid, TooCostly):
        return
    wrong = [problem for body in found for problem in problems_of(body)]
    assert not wrong
    assert found == bodies(READER, raw), "the same message again says the same"


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda b: rb"MSH|^~\&|A|B|C|D|2026||" + b))
def test_whatever_arrives_has_an_answer(raw: bytes) -> None:
    try:
        READER.read(raw)
    except (Invalid, TooCostly) as error:
        problems = list(getattr(error, "problems", ()))
        head = head_in(raw, READER.tables.charsets) or NO_HEAD
        for answer in answers(head, verdict(problems), problems, now=utc_now(), control_id="1"):
            assert answer.startswith(b"MSH")
            assert b"\rMSA" in answer
