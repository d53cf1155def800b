"""Tables as their publishers give them out: Excel, properties, other names, classes from codes, parts."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import orjson
import pytest
import xlsxwriter

from kangshu.domains.terminology.making import Made, make
from kangshu.domains.terminology.parts import joined, part_of, split
from kangshu.domains.terminology.table import parse_description
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.code_system import parse_code_system
from kangshu.kernel.packs.find import default_root

STANDARDS = default_root() / "standards"

DRUGS = (
    "药品代码,注册名称,商品名称,注册剂型,注册规格,药品企业,批准文号,甲乙类\n"
    "XB01AXA223B001010100269,合成药甲片,合成牌,片剂,0.1g,合成一厂,合成字001,甲\n"
    "XB01AXA223B001010100270,合成药甲片,,片剂,0.2g,合成二厂,合成字002,乙\n"
    "ZD03AAA0043010100166,合成丸,,丸剂,9g,合成三厂,合成字003,乙\n"
    "T000700200,合成草,,,,,,\n"
    "XB01AX,太短,,,,,,\n"
    "XB01AXA223B001010100269,别的名称,,,,,,\n"
)


def described(pack: str, name: str, **more: str) -> Any:
    text = (STANDARDS / pack / f"{name}.toml").read_text("utf-8")
    for key, value in more.items():
        text = text.replace(f'{key} = ""', f'{key} = "{value}"', 1)
    return parse_description(text, name)


def concepts(found: Made) -> dict[str, dict[str, Any]]:
    return {each["code"]: each for each in found.resource["concept"]}


def values(concept: dict[str, Any]) -> dict[str, Any]:
    return {
        each["code"]: next(value for key, value in each.items() if key != "code")
        for each in concept["property"]
    }


def workbook(path: Path, rows: list[list[Any]]) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()


def test_drugs_have_their_classes_above_and_wrong_rows_are_told(tmp_path: Path):
    (tmp_path / "yp.csv").write_text(DRUGS, "utf-8")
    found = make(described("nhsa_codes", "nhsa_drug", version="20260105"), [tmp_path])
    assert [(each.path, each.code) for each in found.problems] == [
        ("yp.csv:6", "value"),
        ("yp.csv:7", "duplicate"),
    ]
    system = parse_code_system(found.resource)
    assert list(system.ancestors("XB01AXA223B001010100269")) == [
        "XB01AXA223",
        "XB01AX",
        "XB01A",
        "XB01",
        "XB",
    ]
    assert system.subsumes("XB01A", "XB01AXA223B001010100270")
    assert not system.subsumes("ZD03", "XB01AXA223B001010100270")
    assert system.is_abstract(system.concepts["XB01AX"])
    assert system.concepts["T000700200"].parents == ()
    drug = concepts(found)["XB01AXA223B001010100269"]
    assert values(drug) == {
        "parent": "XB01AXA223", "form": "片剂", "strength": "0.1g", "company": "合成一厂",
        "approval": "合成字001", "class": "甲",
    }  # fmt: skip
    assert drug["designation"] == [{"language": "zh-CN", "value": "合成牌"}]


def test_the_same_table_as_excel_with_a_title_above_is_the_same(tmp_path: Path):
    lines = [line.split(",") for line in DRUGS.splitlines()]
    csv, excel = tmp_path / "csv", tmp_path / "excel"
    csv.mkdir()
    excel.mkdir()
    (csv / "yp.csv").write_text(DRUGS, "utf-8")
    workbook(excel / "yp.xlsx", [["医保药品分类与代码（合成）"], *lines])
    description = described("nhsa_codes", "nhsa_drug", version="20260105")
    one, other = make(description, [csv]), make(description, [excel])
    assert one.resource == other.resource
    assert [each.path for each in other.problems] == ["yp.xlsx:7", "yp.xlsx:8"]


def test_a_code_that_excel_keeps_as_a_number_is_not_taken_for_another(tmp_path: Path):
    rows: list[list[Any]] = [["医疗服务项目代码", "医疗服务项目名称"], ["001102000040000", "合成诊查"]]
    workbook(tmp_path / "ylfw.xlsx", [*rows, [1102000040001, "数字"]])
    found = make(described("nhsa_codes", "nhsa_service_item", version="1"), [tmp_path])
    assert list(concepts(found)) == ["001102000040000"]
    assert [each.path for each in found.problems] == ["ylfw.xlsx:3"]


def test_what_is_no_workbook_is_refused(tmp_path: Path):
    (tmp_path / "yp.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(Invalid, match="Excel"):
        make(described("nhsa_codes", "nhsa_drug", version="1"), [tmp_path])


def test_a_version_that_nobody_says_is_asked_for(tmp_path: Path):
    (tmp_path / "yp.csv").write_text(DRUGS, "utf-8")
    with pytest.raises(Invalid, match="which version") as refused:
        make(described("nhsa_codes", "nhsa_drug"), [tmp_path])
    assert "--version" in (refused.value.remedy or "")


@pytest.mark.parametrize(
    ("name", "head", "good", "bad"),
    [
        ("institution", "医疗机构代码,医疗机构名称", "H44098300001", "H4409830000"),
        ("drugstore", "零售药店代码,零售药店名称", "P44098300001", "H44098300001"),
        ("doctor", "医师代码,姓名", "D440983000001", "N440983000001"),
        ("nurse", "护士代码,姓名", "N440983000001", "D440983000001"),
        ("pharmacist", "药师代码,姓名", "HY440983000001", "HX440983000001"),
        ("consumable", "医用耗材代码,医用耗材名称", "C0101010000000000001", "C010101"),
    ],
)
def test_the_form_of_each_code_set(tmp_path: Path, name: str, head: str, good: str, bad: str):
    description = described("nhsa_codes", f"nhsa_{name}", version="1")
    (tmp_path / description.tables[0].file).write_text(f"{head}\n{good},合成\n{bad},合成\n", "utf-8")
    found = make(description, [tmp_path])
    assert good in concepts(found)
    assert [each.code for each in found.problems] == ["value"]


LOINC = (
    '"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","CLASS",'
    '"VersionLastChanged","STATUS","LONG_COMMON_NAME","EXAMPLE_UCUM_UNITS"\n'
    '"1-8","Synthetic A","SCnc","Pt","Ser","Qn","","CHEM","2.9","ACTIVE","Synthetic A in Serum","mmol/L"\n'
    '"2-6","Synthetic B","SCnc","Pt","Ser","Qn","","CHEM","2.80","DEPRECATED","Synthetic B in Serum",""\n'
)
CHINESE = (
    '"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","LONG_COMMON_NAME"\n'
    '"1-8","合成物甲","物质浓度","时间点","血清","定量型","",""\n"9-1","没有","","","","","","没有"\n'
)


def test_loinc_is_shown_in_chinese_and_keeps_its_english_name(tmp_path: Path):
    table, variants = tmp_path / "LoincTable", tmp_path / "AccessoryFiles" / "LinguisticVariants"
    table.mkdir()
    variants.mkdir(parents=True)
    (table / "Loinc.csv").write_text(LOINC, "utf-8")
    (variants / "zhCN5LinguisticVariant.csv").write_text(CHINESE, "utf-8")
    found = make(described("loinc", "loinc"), [tmp_path])
    system = parse_code_system(found.resource)
    assert (system.version, system.content) == ("2.80", "complete")
    one, other = system.concepts["1-8"], system.concepts["2-6"]
    assert one.display == "合成物甲:物质浓度:时间点:血清:定量型"
    assert [(each.language, each.value) for each in one.designations] == [("en", "Synthetic A in Serum")]
    assert system.values(one, "EXAMPLE_UCUM_UNITS") == ["mmol/L"]
    assert (system.is_inactive(one), system.is_inactive(other)) == (False, True)
    assert other.display == "Synthetic B in Serum"
    assert [each.path for each in found.problems] == ["zhCN5LinguisticVariant.csv:3"]


def whole() -> dict[str, Any]:
    items = [{"code": f"C{number:04}", "display": "合" * 20} for number in range(100)]
    head = {"resourceType": "CodeSystem", "id": "big", "url": "urn:big", "version": "1", "title": "大"}
    return {**head, "content": "complete", "concept": items}


def stored(resources: list[dict[str, Any]]) -> list[Any]:
    return [part_of(each, orjson.dumps(each)) for each in resources]


def test_what_is_small_stays_whole():
    assert split(whole()) == [whole()]


def test_parts_are_read_as_one_whatever_their_order():
    parts = split(whole(), most=2000)
    assert len(parts) > 3
    assert parts[-1]["id"] == "big"
    (found,) = joined(reversed(stored(parts)))
    system = found.load()
    assert gc.isenabled()
    assert (list(system.concepts), system.content, system.title) == (
        [each["code"] for each in whole()["concept"]],
        "complete",
        "大",
    )


def test_parts_of_an_earlier_import_are_left_out_and_what_remains_is_a_fragment():
    old = split({**whole(), "version": "0"}, most=2000)
    new = split(whole(), most=2000)
    (found,) = joined(stored([*new[:1], *old[1:-1], new[-1]]))
    system = found.load()
    assert system.content == found.content == "fragment"
    assert 0 < len(system.concepts) < 100
    assert joined(stored(new[:-1])) == []
