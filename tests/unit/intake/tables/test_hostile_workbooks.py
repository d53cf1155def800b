"""Workbooks as nobody should send them: read, or set aside by row and column, or refused; nothing ends."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from tests.support.tables import HEAD, Harbour, csv_of, visit, zip_of

NAMES = HEAD.split(",")
EXCEL: dict[str, Any] = {"kind": "excel"}
SHEET = "xl/worksheets/sheet1.xml"


def book(change: Callable[[Any, Any], None] = lambda work, page: None, **options: Any) -> bytes:
    """Two visits in a sheet, and what is done to it."""
    out = io.BytesIO()
    work = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    page = work.add_worksheet("就诊")
    for number, row in enumerate([NAMES, *([v[name] for name in NAMES] for v in (visit(1), visit(2)))]):
        page.write_row(number, 0, row)
    change(work, page)
    work.close()
    return out.getvalue()


def edited(member: str, old: str, new: str, content: bytes | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content or book())) as source, zipfile.ZipFile(out, "w", 8) as target:
        for name in source.namelist():
            text = source.read(name)
            if name == member:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            target.writestr(name, text)
    return out.getvalue()


def hidden_sheet(work: Any, page: Any) -> None:
    other = work.add_worksheet("隐藏")
    other.write_row(0, 0, ["x", "y"])
    other.hide()


def blank_rows(work: Any, page: Any) -> None:
    page.write_row(6, 0, [visit(3, gend="7")[name] for name in NAMES])


READ: dict[str, Callable[[Any, Any], None]] = {
    "hidden-sheet": hidden_sheet,
    "chart-sheet": lambda work, page: work.add_chartsheet("图"),
    "hidden-row": lambda work, page: page.set_row(2, None, None, {"hidden": 1}),
    "rich-text": lambda work, page: page.write_rich_string("G2", "咳", work.add_format({"bold": 1}), "嗽"),
    "truth": lambda work, page: page.write_boolean("D2", True)
    ,
    "day": lambda work, page: page.write_datetime(
        "E2", datetime(1980, 1, 1), work.add_format({"num_format": 'yyyy"年"m"月"d"日"'})  # noqa: DTZ001
    ),
    "link": lambda work, page: page.write_formula("F2", "='[other.xlsx]Sheet1'!A1", None, 12.5),
}  # fmt: skip


@pytest.mark.parametrize("date_1904", [False, True])
@pytest.mark.parametrize("case", READ)
def test_odd_workbooks_that_can_be_read_are_read(harbour: Harbour, case: str, *, date_1904: bool) -> None:
    landed = harbour.land(book(READ[case], date_1904=date_1904), **EXCEL)
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words
    rows = harbour.rows("OutpatientVisit")
    assert {(row["chief_complaint"], row["brdy"], row["gend"]) for row in rows} == {
        ("咳嗽", date(1980, 1, 1), "1")
    }


ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")
FAULTY: dict[str, tuple[Callable[[Any, Any], None], str]] = {
    **{
        error: (lambda work, page, error=error: page.write_formula("G2", "=1/0", None, error), "damaged")
        for error in ERRORS
    },
    "without-result": (lambda work, page: page.write_formula("G2", "=1+1", None, ""), "damaged"),
    "long-number": (lambda work, page: page.write_number("G2", 3.20382198001011e17), "damaged"),
    "bare-serial-for-a-day": (lambda work, page: page.write_number("E2", 29221), "type"),
    "word-for-a-number": (lambda work, page: page.write("F2", "十二元五角"), "type"),
    "no-sex": (lambda work, page: page.write_number("D2", 12), "code"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_cell_sets_its_row_aside_under_its_number(harbour: Harbour, case: str) -> None:
    change, fault = FAULTY[case]
    landed = harbour.land(book(change), **EXCEL)
    [(code, path)] = landed.places
    assert (code, path.partition(".")[0]) == (fault, "outpatient_visit[2]")
    assert landed.counts["stored"] == {"OutpatientVisit": 1}


def test_a_faulty_cell_is_named_as_excel_names_it(harbour: Harbour) -> None:
    landed = harbour.land(book(lambda work, page: page.write("F3", "十二元五角")), **EXCEL)
    assert "(就诊!F3)" in landed.words


def test_blank_rows_are_passed_over_and_the_others_keep_their_numbers(harbour: Harbour) -> None:
    landed = harbour.land(book(blank_rows), **EXCEL)
    assert landed.places == [("code", "outpatient_visit[7].gend")]
    assert landed.counts["received"] == {"OutpatientVisit": 3}


def test_reading_aids_do_not_become_text(harbour: Harbour) -> None:
    content = edited(
        "xl/sharedStrings.xml", "<t>咳嗽</t>", '<t>咳嗽</t><rPh sb="0" eb="1"><t>KESOU</t></rPh>'
    )
    assert harbour.land(content, **EXCEL).counts["stored"]
    assert {row["chief_complaint"] for row in harbour.rows("OutpatientVisit")} == {"咳嗽"}


OTHER = "<row r='1048576'><c r='XFD1048576'"
FAR = '<row r="3" spans="1:7"><c r="A3"'
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "far-cell": (lambda: edited(SHEET, FAR, '<row r="1048576"><c r="XFD1048576"'), "1048576"),
    "far-cell-in-other-quotes": (
        lambda: edited(SHEET, FAR, OTHER),
        "far cells",
    ),
    "far-cell-of-a-namespace": (lambda: edited(SHEET, FAR, '<x:row r="1048576"><x:c r="XFD1048576"'), ""),
    "far-cell-in-small-letters": (lambda: edited(SHEET, 'r="A3"', 'r="xfd999999"'), "far cells"),
    "far-cell-in-another-file": (
        lambda: _moved(edited(SHEET, FAR, OTHER)),
        "",
    ),
    "entities": (lambda: edited("xl/sharedStrings.xml", "<t>咳嗽</t>", "<t>&b;</t>"), "cannot be read"),
    "no-such-string": (lambda: edited(SHEET, "<v>7</v>", "<v>99999999</v>"), "cannot be read"),
    "cut": (lambda: book()[:-200], "cannot be read"),
    "text": (lambda: csv_of([visit(1)]).encode(), "It is text"),
    "web-page": (lambda: b"<html><table><tr><td>visit_no</td></tr></table></html>", "web page"),
    "locked": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"),
        "password",
    ),
    "several": (lambda: zip_of({"a.xlsx": "", "b.xlsx": ""}), "2 files"),
}


def _moved(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", 8) as target:
        for name in source.namelist():
            text = source.read(name).replace(b"worksheets/sheet1.xml", b"worksheets/other.xml")
            target.writestr(name.replace("sheet1.xml", "other.xml"), text)
    return out.getvalue()


@pytest.mark.parametrize("case", REFUSED)
def test_a_workbook_that_cannot_be_read_is_refused_and_nothing_ends(harbour: Harbour, case: str) -> None:
    make, told = REFUSED[case]
    landed = harbour.land(make(), **EXCEL)
    assert [position for position, _, _ in landed.bad] == [-1]
    assert told in landed.words


def test_a_workbook_in_a_zip_or_gzip_is_read(harbour: Harbour) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("日报/就诊.xlsx", book())
    assert harbour.land(out.getvalue(), **EXCEL).counts["stored"] == {"OutpatientVisit": 2}
