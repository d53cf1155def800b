"""Files as they should not be: handled, or refused with the place named. No crash, and no value told."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tests.support.tables import HEAD, ORG, Harbour, csv_of, visit, zip_of

GOOD = csv_of([visit(1), visit(2)])
NAMES = HEAD.split(",")
AT_NINE = datetime.fromisoformat("2026-03-30T09:00")


def problem(harbour: Harbour, content: bytes | str, **more: Any) -> str:
    """The words with which a file is refused as a whole."""
    landed = harbour.land(content, **more)
    assert [position for position, _, _ in landed.bad] == [-1]
    assert landed.counts["stored"] == {}
    return landed.words


# ---- CSV


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("utf-16"),
        GOOD.encode("gb18030"),
        GOOD.replace("\n", "\r\n").encode(),
        gzip.compress(GOOD.encode()),
        zip_of({"visits.csv": GOOD}),
        ("医院日报\n" + GOOD).encode(),
        GOOD.rstrip("\n").encode(),
    ],
    ids="plain bom utf16 gb18030 crlf gzip zip title-above no-last-newline".split(),
)
def test_the_usual_forms_of_csv_are_all_the_same(harbour: Harbour, content: bytes) -> None:
    landed = harbour.land(content)
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words
    assert {row["chief_complaint"] for row in harbour.rows("OutpatientVisit")} == {"咳嗽"}


def test_quotes_separators_and_line_breaks_inside_cells(harbour: Harbour) -> None:
    cell = '"咳嗽, 发热\n""三天"""'
    landed = harbour.land(csv_of([visit(1, chief_complaint=cell), visit(2, gend="5"), visit(3)]))
    assert landed.places == [("code", "outpatient_visit[2].gend")]
    found = {row["visit_no"]: row["chief_complaint"] for row in harbour.rows("OutpatientVisit")}
    assert found["V1"] == '咳嗽, 发热\n"三天"'


@pytest.mark.parametrize("above", ["", "医院日报\n"])
@pytest.mark.parametrize("breaks", [False, True])
def test_ragged_rows_are_faulty_rows_and_others_keep_their_numbers(
    harbour: Harbour, breaks: bool, above: str
) -> None:
    first = visit(1, chief_complaint='"a\nb"' if breaks else "a")
    lines = above + csv_of([first]) + "V2,short\n" + ",".join(["x"] * 9) + "\n" + ",".join(["y"] * 40) + "\n"
    last = csv_of([visit(5, gend="9"), visit(6, gend="8")]).split("\n", 1)[1]
    landed = harbour.land(lines + last)
    ragged = [path for code, path in landed.places if code == "ragged"]
    assert ragged == [f"outpatient_visit[{number}]" for number in (2, 3, 4)]
    assert ("code", "outpatient_visit[6].gend") in landed.places
    assert landed.counts["stored"] == {"OutpatientVisit": 2}


def test_an_empty_last_cell_is_not_a_missing_one(harbour: Harbour) -> None:
    assert harbour.land(csv_of([visit(1, chief_complaint="")])).counts["stored"] == {"OutpatientVisit": 1}


def test_columns_named_twice_are_named(harbour: Harbour) -> None:
    words = problem(harbour, GOOD.replace("chief_complaint", "gend", 1))
    assert "gend (columns 4, 7)" in words


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b" , ,\n1,2,3\n"])
def test_empty_files_are_refused(harbour: Harbour, content: bytes) -> None:
    assert problem(harbour, content)


def test_a_heading_without_rows_lands_nothing_and_is_no_fault(harbour: Harbour) -> None:
    landed = harbour.land(HEAD + "\n")
    assert landed.bad == []
    assert landed.counts["stored"] == {}


def test_a_million_columns_are_refused_at_once(harbour: Harbour) -> None:
    names = ",".join(f"c{number}" for number in range(10**6))
    assert "line 1" in problem(harbour, f"{names}\n{names}\n")


