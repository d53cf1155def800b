"""The tests of SQL on FHIR v2, https://sql-on-fhir.org: 134 of 134, by SQL and by the reference."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.views.compile import compile_view
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.reference.rows import view_rows
from kangshu.kernel.views.report import report, same_rows, suite_outcomes

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(os.environ.get("KANGSHU_TESTDATA", ROOT.parent / "shared" / "data")) / "sql_on_fhir"
ELEMENTS = parse_elements((ROOT / "packs/standards/fhir_r4/elements.tsv").read_text("utf-8"))

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the test data of SQL on FHIR is not here")


def suite() -> Iterator[Any]:
    for file in sorted((SUITE / "tests").glob("*.json")):
        found = json.loads(file.read_text("utf-8"), parse_float=Decimal)
        for test in found["tests"]:
            yield pytest.param(found["resources"], test, id=f"{file.stem}: {test['title']}")


def test_all_tests_pass_in_sql_and_are_told_in_the_format_of_the_suite() -> None:
    with engine() as lake:
        outcomes = list(suite_outcomes(SUITE / "tests", ELEMENTS, lake))
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert len(outcomes) == 134
    told = report(iter(outcomes))
    theirs = json.loads((SUITE / "implementer_reports" / "flatquack.json").read_text("utf-8"))
    assert told["basic.json"]["tests"][0] == theirs["basic.json"]["tests"][0]
    assert set(told) == {file.name for file in (SUITE / "tests").glob("*.json")}


@pytest.mark.parametrize(("resources", "test"), list(suite()))
def test_the_reference_means_the_same(resources: list[Any], test: dict[str, Any]) -> None:
    if not test.get("expectError"):
        rows = list(view_rows(parse_view(test["view"]), ELEMENTS, resources))
        assert same_rows(rows, test["expect"])
        return
    with pytest.raises(KangshuError):
        refused(resources, test["view"])


def refused(resources: list[Any], source: object) -> None:
    view = parse_view(source)
    compile_view(view, ELEMENTS, source="nothing")
    list(view_rows(view, ELEMENTS, resources))
