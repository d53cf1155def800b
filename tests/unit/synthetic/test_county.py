"""The demo county is invented where it must be and official where it claims to be."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.packs.find import default_root, find_packs


def column(path: Path, name: str, delimiter: str = ",") -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[name] for row in csv.DictReader(file, delimiter=delimiter)}


def table(path: Path) -> dict[str, str]:
    lines = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return {line[0]: line[1] for line in lines}


def test_the_pack_is_found_as_a_place() -> None:
    assert find_packs(default_root())["demo_county"].manifest.kind == "place"


def test_no_division_of_the_county_is_assigned(county: County, testdata: Path) -> None:
    assigned = column(testdata / "cn_geo/gbt2260_area.csv", "code") | column(
        testdata / "cn_geo/areas.csv", "code"
    )
    ours = {county.division} | {each.county for each in county.institutions.values()}
    assert len(assigned) > 2_500
    assert not ours & assigned
    assert not set(county.towns) & column(testdata / "cn_geo/streets.csv", "code")


def test_diagnoses_and_procedures_are_those_of_the_insurance_editions(county: County, testdata: Path) -> None:
    diagnoses = table(testdata / "cn_codes/icd10_cn.tsv")
    procedures = table(testdata / "cn_codes/icd9cm3_cn.tsv")
    assert {each.code: each.name for each in county.conditions.values()}.items() <= diagnoses.items()
    assert {each.code: each.name for each in county.procedures.values()}.items() <= procedures.items()


def test_institution_codes_have_the_official_form_and_an_invented_division(county: County) -> None:
    assert all(re.fullmatch(r"H\d{6}\d{5}", code) for code in county.institutions)
    assert all(code[1:7] == each.county for code, each in county.institutions.items())
    assert {each.level for each in county.institutions.values()} == {"city", "county", "township", "village"}


def test_loinc_codes_have_a_right_check_digit(county: County) -> None:
    codes = [*county.tests, *county.panels, *county.studies]
    assert [code for code in codes if not loinc_checks(code)] == []


def loinc_checks(code: str) -> bool:
    """Mod 10 after Luhn, as LOINC uses it."""
    number, check = code.split("-")
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number))]
    return (10 - sum(value // 10 + value % 10 for value in doubled) % 10) % 10 == int(check)


def test_medicine_codes_have_the_shape_of_insurance_codes(county: County) -> None:
    shapes = {
        "chemical": r"X[A-Z]\d\d[A-Z]{2}[A-Z]\d{3}[A-Z]\d{3}\d{9}",
        "chinese": r"Z[A-Z]\d\d[A-Z]{3}\d{13}",
    }
    wrong = [
        each.code for each in county.medicines.values() if not re.fullmatch(shapes[each.kind], each.code)
    ]
    assert wrong == []


def test_a_table_with_a_wrong_column_is_refused_by_name(tmp_path: Path) -> None:
    copy = tmp_path / "place"
    shutil.copytree(default_root() / "places" / "demo_county", copy)
    towns = copy / "towns.tsv"
    towns.write_text(towns.read_text("utf-8").replace("weight", "wieght"), "utf-8")
    with pytest.raises(Invalid) as caught:
        load_county(copy)
    assert "towns.tsv:1" in [each.path for each in caught.value.problems]


def test_every_code_that_is_used_and_missing_is_named_at_once(tmp_path: Path) -> None:
    copy = tmp_path / "place"
    shutil.copytree(default_root() / "places" / "demo_county", copy)
    with (copy / "effects.tsv").open("a", encoding="utf-8") as file:
        file.write("X99.999\t8480-6\t1\t0\t0\nI10.x00x002\t0000-0\t1\t0\t0\n")
    with pytest.raises(Invalid) as caught:
        load_county(copy)
    assert {each.message for each in caught.value.problems} == {
        "X99.999 is not in conditions.tsv",
        "0000-0 is not in tests.tsv",
    }


def test_a_folder_without_tables_is_not_a_place(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_county(tmp_path)
