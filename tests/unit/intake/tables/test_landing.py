"""What lands, what is set aside and why, and that doing it again changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.tables import NOW, Harbour, csv_of, visit, zip_of


def test_ninety_nine_of_a_hundred_land_when_one_is_faulty(harbour: Harbour) -> None:
    rows = [visit(number, medfee_sumamt="zwölf" if number % 100 == 0 else "1") for number in range(1, 501)]
    landed = harbour.land(csv_of(rows))
    assert landed.counts["stored"] == {"OutpatientVisit": 495}
    assert landed.counts["quarantined"] == {"OutpatientVisit": 5}
    assert landed.places[0] == ("type", "outpatient_visit[100].medfee_sumamt")
    assert len(harbour.rows("OutpatientVisit")) == 495


def test_every_fault_of_a_row_is_named_with_its_column_and_no_value(harbour: Harbour) -> None:
    row = visit(1, gend="男", brdy="31/12/1980x", visit_no="", chief_complaint="geheim")
    landed = harbour.land(csv_of([row, visit(2)]))
    assert set(landed.places) == {
        ("code", "outpatient_visit[1].gend"),
        ("type", "outpatient_visit[1].brdy"),
        ("empty", "outpatient_visit[1].visit_no"),
    }
    findings = harbour.sql("finding", "SELECT * FROM finding")
    for secret in ("男", "31/12", "geheim"):
        assert secret not in landed.words
        assert secret not in str(findings)


def test_the_same_file_again_changes_nothing(harbour: Harbour) -> None:
    text = csv_of([visit(number) for number in range(20)])
    harbour.land(text)
    again = harbour.land(text)
    assert again.counts["stored"] == {}
    assert again.counts["unchanged"] == {"OutpatientVisit": 20}
    assert harbour.sql("outpatient_visit", "SELECT count(*) FROM outpatient_visit") == [(20,)]


def test_the_same_message_again_does_not_double_its_findings(harbour: Harbour) -> None:
    text = csv_of([visit(1, gend="7"), visit(2)])
    harbour.land(text, message=5)
    harbour.land(text, message=5)
    assert harbour.sql("finding", "SELECT count(*) FROM finding") == [(1,)]
    assert harbour.sql("delivery", "SELECT received, aside FROM delivery") == [(2, 1)]


def test_a_correction_is_a_new_version_and_the_old_one_is_known_as_of_then(harbour: Harbour) -> None:
    harbour.land(csv_of([visit(1, medfee_sumamt="10"), visit(2)]))
    later = NOW + timedelta(days=1)
    corrected = harbour.land(csv_of([visit(1, medfee_sumamt="11"), visit(2)]), now=later)
    assert corrected.counts["stored"] == {"OutpatientVisit": 1}
    assert corrected.counts["unchanged"] == {"OutpatientVisit": 1}
    current = harbour.rows("OutpatientVisit", "visit_no", "medfee_sumamt")
    assert [float(row["medfee_sumamt"]) for row in current] == [11, 12.5]
    before = harbour.rows("OutpatientVisit", "medfee_sumamt", as_of=NOW + timedelta(hours=1))
    assert [float(row["medfee_sumamt"]) for row in before] == [10, 12.5]
    assert harbour.rows("OutpatientVisit", as_of=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_two_institutions_may_use_the_same_numbers(harbour: Harbour) -> None:
    harbour.land(csv_of([visit(1)]))
    other = harbour.land(csv_of([visit(1)]), source="H44099900002")
    assert other.counts["stored"] == {"OutpatientVisit": 1}
    assert len(harbour.rows("OutpatientVisit")) == 2


def test_a_key_that_comes_twice_lands_once_and_is_a_fault_only_if_it_differs(harbour: Harbour) -> None:
    rows = [visit(1), visit(1), visit(2), visit(2, gend="2"), visit(3)]
    landed = harbour.land(csv_of(rows))
    assert landed.counts == {
        "received": {"OutpatientVisit": 5},
        "stored": {"OutpatientVisit": 3},
        "unchanged": {"OutpatientVisit": 1},
        "quarantined": {"OutpatientVisit": 1},
    }
    assert landed.places == [("duplicate", "outpatient_visit[4].visit_no")]


def test_all_missing_columns_are_named_at_once(harbour: Harbour) -> None:
    landed = harbour.land("visit_no,chief_complaint\n1,x\n")
    assert {path for _, path in landed.places} == {
        f"the file.{name}" for name in ("fixmedins_code", "visit_time", "gend", "brdy")
    }
    assert harbour.sql("delivery", "SELECT model, received FROM delivery") == [("", 0)]


def test_another_separator_is_guessed_and_said(harbour: Harbour) -> None:
    landed = harbour.land(csv_of([visit(1)], ";"))
    assert "required" in {code for code, _ in landed.places}
    assert harbour.land(csv_of([visit(1)], ";"), more='delimiter = ";"').counts["stored"]


def test_late_rows_land_and_are_found(harbour: Harbour) -> None:
    rows = [visit(1, visit_time="2026-03-01"), visit(2)]
    landed = harbour.land(csv_of(rows), more="due_days = 2")
    assert landed.counts["stored"] == {"OutpatientVisit": 2}
    assert landed.landing.findings == {"late": 1}


def test_parts_without_their_thing_are_orphans_and_harm_nobody(harbour: Harbour) -> None:
    head = "rx_no,fixmedins_code,rx_time,dr_code\n"
    drugs = "rx_no,drug_code,cnt\n"
    files = {
        "rx.csv": head + "R1,H44099900001,2026-03-30,D440999000001\n",
        "drug.csv": drugs + "R1,X1,2\nR9,X1,2\n",
    }
    toml = """
