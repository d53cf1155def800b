"""What a cell is read as: one table of what is written and what lands, or of the fault it is."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.tables import HEAD, Harbour, csv_of, visit

CHINA = timezone(timedelta(hours=8))
LEAP = date(2024, 2, 29)
NINE = datetime.fromisoformat("2024-02-29T09:00")
TYPE = "type"

READ: dict[str, dict[str, Any]] = {
    "medfee_sumamt": {
        "12.50": Decimal("12.5"), "  12 ": Decimal(12), "\u300012\u00a0": Decimal(12), "12\t": Decimal(12),
        "1.2E3": Decimal(1200), "'12": Decimal(12), '"=""12"""': Decimal(12), "NULL": None, "\\N": None,
        '"1,234.50"': TYPE, "１２３": TYPE, "-": TYPE, "NaN": TYPE, "inf": TYPE, "1e400": TYPE,
        "1_000": TYPE, "0x1F": TYPE, "￥12": TYPE, "99999999999999999999": TYPE,
    },
    "brdy": {
        "20240229": LEAP, "2024/2/29": LEAP, "2024.02.29": LEAP, "2024年2月29日": LEAP, "2024-2-29": LEAP,
        "2024-02-29 09:00:00": LEAP, "2024-02-28T16:00:00Z": LEAP, "99991231": date(9999, 12, 31),
        "2024-02-30": TYPE, "20230229": TYPE, "2024111": TYPE, "45351": TYPE, "29/02/2024": TYPE,
        "24-02-29": TYPE, "0000-00-00": TYPE, "epoch": TYPE, "infinity": TYPE, "-infinity": TYPE,
        "1985-01-01 (BC)": TYPE, "10000-01-01": TYPE, "today": TYPE,
    },
    "visit_time": {
        "20240229090000": NINE, "202402290900": NINE, "2024/2/29 9:0:0": NINE, "2024/2/29 9:00": NINE,
        "2024.2.29 9:00": NINE, "2024年2月29日 9:00": NINE, "2024年2月29日9时0分": NINE,
        "2024-02-29 09:00": NINE,
        "2024-02-29T09:00:00+08:00": NINE, "2024-02-29T01:00:00Z": NINE, "2024-02-29 01:00:00.000+0000": NINE,
        "20240229": datetime(2024, 2, 29), "2024年2月29日": datetime(2024, 2, 29),  # noqa: DTZ001
        "2024-02-29 25:00": TYPE, "epoch": TYPE, "infinity": TYPE, "24-02-29 09:00": TYPE,
    },
    "chief_complaint": {
        "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0", "'007": "007", "'t is": "'t is", "咳嗽\t": "咳嗽",
        "3.20382E+17": "damaged", "3.2038e+17": "damaged", "1E+05": "1E+05", "007": "007", "null": None,
    },
}  # fmt: skip


@pytest.mark.parametrize("column", READ)
def test_a_cell_is_read_or_is_a_fault(harbour: Harbour, column: str) -> None:
    cases = list(READ[column].items())
    rows = [visit(number, **{column: cell}) for number, (cell, _) in enumerate(cases, 1)]
    landed = harbour.land(csv_of(rows))
    found: dict[str, Any] = {row["visit_no"]: row[column] for row in harbour.rows("OutpatientVisit")}
    for code, path in landed.places:
        found[f"V{path.partition('[')[2].partition(']')[0]}"] = code
    expected = {f"V{number}": value for number, (_, value) in enumerate(cases, 1)}
    assert found == expected


def test_a_number_that_lost_digits_is_never_a_key(harbour: Harbour) -> None:
    keys = ["3.20382E+17", "320382198001011234", "'320382198001011235", '"=""00123"""', "007", "NULL"]
    landed = harbour.land(csv_of([visit(0, visit_no=key) for key in keys]))
    assert landed.places == [
        ("damaged", "outpatient_visit[1].visit_no"), ("empty", "outpatient_visit[6].visit_no"),
    ]  # fmt: skip
    kept = {row["visit_no"] for row in harbour.rows("OutpatientVisit")}
    assert kept == {"320382198001011234", "320382198001011235", "00123", "007"}


ZONED = pa.timestamp("us", "UTC")
TYPED = {
    "whole-float": ("visit_no", pa.array([12345.0]), "12345"),
    "long-float": ("visit_no", pa.array([3.20382198001011234e17]), "damaged"),
    "decimal": ("visit_no", pa.array([Decimal("12345.00")]), "12345"),
    "bytes": ("chief_complaint", pa.array(["咳嗽".encode()], pa.binary()), "咳嗽"),
    "other-bytes": ("chief_complaint", pa.array(["咳嗽".encode("gbk")], pa.binary()), "damaged"),
    "dictionary": ("chief_complaint", pa.array(["咳嗽"]).dictionary_encode(), "咳嗽"),
    "zoned": ("visit_time", pa.array([NINE.replace(tzinfo=CHINA)], pa.timestamp("us", "UTC")), NINE),
    "nanoseconds": ("visit_time", pa.array([NINE], pa.timestamp("ns")), NINE),
    "zoned-day": ("brdy", pa.array([datetime(2024, 2, 28, 16, tzinfo=UTC)], ZONED), LEAP),
    "day-as-number": ("brdy", pa.array([20240229]), LEAP),
    "time-as-number": ("visit_time", pa.array([20240229.0]), datetime(2024, 2, 29)),  # noqa: DTZ001
    "far": ("brdy", pa.array([5_000_000], pa.date32()), "type"),
    "not-a-number": ("medfee_sumamt", pa.array([float("nan")]), "type"),
    "infinite": ("medfee_sumamt", pa.array([float("-inf")]), "type"),
    "flag": ("gend", pa.array([True]), "1"),
    "date-for-number": ("medfee_sumamt", pa.array([LEAP]), "type"),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPED)
def test_a_typed_cell_is_read_or_is_a_fault(harbour: Harbour, case: str) -> None:
    column, array, expected = TYPED[case]
    columns = {name: pa.array([visit(1)[name]]) for name in HEAD.split(",")}
    out = io.BytesIO()
    pq.write_table(pa.table(columns | {column: array}), out)
    landed = harbour.land(out.getvalue(), kind="parquet")
    if landed.places:
        assert landed.places == [(expected, f"outpatient_visit[1].{column}")]
    else:
        assert [row[column] for row in harbour.rows("OutpatientVisit")] == [expected]


@pytest.mark.parametrize("array", [pa.array([["a", "b"]]), pa.array([{"a": 1}])], ids=["list", "structure"])
@pytest.mark.parametrize("column", ["chief_complaint", "medfee_sumamt", "brdy"])
def test_a_column_of_lists_is_refused_by_its_name(harbour: Harbour, column: str, array: Any) -> None:
    columns = {name: pa.array([visit(1)[name]]) for name in HEAD.split(",")}
    out = io.BytesIO()
    pq.write_table(pa.table(columns | {column: array}), out)
    landed = harbour.land(out.getvalue(), kind="parquet")
    assert [path for _, path in landed.places] == [f"the file.{column}"]
