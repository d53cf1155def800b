"""SQL and the reference make the same rows of random views over the official examples."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, note, settings

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import Engine, Unreadable, engine
from kangshu.kernel.views.compile import compile_view
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.reference.rows import view_rows
from kangshu.kernel.views.run import run_view
from tests.generative.views import Used, views

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = (
    Path(os.environ.get("KANGSHU_TESTDATA", ROOT.parent / "shared" / "data"))
    / "fhir_r4_examples"
    / "instances.ndjson"
)
ELEMENTS = parse_elements((ROOT / "packs/standards/fhir_r4/elements.tsv").read_text("utf-8"))
TYPES = "Patient Observation Encounter Condition QuestionnaireResponse MedicationRequest Claim CarePlan"
PLACES = Decimal("1e-12")
WIDE = Context(prec=80)

pytestmark = pytest.mark.skipif(not EXAMPLES.is_file(), reason="the examples of FHIR are not here")


def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if EXAMPLES.is_file():
        for line in EXAMPLES.read_text("utf-8").splitlines():
            kind = json.loads(line)["resourceType"]
            # One example has numbers no column of numbers holds: they are NULL there.
            if kind in TYPES.split() and "decimal" not in json.loads(line)["id"]:
                found.setdefault(kind, []).append(line)
    return found


LINES = examples()
READ = {kind: [json.loads(line, parse_float=Decimal) for line in lines] for kind, lines in LINES.items()}
USED = {kind: Used(ELEMENTS, resources) for kind, resources in READ.items()}


@pytest.fixture(scope="module")
def lake() -> Iterator[Engine]:
    with engine() as opened:
        for kind, lines in LINES.items():
            opened.offer(f"all_{kind}", pa.table({"body": lines}))
        yield opened


@settings(
    max_examples=int(os.environ.get("KANGSHU_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(source=views(USED))
def test_sql_and_reference_make_the_same_rows(lake: Engine, source: dict[str, Any]) -> None:
    view = parse_view(source)
    try:
        compiled = compile_view(view, ELEMENTS, source=f'"all_{view.resource}"')
    except Invalid as error:
        note(str(error))
        assume(False)
        raise
    note(json.dumps(source))
    expected, plural = None, False
    try:
        expected = [list(row.values()) for row in view_rows(view, ELEMENTS, READ[view.resource])]
    except Invalid:
        plural = True
    try:
        found = [list(row.values()) for row in run_view(lake, compiled)]
    except Unreadable:
        note(compiled.sql)
        raise
    except Invalid:
        # The reference looks at both sides of `and`, SQL perhaps not: either may be first to see two values.
        return
    if plural or expected is None:
        return
    note(compiled.sql)
    assert sorted(map(shown, found)) == sorted(map(shown, expected))


def shown(row: list[Any]) -> str:
    return json.dumps([plain(each) for each in row], sort_keys=True)


def plain(value: Any) -> Any:
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return f"{Decimal(value).quantize(PLACES, context=WIDE).normalize(WIDE):f}"
    if isinstance(value, float):
        return plain(Decimal(str(value)))
    if isinstance(value, str) and value[:1] == "{":
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value
