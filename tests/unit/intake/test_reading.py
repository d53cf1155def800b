"""The FHIR reader: every way a message may come, and the limits that hold for all of them."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from kangshu.domains.intake import reading
from kangshu.domains.intake.canonical import head_of
from kangshu.domains.intake.reading import units
from kangshu.domains.intake.unit import Unit
from kangshu.kernel.base.errors import Invalid, TooCostly

PATIENT = {"resourceType": "Patient", "id": "p1"}


def read(raw: bytes, media: Any = None, size: int = 64) -> list[Unit]:
    return list(units((raw[i : i + size] for i in range(0, len(raw), size)), media=media))


def bundle(type: str, *entries: dict[str, Any]) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": type, "entry": list(entries)}).encode()


def ids(found: Iterable[Unit]) -> list[str]:
    return [json.loads(entry.raw).get("id", "") for unit in found for entry in unit.entries]


@pytest.mark.parametrize(
    ("type", "atomic", "number"),
    [
        ("transaction", True, 2),
        ("batch", False, 2),
        ("collection", False, 2),
        ("searchset", False, 2),
        ("history", False, 2),
        # A document and a message are kept whole as well: somebody signed them as they are.
        ("document", True, 3),
        ("message", True, 3),
        ("transaction-response", False, 0),
        ("batch-response", False, 0),
        ("", False, 2),
    ],
)
def test_every_type_of_bundle_gives_its_resources(type: str, atomic: bool, number: int) -> None:
    found = read(bundle(type, {"resource": PATIENT}, {"resource": {**PATIENT, "id": "p2"}}))
    assert sum(len(unit.entries) for unit in found) == number
    assert all(unit.atomic == atomic for unit in found)


def test_a_history_is_taken_oldest_first() -> None:
    newest_first = [{"resource": {**PATIENT, "id": str(n)}} for n in (3, 2, 1)]
    assert ids(read(bundle("history", *newest_first))) == ["1", "2", "3"]


def test_the_outcome_beside_search_results_is_no_fact() -> None:
    outcome = {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}
    assert ids(read(bundle("searchset", {"resource": PATIENT}, outcome))) == ["p1"]


def test_deletions_are_entries_and_questions_are_not() -> None:
    found = read(
        bundle(
            "batch",
            {"request": {"method": "DELETE", "url": "Patient/p1"}},
            {"request": {"method": "GET", "url": "Patient/p1"}},
            {},
        )
    )
    assert [(e.method, e.url) for unit in found for e in unit.entries] == [("DELETE", "Patient/p1")]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_ndjson_is_recognised_whatever_ends_its_lines(ending: bytes, last: bool) -> None:
    lines = [json.dumps({**PATIENT, "id": str(n)}).encode() for n in range(3)]
    raw = ending.join(lines) + (ending if last else b"")
    assert ids(read(raw)) == ["0", "1", "2"]


def test_a_bad_line_spoils_itself_only() -> None:
    raw = b'nonsense\n{"resourceType":"Patient","id":"a"}\n\n[1]\n{"resourceType":"Patient","id":"b"}'
    (unit,) = read(raw, "ndjson")
    assert ids([unit]) == ["a", "b"]
    assert [(position, problem.path) for position, problem in unit.bad] == [(0, "line 1"), (3, "line 4")]


def test_one_resource_over_several_lines_is_not_ndjson() -> None:
    assert ids(read(json.dumps(PATIENT, indent=2).encode())) == ["p1"]


def test_a_byte_order_mark_is_no_part_of_the_message() -> None:
    assert ids(read(b"\xef\xbb\xbf" + json.dumps(PATIENT).encode())) == ["p1"]


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_gzip_is_recognised_by_its_first_bytes(size: int) -> None:
    assert ids(read(gzip.compress(json.dumps(PATIENT).encode()), size=size)) == ["p1"]


def test_gzip_files_one_after_the_other_are_one() -> None:
    parts = [gzip.compress(json.dumps({**PATIENT, "id": str(n)}).encode() + b"\n") for n in range(3)]
    assert ids(read(b"".join(parts))) == ["0", "1", "2"]


def test_padding_after_gzip_is_nothing() -> None:
    assert ids(read(gzip.compress(json.dumps(PATIENT).encode()) + b"\0" * 512)) == ["p1"]


@pytest.mark.parametrize("cut", [5, 20, -1])
def test_gzip_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(Invalid, match="damaged or cut off"):
        read(gzip.compress(json.dumps(PATIENT).encode())[:cut])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_unicode_form_is_refused(encoding: str) -> None:
    with pytest.raises(Invalid, match="UTF-"):
        read(json.dumps(PATIENT).encode(encoding))


@pytest.mark.parametrize(
    "raw", [b"", b" \n", b"{", b"nul", b'{"resourceType":"Patient"', b"\xff\xff\xff\xff"]
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(raw)
    assert refused.value.problems


def test_nesting_without_end_is_refused() -> None:
    deep = b'{"resourceType":"Bundle","type":"batch","entry":' + b"[" * 1_000_000
    with pytest.raises(Invalid, match="cannot be read"):
        head_of(read(deep, size=1 << 20)[0].entries[0].raw)


def test_a_resource_over_the_limit_is_refused_and_no_more_than_the_limit_is_held() -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"resourceType":"Patient","id":"p1","name":[{"family":"'
        for _ in range(400):
            yield b"a" * (1 << 20)

    tracemalloc.start()
    with pytest.raises(TooCostly, match="larger than"):
        list(units(endless()))
    assert tracemalloc.get_traced_memory()[1] < 3 * reading.MAX_DOCUMENT
    tracemalloc.stop()


def test_a_large_resource_in_a_bundle_spoils_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_RESOURCE", 1000)
    large = {**PATIENT, "id": "large", "name": [{"family": "x" * 2000}]}
    (unit,) = read(bundle("batch", {"resource": large}, {"resource": PATIENT}))
    assert ids([unit]) == ["p1"]
    assert [(position, problem.path) for position, problem in unit.bad] == [(0, "Bundle.entry[0].resource")]


def test_a_long_line_spoils_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_RESOURCE", 1000)
    raw = b"\n".join((json.dumps(PATIENT).encode(), b'{"' + b"x" * 5000 + b'":1}', b'{"id":"p2"}'))
    found = read(raw, "ndjson")
    assert ids(found) == ["p1", "p2"]
    assert [position for unit in found for position, _ in unit.bad] == [1]


def test_a_gzip_bomb_is_refused() -> None:
    bomb = gzip.compress(b"[" * (160 << 20), 6, mtime=0)
    assert len(bomb) < 1 << 20
    with pytest.raises((TooCostly, Invalid)):
        read(bomb, size=1 << 20)


@pytest.mark.parametrize("line", [b"\n", b"x\n"])
def test_nothing_but_line_ends_takes_no_time(line: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(TooCostly, match="hold no JSON object"):
        read(line * 1_000_000, "ndjson", size=1 << 20)
    assert time.process_time() - begun < 5


def test_many_lines_take_time_in_proportion() -> None:
    raw = (json.dumps(PATIENT).encode() + b"\n") * 100_000
    begun = time.process_time()
    assert sum(len(unit.entries) for unit in read(raw, size=1 << 20)) == 100_000
    assert time.process_time() - begun < 5
