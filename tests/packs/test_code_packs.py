"""Code systems, value sets and maps that come with their pack: what is in them, and that they agree."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kangshu.domains.terminology.descriptions import Described, parse_described
from kangshu.domains.terminology.making import Made, make
from kangshu.domains.terminology.map_table import MapDescription, make_maps
from kangshu.domains.terminology.table import Description
from kangshu.domains.terminology.value_set_table import ValueSetDescription, make_value_set
from kangshu.kernel.codes.code_system import parse_code_system
from kangshu.kernel.packs.find import default_root
from tests.support.sample_facts import test_data

ROOT = default_root()
STANDARDS = ROOT / "standards"


def described(pack: str, name: str) -> Described:
    found = parse_described((STANDARDS / pack / f"{name}.toml").read_text("utf-8"), name)
    assert found is not None
    return found


def made(pack: str, name: str) -> Made:
    description = described(pack, name)
    assert isinstance(description, Description)
    return make(description, [STANDARDS / pack])


def names(pack: str, name: str) -> dict[str, str]:
    return {each["code"]: each["display"] for each in made(pack, name).resource["concept"]}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize(
    ("pack", "name", "count", "code", "display", "above"),
    [
        ("gbt2261", "gbt2261_4", 12, "27", "农民", ""),
        ("gbt4658", "gbt4658", 40, "73", "初中肄业", "70"),
        ("gbt4761", "gbt4761", 82, "52", "母亲", "50"),
        ("gbt6565", "gbt6565", 46, "20500", "卫生专业技术人员", "20000"),
        ("gbt2659", "gbt2659", 747, "156", "中国", ""),
        ("wst364", "cv0450005", 5, "4", "AB型", ""),
        ("wst364", "cv0450020", 3, "2", "Rh阳性", ""),
        ("loinc_subset", "loinc_subset", 153, "8480-6", "收缩压", ""),
    ],
)
def test_a_code_system_of_a_pack(pack: str, name: str, count: int, code: str, display: str, above: str):
    found = made(pack, name)
    assert (found.count, found.problems) == (count, ())
    system = parse_code_system(found.resource)
    assert system.concepts[code].display == display
    assert next(iter(system.ancestors(code)), "") == above


def test_the_settlement_list_says_the_same_of_blood_groups_sex_and_marriage():
    sets: dict[str, dict[str, str]] = {}
    for row in rows(STANDARDS / "logical_models" / "codes.tsv"):
        sets.setdefault(row["set"], {})[row["code"]] = row["title"]
    pairs = [
        ("blood_abo", names("wst364", "cv0450005")),
        ("blood_rh", names("wst364", "cv0450020")),
        ("mrg_stas", names("gbt2261", "gbt2261_2")),
        ("gend", names("gbt2261", "gbt2261_1")),
    ]
    for name, system in pairs:
        shared = system.keys() & sets[name].keys()
        assert shared == system.keys()
        for code in shared:
            one, other = sets[name][code], system[code]
            assert other.startswith(one) or one in other, (name, code)


def test_names_of_loinc_are_those_of_the_county_and_of_published_examples():
    subset = {row["code"]: row for row in rows(STANDARDS / "loinc_subset" / "loinc_subset.tsv")}
    county = ROOT / "places" / "demo_county"
    for row in (*rows(county / "tests.tsv"), *rows(county / "panels.tsv")):
        if row["code"] in subset:
            assert subset[row["code"]]["name"] == row["name"]
            assert subset[row["code"]]["unit"] == row.get("unit", "")
    text = test_data("fhir_r4_examples", "instances.ndjson").read_text("utf-8")
    for code in ("14682-9", "85354-9", "8480-6", "718-7"):
        assert f'"{subset[code]["english"]}"' in text


@pytest.mark.parametrize("name", ["vital_signs", "hypertensive_diseases", "sexes"])
def test_a_value_set_of_a_pack(name: str):
    description = described("common_sets", name)
    assert isinstance(description, ValueSetDescription)
    found = make_value_set(description, [STANDARDS / "common_sets"])
    assert found.problems == ()
    (include,) = found.resource["compose"]["include"]
    known = names("loinc_subset", "loinc_subset")
    assert all(known[each["code"]] == each["display"] for each in include.get("concept", ()))


@pytest.mark.parametrize(
    ("name", "system"),
    [("hl7v2_sex", "gbt2261_1"), ("fhir_sex", "gbt2261_1"), ("hl7v2_marriage", "gbt2261_2")],
)
def test_a_map_of_a_pack_leads_to_codes_that_are_there(name: str, system: str):
    description = described("common_sets", name)
    assert isinstance(description, MapDescription)
    found = make_maps(description, [STANDARDS / "common_sets"])
    assert found.problems == ()
    (only,) = found.resources
    targets = {one["code"] for each in only["group"][0]["element"] for one in each["target"]}
    assert targets <= names("gbt2261", system).keys()
