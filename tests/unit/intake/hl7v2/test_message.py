"""Reading: delimiters, ends of lines, character sets, escapes, limits."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.intake.hl7v2.batch import messages
from kangshu.domains.intake.hl7v2.escapes import STANDARD, Delimiters, unescape
from kangshu.domains.intake.hl7v2.message import (
    MAX_LINES,
    MAX_MESSAGE,
    MAX_REPETITIONS,
    MAX_SEGMENTS,
    Message,
    TooMuch,
    parse_message,
)
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.kernel.base.errors import Invalid, TooCostly

HEAD = r"MSH|^~\&|A|B|C|D|2026||ADT^A01|1|P|2.5"


def _parse(reader: Hl7Reader, raw: bytes) -> Message:
    return parse_message(raw, reader.tables.charsets)


def _refused(reader: Hl7Reader, raw: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        _parse(reader, raw)
    return caught.value.problems[0].path


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\n\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\r\n"])
def test_all_line_ends_and_a_byte_order_mark_are_read(reader: Hl7Reader, end: str, mark: bytes) -> None:
    found = _parse(reader, mark + f"{HEAD}{end}PID|1||7{end}PV1|1|I{end}".encode())
    assert [segment.name for segment in found.segments] == ["MSH", "PID", "PV1"]
    assert found.segments[1].field(3) == "7"


def test_fields_of_the_header_are_numbered_as_in_the_standard(reader: Hl7Reader) -> None:
    header = _parse(reader, HEAD.encode()).header
    assert (header.field(1), header.field(2), header.field(9), header.field(99)) == (
        "|",
        "^~\\&",
        "ADT^A01",
        "",
    )


def test_a_line_that_is_no_segment_goes_on_with_the_field_before(reader: Hl7Reader) -> None:
    found = _parse(reader, f"{HEAD}\rOBX|1|TX|R||first\nsecond line\nthird|N\rNTE|1".encode())
    assert [segment.name for segment in found.segments] == ["MSH", "OBX", "NTE"]
    assert found.segments[1].field(5) == "first\nsecond line\nthird"


def test_own_delimiters_are_taken_from_the_header(reader: Hl7Reader) -> None:
    found = _parse(reader, b"MSH*:+?!*A*B*C*D*2026**ADT:A01*1*P*2.5\rPID*1**7:8?F?+9")
    assert found.delimiters == Delimiters("*", ":", "+", "?", "!", "\0")
    assert found.component(found.header, 9, 2) == "A01"
    assert found.component(found.segments[1], 3, 2) == "8*"


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"PID|1", "MSH"),
        (b"MSHx^~", "MSH-1"),
        (b"MSH|^^\\&|A", "MSH-2"),
        (b"MSH|^|A", "MSH-2"),
        (b"MSH|^a\\&|A", "MSH-2"),
    ],
)
def test_what_is_wrong_with_the_head_is_named(reader: Hl7Reader, head: bytes, path: str) -> None:
    assert _refused(reader, head) == path


@pytest.mark.parametrize(
    ("code", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("GBK", "gb18030"),
        ("BIG-5", "big5"),
        ("", "utf-8"),
        ("", "gb18030"),
    ],
)
def test_the_character_set_is_the_one_msh_18_names(reader: Hl7Reader, code: str, codec: str) -> None:
    text = f"{HEAD}||||||{code}\rPID|1||7||王^小明"
    found = _parse(reader, text.encode(codec))
    assert found.component(found.segments[1], 5, 2) == "小明"
    assert found.codec == codec


def test_the_first_of_several_character_sets_is_taken_by_the_messages_own_delimiters(
    reader: Hl7Reader,
) -> None:
    raw = "MSH|*#%$|A|B|C|D|2026||ADT*A01|1|P|2.5||||||GB18030#UNICODE UTF-8\rPID|1||7||王".encode("gb18030")
    assert _parse(reader, raw).segments[1].field(5) == "王"


def test_a_double_byte_character_may_hold_a_delimiter(reader: Hl7Reader) -> None:
    """In GB 18030 the second byte of 亅 is |, of 俕 is ^, of 儀 is x; they are no delimiters."""
    name = "".join(
        char
        for char in map(chr, range(0x4E00, 0x9FA5))
        if any(mark in char.encode("gb18030")[1:] for mark in b"|^~\\")
    )
    assert len(name) > 300
    text = f"MSH|^~\\&|{name}|B|C|D|2026||ADT^A01|1|P|2.5||||||GB18030\rPID|1||7||{name}"
    found = _parse(reader, text.encode("gb18030"))
    assert found.component(found.segments[1], 5) == name


@pytest.mark.parametrize(
    "raw", [HEAD.encode() + b"||||||KLINGON", HEAD.encode() + b"||||||ASCII\rPID|\xe7\x8e\x8b"]
)
def test_a_character_set_that_is_unknown_or_not_the_one_is_refused(reader: Hl7Reader, raw: bytes) -> None:
    assert _refused(reader, raw) == "MSH-18"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"\X41\\X4243\.", "ABC."),
        (r"\XE78E8B\\XE5B08F\ ", "王小 "),
        (r"one\.br\two\.sp2\three", "one\ntwo\n\nthree"),
        (r"\H\bold\N\ text", "bold text"),
        (r"C:\dir\file", r"C:\dir\file"),
        (r"50\100", r"50\100"),
        ("end\\", "end\\"),
        (r"\Xzz\ \Q\ ", r"\Xzz\ \Q\ "),
        (r"\.sp999999999\x", "\n" * 100 + "x"),
        (r"\Zlocal\y\C2842\z", "yz"),
    ],
)
def test_escape_sequences(written: str, meant: str) -> None:
    assert unescape(written, STANDARD, "utf-8") == meant


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=60))
def test_what_is_escaped_is_what_was_meant(text: str) -> None:
    named = {"\\": "E", "|": "F", "^": "S", "&": "T", "~": "R"}
    written = "".join(f"\\{named[each]}\\" if each in named else each for each in text)
    assert unescape(written, STANDARD, "utf-8") == text


def test_absurd_numbers_of_parts_are_refused_with_their_place(reader: Hl7Reader) -> None:
    for line, place in (
        ("PID|1||" + "7~" * (MAX_REPETITIONS + 1), "PID[1]-3"),
        ("PID|" * 2000, "PID[1]"),
        ("NTE|1\r" * (MAX_SEGMENTS + 1), "NTE"),
    ):
        with pytest.raises(TooCostly, match=place.replace("[", r"\[")):
            _parse(reader, f"{HEAD}\r{line}".encode())


@given(
    st.lists(st.binary(max_size=40).filter(lambda b: b"MSH" not in b), min_size=1, max_size=5),
    st.integers(1, 7),
)
def test_a_batch_is_cut_at_its_messages_however_it_arrives(contents: list[bytes], size: int) -> None:
    bodies = [b"MSH|^~\\&|" + c.translate(None, b"\r\n\x1c\x0b ") for c in contents]
    batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + b"\r".join(bodies) + b"\rBTS|2\rFTS|1\r"
    parts = [batch[at : at + size] for at in range(0, len(batch), size)]
    assert list(messages(parts)) == bodies


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"NTE|1||x\r" * 1_000_000, "NTE"),
        (b"OBX|1|TX|1||a\r" + b"on\r" * 1_000_000, "OBX"),
        (b"PID|" * 1_000_000, "PID[1]"),
        (b"PID|1||" + b"7~" * 1_000_000, "PID[1]-3"),
        (b"|" * 10_000, "MSH[1]"),
    ],
    ids=["segments", "lines", "fields", "repetitions", "head"],
)
def test_a_message_over_a_limit_is_refused_early_and_the_place_named(
    reader: Hl7Reader, body: bytes, place: str
) -> None:
    raw = f"{HEAD}\r".encode() + body if place != "MSH[1]" else HEAD.encode() + body
    tracemalloc.start()
    try:
        with pytest.raises(TooMuch) as refused:
            reader.read(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(problem.code, problem.path) for problem in refused.value.problems] == [("too-costly", place)]
    assert peak < 8 * len(raw) + (20 << 20), f"{peak >> 20} MB"


def test_a_line_that_goes_on_for_long_is_read_as_fast_as_others(reader: Hl7Reader) -> None:
    raw = f"{HEAD}\rOBX|1|TX|1||".encode() + b"a line of text, and on\n" * (MAX_LINES - 1)
    began = time.perf_counter()
    assert reader.read(raw).segments[1].field(5).count("\n") == MAX_LINES - 2
    assert time.perf_counter() - began < 2


def test_a_message_that_is_too_large_spoils_only_itself(reader: Hl7Reader) -> None:
    large = HEAD.encode() + b"\rOBX|1|ED|1||" + b"A" * MAX_MESSAGE
    batch = b"\r".join((HEAD.encode(), large, HEAD.encode() + b"\rPID|1||7", b""))
    parts = [batch[at : at + 65536] for at in range(0, len(batch), 65536)]
    began = time.perf_counter()
    found = list(messages(parts))
    assert time.perf_counter() - began < 5
    assert [len(each) > MAX_MESSAGE for each in found] == [False, True, False]
    assert found[2].endswith(b"PID|1||7")
    (unit,) = reader.units(parts, "S")
    assert [(at.path, at.code) for _, at in unit.bad if "message 2" in at.path] == [
        ("message 2: MSH", "too-costly")
    ]


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        ("FHS|^~\\&\rBHS|^~\\&\r{}{}BTS|2\rFTS|1\r", []),
        ("BHS|^~\\&\r{}{}BTS|2\r", []),
        ("BHS|^~\\&\r{}BTS|1\rBHS|^~\\&\r{}BTS|1\rFTS|2\r", []),
        ("BHS|^~\\&\r{}{}BTS\r", []),
        ("{}{}", []),
        ("BHS|^~\\&\r{}{}BTS|3\r", ["BTS-1"]),
        ("FHS|^~\\&\rBHS|^~\\&\r{}{}BTS|2\rFTS|2\r", ["FTS-1"]),
        ("BHS|^~\\&\r{}BTS|2\rBHS|^~\\&\r{}BTS|1\r", ["BTS-1"]),
        ("BHS|^~\\&\r{}{}", ["BTS"]),
        ("FHS|^~\\&\rBHS|^~\\&\r{}{}BTS|2\r", ["FTS"]),
    ],
)
def test_an_envelope_that_does_not_fit_what_came_is_told(
    reader: Hl7Reader, batch: str, told: list[str]
) -> None:
    one = HEAD + "\rPID|1||7||A^B\r"
    raw = batch.format(one, one).encode()
    for size in (len(raw), 7):
        units = list(reader.units([raw[at : at + size] for at in range(0, len(raw), size)], "S"))
        assert sum(len(unit.entries) for unit in units) == 2
        assert [problem.path for unit in units for _, problem in unit.bad] == told
