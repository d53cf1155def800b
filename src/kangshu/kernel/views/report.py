"""The tests of SQL on FHIR, run through the engine, and the report implementers publish.

https://github.com/FHIR/sql-on-fhir-v2/tree/master/tests
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import Engine
from kangshu.kernel.views.compile import compile_view
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.run import run_view

Json = Mapping[str, Any]
_SOURCE = "suite_resources"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test went. `told` says what was wrong, '' where it passed."""

    file: str
    title: str
    told: str

    @property
    def passed(self) -> bool:
        return not self.told


def suite_outcomes(folder: Path, elements: Elements, engine: Engine) -> Iterator[Outcome]:
    """Run every test of every file of a folder."""
    for file in sorted(folder.glob("*.json")):
        suite: Json = json.loads(file.read_text(encoding="utf-8"))
        bodies = [json.dumps(resource) for resource in suite["resources"]]
        ids = [resource.get("id") for resource in suite["resources"]]
        text = pa.string()
        engine.offer(_SOURCE, pa.table({"id": pa.array(ids, text), "body": pa.array(bodies, text)}))
        for test in suite["tests"]:
            yield Outcome(file.name, test["title"], _judged(test, elements, engine))


def report(outcomes: Iterator[Outcome]) -> dict[str, Any]:
    """The outcomes in the format of the suite."""
    told: dict[str, Any] = {}
    for outcome in outcomes:
        tests = told.setdefault(outcome.file, {"tests": []})["tests"]
        result: dict[str, Any] = {"passed": outcome.passed}
        if outcome.told:
            result["reason"] = outcome.told
        tests.append({"name": outcome.title, "result": result})
    return told


def _judged(test: Json, elements: Elements, engine: Engine) -> str:
    wrong_if_refused = not test.get("expectError", False)
    try:
        view = compile_view(parse_view(test["view"]), elements, source=_SOURCE)
        rows = run_view(engine, view)
    except KangshuError as error:
        return str(error) if wrong_if_refused else ""
    if not wrong_if_refused:
        return "an error was expected"
    if "expectCount" in test and len(rows) != test["expectCount"]:
        return f"{len(rows)} rows, not {test['expectCount']}"
    columns = [column.name for column in view.columns]
    if "expectColumns" in test and columns != test["expectColumns"]:
        return f"columns {', '.join(columns)}"
    if "expect" in test and not same_rows(rows, test["expect"]):
        return "other rows than expected"
    return ""


def same_rows(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether rows are the same in any order; numbers by what they are, not by how they are written."""
    return sorted(map(_key, rows)) == sorted(map(_key, expected))


def _key(row: Json) -> str:
    return json.dumps(_plain(row), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, list):
        return [_plain(each) for each in cast(list[object], value)]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in cast(dict[str, object], value).items()}
    return value
