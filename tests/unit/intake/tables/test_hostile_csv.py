"""CSV as nobody should write it: read, or set aside, or refused with the line named; and soon."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.tables import Harbour, csv_of, visit, zip_of

GOOD = csv_of([visit(1), visit(2)])
HEADING, FIRST, SECOND = GOOD.splitlines()


def refused(harbour: Harbour, content: bytes | str, **more: Any) -> str:
    landed = harbour.land(content, **more)
    assert [position for position, _, _ in landed.bad] == [-1]
    assert landed.counts["stored"] == {}
    return landed.words


HANDLED = {
    "utf16-le-without-mark": GOOD.encode("utf-16-le"),
    "utf16-be-without-mark": GOOD.encode("utf-16-be"),
    "utf32": GOOD.encode("utf-32"),
    "only-cr": GOOD.replace("\n", "\r").encode(),
    "crlf-then-lf": f"{HEADING}\r\n{FIRST}\r\n{SECOND}\n".encode(),
    "crlf-once": f"{HEADING}\r\n{FIRST}\n{SECOND}\n".encode(),
    "cr-once": f"{HEADING}\n{FIRST}\r{SECOND}\n".encode(),
    "sep-line": f"sep=,\r\n{GOOD}".encode(),
    "end-of-file-mark": GOOD.encode() + b"\x1a",
    "blank-lines": GOOD.replace("\n", "\n\n").encode(),
    "capitals": f"{HEADING.upper()}\n{FIRST}\n{SECOND}\n".encode(),
    "full-width": f"ｖｉｓｉｔ＿ｎｏ{GOOD.removeprefix('visit_no')}".encode(),
    "blanks-in-heading": f"\u3000visit_no\u00a0{GOOD.removeprefix('visit_no')}".encode(),
    "zero-width": f"visit\u200b_no{GOOD.removeprefix('visit_no')}".encode(),
    "mark-and-quotes": f'\ufeff"visit_no"{GOOD.removeprefix("visit_no")}'.encode(),
    "spare-separators": "".join(f"{line},,,\n" for line in GOOD.splitlines()).encode(),
}


@pytest.mark.parametrize("case", HANDLED)
def test_odd_files_that_can_be_read_are_read(harbour: Harbour, case: str) -> None:
    landed = harbour.land(HANDLED[case])
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words
    assert {row["chief_complaint"] for row in harbour.rows("OutpatientVisit")} == {"咳嗽"}


@pytest.mark.parametrize("declared", ["gb18030", "utf-16"])
def test_a_wrongly_declared_encoding_never_becomes_rubbish(harbour: Harbour, declared: str) -> None:
    landed = harbour.land(GOOD, more=f'encoding = "{declared}"')
    found = {row["chief_complaint"] for row in harbour.rows("OutpatientVisit")}
    assert found == {"咳嗽"} or (found == set() and "line 1" in landed.words)


def test_a_short_word_in_gb18030_that_could_be_utf8_is_read_as_declared(harbour: Harbour) -> None:
    content = csv_of([visit(1, chief_complaint="联通")]).encode("gb18030")
    harbour.land(content, more='encoding = "gb18030"')
    assert [row["chief_complaint"] for row in harbour.rows("OutpatientVisit")] == ["联通"]


def test_bytes_of_nothing_damage_their_row_only(harbour: Harbour) -> None:
    landed = harbour.land(csv_of([visit(1, chief_complaint="咳\0嗽"), visit(2)]))
    assert landed.places == [("damaged", "outpatient_visit[1].chief_complaint")]
    assert landed.counts["stored"] == {"OutpatientVisit": 1}


@pytest.mark.parametrize(("more", "line"), [("", 3), ("医院日报\n", 4)])
def test_a_quote_that_never_closes_is_named_by_line_and_swallows_nothing(
    harbour: Harbour, more: str, line: int
) -> None:
    rows = [visit(1), visit(2, chief_complaint='"open')] + [visit(number) for number in range(3, 50)]
    words = refused(harbour, more + csv_of(rows))
    assert f"line {line}" in words
    assert "open" not in words


def test_a_stray_quote_inside_a_cell_is_a_letter(harbour: Harbour) -> None:
    landed = harbour.land(csv_of([visit(1, chief_complaint='37" 5'), visit(2)]))
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words


@pytest.mark.parametrize("cell", ["x", '"x"', '"x,""y"'], ids=["plain", "quoted", "separators-in-quotes"])
def test_rows_of_a_hundred_thousand_cells_hold_nothing_up(harbour: Harbour, cell: str) -> None:
    endless = ",".join([cell] * 100_000) + "\n"
    start = time.perf_counter()
    landed = harbour.land(f"{HEADING}\n{FIRST}\n{endless * 3}{SECOND}\n")
    assert time.perf_counter() - start < 20
    assert [path for code, path in landed.places if code == "ragged"] == [
        f"outpatient_visit[{number}]" for number in (2, 3, 4)
    ]
    assert landed.counts["stored"] == {"OutpatientVisit": 2}


def test_separators_without_end_behind_an_open_quote_are_refused(harbour: Harbour) -> None:
    endless = ",".join(["x"] * 100_000)
    assert "line 3" in refused(harbour, f'{HEADING}\n{FIRST[:-2]}"咳\n{endless}\n"\n{SECOND}\n')


def test_another_separator_is_guessed_in_what_the_quarantine_shows(harbour: Harbour) -> None:
    words = refused(harbour, csv_of([visit(1)], ";"))
    assert "separated by ';'" in words
    for name in ("visit_no", "fixmedins_code", "visit_time", "gend", "brdy"):
        assert f"the file.{name} " in words


def test_a_workbook_sent_as_csv_is_called_one(harbour: Harbour) -> None:
    content = zip_of({"[Content_Types].xml": "x", "xl/workbook.xml": "x"})
    assert "Excel workbook" in refused(harbour, content)


def test_two_columns_that_look_alike_are_not_guessed_at(harbour: Harbour) -> None:
    content = GOOD.replace("visit_no", "VISIT_NO", 1).replace("chief_complaint", "visit＿no", 1)
    assert "the file.visit_no" in refused(harbour, content)


def test_a_cell_of_ten_megabytes_lands(harbour: Harbour) -> None:
    landed = harbour.land(csv_of([visit(1, chief_complaint="咳" * 3_000_000), visit(2)]))
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words


def test_one_faulty_row_in_a_hundred_lands_the_others(harbour: Harbour) -> None:
    faults = ({"brdy": "2024-02-30"}, {"gend": "男"}, {"visit_no": "1.1E+15"}, {"visit_time": ""})
    rows = [
        visit(number, **(faults[number // 100 % 4] if number % 100 == 7 else {})) for number in range(2_000)
    ]
    for expected in ({"stored": 1_980, "unchanged": 0}, {"stored": 0, "unchanged": 1_980}):
        counts = harbour.land(csv_of(rows)).landing.counts()["OutpatientVisit"]
        assert counts == {"received": 2_000, "quarantined": 20} | expected
    mended = harbour.land(csv_of([visit(number) for number in range(2_000)])).landing.counts()
    assert mended["OutpatientVisit"] == {
        "received": 2_000,
        "stored": 20,
        "unchanged": 1_980,
        "quarantined": 0,
    }
    assert len({row["visit_no"] for row in harbour.rows("OutpatientVisit", "visit_no")}) == 2_000