title = "处方"
title_en = "Prescriptions"
kind = "csv"
schedule = "daily"
promises = ["Prescription"]
[[table]]
model = "Prescription"
file = "rx.csv"
[[table]]
model = "Prescription"
part = "rx_drug"
file = "drug.csv"
"""
    landed = harbour.land(zip_of(files), texts={"toml": toml})
    assert landed.counts["stored"] == {"Prescription": 1}
    assert landed.landing.findings == {"orphan": 1}
    [row] = harbour.rows("Prescription", "rx_drug")
    assert [drug["drug_code"] for drug in row["rx_drug"]] == ["X1"]


def test_sql_of_a_feed_makes_things_out_of_flat_rows(harbour: Harbour) -> None:
    text = (
        "rx_no,fixmedins_code,rx_time,rx_type,gend,diag_code,dr_code,phar_code,drug_code,drug_name,spec,dose,"
        "dose_unit,frequency,route,days,cnt,cnt_unit\n"
        "R1,H44099900001,2026-03-30,1,1,I10,D440999000001,,A,甲,,1,mg,qd,po,7,1,盒\n"
        "R1,H44099900001,2026-03-30,1,1,I10,D440999000001,,B,乙,,1,mg,qd,po,7,x,盒\n"
        "R2,H44099900001,2026-03-30,1,1,I10,D440999000001,,C,丙,,1,mg,qd,po,7,1,盒\n"
    )
    landed = harbour.land(text, feed="prescription")
    assert landed.counts["stored"] == {"Prescription": 1}
    assert landed.places == [("type", "prescription[1].rx_drug[2].cnt")]


def test_fee_lines_in_the_encoding_and_words_of_the_hospital(harbour: Harbour) -> None:
    text = (
        "明细流水号,机构代码,就诊流水号,结算流水号,发生时间,收费类别,目录编码,项目名称,数量,单价,金额\n"
        '1,H44099900001,M1,S1,2026/03/30 08:00,01,001,"床位费,\n普通",1,45,45\n'
        "2,H44099900001,M1,S1,2026年,01,001,床位费,1,45,45\n"
    )
    landed = harbour.land(text.encode("gb18030"), feed="fee_line")
    assert landed.counts["stored"] == {"FeeLine": 1}
    assert landed.places == [("type", "feedetail[2].fee_ocur_time")]
    assert harbour.rows("FeeLine", "medins_list_name") == [{"medins_list_name": "床位费,\n普通"}]


@pytest.mark.parametrize("written", ["2026-03-30", "20260330", "2026/03/30", "2026.03.30", "2026年03月30日"])
def test_dates_are_read_as_people_write_them(harbour: Harbour, written: str) -> None:
    harbour.land(csv_of([visit(1, brdy=written)]))
    assert str(harbour.rows("OutpatientVisit", "brdy")[0]["brdy"]) == "2026-03-30"


@pytest.mark.parametrize("written", ["2026-02-30", "30.03.2026", "yesterday", "1e9", "20261301"])
def test_what_is_no_date_is_no_date(harbour: Harbour, written: str) -> None:
    assert harbour.land(csv_of([visit(1, brdy=written)])).places == [("type", "outpatient_visit[1].brdy")]


@pytest.mark.parametrize("written", ["1.234,5", "NaN", "inf", "0x10", "１２", "1,2"])
def test_what_is_no_number_is_no_number(harbour: Harbour, written: str) -> None:
    cell = f'"{written}"' if "," in written else written
    assert [code for code, _ in harbour.land(csv_of([visit(1, medfee_sumamt=cell)])).places] == ["type"]