def test_ten_thousand_columns_are_counted(harbour: Harbour) -> None:
    names = ",".join(f"c{number}" for number in range(10**4))
    assert "10000 columns" in problem(harbour, f"{names}\n")


def test_a_quote_that_never_ends_is_refused(harbour: Harbour) -> None:
    landed = harbour.land(csv_of([visit(1), visit(2, chief_complaint='"open')]) + csv_of([visit(3)]) * 3)
    assert landed.bad
    assert "open" not in landed.words


def test_bytes_that_are_not_of_the_encoding_are_named_by_line(harbour: Harbour) -> None:
    content = GOOD.encode() + b"V3,\xff\xfe,x\n"
    assert "line 4" in problem(harbour, content, more='encoding = "utf-8"')
    assert "line 4" in problem(harbour, content.replace(b"\xff\xfe", b"\xff\xff"))


def test_binary_rubbish_is_refused(harbour: Harbour) -> None:
    for kind in ("csv", "excel", "parquet", "dbf", "json"):
        assert problem(harbour, bytes(range(256)) * 20, kind=kind)


@pytest.mark.parametrize("kind", ["csv", "excel", "parquet", "dbf", "json"])
def test_nothing_is_refused_whatever_the_kind(harbour: Harbour, kind: str) -> None:
    assert problem(harbour, b"", kind=kind)


def test_broken_packages_are_refused(harbour: Harbour) -> None:
    assert problem(harbour, gzip.compress(GOOD.encode() * 50)[:-20])
    assert problem(harbour, zip_of({"a.csv": GOOD, "b.csv": GOOD}))
    assert "holds no file" in problem(harbour, zip_of({"a.csv": GOOD}), table='file = "visits.csv"')
    assert problem(harbour, zip_of({f"{number}.csv": "" for number in range(200)}))


