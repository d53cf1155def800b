"""Stays as indicators of hospitals see them: front page and settlement lists of one stay are one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.views.sql_view import parse_select
from tests.support.landed import make_landed

FOLDER = default_root() / "programmes" / "hospital_performance" / "views"
VIEWS = ("discharge_operation", "discharge_diagnosis", "discharge", "discharge_antibiotic", "fee_by_class")
IN, OUT = datetime(2025, 3, 1, 9), datetime(2025, 3, 5, 10)  # noqa: DTZ001 - times as hospitals write them
STAY = {"fixmedins_code": "H1", "medcasno": "1", "adm_time": IN, "dscg_time": OUT}
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@contextmanager
def landed(tables: Rows) -> Iterator[Engine]:
    with engine() as work:
        for model in ("FrontPage", "SettlementList", "FeeLine"):
            make_landed(work, model, tables.get(model, ()))
        for name in VIEWS:
            select = parse_select(name, (FOLDER / f"{name}.sql").read_text("utf-8"))
            work.run(f"CREATE TABLE {name} AS {select.sql}")
        yield work


def discharge(tables: Rows, *columns: str) -> list[tuple[Any, ...]]:
    with landed(tables) as work:
        return work.rows(f"SELECT {', '.join(columns)} FROM discharge ORDER BY id")


def test_front_page_and_settlement_list_of_a_stay_are_one_discharge() -> None:
    front = {**STAY, "act_ipt_days": 4, "medfee_sumamt": 5000, "adm_way": "2", "dscg_way": "1"}
    items = [
        {"med_chrgitm": "09", "amt": 700},
        {"med_chrgitm": "10", "amt": 50},
        {"med_chrgitm": "03", "amt": 90},
    ]
    settled = {**STAY, "setl_id": "s", "fund_pay_sumamt": 3000, "medfee_sumamt": 4999, "ipt_med_type": "1"}
    other = {
        **STAY,
        "medcasno": "2",
        "setl_id": "t",
        "medfee_sumamt": 800,
        "act_ipt_days": 2,
        "dscg_way": "5",
    }
    found = discharge(
        {"FrontPage": [front], "SettlementList": [{**settled, "iteminfo": items}, other]},
        "record",
        "days",
        "cost",
        "fund",
        "drug_cost",
        "elective",
        "died",
        "day_case",
    )
    assert found == [("1", 4, 5000, 3000, 750, 1, 0, 0), ("2", 2, 800, None, 0, None, 1, None)]


def test_two_settlement_lists_of_a_stay_are_added_and_outpatient_ones_left_out() -> None:
    lists = [
        {**STAY, "setl_id": "a", "medfee_sumamt": 100, "fund_pay_sumamt": 60},
        {**STAY, "setl_id": "b", "medfee_sumamt": 200, "fund_pay_sumamt": 90},
        {"fixmedins_code": "H1", "medcasno": "9", "setl_id": "c", "medfee_sumamt": 50},
    ]
    assert discharge({"SettlementList": lists}, "cost", "fund") == [(300, 150)]


@pytest.mark.parametrize(
    ("stay", "days"),
    [
        ({"act_ipt_days": 6}, 6),
        ({"act_ipt_days": 0, "dscg_time": datetime(2025, 3, 1, 15)}, 1),  # noqa: DTZ001
        ({"act_ipt_days": None}, 4),
    ],
)
def test_days_are_those_written_and_at_least_one(stay: Mapping[str, Any], days: int) -> None:
    assert discharge({"FrontPage": [{**STAY, **stay}]}, "days") == [(days,)]


def test_an_operation_has_a_level_and_a_procedure_without_one_is_none() -> None:
    operated = [{"oprn_oprt_code": "47.0100", "oprn_lv": 3}, {"oprn_oprt_code": "54.5100", "oprn_lv": 2}]
    probed = [{"oprn_oprt_code": "45.2300", "oprn_lv": None}]
    tables: Rows = {
        "FrontPage": [{**STAY, "front_operation": operated}],
        "SettlementList": [{**STAY, "medcasno": "2", "setl_id": "s", "oprninfo": probed}],
    }
    assert discharge(tables, "record", "level") == [("1", 3), ("2", None)]


def test_what_arose_in_the_stay_is_told_from_what_was_there() -> None:
    told = [{"diag_code": "I26.900", "adm_cond_type": "4"}, {"diag_code": "K35.900", "adm_cond_type": "1"}]
    with landed({"FrontPage": [{**STAY, "front_diagnosis": told}]}) as work:
        assert work.rows("SELECT code, arose FROM discharge_diagnosis ORDER BY code") == [
            ("I26.900", 1),
            ("K35.900", 0),
        ]


def test_antibacterials_of_stays_and_money_by_class_come_from_fee_lines() -> None:
    line = {"fixmedins_code": "H1", "setl_id": "s", "fee_ocur_time": IN, "mdtrt_id": "m", "pric": 1}
    lines = [
        {
            **line,
            "feedetl_sn": "1",
            "med_chrgitm": "09",
            "med_list_codg": "XJ01DD",
            "cnt": 3,
            "det_item_fee_sumamt": 30,
        },
        {
            **line,
            "feedetl_sn": "2",
            "med_chrgitm": "09",
            "med_list_codg": "XJ01DD",
            "cnt": -1,
            "det_item_fee_sumamt": -10,
        },
        {
            **line,
            "feedetl_sn": "3",
            "med_chrgitm": "09",
            "med_list_codg": "XC08CA",
            "cnt": 1,
            "det_item_fee_sumamt": 7,
        },
        {
            **line,
            "feedetl_sn": "4",
            "med_chrgitm": "01",
            "med_list_codg": "0011",
            "cnt": 1,
            "det_item_fee_sumamt": 45,
        },
    ]
    with landed({"SettlementList": [{**STAY, "setl_id": "s"}], "FeeLine": lines}) as work:
        assert work.rows("SELECT record, sum(cnt) FROM discharge_antibiotic GROUP BY record") == [("1", 2)]
        assert work.rows("SELECT class, amount FROM fee_by_class ORDER BY class") == [("01", 45), ("09", 27)]
