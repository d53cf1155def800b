"""JSON as nobody should write it: a broken object is a faulty row, a broken file is refused."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.support.tables import Harbour, visit

JSON: dict[str, Any] = {"kind": "json"}


def lines(*visits: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in visits)


TWO = [visit(1), visit(2)]
HANDLED = {
    "lines": lines(*TWO).encode(),
    "crlf": lines(*TWO).replace("\n", "\r\n").encode(),
    "blank-lines": lines(*TWO).replace("\n", "\n\n").encode(),
    "mark": lines(*TWO).encode("utf-8-sig"),
    "utf16": lines(*TWO).encode("utf-16"),
    "gb18030": lines(*TWO).encode("gb18030"),
    "array": json.dumps(TWO).encode(),
    "array-with-mark": json.dumps(TWO).encode("utf-8-sig"),
    "array-over-lines": json.dumps(TWO, indent=2).encode(),
    "objects-over-lines": "\n".join(json.dumps(each, indent=2) for each in TWO).encode(),
    "gzip": gzip.compress(lines(*TWO).encode(), mtime=0),
}


@pytest.mark.parametrize("case", HANDLED)
def test_every_way_of_writing_objects_is_read(harbour: Harbour, case: str) -> None:
    landed = harbour.land(HANDLED[case], **JSON)
    assert landed.counts["stored"] == {"OutpatientVisit": 2}, landed.words
    assert {row["chief_complaint"] for row in harbour.rows("OutpatientVisit")} == {"咳嗽"}


GOOD = lines(visit(1))
BROKEN = {
    "cut": lines(visit(2))[:50],
    "not-an-object": "[1, 2]",
    "bytes-of-no-encoding": lines(visit(2)).replace("咳", "\udcff\udcff"),
    "half-a-surrogate": lines(visit(2)).replace("咳", "\\ud800"),
    "deep-in-something-unknown": '{"x": ' + "[" * 100_000,
    "deep": '{"visit_no": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "endless-number": lines(visit(2)).replace('"12.50"', "1e999"),
    "no-number": lines(visit(2)).replace('"12.50"', "NaN"),
    "number-that-lost-digits": lines(visit(2)).replace('"V2"', "3.20382198001011234e17"),
    "truth-for-a-code": lines(visit(2)).replace('"gend": "1"', '"gend": true'),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_line_harms_no_other(harbour: Harbour, case: str) -> None:
    content = GOOD.encode() + BROKEN[case].strip("\n").encode("utf-8", "surrogateescape") + b"\n"
    landed = harbour.land(content + lines(visit(3)).encode(), **JSON)
    assert landed.counts["stored"] == {"OutpatientVisit": 2}
    assert {path.partition(".")[0] for _, path in landed.places} == {"outpatient_visit[2]"}


REFUSED = {
    "number": "12",
    "text": '"x"',
    "remark": f"// x\n{GOOD}",
    "deep-array": "[" * 1_000_000,
    "cut-array": json.dumps(TWO)[:-20],
    "array-of-numbers": "[1, 2]",
    "blanks": " \n \n",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_holds_no_objects_is_refused(harbour: Harbour, case: str) -> None:
    landed = harbour.land(REFUSED[case], **JSON)
    assert [position for position, _, _ in landed.bad] == [-1]