@pytest.mark.parametrize("members", [1, 4])
def test_what_unpacks_to_far_more_than_data_would_is_refused(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch, members: int
) -> None:
    monkeypatch.setattr("kangshu.domains.intake.tables.archive.MOST_UNASKED", 1 << 20)
    blanks = b" " * ((4 << 20) // members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number}.csv", blanks)
    assert "unpacks to more" in problem(harbour, out.getvalue())
    assert "unpacks to more" in problem(harbour, gzip.compress(b" " * (4 << 20), mtime=0))
    rows = csv_of([visit(number) for number in range(20_000)])
    assert harbour.land(gzip.compress(rows.encode(), mtime=0)).counts["stored"] == {"OutpatientVisit": 20_000}


# ---- Excel


def book(rows: list[list[Any]], *, sheet: str = "就诊", also: str | None = None) -> bytes:
    out = io.BytesIO()
    work = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"})
    page = work.add_worksheet(sheet)
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    if also:
        work.add_worksheet(also).write_row(0, 0, ["备注"])
    work.close()
    return out.getvalue()


def rows_of(*visits: dict[str, Any]) -> list[list[Any]]:
    return [list(NAMES), *([row[name] for name in NAMES] for row in visits)]


def test_numbers_and_dates_of_excel_are_read_as_people_see_them(harbour: Harbour) -> None:
    row = visit(7, visit_no=12345, visit_time=AT_NINE, brdy="1980-01-01", medfee_sumamt=12.5)
    landed = harbour.land(book(rows_of(row)), kind="excel")
    assert landed.counts["stored"] == {"OutpatientVisit": 1}, landed.words
    [found] = harbour.rows("OutpatientVisit", "visit_no", "visit_time", "medfee_sumamt")
    assert (found["visit_no"], found["visit_time"]) == ("12345", AT_NINE)


def test_a_title_merged_above_the_heading_and_rows_merged_below(harbour: Harbour) -> None:
    out = io.BytesIO()
    work = xlsxwriter.Workbook(out, {"in_memory": True})
    page = work.add_worksheet("日报")
    page.merge_range(0, 0, 0, 6, "门急诊日报")
    for number, row in enumerate(rows_of(visit(1), visit(2)), 1):
        page.write_row(number, 0, [str(cell) for cell in row])
    page.merge_range(2, 1, 3, 1, ORG)
    work.close()
    landed = harbour.land(out.getvalue(), kind="excel")
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words


def test_formulas_are_read_as_results_and_failed_ones_are_faults(harbour: Harbour) -> None:
    out = io.BytesIO()
    work = xlsxwriter.Workbook(out, {"in_memory": True})
    page = work.add_worksheet("a")
    for number, row in enumerate(rows_of(visit(1), visit(2))):
        page.write_row(number, 0, [str(cell) for cell in row])
    page.write_formula("F2", "=6*2", None, 12)
    page.write_formula("F3", "=1/0", None, "#DIV/0!")  # pyright: ignore[reportCallIssue, reportArgumentType]
    work.close()
    landed = harbour.land(out.getvalue(), kind="excel")
    assert landed.places == [("type", "outpatient_visit[3].medfee_sumamt")]
    assert float(harbour.rows("OutpatientVisit", "medfee_sumamt")[0]["medfee_sumamt"]) == 12


def test_an_identity_number_kept_as_a_number_has_lost_digits_and_is_told_so(harbour: Harbour) -> None:
    row = [440981195207080020 if name == "chief_complaint" else visit(1)[name] for name in NAMES]
    landed = harbour.land(book([list(NAMES), row]), kind="excel")
    assert landed.places == [("damaged", "outpatient_visit[2].chief_complaint")]


def test_several_sheets_need_a_name(harbour: Harbour) -> None:
    content = book(rows_of(visit(1)), also="说明")
    assert "就诊" in problem(harbour, content, kind="excel")
    assert harbour.land(content, kind="excel", table='file = "就诊"').counts["stored"]
    assert "没有" in problem(harbour, content, kind="excel", table='file = "没有"')


def test_a_cell_far_away_is_refused_before_anything_is_held(harbour: Harbour) -> None:
    out = io.BytesIO()
    work = xlsxwriter.Workbook(out, {"in_memory": True})
    page = work.add_worksheet("a")
    page.write_row(0, 0, NAMES)
    page.write(1_048_575, 1_500, "x")
    work.close()
    assert "1048576" in problem(harbour, out.getvalue(), kind="excel")


# ---- Parquet, JSON, DBF


def test_parquet_with_types_of_its_own(harbour: Harbour) -> None:
    columns = {name: [visit(1)[name], visit(2)[name]] for name in NAMES}
    columns["visit_time"] = [AT_NINE, None]
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    landed = harbour.land(out.getvalue(), kind="parquet")
    assert landed.places == [("empty", "outpatient_visit[2].visit_time")]
    assert problem(harbour, out.getvalue()[:-30], kind="parquet")


def test_json_lines_of_which_one_is_broken(harbour: Harbour) -> None:
    good = '{"visit_no": "V%s", "fixmedins_code": "H44099900001", "visit_time": "2026-03-30",'
    good += ' "gend": "1", "brdy": null}\n'
    landed = harbour.land(good % 1 + '{"visit_no": \n' + good % 3, kind="json")
    assert landed.counts["stored"] == {"OutpatientVisit": 2}
    assert {path.split(".")[0] for _, path in landed.places} == {"outpatient_visit[2]"}


def dbf(rows: list[tuple[str, str]], *, page: int = 0, encoding: str = "gb18030") -> bytes:
    fields = (
        ("LSH", 8),
        ("JGDM", 12),
        ("FSSJ", 10),
        ("LB", 1),
        ("YPDM", 10),
        ("YPMC", 20),
        ("SL", 8),
        ("DW", 4),
        ("DJ", 8),
    )
    width = 1 + sum(size for _, size in fields)
    head = bytes([3, 126, 3, 30]) + len(rows).to_bytes(4, "little")
    head += (
        (33 + 32 * len(fields)).to_bytes(2, "little")
        + width.to_bytes(2, "little")
        + bytes(17)
        + bytes([page, 0, 0])
    )
    body = b"".join(
        name.encode().ljust(11, b"\0") + b"C" + bytes(4) + bytes([size, 0]) + bytes(14)
        for name, size in fields
    )
    records = b""
    for number, drug in rows:
        cells = (number, ORG, "2026-03-30", "2", "X001", drug, "3", "盒", "1.50")
        records += b" " + b"".join(
            cell.encode(encoding)[:size].ljust(size) for cell, (_, size) in zip(cells, fields, strict=True)
        )
    return head + body + b"\r" + records + b"\x1a"


@pytest.mark.parametrize(("page", "encoding"), [(0, "gb18030"), (0x4D, "cp936")])
def test_dbf_in_its_code_page(harbour: Harbour, page: int, encoding: str) -> None:
    landed = harbour.land(
        dbf([("1", "阿莫西林"), ("2", "布洛芬")], page=page, encoding=encoding), feed="drug_movement"
    )
    assert landed.counts["stored"] == {"DrugMovement": 2}, landed.words
    assert {row["drug_name"] for row in harbour.rows("DrugMovement")} == {"阿莫西林", "布洛芬"}


def test_a_cut_dbf_does_not_crash(harbour: Harbour) -> None:
    content = dbf([("1", "阿莫西林"), ("2", "布洛芬")])
    for length in (10, 40, 150, len(content) - 30):
        assert harbour.land(content[:length], feed="drug_movement").counts["quarantined"] or length > 300


def test_a_database_is_asked_and_its_rows_land(harbour: Harbour, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "his.db") as his:
        his.execute(
            "CREATE TABLE monthly_report (org_code, month, uscc, beds, doctors, nurses, staff, visits,"
            " emergency_visits, admissions, discharges, bed_days, operations, deaths, income, drug_income,"
            " supply_income, expense)"
        )
        line = [ORG, "2026-02-01", "12440900456789011L", 300, *[1] * 14]
        his.execute(f"INSERT INTO monthly_report VALUES ({','.join('?' * 18)})", line)
        line[1], line[3] = "2026-03-01", "viele"
        his.execute(f"INSERT INTO monthly_report VALUES ({','.join('?' * 18)})", line)
    his.close()
    feed = harbour.tables.feeds.get("institution_monthly")
    path = tmp_path / "asked.parquet"
    assert harbour.tables.query(feed, f"sqlite:///{tmp_path / 'his.db'}", path) == 2
    landed = harbour.land(
        path.read_bytes(), feed="institution_monthly", now=datetime.fromisoformat("2026-03-20T00:00:00+00:00")
    )
    assert landed.counts["stored"] == {"InstitutionMonthly": 1}
    assert landed.places == [("type", "institution_monthly[2].beds")]
    harbour.tables.query(feed, f"sqlite:///{tmp_path / 'his.db'}", tmp_path / "again.parquet")
    assert path.read_bytes() == (tmp_path / "again.parquet").read_bytes()


def test_a_zip_of_zeros_is_no_excel(harbour: Harbour) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(10_000_000))
    assert problem(harbour, out.getvalue(), kind="excel")


@pytest.mark.parametrize(
    ("offset", "value", "told"),
    [(0, 1, "locked with a password"), (2, 99, "packed in a way that is not read here")],
    ids=["locked", "unknown-method"],
)
def test_a_zip_that_cannot_be_unpacked_says_why(harbour: Harbour, offset: int, value: int, told: str) -> None:
    content = bytearray(zip_of({"visits.csv": GOOD}))
    # The flags, and two bytes on the method, stand in the header of the file and in the directory.
    content[6 + offset] = value
    content[content.index(b"PK\x01\x02") + 8 + offset] = value
    assert told in problem(harbour, bytes(content))
