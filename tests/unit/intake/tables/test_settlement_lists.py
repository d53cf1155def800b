"""Settlement lists with their fee lines: three forms, the same cases, the same findings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kangshu.domains.synthetic.deliveries import Order, write_json, write_parquet, write_zip
from kangshu.kernel.packs.find import default_root
from tests.support.tables import ORG, Harbour

PACK = default_root() / "places" / "demo_county"
FORMS = {
    "settlement_list": write_zip,
    "settlement_list_json": write_json,
    "settlement_list_parquet": write_parquet,
}


def order(cases: int = 120, faults: float = 0.0, first: int = 1) -> Order:
    return Order(
        seed=7,
        org=ORG,
        org_name="示范县人民医院",
        division="440999",
        cases=cases,
        lines=30,
        first_case=first,
        until=date(2026, 3, 25),
        spread=10,
        delay=3,
        sent=date(2026, 3, 30),
        faults=faults,
    )


def land(harbour: Harbour, folder: Path, feed: str, ordered: Order):
    path = folder / f"{feed}.file"
    FORMS[feed](ordered, PACK, harbour.tables.content.macros, path)
    return harbour.land(path.read_bytes(), feed=feed)


@pytest.mark.parametrize("feed", FORMS)
def test_faultless_cases_land_without_a_finding(harbour: Harbour, tmp_path: Path, feed: str) -> None:
    landed = land(harbour, tmp_path, feed, order())
    assert landed.landing.findings == {}
    assert landed.counts["stored"] == {"FeeLine": 3600, "SettlementList": 120}
    case = harbour.rows("SettlementList")[0]
    assert case["iteminfo"]
    assert case["diseinfo"][0]["maindiag_flag"] == "1"


def test_the_three_forms_find_the_same_faults(harbour: Harbour, tmp_path: Path) -> None:
    found = []
    for feed in FORMS:
        fresh = Harbour(tmp_path / feed)
        landed = land(fresh, tmp_path, feed, order(faults=0.2))
        assert 90 < landed.counts["stored"]["SettlementList"] < 112
        assert landed.counts["stored"]["FeeLine"] == 3600
        found.append((landed.landing.findings, landed.counts))
    assert found[0] == found[1] == found[2]
    assert len(found[0][0]) > 8


def test_a_case_whose_line_is_set_aside_is_not_blamed_for_its_sums(harbour: Harbour, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "a.zip"
    write_zip(order(cases=5), PACK, harbour.tables.content.macros, path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    lines = files["feedetail.csv"].splitlines()
    lines[3] = lines[3].replace(",1,45.00,", ",one,45.00,").replace(",1,45.0,", ",one,45.0,")
    assert "one" in lines[3]
    files["feedetail.csv"] = "\n".join(lines) + "\n"
    from tests.support.tables import zip_of

    landed = harbour.land(zip_of(files), feed="settlement_list")
    assert landed.counts["stored"] == {"FeeLine": 149, "SettlementList": 5}
    assert landed.places == [("type", "feedetail[3].cnt")]


def test_rules_that_need_the_lake_see_what_landed_before(harbour: Harbour, tmp_path: Path) -> None:
    first = land(harbour, tmp_path, "settlement_list", order(cases=20))
    assert "QC-051S" in first.landing.left_out
    # The same patients elsewhere at the same time.
    path = tmp_path / "other.zip"
    from dataclasses import replace

    write_zip(replace(order(cases=20), org="H44099900002"), PACK, harbour.tables.content.macros, path)
    second = harbour.land(path.read_bytes(), feed="settlement_list", source="H44099900002")
    assert second.landing.findings["QC-051S"] == 20


def test_codes_are_checked_against_the_tables_passed_in(tmp_path: Path, testdata: Path) -> None:
    codes = tmp_path / "codes"
    codes.mkdir()
    for name, file in (("icd10", "icd10_cn.tsv"), ("icd9cm3", "icd9cm3_cn.tsv")):
        (codes / f"{name}.tsv").write_bytes((testdata / "cn_codes" / file).read_bytes())
    harbour = Harbour(tmp_path)
    landed = land(harbour, tmp_path, "settlement_list", order(cases=60))
    assert landed.landing.findings == {}
    assert "QC-009" not in landed.landing.left_out
    (codes / "icd10.tsv").write_text("code\tname\nI10.x00x002\t高血压\n", "utf-8")
    stricter = Harbour(tmp_path)
    stricter.messages = 50
    later = land(stricter, tmp_path, "settlement_list", order(cases=60, first=10_000))
    assert later.landing.findings["QC-009"] > 20
