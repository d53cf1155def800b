"""DBF and Parquet as nobody should write them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.tables import HEAD, ORG, Harbour, visit

FIELDS = (
    ("LSH", "C", 8, 0), ("JGDM", "C", 12, 0), ("FSSJ", "D", 8, 0), ("LB", "C", 1, 0), ("YPDM", "C", 10, 0),
    ("YPMC", "C", 20, 0), ("SL", "N", 8, 2), ("DW", "C", 4, 0), ("DJ", "N", 8, 2),
)  # fmt: skip
MEMO_FIELDS = (*FIELDS[:5], ("YPMC", "M", 10, 0), *FIELDS[6:])
DRUG: dict[str, Any] = {"feed": "drug_movement"}


def record(number: str, *, mark: str = " ", **cells: str) -> bytes:
    said = {"LSH": number, "JGDM": ORG, "FSSJ": "20260330", "LB": "2", "YPDM": "X001", "YPMC": "布洛芬"}
    said |= {"SL": "3.00", "DW": "盒", "DJ": "1.50"} | cells
    sizes = {name: size for name, _, size, _ in FIELDS}
    return mark.encode() + b"".join(said[n].encode("gb18030")[:s].ljust(s) for n, s in sizes.items())


def dbf(*records: bytes, fields: Any = FIELDS, version: int = 3, page: int = 0, **head: int) -> bytes:
    spare = bytes(263) if version == 0x30 else b""
    width = head.get("width", 1 + sum(size for _, _, size, _ in fields))
    length = head.get("length", 33 + 32 * len(fields) + len(spare))
    start = bytes([version, 126, 3, 30]) + head.get("count", len(records)).to_bytes(4, "little")
    start += length.to_bytes(2, "little") + width.to_bytes(2, "little") + bytes(17) + bytes([page, 0, 0])
    described = b"".join(
        name.encode().ljust(11, b"\0") + type_.encode() + bytes(4) + bytes([size, decimals]) + bytes(14)
        for name, type_, size, decimals in fields
    )
    return start + described + b"\r" + spare + b"".join(records) + b"\x1a"


@pytest.mark.parametrize("page", [0x00, 0x01, 0x03, 0x4D, 0x57, 0x7A, 0xEE])
@pytest.mark.parametrize("version", [0x02, 0x03, 0x30, 0x83, 0xF5, 0x99])
def test_chinese_is_read_whatever_the_header_says_of_it(harbour: Harbour, page: int, version: int) -> None:
    landed = harbour.land(dbf(record("1"), record("2"), version=version, page=page), **DRUG)
    assert landed.counts["stored"] == {"DrugMovement": 2}, landed.words
    assert {row["drug_name"] for row in harbour.rows("DrugMovement")} == {"布洛芬"}


FAULTY = {
    "overflow": (record("1", SL="********"), ("type", "cnt")),
    "overflow-of-what-may-be-empty": (record("1", DJ="********"), ("type", "pric")),
    "no-such-day": (record("1", FSSJ="20260230"), ("type", "moved_at")),
    "half-a-character": (record("1", YPMC="a阿莫西林胶囊阿莫西林胶囊"), ("damaged", "drug_name")),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_cell_that_lost_something_sets_its_record_aside(harbour: Harbour, case: str) -> None:
    bad, (code, field) = FAULTY[case]
    landed = harbour.land(dbf(bad, record("2"), record("3", mark="*")), **DRUG)
    assert landed.places == [(code, f"drug_movement[1].{field}")]
    assert landed.counts["received"] == {"DrugMovement": 2}


def with_memo() -> bytes:
    row = record("1")
    return dbf(row[:40] + b"         1" + row[60:], fields=MEMO_FIELDS, version=0x83)


def test_memos_without_their_file_are_lost_and_told_so(harbour: Harbour) -> None:
    assert harbour.land(with_memo(), **DRUG).places == [("damaged", "drug_movement[1].drug_name")]


def test_memos_lie_beside_the_file_in_a_zip(harbour: Harbour) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("YPJXC.DBF", with_memo())
        archive.writestr("ypjxc.DBT", bytes(512) + "布洛芬".encode("gb18030") + b"\x1a\x1a" + bytes(504))
    landed = harbour.land(out.getvalue(), **DRUG)
    assert landed.counts["stored"] == {"DrugMovement": 1}, landed.words
    assert {row["drug_name"] for row in harbour.rows("DrugMovement")} == {"布洛芬"}


TWO = (record("1"), record("2"))
CUT = {
    "count": (dbf(*TWO, count=5), "5 records and has 2"),
    "endless-count": (dbf(*TWO, count=2**32 - 1), "and has 2"),
    "short-header": (dbf(*TWO, length=100), "header"),
    "no-header": (dbf(*TWO, length=0), "header"),
    "long-header": (dbf(*TWO, length=60_000), "cut off"),
    "no-width": (dbf(*TWO, width=0), "header"),
    "wide": (dbf(*TWO, width=65_535), "header"),
    "half": (dbf(*TWO)[:-60], "cut off"),
    "no-columns": (dbf(b" ", fields=()), "no columns"),
    "twice": (dbf(record("1") + b"abcd", fields=(*FIELDS, ("LSH", "C", 4, 0))), "LSH (columns 1, 10)"),
}


@pytest.mark.parametrize("case", CUT)
def test_a_file_whose_header_does_not_fit_is_refused(harbour: Harbour, case: str) -> None:
    content, told = CUT[case]
    landed = harbour.land(content, **DRUG)
    assert [position for position, _, _ in landed.bad] == [-1]
    assert told in landed.words


def test_a_column_of_an_unknown_kind_harms_nothing_unless_it_is_asked_for(harbour: Harbour) -> None:
    fields = (*FIELDS, ("TU", "?", 4, 0))
    assert harbour.land(dbf(record("1") + b"abcd", fields=fields), **DRUG).counts["stored"]


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


COLUMNS: dict[str, Any] = {name: [visit(1)[name], visit(2)[name]] for name in HEAD.split(",")}


def test_columns_nobody_asks_for_are_not_read(harbour: Harbour) -> None:
    content = parquet(COLUMNS | {"more": pa.array([list(range(100_000)), None]), "ZIP": ["a", "b"]})
    assert harbour.land(content, kind="parquet").counts["stored"] == {"OutpatientVisit": 2}


def test_names_of_columns_count_without_case(harbour: Harbour) -> None:
    content = parquet({name.upper(): values for name, values in COLUMNS.items()})
    assert harbour.land(content, kind="parquet").counts["stored"] == {"OutpatientVisit": 2}


def test_rows_in_endless_groups_are_refused(harbour: Harbour) -> None:
    content = parquet({"visit_no": [str(number) for number in range(10_001)]}, row_group_size=1)
    assert "10001 groups" in harbour.land(content, kind="parquet").words


@pytest.mark.parametrize("start", range(0, 200, 10))
def test_a_damaged_footer_is_refused_or_read_and_never_a_crash(harbour: Harbour, start: int) -> None:
    content = bytearray(parquet(COLUMNS))
    content[-start - 18 : -start - 8] = b"\xff" * 10
    landed = harbour.land(bytes(content), kind="parquet")
    assert landed.bad or landed.counts["stored"]
