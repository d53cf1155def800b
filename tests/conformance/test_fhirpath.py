"""The official tests of FHIRPath for R4: what views offer of it is right, what they do not offer is refused.

`docs/clarifications/fhirpath.md` is held to what happens.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.views.compile import compile_view
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.run import run_view
from tests.support.fhirpath_suite import Case, as_output, cases, resource

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(os.environ.get("KANGSHU_TESTDATA", ROOT.parent / "shared" / "data")) / "fhirpath"
ELEMENTS = parse_elements((ROOT / "packs/standards/fhir_r4/elements.tsv").read_text("utf-8"))
PAGE = (ROOT / "docs/clarifications/fhirpath.md").read_text("utf-8")

_NUMBER = re.compile(r"-?\d+\.\d+")

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the tests of FHIRPath are not here")


def outcome(case: Case, lake: Engine) -> tuple[str, str]:
    """What happened: right, refused (with the reason), lenient or different."""
    body = resource(SUITE / "input" / case.input, ELEMENTS)
    lake.offer("given", pa.table({"body": [body]}))
    column = {"name": "it", "path": case.expression, "collection": True}
    source = {"resource": json.loads(body)["resourceType"], "select": [{"column": [column]}]}
    try:
        (row,) = run_view(lake, compile_view(parse_view(source), ELEMENTS, source="given"))
    except Invalid as error:
        told = error.problems[0].message if error.problems else error.message
        return ("right", "") if case.invalid else ("refused", told)
    if case.invalid:
        return "lenient", ""
    found = [as_output(value, "") for value in row["it"]]
    return ("right" if found == [plain(kind, text) for kind, text in case.expected] else "different"), ""


def plain(kind: str, text: str) -> str:
    return (
        as_output(Decimal(text), "") if kind != "string" and _NUMBER.fullmatch(text) else as_output(text, "")
    )


def test_what_is_offered_is_right_and_what_differs_is_on_the_page() -> None:
    with engine() as lake:
        outcomes = {case.name: (case, *outcome(case, lake)) for case in cases(SUITE)}
    told = Counter(kind for _, kind, _ in outcomes.values())
    for kind in ("lenient", "different"):
        found = {name for name, (_, what, _) in outcomes.items() if what == kind}
        assert found == set(re.findall(rf"^\| `(\w+)` \| {kind} \|", PAGE, re.MULTILINE)), kind
    refused = [why for _, kind, why in outcomes.values() if kind == "refused"]
    functions = {name for why in refused for name in re.findall(r"The function (\w+)\(\)", why)}
    assert functions == set(re.findall(r"`(\w+)\(\)`", PAGE.partition("## Functions")[2].partition("##")[0]))
    assert f"{told['right']} give" in PAGE
    assert f"{told['refused']} are refused" in PAGE
