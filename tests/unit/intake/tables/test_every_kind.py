"""Every logical model by every kind of file: a feed of its own, and a row that is read without a fault."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from kangshu.domains.intake.tables.faults import FAULTS
from kangshu.kernel.lake.model import Column, Model, read_models
from kangshu.kernel.packs.find import default_root
from tests.support.tables import ORG, Harbour

MODELS = read_models(default_root() / "standards" / "logical_models")
NAMES = sorted(MODELS.by_name)
VALUES = {
    "text": "X1", "integer": "1", "number": "1.5", "date": "2026-03-01", "datetime": "2026-03-01 09:00:00",
}  # fmt: skip
Row = Mapping[str, str]


def value(model: Model, column: Column) -> str:
    if column.name == model.sender:
        return ORG
    if column.type == "code":
        return next(iter(MODELS.codes[column.codes])) if column.codes else "1"
    return VALUES[column.type]


def csv_file(rows: Sequence[Row], delimiter: str = ",") -> bytes:
    lines = [delimiter.join(rows[0]), *(delimiter.join(row.values()) for row in rows)]
    return "\n".join(lines).encode("gb18030")


def workbook(rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    work = xlsxwriter.Workbook(out, {"in_memory": True})
    page = work.add_worksheet()
    page.write(0, 0, "上报表")
    for number, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)], 2):
        page.write_row(number, 0, row)
    work.close()
    return out.getvalue()


def parquet(rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), out)
    return out.getvalue()


def dbf(rows: Sequence[Row]) -> bytes:
    fields = b"".join(
        name.encode("ascii").ljust(11, b"\0") + b"C" + bytes(4) + bytes([20, 0]) + bytes(14)
        for name in rows[0]
    )
    head = bytes([3, 126, 3, 30]) + len(rows).to_bytes(4, "little") + (len(fields) + 33).to_bytes(2, "little")
    head += (1 + 20 * len(rows[0])).to_bytes(2, "little") + bytes(20)
    records = b"".join(b" " + b"".join(cell.encode().ljust(20) for cell in row.values()) for row in rows)
    return head + fields + b"\r" + records + b"\x1a"


KINDS: Mapping[str, tuple[str, str, Callable[[Sequence[Row]], bytes]]] = {
    "csv": ("csv", "", csv_file),
    "tab": ("csv", 'delimiter = "\\t"', lambda rows: csv_file(rows, "\t")),
    "semicolon": ("csv", 'delimiter = ";"', lambda rows: csv_file(rows, ";")),
    "excel": ("excel", "", workbook),
    "parquet": ("parquet", "", parquet),
    "sql": ("sql", "", parquet),
    "json": ("json", "", lambda rows: b"\n".join(orjson.dumps(row) for row in rows)),
    "dbf": ("dbf", "", dbf),
}


def made(name: str, kind: str) -> tuple[Mapping[str, str], Row]:
    """The texts of a feed in which every column has a name of the institution's own, and a row for it."""
    model = MODELS.get(name)
    of_feed, more, _ = KINDS[kind]
    # DBF has room for ten letters a name.
    called = {column.name: f"L{number}" for number, column in enumerate(model.columns)}
    head = {"title": "表", "title_en": "Table", "kind": of_feed, "schedule": "none"}
    toml = "\n".join(
        [
            *(f'{key} = "{said}"' for key, said in head.items()),
            f'promises = ["{name}"]',
            more,
            f'[[table]]\nmodel = "{name}"\n[table.columns]',
            *(f'{own} = "{column}"' for column, own in called.items()),
        ]
    )
    texts = {"toml": toml} | ({"query.sql": "SELECT 1"} if of_feed == "sql" else {})
    return texts, {called[column.name]: value(model, column) for column in model.columns}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_row_of_every_model_is_read_in_every_kind_of_file(harbour: Harbour, name: str, kind: str) -> None:
    texts, row = made(name, kind)
    landed = harbour.land(KINDS[kind][2]([row]), texts=texts)
    assert landed.counts["received"] == {name: 1}, landed.words
    assert {code for code, _ in landed.places}.isdisjoint(FAULTS), landed.places


@pytest.mark.parametrize("kind", KINDS)
def test_one_faulty_row_in_a_hundred_lands_the_others_and_is_mended_by_its_key(
    harbour: Harbour, kind: str
) -> None:
    texts, plain = made("DrugMovement", kind)
    names = [column.name for column in MODELS.get("DrugMovement").columns]
    own = dict(zip(names, plain, strict=True))
    good = [dict(plain) | {own["movement_no"]: f"M{number}"} for number in range(300)]
    bad = [row | ({own["moved_at"]: "2026-02-30"} if n % 100 == 7 else {}) for n, row in enumerate(good)]
    write = KINDS[kind][2]
    counted = [
        harbour.land(write(rows), texts=texts).landing.counts()["DrugMovement"] for rows in (bad, bad, good)
    ]
    assert [(each["stored"], each["unchanged"], each["quarantined"]) for each in counted] == [
        (297, 0, 3),
        (0, 297, 3),
        (3, 297, 0),
    ]
    found = [row["movement_no"] for row in harbour.rows("DrugMovement", "movement_no")]
    assert sorted(found) == sorted(f"M{number}" for number in range(300))
