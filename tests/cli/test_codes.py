"""`kangshu codes`: a table in, a local code led to it, what was stored before translated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import call

pytestmark = pytest.mark.slow

SYSTEM = "https://code.nhsa.gov.cn/icd10"


def told(done: Any) -> list[dict[str, Any]]:
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_whole_way(installed: Path, tmp_path: Path) -> None:
    table = tmp_path / "icd.csv"
    table.write_text("编码,名称,上级\nI10,高血压,\nI10.1,继发性高血压,I10\nE11,2型糖尿病,\n", "utf-8")
    add = ("codes", "import", table, "--system", SYSTEM, "--columns", "编码,名称,上级", "--json")
    (first,) = told(call(installed, *add))
    assert (first["concepts"], first["state"], first["problems"]) == (3, "stored", 0)
    assert told(call(installed, *add))[0]["state"] == "unchanged"
    assert "高血压" in call(installed, "codes", "lookup", SYSTEM, "I10.1").stdout

    condition = {
        "resourceType": "Condition",
        "id": "codes-c1",
        "subject": {"display": "x"},
        "code": {"coding": [{"system": "urn:his", "code": "7", "display": "高血压病"}]},
    }
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(condition))
    assert call(installed, "load", facts, "--source", "H44099900001").returncode == 0
    assert call(installed, "codes", "scan").returncode == 0
    (row,) = told(call(installed, "codes", "work-list", "--json"))
    assert (row["code"], row["occurrences"], row["suggestions"][0]["code"]) == ("7", 1, "I10")

    approved = call(installed, "codes", "approve", str(row["id"]), "I10")
    assert (approved.returncode, "I10" in approved.stdout) == (0, True)
    assert "1 facts translated" in call(installed, "codes", "retranslate").stdout
    assert told(call(installed, "codes", "work-list", "--json")) == []


def test_wrong_rows_are_told_and_leave_with_one(installed: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("code,name\nA,x\nA,y\n", "utf-8")
    done = call(installed, "codes", "import", table, "--system", "urn:wrong-rows")
    assert done.returncode == 1
    assert "t.csv:3" in done.stderr


def test_wrong_calls_are_two(installed: Path, tmp_path: Path) -> None:
    for arguments in (
        ("import", "no-such-table"),
        ("import", "icd10_cn", "--from", str(tmp_path)),
        ("import", str(tmp_path / "absent.csv"), "--system", "urn:x"),
        ("lookup", "urn:nobody", "x"),
        ("approve", "999999", "x"),
        ("work-list", "--state", "lost"),
    ):
        done = call(installed, "codes", *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
