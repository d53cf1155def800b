"""The checks of all other tables: each fires where it should and is silent beside it."""

from __future__ import annotations

import pytest

from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.rules.check import check_rules
from kangshu.kernel.rules.definition import read_rules
from tests.support.tables import Harbour, csv_of, visit

ROOT = default_root()
FOLDER = ROOT / "programmes" / "table_quality"
MODELS = read_models(ROOT / "standards" / "logical_models")
MACROS = (ROOT / "standards" / "cn_identifiers" / "functions.sql").read_text("utf-8")


def test_examples_come_out_as_written() -> None:
    assert check_rules(read_rules(FOLDER), FOLDER, MODELS, MACROS) == []


def test_no_two_packs_have_a_rule_of_one_name() -> None:
    found = [rule.id for path in ROOT.glob("*/*/rules") for rule in read_rules(path.parent).rules]
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("code", "finds"), [("H44099900001", 0), ("4409990001", 1)])
def test_a_warning_lets_the_row_land(tmp_path, code: str, finds: int) -> None:
    harbour = Harbour(tmp_path)
    landed = harbour.land(csv_of([visit(1, fixmedins_code=code)]))
    assert landed.landing.findings["TQ-003"] == finds
    assert landed.counts["stored"] == {"OutpatientVisit": 1}
