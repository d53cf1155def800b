"""The code systems that packs describe: the national tables fit them, row for row."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangshu.domains.terminology.making import Made, make
from kangshu.domains.terminology.table import parse_description
from kangshu.kernel.packs.find import default_root
from tests.support.sample_facts import test_data

STANDARDS = default_root() / "standards"


def made(pack: str, name: str, *folders: str) -> Made:
    folder = STANDARDS / pack
    description = parse_description((folder / f"{name}.toml").read_text("utf-8"), name)
    return make(description, [folder, *(test_data(each) for each in folders)])


def parents(found: Made, code: str) -> list[str]:
    """The codes above, nearest first."""
    above = {
        each["code"]: next((p["valueCode"] for p in each.get("property", ()) if p["code"] == "parent"), "")
        for each in found.resource["concept"]
    }
    chain: list[str] = []
    while code := above[code]:
        chain.append(code)
    return chain


def rows(*parts: str) -> int:
    path: Path = test_data(*parts)
    return len(path.read_text("utf-8").splitlines()) - 1


def test_every_diagnosis_of_the_insurance_table_has_the_form_of_its_system():
    found = made("icd10_cn", "icd10_cn", "cn_codes")
    assert found.problems == ()
    chosen = [
        each
        for each in found.resource["concept"]
        if {"code": "notSelectable", "valueBoolean": True} not in each.get("property", ())
    ]
    assert len(chosen) == rows("cn_codes", "icd10_cn.tsv") == 33_304
    assert parents(found, "I10.x00x002") == ["I10.x00", "I10", "I10-I15", "I00-I99"]
    assert parents(found, "A17.000+G01*") == ["A17", "A15-A19", "A00-B99"]


def test_every_operation_of_the_insurance_table_but_two_has_the_form_of_its_system():
    found = made("icd9cm3_cn", "icd9cm3_cn", "cn_codes")
    assert found.problems == ()
    assert found.count == rows("cn_codes", "icd9cm3_cn.tsv") == 13_686
    codes = {each["code"] for each in found.resource["concept"]}
    assert {"17.912A0", "86.700x0013"} <= codes


def test_divisions_lead_from_village_to_province():
    found = made("gbt2260", "gbt2260", "cn_geo")
    assert found.problems == ()
    codes = [each["code"] for each in found.resource["concept"]]
    assert sum(len(code) == 9 for code in codes) == 41_352
    village = next(code for code in codes if len(code) == 12 and code.startswith("440983"))
    assert parents(found, village) == [village[:9], "440983", "440900", "440000"]


@pytest.mark.parametrize(
    ("pack", "name", "count", "code", "display"),
    [
        ("gbt2261", "gbt2261_1", 4, "2", "女性"),
        ("gbt2261", "gbt2261_2", 8, "21", "初婚"),
        ("gbt3304", "gbt3304", 58, "56", "基诺族"),
    ],
)
def test_small_national_domains_come_with_their_pack(
    pack: str, name: str, count: int, code: str, display: str
):
    found = made(pack, name)
    assert (found.count, found.problems) == (count, ())
    assert {each["code"]: each["display"] for each in found.resource["concept"]}[code] == display
